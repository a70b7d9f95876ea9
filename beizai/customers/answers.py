"""An answer as the card keeps it, and back: each kind of attribute reads what people write."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from beizai.base import money
from beizai.base.errors import Invalid
from beizai.customers.models import AttributeDefinition, AttributeKind

_TRUE = {"yes", "true", "1", "y", "oui", "是"}
_FALSE = {"no", "false", "0", "n", "non", "否"}
_LONGEST = 2000
_MOST_RECORDS = 200
ON = "on"  # the date each record begins with
COLUMN_KINDS = (AttributeKind.TEXT, AttributeKind.NUMBER, AttributeKind.MONEY, AttributeKind.CHOICE)

# Units people write, each with its measure and how many of that measure's own unit it is.
_UNITS: Mapping[str, tuple[str, Decimal]] = {
    "mm": ("length", Decimal(1)),
    "cm": ("length", Decimal(10)),
    "m": ("length", Decimal(1000)),
    "in": ("length", Decimal("25.4")),
    "毫米": ("length", Decimal(1)),
    "厘米": ("length", Decimal(10)),
    "g": ("mass", Decimal(1)),
    "kg": ("mass", Decimal(1000)),
    "lb": ("mass", Decimal("453.59237")),
    "斤": ("mass", Decimal(500)),
    "ml": ("volume", Decimal(1)),
    "cl": ("volume", Decimal(10)),
    "l": ("volume", Decimal(1000)),
}


def parse(definition: AttributeDefinition, text: str, *, currency: str) -> Any:
    """The value of this text by the definition's kind, as JSON keeps it; "" is None (not known). Invalid says what is wrong.

    Several answers are divided by semicolons or lines; records stand one to a line, their date first, their columns
    divided by semicolons ("2026-03-31; Wella 6/0"). A photo is no text: see `photos`.
    """
    stripped = text.strip()
    if not stripped:
        return None
    limit = _LONGEST * 10 if definition.kind == AttributeKind.RECORDS else _LONGEST
    if len(stripped) > limit:
        raise Invalid(
            "{label} is too long.", hint="At most {limit} characters.", label=definition.label, limit=limit
        )
    return _PARSERS[AttributeKind(definition.kind)](definition, stripped, currency)


def _text(_definition: AttributeDefinition, text: str, _currency: str) -> str:
    return text


def _number(definition: AttributeDefinition, text: str, _currency: str) -> int | float:
    return _plain(_decimal(definition, text))


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _decimal(definition: AttributeDefinition, text: str) -> Decimal:
    try:
        value = Decimal(text.replace(" ", "").replace("\u202f", "").replace(",", "."))
    except InvalidOperation:
        raise Invalid(
            "“{text}” is not a number.", hint="Write {label} with digits.", text=text, label=definition.label
        ) from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        raise Invalid("“{text}” is out of reach.", hint="Numbers have at most 15 digits.", text=text)
    return value


def _measure(definition: AttributeDefinition, text: str, _currency: str) -> int | float:
    """A number in the definition's unit; another unit of the same measure is converted.

    >>> _measure(AttributeDefinition(key="foot", label="Foot", unit="mm"), "24.5 cm", "EUR")
    245
    """
    found = re.fullmatch(r"([-+\d.,\s\u202f]+?)\s*([^\d\s.,]+)?", text)
    if found is None:
        raise Invalid(
            "“{text}” is not a measure.", hint="Write a number and its unit, such as 245 mm.", text=text
        )
    value, unit = _decimal(definition, found[1]), (found[2] or definition.unit).casefold()
    own = definition.unit.casefold()
    if unit != own:
        value *= _factor(unit, own, text, definition)
    return _plain(value.quantize(Decimal("0.0001")).normalize())


def _factor(unit: str, own: str, text: str, definition: AttributeDefinition) -> Decimal:
    theirs, ours = _UNITS.get(unit), _UNITS.get(own)
    if theirs is None or ours is None or theirs[0] != ours[0]:
        raise Invalid(
            "“{text}” is not in {unit}.",
            hint="Write {label} in {unit}.",
            text=text,
            unit=definition.unit or "1",
            label=definition.label,
        )
    return theirs[1] / ours[1]


def _money(_definition: AttributeDefinition, text: str, currency: str) -> int:
    return money.to_minor(text.replace(" ", "").replace(",", "."), currency)


def _date(definition: AttributeDefinition, text: str, _currency: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid(
            "“{text}” is not a date.",
            hint="Write {label} as 2026-03-31.",
            text=text,
            label=definition.label,
        ) from None


def _choice(definition: AttributeDefinition, text: str, _currency: str) -> str:
    if text not in definition.choices:
        raise _no_answer(definition, text)
    return text


def _no_answer(definition: AttributeDefinition, text: str) -> Invalid:
    return Invalid(
        "“{text}” is not one of the answers to {label}.",
        hint="Answers: {answers}.",
        text=text,
        label=definition.label,
        answers=", ".join(definition.choices),
    )


def _choices(definition: AttributeDefinition, text: str, _currency: str) -> list[str] | None:
    """Several answers, each once, in the definition's order."""
    return several(definition, [part.strip() for part in re.split(r"[;；\n]", text)])


