"""Which card a number belongs to: itself, but for cards that were joined to another."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet

from beizai.customers import belonging
from beizai.identity.models import Belonging, MatchRules, MergedCard

_FEW = 5_000  # beyond so many numbers the whole table is read once


def card_of(customer_id: int) -> int:
    """The card this number belongs to now."""
    return cards_of([customer_id])[customer_id]


def cards_of(customer_ids: Iterable[int]) -> dict[int, int]:
    """The card each of these numbers belongs to now. One look-up on a key; in a book without joined cards on an empty table."""
    wanted = list(dict.fromkeys(customer_ids))
    rows = Belonging.objects.all() if len(wanted) > _FEW else Belonging.objects.filter(pk__in=wanted)
    other = dict(rows.values_list("customer_id", "card_id"))
    return {number: other.get(number, number) for number in wanted}


def ids_of(card_id: int) -> list[int]:
    """The card's own number and all that were joined to it, its own first."""
    return groups([card_id]).get(card_id, [card_id])


def groups(card_ids: Iterable[int] | None = None) -> dict[int, list[int]]:
    """The cards others were joined to, each with all its numbers, its own first; None asks for all of the book."""
    rows = Belonging.objects.order_by("customer_id")
    wanted = None if card_ids is None else set(card_ids)
    if wanted is not None and len(wanted) <= _FEW:
        rows = rows.filter(card_id__in=wanted)
    found: dict[int, list[int]] = {}
    for number, card in rows.values_list("customer_id", "card_id"):
        if wanted is None or card in wanted:
            found.setdefault(card, [card]).append(number)
    return found


def since(card_ids: Collection[int]) -> dict[int, datetime]:
    """When the last card was joined to each of these."""
    rows = Belonging.objects.all()
    if len(card_ids) <= _FEW:
        rows = rows.filter(card_id__in=list(card_ids))
    return dict(rows.values_list("card_id").annotate(last=Max("since_at")).order_by())


def mapping(at: datetime | None = None) -> dict[int, int]:
    """Every joined number with its card: now, or as it was known at a time."""
    if at is None:
        return dict(Belonging.objects.values_list("customer_id", "card_id"))
    rows = MergedCard.objects.filter(Q(merge__undone_at=None) | Q(merge__undone_at__gt=at), merge__at__lte=at)
    step = dict(rows.order_by("merge_id").values_list("customer_id", "merge__card_id"))
    return {number: _end(number, step) for number in step}


def stamp() -> int:
    """A number that is another whenever who belongs to whom has changed; 0 where nobody was ever joined."""
    return MatchRules.objects.filter(pk=1).values_list("stamp", flat=True).first() or 0


def _end(number: int, step: dict[int, int]) -> int:
    seen = set()
    while number in step and number not in seen:
        seen.add(number)
        number = step[number]
    return number


def _joined() -> QuerySet[Any, int] | None:
    """The numbers that are no card of their own any more; None where there are none, so that nothing need be left out."""
    rows = Belonging.objects.values_list("customer_id", flat=True)
    return rows if rows.exists() else None


def below(card_id: int) -> dict[int, list[int]]:
    """The cards joined to each card of a group, by the card they were joined to."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = Belonging.objects.filter(card_id=card_id).order_by("customer_id")
    for number, to in rows.values_list("customer_id", "joined_to_id"):
        found[to].append(number)
    return found


def _leads_of(rows: QuerySet[Any, int]) -> QuerySet[Any, int]:
    """The cards the joined ones among these numbers belong to."""
    return Belonging.objects.filter(customer_id__in=rows).values_list("card_id", flat=True)


TOLD = belonging.Told(cards_of=cards_of, groups=groups, joined=_joined, since=since, leads_of=_leads_of)
