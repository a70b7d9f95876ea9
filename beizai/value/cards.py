"""What the cards say beside the orders, for all customers: who brings others, who left an address, who may be written to."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Q, QuerySet

from beizai.consent.models import Purpose
from beizai.consent.permitted import permitted
from beizai.customers import belonging
from beizai.customers.models import ContactPoint, Customer, Tie, TieKind
from beizai.sources.models import SourceKind
from beizai.value.conditions import Card

Whole = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]
_FEW = 500


@dataclass(frozen=True)
class Cards:
    """One entry per card, by rising id."""

    customer_id: Whole
    referrals: Whole
    left_contact: Truth
    contactable: Truth


def cards(at: datetime) -> Cards:
    """All cards of the book; ties, addresses and permissions as of a time. Cards joined to another are none of their own."""
    listed = belonging.listed(Customer.objects.order_by("pk"))
    ids = np.fromiter(listed.values_list("pk", flat=True).iterator(), dtype=np.int64)
    return Cards(ids, referrals(ids, at), marked(ids, left_contact(at)), marked(ids, contactable(at)))


def card(customer_id: int, at: datetime, *, asked: bool) -> Card:
    """One customer's card as the labels look at it; `asked` is read from the events."""
    numbers = belonging.ids_of(customer_id)
    return Card(
        referrals=int(referrals(np.array([customer_id], dtype=np.int64), at)[0]),
        left_contact=_left(at).filter(customer_id__in=numbers).exists(),
        asked=asked,
        contactable=bool(contactable(at, only=customer_id)),
    )


def referrals(ids: Whole, at: datetime) -> Whole:
    """How many customers each brought. Two cards of one person were brought once."""
    whose = {number: card for card, numbers in belonging.groups().items() for number in numbers}
    counted = _counted_joint(at, whose) if whose else _counted(at, ids)
    found = np.zeros(len(ids), dtype=np.int64)
    if counted and len(ids):
        leaders = np.fromiter(counted.keys(), dtype=np.int64)
        at_place = np.minimum(np.searchsorted(ids, leaders), len(ids) - 1)
        here = ids[at_place] == leaders
        found[at_place[here]] = np.fromiter(counted.values(), dtype=np.int64)[here]
    return found


def _counted(at: datetime, ids: Whole) -> dict[int, int]:
    ties = _brought(at) if len(ids) > _FEW else _brought(at).filter(other_id__in=ids.tolist())
    return dict(ties.values_list("other_id").annotate(Count("pk")).order_by())


def _counted_joint(at: datetime, whose: Mapping[int, int]) -> dict[int, int]:
    rows = _brought(at).values_list("other_id", "customer_id").iterator(chunk_size=20_000)
    pairs = {(whose.get(leader, leader), whose.get(comer, comer)) for leader, comer in rows}
    return Counter(leader for leader, comer in pairs if leader != comer)


def left_contact(at: datetime, *, only: Collection[int] | None = None) -> Iterable[int]:
    """Who gave an address or number themselves: not those of a list of customers whose lawful basis nobody stated."""
    whose = belonging.leading(only)
    left = _left(at) if only is None else _left(at).filter(customer_id__in=[*only, *whose])
    numbers = left.values_list("customer_id", flat=True).distinct().iterator(chunk_size=20_000)
    return (whose.get(number, number) for number in numbers)


def contactable(at: datetime, *, only: int | None = None) -> set[int]:
    """Who may be sent marketing on a channel at least."""
    answer = permitted(Purpose.MARKETING, at, customer_ids=None if only is None else [only])
    return set().union(*answer.allowed.values())


def marked(ids: Whole, members: Iterable[int]) -> Truth:
    """For each id whether it is among the members."""
    return np.isin(ids, np.fromiter(members, dtype=np.int64), kind=None)


def _brought(at: datetime) -> QuerySet[Tie]:
    return Tie.objects.filter(kind=TieKind.REFERRED_BY, added_at__lte=at)


def _left(at: datetime) -> QuerySet[ContactPoint]:
    bought_list = Q(source__kind=SourceKind.CUSTOMERS, source__basis="")
    live = Q(ended_at=None) | Q(ended_at__gt=at)
    return ContactPoint.objects.filter(live, added_at__lte=at).exclude(bought_list)
