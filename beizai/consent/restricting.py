"""Restriction (GDPR art. 18): somebody's data is only kept, neither chosen by a segment nor written to, until it is lifted."""

from datetime import datetime

from beizai.base.errors import Invalid
from beizai.consent.models import Restriction
from beizai.customers import belonging
from beizai.staff.models import User


def restrict(customer_id: int, reason: str, *, at: datetime, user: User | None = None) -> None:
    """From now on nothing is done with this customer's data but keeping it. Invalid without a reason."""
    _write(customer_id, True, reason, at, user)


def lift(customer_id: int, reason: str, *, at: datetime, user: User | None = None) -> None:
    """The data is used again; the person is told before (art. 18(3)), which `reason` says."""
    _write(customer_id, False, reason, at, user)


def restricted(at: datetime) -> frozenset[int]:
    """Everybody whose data is only kept at this time."""
    rows = (
        Restriction.objects.filter(at__lte=at).order_by("at", "pk").values_list("customer_id", "restricted")
    )
    found = [customer_id for customer_id, on in dict(rows).items() if on]
    return frozenset(found) | frozenset(belonging.cards_of(found).values()) if found else frozenset()


def _write(customer_id: int, on: bool, reason: str, at: datetime, user: User | None) -> None:
    if not reason.strip():
        raise Invalid("A restriction needs its reason.", hint="Say what the customer asked for, and when.")
    if (customer_id in restricted(at)) != on:
        Restriction.objects.create(customer_id=customer_id, restricted=on, reason=reason, user=user, at=at)
