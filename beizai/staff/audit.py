"""The record of what was done: by whom, to what, when."""

from datetime import datetime
from typing import Any

from beizai.staff.models import AuditEntry, User


def record(
    action: str, *, at: datetime, user: User | None, customer_id: int | None = None, **detail: Any
) -> AuditEntry:
    """Writes one entry; `detail` holds counts and ids, never contact points."""
    return AuditEntry.objects.create(action=action, at=at, user=user, customer_id=customer_id, detail=detail)
