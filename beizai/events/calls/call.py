"""One call, understood: who, what and when, its clock put right, or the reason why it is kept aside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from beizai.base.errors import Invalid
from beizai.events.calls.request import DEPTH, Piece

KINDS = ("identify", "track", "page", "screen", "group", "alias")
LONGEST_ID = 200
LONGEST_NAME = 200
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
_MILLISECONDS_FROM = 1e11  # a number of seconds above this lies after the year 5138
_decoder = msgspec.json.Decoder()


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call as the rest of the house knows it. `name` is the event of a track call, the page or screen of theirs.

    `details` are the properties, or the traits of identify and group. `allows_tracking` is what the visitor said
    on the site (`context.consent.categoryPreferences.tracking`); None: nothing was said.
    """

    kind: str
    occurred_at: datetime
    message_id: str | None
    user_id: str | None
    anonymous_id: str | None
    name: str
    details: Mapping[str, Any]
    context: Mapping[str, Any]
    group_id: str | None = None
    previous_id: str | None = None

    @property
    def allows_tracking(self) -> bool | None:
        consent = self.context.get("consent")
        preferences = consent.get("categoryPreferences") if isinstance(consent, dict) else None
        said = preferences.get("tracking") if isinstance(preferences, dict) else None
        return said if isinstance(said, bool) else None


def understand(piece: Piece, *, kind: str, received_at: datetime) -> Call:
    """The call in a piece of a request. `kind` is that of the address, "" in a batch, where each call says its own.

    Invalid, its code being the reason, where it cannot be taken as it is.
    """
    given = _decoded(piece.raw)
    kind = kind or _kind(given)
    user, anonymous = _id(given, "userId"), _id(given, "anonymousId")
    group, previous = _id(given, "groupId"), _id(given, "previousId")
    if user is None and anonymous is None and not (kind == "alias" and previous):
        raise Invalid("A call names a userId or an anonymousId.", code="no_identifier")
    if kind == "alias" and (previous is None or user is None):
        raise Invalid("An alias names a previousId and a userId.", code="no_previous_id")
    if kind == "group" and group is None:
        raise Invalid("A group call names a groupId.", code="no_group_id")
    context = _mapping(given.get("context"), "context") or _mapping(piece.context, "context")
    return Call(
        kind=kind,
        occurred_at=_occurred_at(given, piece.sent_at, received_at),
        message_id=given["messageId"] if isinstance(given.get("messageId"), str) else None,
        user_id=user,
        anonymous_id=anonymous,
        name=_name(given, kind),
        details=_details(given, kind),
        context=context,
        group_id=group,
        previous_id=previous,
    )


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        given = _decoder.decode(raw)
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid("The event is not JSON.", code="not_json") from None
    if not isinstance(given, dict):
        raise Invalid("An event is a JSON object.", code="not_an_object")
    if raw.count(b"{") + raw.count(b"[") > DEPTH and _depth(given) > DEPTH:
        raise _too_deep()
    return given


def _too_deep() -> Invalid:
    return Invalid("An event is nested at most {limit} deep.", limit=DEPTH, code="too_deep")


def _depth(given: Any) -> int:
    level, depth = [given], 0
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return depth


def _kind(given: Mapping[str, Any]) -> str:
    kind = given.get("type")
    if kind not in KINDS:
        raise Invalid("“{kind}” is not a type of call.", kind=str(kind)[:60], code="unknown_type")
    return str(kind)


def _id(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Invalid("{name} is text.", name=name, code="bad_identifier")
    text = str(value).strip()
    if len(text) > LONGEST_ID or "\x00" in text:
        raise Invalid(
            "{name} has at most {limit} characters.", name=name, limit=LONGEST_ID, code="bad_identifier"
        )
    return text or None


def _name(given: Mapping[str, Any], kind: str) -> str:
    name = given.get("event") if kind == "track" else given.get("name")
    if kind == "track" and (not isinstance(name, str) or not name.strip()):
        raise Invalid("A track call names its event.", code="no_event_name")
    text = name.strip() if isinstance(name, str) else ""
    if len(text) > LONGEST_NAME or "\x00" in text:
        raise Invalid("A name has at most {limit} characters.", limit=LONGEST_NAME, code="name_too_long")
    return text


def _details(given: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    name = "traits" if kind in ("identify", "group") else "properties"
    return _mapping(given.get(name), name)


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid("{name} is a JSON object.", name=name, code="not_an_object")
    return value


def _occurred_at(given: Mapping[str, Any], batch_sent_at: Any, received_at: datetime) -> datetime:
    """received - (sent - original): a device whose clock is wrong is wrong by as much when it sends.

    Without the time of sending, the time as given; without a time, the time of receipt.
    """
    original = _time(given.get("originalTimestamp") or given.get("timestamp"))
    sent = _time(given.get("sentAt") or batch_sent_at)
    if original is None:
        return received_at
    try:
        at = received_at - (sent - original) if sent is not None else original
    except OverflowError:
        raise _out_of_time("bad_time") from None
    if at > received_at + AHEAD:
        raise _out_of_time("in_future")
    if at < EARLIEST:
        raise _out_of_time("too_long_ago")
    return min(at, received_at) if sent is not None else at


def _out_of_time(code: str) -> Invalid:
    return Invalid("The time of the event cannot be right.", code=code)


def _time(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS_FROM else value, UTC)
        else:
            raise ValueError
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise _out_of_time("bad_time") from None
