"""Which of several values a joint card shows: a rule per field, the values themselves left as they are.

A joint card shows what the facts of all its cards say together. Every rule falls back on the latest value, then on the
kept card's, so that the answer never depends on the order in which cards were joined.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SEPARATOR = "; "
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Survives(StrEnum):
    """The rules, by the word they are set with."""

    KEPT = "kept_card"
    LATEST = "latest"
    VERIFIED = "verified_first"
    SOURCES = "source_order"
    FREQUENT = "most_frequent"
    LONGEST = "longest"
    ALL = "keep_all"


@dataclass(frozen=True)
class Value:
    """One value of a field as one card has it. `verified`: a person wrote it on the card by hand."""

    value: Any
    at: datetime | None = None
    source_id: int | None = None
    verified: bool = False
    kept: bool = False  # the kept card's own
    card_id: int = 0
    whole: Mapping[str, Any] | None = None  # the fact as the card has it, with all that goes with it


def survivor(
    values: Sequence[Value], rule: Survives, *, source_order: Sequence[int] = (), joins: bool = True
) -> Value | None:
    """The value that is shown, None where no card has one. `joins`: whether the field can hold several values at once.

    >>> old, new = Value("Lyon", _BEGINNING, kept=True), Value("Paris", datetime(2026, 1, 1, tzinfo=UTC))
    >>> [survivor([old, new], rule).value for rule in (Survives.LATEST, Survives.KEPT, Survives.ALL)]
    ['Paris', 'Lyon', 'Lyon; Paris']
    """
    there = sorted((one for one in values if not empty(one.value)), key=_freshness, reverse=True)
    if not there:
        return None
    if rule is Survives.ALL and joins:
        return _together(there)
    order = {source: place for place, source in enumerate(source_order)}
    times = Counter(_key(one.value) for one in there)
    weight: Mapping[Survives, Callable[[Value], int]] = {
        Survives.KEPT: lambda one: one.kept,
        Survives.VERIFIED: lambda one: one.verified,
        Survives.SOURCES: lambda one: -order.get(one.source_id or 0, len(order)),
        Survives.FREQUENT: lambda one: times[_key(one.value)],
        Survives.LONGEST: lambda one: len(str(one.value)),
    }
    return max(there, key=weight[rule]) if rule in weight else there[0]


def empty(value: Any) -> bool:
    """Whether nothing is said; no and nought are answers."""
    return value is None or value in ("", [])


def _freshness(one: Value) -> tuple[datetime, bool, int]:
    return (one.at or _BEGINNING, one.kept, -one.card_id)


def _key(value: Any) -> str:
    return str(value).strip().casefold()


def _together(there: Sequence[Value]) -> Value:
    """All of them, each once, the oldest first; lists are put together to one."""
    first = there[0]
    if any(isinstance(one.value, list) for one in there):
        found: list[Any] = []
        for one in reversed(there):
            found += [part for part in one.value if part not in found] if isinstance(one.value, list) else []
        return _like(first, found)
    if not all(isinstance(one.value, str) for one in there):
        return first
    words = {_key(one.value): one.value for one in reversed(there)}
    return _like(first, SEPARATOR.join(words.values()))


def _like(first: Value, value: Any) -> Value:
    return Value(value, first.at, first.source_id, first.verified, first.kept, first.card_id)
