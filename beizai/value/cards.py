"""What the cards say beside the orders, for all customers: who brings others, who left an address, who may be written to."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Q, QuerySet

from beizai.consent.models import Purpose
from beizai.consent.permitted import permitted
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
    """All cards of the book; ties, addresses and permissions as of a time."""
    ids = np.fromiter(Customer.objects.order_by("pk").values_list("pk", flat=True).iterator(), dtype=np.int64)
    return Cards(ids, referrals(ids, at), marked(ids, left_contact(at)), marked(ids, contactable(at)))


def card(customer_id: int, at: datetime, *, asked: bool) -> Card:
    """One customer's card as the labels look at it; `asked` is read from the events."""
    return Card(
        referrals=_brought(at).filter(other_id=customer_id).count(),
        left_contact=_left(at).filter(customer_id=customer_id).exists(),
        asked=asked,
        contactable=bool(contactable(at, only=customer_id)),
    )


def referrals(ids: Whole, at: datetime) -> Whole:
    """How many customers each brought."""
    ties = _brought(at) if len(ids) > _FEW else _brought(at).filter(other_id__in=ids.tolist())
    counted = dict(ties.values_list("other_id").annotate(Count("pk")).order_by())
    found = np.zeros(len(ids), dtype=np.int64)
    if counted and len(ids):
        leaders = np.fromiter(counted.keys(), dtype=np.int64)
        at_place = np.minimum(np.searchsorted(ids, leaders), len(ids) - 1)
        here = ids[at_place] == leaders
        found[at_place[here]] = np.fromiter(counted.values(), dtype=np.int64)[here]
    return found


def left_contact(at: datetime, *, only: Collection[int] | None = None) -> Iterable[int]:
    """Who gave an address or number themselves: not those of a list of customers whose lawful basis nobody stated."""
    left = _left(at) if only is None else _left(at).filter(customer_id__in=list(only))
    return left.values_list("customer_id", flat=True).distinct().iterator(chunk_size=20_000)


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
