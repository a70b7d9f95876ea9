"""New cards by the hundred thousand: rows are made ready on the desk, then poured into the office table by table."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from django.db import connection

from beizai.base.progress import Progress
from beizai.consent.models import Basis, ConsentEntry, Purpose
from beizai.customers.models import (
    AttributeDefinition,
    ContactPoint,
    Customer,
    ExternalId,
    SearchWords,
    Tag,
)
from beizai.imports import card_statements, person_statements
from beizai.imports.cards import parsed
from beizai.imports.desk import Desk
from beizai.imports.models import Import
from beizai.imports.newcomers import Arrival
from beizai.imports.people import fill, read_names
from beizai.imports.pouring import Question, Table, pour
from beizai.imports.slices import moment, reserve, wide_open

_PIECE = 40_000


def make_people(
    desk: Desk,
    definitions: Mapping[str, AttributeDefinition],
    arrival: Arrival,
    *,
    currency: str,
    progress: Progress,
) -> int:
    """Makes a card for everyone on the desk whom the book does not know; returns how many. Table `new_ids` has their ids."""
    if definitions:
        _read_facts(desk, definitions, currency)
    return make_cards(desk, arrival, definitions=definitions, progress=progress)


def make_cards(
    desk: Desk,
    arrival: Arrival,
    *,
    definitions: Mapping[str, AttributeDefinition] | None = None,
    progress: Progress,
) -> int:
    """The same without attributes, as for customers an orders file names."""
    read_names(desk)
    desk.run(card_statements.WORD_MACROS)
    count = int(desk.rows(card_statements.NEW_COUNT)[0][0])
    first = reserve(Customer, count) if count else 1
    desk.variables(first_id=first)
    desk.run(card_statements.NEW_IDS)
    if count:
        with wide_open():
            _pour_cards(desk, arrival, definitions or {}, count, progress)
    return count


def _pour_cards(
    desk: Desk,
    arrival: Arrival,
    definitions: Mapping[str, AttributeDefinition],
    count: int,
    progress: Progress,
) -> None:
    """Table after table, each in the order of its largest index: few pages are touched twice."""
    spans = desk.rows(card_statements.SPANS, {"piece": _PIECE})
    pieces = [dict(zip(("first", "last", "top", "bottom"), span, strict=True)) for span in spans]
    at, source = moment(arrival.now), arrival.source.pk
    given = {"source": source, "simulated": arrival.simulated, "added_at": at}
    came = {"source": source, "import_id": arrival.import_id, "simulated": arrival.simulated, "revision": 0}
    cards = Table(Customer, _CARD, came | {"created_at": at, "changed_at": at})
    pour(
        desk,
        _cards(desk, definitions, arrival, pieces),
        cards,
        count=count,
        progress=progress,
        what="new customers",
    )
    for text, table, what in (
        (
            card_statements.NUMBER_ROWS,
            Table(ExternalId, ("customer", "value"), {"source": source}),
            "numbers",
        ),
        (card_statements.POINT_ROWS, Table(ContactPoint, _POINT, given, once=True), "emails and phones"),
        (card_statements.TAG_ROWS, Table(Tag, ("customer", "tag"), {"added_at": at}, once=True), "tags"),
    ):
        pour(desk, Question(text), table, count=count, progress=progress, what=what)
    words = Question(card_statements.WORD_ROWS, pieces)
    pour(desk, words, Table(SearchWords, ("customer", "words")), count=count, progress=progress, what="words")


_CARD = (
    "id", "name", "given_name", "family_name", "country", "language", "birthday_on", "postal_address", "facts",
)  # fmt: skip
_POINT = ("customer", "channel", "value", "normal")


def _cards(
    desk: Desk,
    definitions: Mapping[str, AttributeDefinition],
    arrival: Arrival,
    pieces: Sequence[Mapping[str, Any]],
) -> Question:
    """The question for the cards with what is known of them."""
    keys = desk.mapped.attributes if definitions else {}
    kinds = [(f"attribute_{index}", str(definitions[key].kind)) for key, index in keys.items()]
    given = {f"key_{place}": f',{json.dumps(key)}:{{"v":' for place, key in enumerate(keys)}
    if keys:
        given["fact_end"] = f',"source":{arrival.source.pk},"at":{json.dumps(arrival.now.isoformat())}}}'
    return Question(card_statements.card_rows(kinds), [{**given, **piece} for piece in pieces])


def _read_facts(desk: Desk, definitions: Mapping[str, AttributeDefinition], currency: str) -> None:
    names = {f"attribute_{index}": key for key, index in desk.mapped.attributes.items()}
    kinds = [
        (name, place, json.dumps(key), str(definitions[key].kind))
        for place, (name, key) in enumerate(names.items())
    ]
    fill(desk, "fact_keys", kinds)
    odd = [
        (name, text, json.dumps(value))
        for name, _, text in desk.rows(person_statements.ODD_FACTS)
        if (value := parsed(definitions[names[name]], text, currency)) is not None
    ]
    fill(desk, "fact_words", odd)


def record_decisions(desk: Desk, arrival: Arrival, row: Import, *, progress: Progress) -> None:
    """Writes down every refusal, and every permission that has its words, its place and its time."""
    desk.variables(now_utc=arrival.now.astimezone(UTC).replace(tzinfo=None))
    desk.run(card_statements.DECISIONS)
    count = int(desk.rows(card_statements.DECISION_COUNT)[0][0])
    columns = ("customer_id", "channel", "decision", "text", "text_sha256", "evidence", "at")
    came = {
        "purpose": str(Purpose.MARKETING),
        "basis": str(Basis.CONSENT),
        "source": arrival.source.pk,
        "import_id": arrival.import_id,
        "simulated": arrival.simulated,
        "recorded_at": moment(arrival.now),
    }
    told = {"import_id": str(arrival.import_id), "file_name": row.file_name}
    zone = "+00" if connection.vendor == "postgresql" else ""
    question = Question(card_statements.DECISION_ROWS, [told | {"format": f"%Y-%m-%d %H:%M:%S{zone}"}])
    if count:
        with wide_open():
            pour(
                desk,
                question,
                Table(ConsentEntry, columns, came),
                count=count,
                progress=progress,
                what="permissions and refusals",
            )
