"""What the appointments hold of a person."""

from datetime import datetime
from typing import Any

from beizai.appointments.models import Appointment
from beizai.base.personal import Holding, register


def _give(customer_id: int) -> list[dict[str, Any]]:
    fields = ("service__name", "staff__name", "starts_at", "minutes", "state", "wish")
    rows = Appointment.objects.filter(customer_id=customer_id).order_by("starts_at")
    return [dict(row) for row in rows.values(*fields)]


def _erase(customer_id: int, at: datetime) -> int:
    return Appointment.objects.filter(customer_id=customer_id).delete()[0]


register(
    Holding(
        table=Appointment._meta.db_table,
        what="appointments: when, with whom, for what, the wish agreed beforehand",
        give_out=_give,
        erase=_erase,
    )
)
