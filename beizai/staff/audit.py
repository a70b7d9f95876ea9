"""The record of what was done and seen: by whom, to what, when."""

from datetime import datetime
from typing import Any

from beizai.base.clock import civil_date, start_of
from beizai.staff.models import AuditEntry, User


def record(
    action: str, *, at: datetime, user: User | None, customer_id: int | None = None, **detail: Any
) -> AuditEntry:
    """Writes one entry; `detail` holds counts and ids, never contact points."""
    return AuditEntry.objects.create(action=action, at=at, user=user, customer_id=customer_id, detail=detail)


def seen(customer_id: int, *, at: datetime, user: User, timezone: str) -> bool:
    """Somebody looked at a card: one entry a person, card and day. False where that stands there already."""
    day = start_of(civil_date(at, timezone), timezone)
    mine = AuditEntry.objects.filter(customer_id=customer_id, user=user, action="customer.seen", at__gte=day)
    if mine.exists():
        return False
    record("customer.seen", at=at, user=user, customer_id=customer_id)
    return True
