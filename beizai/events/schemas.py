"""What events of a name must look like, said once in JSON Schema and held against each that comes in."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import fastjsonschema

from beizai.base.errors import Invalid, NotFound
from beizai.events.calls import Call
from beizai.events.models import EventSchema
from beizai.staff.models import User

CALLS = ("track", "page", "screen", "identify", "group")
_LONGEST = 100_000
Check = Callable[[Any], Any]
_UNREADABLE = (
    fastjsonschema.JsonSchemaDefinitionException,
    AttributeError,
    TypeError,
    ValueError,
    KeyError,
    RecursionError,
    re.error,
)


def _refuse(uri: str) -> Any:
    raise Invalid(
        "A schema may not point to {uri}.", uri=uri[:80], hint="Put what it needs into the schema itself."
    )


_NOWHERE = dict.fromkeys(("http", "https", "ftp", "file"), _refuse)  # nothing is fetched for a schema


def checked(schema: Any) -> Check:
    """The check a schema asks for; Invalid where it is no schema (drafts 4, 6 and 7)."""
    if not isinstance(schema, dict) or len(text := json.dumps(schema)) > _LONGEST:
        raise Invalid("A schema is a JSON object.", hint='For example {"required": ["price"]}.')
    return _compiled(text)


@lru_cache(maxsize=1_000)
def _compiled(text: str) -> Check:
    try:
        check: Check = fastjsonschema.compile(json.loads(text), handlers=_NOWHERE, use_default=False)
    except _UNREADABLE as error:
        raise Invalid("This is no JSON Schema: {why}", why=str(error)[:200]) from None
    return check


def save(call: str, name: str, schema: Any, *, now: datetime, user: User | None = None) -> EventSchema:
    """What events of this call and name must look like from now on. Invalid where the schema cannot be read."""
    if call not in CALLS:
        raise Invalid(
            "“{call}” is not a type of call.", call=call, hint="Types: {calls}.", calls=", ".join(CALLS)
        )
    if call == "track" and not name.strip():
        raise Invalid("A schema of a track call names its event.")
    checked(schema)
    values = {"schema": schema, "changed_at": now, "changed_by": user}
    return EventSchema.objects.update_or_create(call=call, name=name.strip(), defaults=values)[0]


def drop(schema_id: int) -> None:
    """Events of this name may look as they like again."""
    if not EventSchema.objects.filter(pk=schema_id).delete()[0]:
        raise NotFound("There is no schema {number}.", number=schema_id)


class Checks:
    """The checks of every schema there is, made once for a batch of events."""

    def __init__(self) -> None:
        rows = EventSchema.objects.values_list("call", "name", "schema")
        self._checks: Mapping[tuple[str, str], Check] = {
            (call, name): checked(schema) for call, name, schema in rows
        }

    def hold(self, call: Call) -> None:
        """Invalid (code "schema") where a call does not fit the schema of its name, else of its type."""
        check = self._checks.get((call.kind, call.name)) or self._checks.get((call.kind, ""))
        if check is None:
            return
        try:
            check(dict(call.details))
        except fastjsonschema.JsonSchemaValueException as error:
            raise Invalid("It does not fit: {why}", why=str(error.message)[:500], code="schema") from None
