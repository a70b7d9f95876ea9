"""What the cards of one person decided, taken as one person's: a refusal on any of them stands until they decide again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, Self, TypeVar

from beizai.consent.models import Decision


class Decided(Protocol):
    """What is looked at in a decision."""

    @property
    def id(self) -> int: ...
    @property
    def decision(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    def _replace(self, *, at: datetime) -> Self: ...


_D = TypeVar("_D", bound=Decided)


def as_one(rows: Iterable[tuple[int, _D]], joined_at: datetime | None) -> list[_D]:
    """The decisions of a card and of those joined to it: (number, decision) for one channel, in any order.

    Where the last word of one of the cards before they were joined was a no, it counts as said when they were joined: a
    yes on another card from before does not lift it, a later one does.
    """
    said = list(rows)
    if joined_at is None:
        return [row for _, row in said]
    last: dict[int, _D] = {}
    for number, row in said:
        if row.at < joined_at and (number not in last or _turn(row) > _turn(last[number])):
            last[number] = row
    standing = {row.id for row in last.values() if row.decision != Decision.GRANTED}
    return [row._replace(at=joined_at) if row.id in standing else row for _, row in said]


def _turn(row: Decided) -> tuple[datetime, bool, int]:
    return row.at, row.decision != Decision.GRANTED, row.id
