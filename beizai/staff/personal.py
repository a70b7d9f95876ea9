"""What the audit log holds of a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from beizai.base.personal import Holding, register
from beizai.staff.models import AuditEntry


def _give_out(customer_id: int) -> Sequence[Mapping[str, Any]]:
    return list(AuditEntry.objects.filter(customer_id=customer_id).values("at", "action"))


def _erase(customer_id: int, at: datetime) -> int:
    return 0


def _expire(before: datetime) -> int:
    return AuditEntry.objects.filter(at__lt=before).delete()[0]


register(
    Holding(
        table="staff_auditentry",
        what="who saw or changed their card, and when",
        give_out=_give_out,
        erase=_erase,
        kept_because="The audit log names the card by its number alone.",
        keep_days=1095,
        expire=_expire,
    )
)
