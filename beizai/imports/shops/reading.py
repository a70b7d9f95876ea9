"""The fields of a delivery read one by one: what is missing stays empty, what cannot be is refused with its name."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from beizai.base import money
from beizai.base.errors import Invalid

_LONGEST = 500
_MOST_MINOR = 10**15
_MOST_DIGITS = 40
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
Fields = Mapping[str, Any]


def document(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; Invalid where it is none, or nested too deeply."""
    try:
        found = json.loads(body, parse_float=_decimal, parse_int=_whole, parse_constant=_refuse)
    except RecursionError:
        raise Invalid("It is nested too deeply.", code="too_deep") from None
    except ValueError:
        raise Invalid("It is no JSON.", code="not_json") from None
    if not isinstance(found, dict):
        raise Invalid("It is no JSON object.", code="not_json")
    return found


def _decimal(written: str) -> Decimal:
    if len(written) > _MOST_DIGITS:
        raise ValueError(written[:40])
    return Decimal(written)


def _whole(written: str) -> int:
    if len(written) > _MOST_DIGITS:
        raise ValueError(written[:40])
    return int(written)


def _refuse(written: str) -> Any:
    raise ValueError(written)  # NaN and Infinity are no JSON


def text(fields: Fields, name: str, most: int = _LONGEST) -> str:
    """The text of a field without what a database cannot keep; numbers as they are written; "" where there is none."""
    value = fields.get(name)
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return _clean(str(value))[:most]


def _clean(written: str) -> str:
    kept = written.replace("\x00", "").encode("utf-8", "ignore").decode()
    return " ".join(kept.split())


def key(fields: Fields, name: str = "id") -> str:
    """The shop's own number of a thing; Invalid where it has none."""
    found = text(fields, name, 60)
    if not found:
        raise Invalid("Its field {field} is missing.", field=name, code="field_missing")
    return found


def part(fields: Fields, name: str) -> Fields:
    """The object in a field; empty where there is none."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def parts(fields: Fields, name: str, most: int = 5_000) -> Iterator[Fields]:
    """The objects in a field's list; Invalid where there are too many."""
    value = fields.get(name)
    if not isinstance(value, list):
        return
    if len(value) > most:
        raise Invalid("Its field {field} has too many entries.", field=name, code="too_long")
    yield from (one for one in value if isinstance(one, dict))


def amount(fields: Fields, name: str, *, otherwise: str | None = None) -> Decimal:
    """The amount in a field, in units of its currency; Invalid where it is none, or missing without an `otherwise`."""
    value = fields.get(name)
    if value is None or value == "":
        if otherwise is None:
            raise Invalid("Its field {field} is missing.", field=name, code="field_missing")
        return Decimal(otherwise)
    try:
        found = Decimal(str(value)[:_MOST_DIGITS])
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite():
        raise Invalid(
            "Its field {field} is no amount: {value}", field=name, value=str(value)[:60], code="bad_amount"
        )
    return found


def minor(value: Decimal, currency: str) -> int:
    """The amount in minor units; Invalid where it is beyond anything a shop sells."""
    if abs(value) > _MOST_MINOR:
        raise Invalid("{value} is no amount a shop sells for.", value=f"{value:.3e}", code="bad_amount")
    return money.to_minor(value, currency)


def quantity_milli(fields: Fields, name: str = "quantity") -> int:
    """How many pieces, times 1,000."""
    found = amount(fields, name, otherwise="1")
    if abs(found) > 10**9:
        raise Invalid("Its field {field} is no number of pieces.", field=name, code="bad_amount")
    return int((found * 1000).to_integral_value())


def currency(fields: Fields, name: str = "currency") -> str:
    """The ISO code of the order's currency; Invalid where it is none."""
    said = text(fields, name, 10)
    try:
        return money.check_currency(said)
    except Invalid:
        raise Invalid("“{currency}” is not a currency.", currency=said, code="unknown_currency") from None


def not_ahead(at: datetime, now: datetime) -> None:
    """Invalid where a time lies more than a day ahead: one of 2090 would stand over everything that comes later."""
    if at > now + _AHEAD:
        raise Invalid("Its time lies ahead: {at}", at=f"{at:%Y-%m-%d %H:%M}", code="in_future")


def moment(fields: Fields, name: str) -> datetime | None:
    """The time in a field: with its own offset, else UTC. Invalid where it cannot be read."""
    written = text(fields, name, 60)
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise Invalid(
            "Its field {field} is no time: {value}", field=name, value=written, code="bad_time"
        ) from None
    try:
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise Invalid(
            "Its field {field} is no time: {value}", field=name, value=written, code="bad_time"
        ) from None
    if found < _EARLIEST:
        raise Invalid("Its field {field} lies before the year 2000.", field=name, code="bad_time")
    return found


def needed(fields: Fields, *names: str) -> datetime:
    """The first of these times that is there; Invalid where none is."""
    for name in names:
        found = moment(fields, name)
        if found is not None:
            return found
    raise Invalid("Its field {field} is missing.", field=names[0], code="field_missing")


def address(fields: Fields, street: tuple[str, ...], **names: str) -> dict[str, str]:
    """An address in the words of the events API; `names` says which field is what."""
    found = {"street": ", ".join(line for line in (text(fields, one, 200) for one in street) if line)}
    found |= {mine: text(fields, theirs, 100) for mine, theirs in names.items()}
    return {name: value for name, value in found.items() if value}


def on_one_label(found: Mapping[str, str]) -> str:
    """An address as one line, for comparing."""
    return " ".join(found.get(name, "") for name in ("street", "postalCode", "city", "country")).strip()