def several(definition: AttributeDefinition, answers: Sequence[str]) -> list[str] | None:
    """Several answers given one by one; none is not known."""
    given = {answer for answer in answers if answer}
    unknown = sorted(given - set(definition.choices))
    if unknown:
        raise _no_answer(definition, unknown[0])
    return [choice for choice in definition.choices if choice in given] or None


def _boolean(definition: AttributeDefinition, text: str, _currency: str) -> bool:
    folded = text.casefold()
    if folded not in _TRUE | _FALSE:
        raise Invalid(
            "“{text}” is neither yes nor no.",
            hint="Answer {label} with yes or no.",
            text=text,
            label=definition.label,
        )
    return folded in _TRUE


def _photo(definition: AttributeDefinition, _text_of: str, _currency: str) -> Any:
    raise Invalid(
        "{label} is a picture, not a text.", hint="Put the picture on the card.", label=definition.label
    )


def _records(definition: AttributeDefinition, text: str, currency: str) -> list[dict[str, Any]] | None:
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"[;；]", line)]
        if len(cells) > 1 + len(definition.columns):
            raise Invalid(
                "“{text}” has more parts than {label}.",
                hint="One record to a line: date; {columns}.",
                text=line,
                label=definition.label,
                columns="; ".join(column["label"] for column in definition.columns),
            )
        keys = [ON, *(column["key"] for column in definition.columns)]
        rows.append(dict(zip(keys, cells, strict=False)))
    return records(definition, rows, currency=currency)


def records(
    definition: AttributeDefinition, rows: Sequence[Mapping[str, str]], *, currency: str
) -> list[dict[str, Any]] | None:
    """Records from their cells as text ({"on": "2026-03-31", column: text}), by rising date; empty rows are left out."""
    filled = [row for row in rows if any(str(cell).strip() for cell in row.values())]
    if len(filled) > _MOST_RECORDS:
        raise Invalid(
            "{label} holds at most {limit} records.",
            hint="Leave the oldest out.",
            label=definition.label,
            limit=_MOST_RECORDS,
        )
    found = [_record(definition, row, currency) for row in filled]
    return sorted(found, key=lambda one: str(one[ON])) or None


def _record(definition: AttributeDefinition, row: Mapping[str, str], currency: str) -> dict[str, Any]:
    day = row.get(ON, "").strip()
    if not day:
        raise Invalid(
            "A record of {label} needs its date.",
            hint="Write it as 2026-03-31; the first of the month will do.",
            label=definition.label,
        )
    record: dict[str, Any] = {ON: _date(definition, day, currency)}
    for column in definition.columns:
        value = parse(_as_definition(column), row.get(column["key"], ""), currency=currency)
        if value is not None:
            record[column["key"]] = value
    return record


def _as_definition(column: Mapping[str, Any]) -> AttributeDefinition:
    return AttributeDefinition(
        key=column["key"], label=column["label"], kind=column["kind"], choices=column.get("choices", [])
    )


_PARSERS: dict[AttributeKind, Callable[[AttributeDefinition, str, str], Any]] = {
    AttributeKind.TEXT: _text,
    AttributeKind.NUMBER: _number,
    AttributeKind.MONEY: _money,
    AttributeKind.DATE: _date,
    AttributeKind.CHOICE: _choice,
    AttributeKind.CHOICES: _choices,
    AttributeKind.MEASURE: _measure,
    AttributeKind.PHOTO: _photo,
    AttributeKind.RECORDS: _records,
    AttributeKind.BOOLEAN: _boolean,
}


def text(definition: AttributeDefinition, value: Any, *, currency: str) -> str:  # noqa: PLR0911  (one kind each)
    """A value as plain text that `parse` reads again; a photo as the name of its file. None is ""."""
    if value is None:
        return ""
    match definition.kind:
        case AttributeKind.MONEY:
            return str(money.from_minor(value, currency))
        case AttributeKind.BOOLEAN:
            return "yes" if value else "no"
        case AttributeKind.CHOICES:
            return "; ".join(value)
        case AttributeKind.PHOTO:
            return str(value.get("file", "")) if isinstance(value, dict) else ""
        case AttributeKind.RECORDS:
            return "\n".join("; ".join(cells(definition, row, currency)) for row in value)
    return str(value)


def cells(definition: AttributeDefinition, row: Mapping[str, Any], currency: str) -> list[str]:
    """A record's cells as text: its date, then its columns."""
    return [
        str(row.get(ON, "")),
        *(
            text(_as_definition(column), row.get(column["key"]), currency=currency)
            for column in definition.columns
        ),
    ]
