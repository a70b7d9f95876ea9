"""Which card a customer's number belongs to, for rooms that lie below the one that joins cards.

Joining rewrites nothing: rows keep the number they came with, and who reads people asks here. The room identity, which
keeps the table, tells itself to this module when the program starts; without it every number is its own card.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

_T = TypeVar("_T")
_Q = TypeVar("_Q", bound=QuerySet[Any])


@dataclass(frozen=True)
class Told:
    """How the room that keeps the table is asked."""

    cards_of: Callable[[Iterable[int]], dict[int, int]]
    groups: Callable[[Iterable[int] | None], dict[int, list[int]]]
    joined: Callable[[], QuerySet[Any, int] | None]
    leads_of: Callable[[QuerySet[Any, int]], QuerySet[Any, int]]
    since: Callable[[Collection[int]], dict[int, datetime]]


_told: list[Told] = []


def tell(how: Told) -> None:
    """The room that joins cards says how it is asked."""
    _told[:] = [how]


def card_of(customer_id: int) -> int:
    """The card this number belongs to now; itself where it was never joined."""
    return cards_of([customer_id])[customer_id]


def cards_of(customer_ids: Iterable[int]) -> dict[int, int]:
    """`card_of` for many: one query where cards were joined."""
    return _told[0].cards_of(customer_ids) if _told else {number: number for number in customer_ids}


def ids_of(card_id: int) -> list[int]:
    """The card's own number and all that were joined to it, its own first."""
    return groups([card_id]).get(card_id, [card_id])


def groups(card_ids: Iterable[int] | None = None) -> dict[int, list[int]]:
    """The cards others were joined to, each with all its numbers, its own first; None asks for all of the book."""
    return _told[0].groups(card_ids) if _told else {}


def since(card_ids: Collection[int]) -> dict[int, datetime]:
    """When the last card was joined to each of these; those nobody was joined to are left out."""
    return _told[0].since(card_ids) if _told else {}


def spread(card_ids: Iterable[int]) -> dict[int, int]:
    """Every number of these cards, with its card: what a query over several cards asks for."""
    wanted = list(dict.fromkeys(card_ids))
    several = groups(wanted)
    return {number: card for card in wanted for number in several.get(card, [card])}


def leading(card_ids: Iterable[int] | None = None) -> dict[int, int]:
    """The numbers joined to these cards (None: to any), each with its card; empty where nobody was joined."""
    found = groups(card_ids)
    return {number: card for card, numbers in found.items() for number in numbers[1:]}


def listed(rows: _Q, column: str = "pk") -> _Q:
    """These rows without the cards that were joined to another; `column` is the one with the customer's number."""
    joined = _told[0].joined() if _told else None
    return rows if joined is None else rows.exclude(**{f"{column}__in": joined})


def of_joined(rows: QuerySet[Any, int], column: str) -> Q:
    """The cards to which one of these customers' numbers was joined; `column` leads to the card's number."""
    if not _told or _told[0].joined() is None:
        return Q()
    return Q(**{f"{column}__in": _told[0].leads_of(rows)})


def gathered(rows: Iterable[tuple[Any, ...]], among: Mapping[int, int]) -> Iterator[tuple[Any, ...]]:
    """Rows that begin with a customer's number, with its card in its place."""
    for number, *rest in rows:
        yield (among.get(number, number), *rest)


def in_pieces(items: Iterable[_T], size: int = 5_000) -> Iterator[list[_T]]:
    """What is asked for in pieces one statement can take."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
