"""Which column means what: proposed from its header and its content, changed by the user, remembered per source."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from beizai.base.errors import Invalid, Phrase
from beizai.imports import dates, numbers
from beizai.imports.reading.staged import Column
from beizai.imports.words import CUSTOMERS, ORDERS, PRESETS, field_of, plain

Kind = Literal["orders", "customers"]
Rows = Sequence[Sequence[str | None]]

FIELDS: Mapping[str, tuple[str, ...]] = {"orders": tuple(ORDERS), "customers": tuple(CUSTOMERS)}
ATTRIBUTE = "attribute."
_NUMBERS = {"quantity", "unit_price", "amount", "discount", "cost"}
_DATES = {"at", "birthday", "consent_at"}
_ENOUGH = 0.3  # of the cells: below, the header must mean something else


@dataclass(frozen=True)
class Mapped:
    """Field to column number; for customers also attribute key to column number. `preset` names the shop program."""

    kind: Kind
    fields: Mapping[str, int]
    attributes: Mapping[str, int] = field(default_factory=dict)
    preset: str | None = None

    def headers(self, columns: Sequence[Column]) -> dict[str, str]:
        """The mapping in words: field (or attribute.KEY) to header."""
        named = {name: columns[index].header for name, index in self.fields.items()}
        return named | {f"{ATTRIBUTE}{key}": columns[index].header for key, index in self.attributes.items()}


def propose(columns: Sequence[Column], kind: Kind, sample: Rows) -> Mapped:
    """The likely meaning of each column; a field goes to one column, the first whose content agrees with it."""
    preset = _preset(columns, kind)
    fields = dict(preset[1]) if preset else {}
    for column in columns:
        meant = field_of(column.header, kind)
        if (
            meant
            and meant not in fields
            and column.index not in fields.values()
            and _agrees(meant, column, sample)
        ):
            fields[meant] = column.index
    for meant in ("at", "email") if kind == "orders" else ("email",):
        if (
            meant not in fields
            and (found := _by_content(meant, columns, sample, taken=set(fields.values()))) is not None
        ):
            fields[meant] = found
    attributes = dict(_attributes(columns, sample, set(fields.values()))) if kind == "customers" else {}
    return Mapped(kind, fields, attributes, preset[0] if preset else None)


def choose(proposed: Mapped, columns: Sequence[Column], said: Mapping[str, str]) -> Mapped:
    """The proposal with what the user says in its place: field to column (header, letter, or nothing to leave it out).

    Invalid for a field that is not one, a column that is not there, and one column for two fields.
    """
    fields, attributes = dict(proposed.fields), dict(proposed.attributes)
    chosen: dict[str, int | None] = {}
    for name, column in said.items():
        _check_field(name, proposed.kind)
        chosen[name] = _column(column, columns) if column.strip() else None
    taken = set(chosen.values())
    for held in (fields, attributes):
        for name in [name for name, index in held.items() if index in taken]:
            del held[name]
    for name, index in chosen.items():
        held, key = (attributes, name[len(ATTRIBUTE) :]) if name.startswith(ATTRIBUTE) else (fields, name)
        if index is None:
            held.pop(key, None)
        else:
            held[key] = index
    return Mapped(proposed.kind, fields, attributes, proposed.preset)


def check(mapped: Mapped) -> None:
    """Invalid where a file cannot be brought in with this mapping, saying which field is missing."""
    fields = mapped.fields
    if mapped.kind == "customers":
        if not fields.keys() & {"customer", "email", "phone", "name", "given_name", "family_name"}:
            raise _missing(
                Phrase("No column says who the customers are."), Phrase("customer, name, email or phone")
            )
        return
    if "at" not in fields:
        raise _missing(Phrase("No column says when the orders were placed."), Phrase("at"))
    if not fields.keys() & {"amount", "unit_price"}:
        raise _missing(
            Phrase("No column says how much was paid."), Phrase("amount (or unit_price and quantity)")
        )
    if not fields.keys() & {"order", "customer", "email", "phone"}:
        raise _missing(Phrase("No column tells one order from another."), Phrase("order (or customer)"))


def _missing(message: Phrase, fields: Phrase) -> Invalid:
    first = fields.split(" ", maxsplit=1)[0].rstrip(",")
    return Invalid(
        message,
        hint="Say which column it is: columns {first}=COLUMN ({fields}).",
        first=first,
        fields=fields,
    )


def _check_field(name: str, kind: Kind) -> None:
    if kind == "customers" and re.fullmatch(r"attribute\.[\w-]{1,60}", name):
        return
    if name not in FIELDS[kind]:
        raise Invalid(
            "“{name}” is not a field of {kind}.",
            hint="Fields: {fields}, or attribute.KEY." if kind == "customers" else "Fields: {fields}.",
            name=name,
            kind=kind,
            fields=", ".join(FIELDS[kind]),
        )


def _column(said: str, columns: Sequence[Column]) -> int:
    for same in (
        lambda column: column.header == said.strip(),
        lambda column: plain(column.header) == plain(said),
        lambda column: column.letter == said.strip().upper(),
    ):
        found = [column.index for column in columns if same(column)]
        if found:
            return found[0]
    names = ", ".join(column.header for column in columns[:40])
    raise Invalid(
        "The file has no column “{name}”.", hint="Its columns: {names}.", name=said.strip(), names=names
    )


def _preset(columns: Sequence[Column], kind: Kind) -> tuple[str, dict[str, int]] | None:
    by_header = {plain(column.header): column.index for column in reversed(columns)}
    for preset in PRESETS:
        if preset.kind == kind and all(plain(header) in by_header for header in preset.needs):
            found = {name: by_header.get(plain(header)) for name, header in preset.columns.items()}
            return preset.name, {name: index for name, index in found.items() if index is not None}
    return None


def _values(index: int, sample: Rows) -> list[str]:
    return [value.strip() for row in sample if (value := row[index]) and value.strip()]


def _agrees(meant: str, column: Column, sample: Rows) -> bool:
    """Whether the content may be that field; an empty column may be anything.

    A column headed Quantity is believed whatever it holds: without it every line would silently count one.
    """
    values = _values(column.index, sample)
    if not values or meant not in (_NUMBERS | _DATES | {"email"}) - {"quantity"}:
        return True
    return _share(meant, values) >= _ENOUGH


def _share(meant: str, values: Sequence[str]) -> float:
    if meant in _DATES:
        return sum(looks_like_date(value) for value in values) / len(values)
    if meant == "email":
        return sum("@" in value for value in values) / len(values)
    return sum(numbers.read_number(value, "point") is not None or "," in value for value in values) / len(
        values
    )


def _by_content(meant: str, columns: Sequence[Column], sample: Rows, *, taken: set[int]) -> int | None:
    for column in columns:
        values = _values(column.index, sample)
        numeric = meant == "at" and all(value.replace(".", "").isdigit() for value in values)
        if column.index not in taken and values and not numeric and _share(meant, values) > 0.9:
            return column.index
    return None


def looks_like_date(text: str) -> bool:
    """Whether the text is a date in some style, with or without a time."""
    day = re.split(r"[T\s]+(?=\d{1,2}:)", text.strip(), maxsplit=1)[0]
    return bool(dates.styles_of(day)) or dates.read_day(day, None) is not None


def _attributes(columns: Sequence[Column], sample: Rows, taken: set[int]) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    for column in columns:
        key = attribute_key(column.header)
        if column.index not in taken and key and key not in seen and _values(column.index, sample):
            seen.add(key)
            yield key, column.index


def attribute_key(header: str) -> str:
    """The key of an attribute from a header: letters of any script, digits and underscores.

    >>> attribute_key("Loyalty points (2024)")
    'loyalty_points_2024'
    """
    return "_".join(plain(header).replace("#", "").split())[:60]
