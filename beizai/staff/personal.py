"""What the audit log holds of a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from beizai.base import keeping
from beizai.base.personal import Holding, register
from beizai.staff.models import AuditEntry, ExportRequest


def _give_out(customer_id: int) -> Sequence[Mapping[str, Any]]:
    return list(AuditEntry.objects.filter(customer_id=customer_id).values("at", "action"))


def _erase(customer_id: int, at: datetime) -> int:
    return 0


register(
    Holding(
        table="staff_auditentry",
        what="who saw or changed their card, and when",
        give_out=_give_out,
        erase=_erase,
        kept_because="The audit log names the card by its number alone.",
        kept=keeping.by_age(
            "audit_log",
            "who saw and did what",
            AuditEntry.objects.all,
            age="at",
            counted_from="happened",
            keep_days=1095,
            least_days=365,
        ),
    )
)

keeping.keep(
    keeping.by_age(
        "export_requests",
        "which exports were asked for, with the filters of their lists",
        ExportRequest.objects.all,
        age="asked_at",
        counted_from="asked",
        keep_days=90,
        owner="",
    )
)
