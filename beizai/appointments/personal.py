"""What the appointments hold of a person."""

from datetime import datetime
from typing import Any

from beizai.appointments.models import Appointment, AppointmentState, GiftOrder, GiftState
from beizai.base import keeping
from beizai.base.personal import Holding, register

_OVER = (GiftState.HANDED_OVER, GiftState.CANCELLED)


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
        kept=keeping.by_age(
            "appointments",
            "appointments that are over: when, for what, the wish agreed beforehand",
            lambda: Appointment.objects.exclude(state=AppointmentState.BOOKED),
            age="starts_at",
            counted_from="happened",
            keep_days=3 * 365,
            least_days=30,
        ),
    )
)


def _give_gifts(customer_id: int) -> list[dict[str, Any]]:
    """What they gave; what others give them stays a surprise, but for what was handed over."""
    given = GiftOrder.objects.filter(giver_id=customer_id)
    got = GiftOrder.objects.filter(receiver_id=customer_id, state="handed_over")
    fields = ("number", "what__name", "wish", "wanted_on", "state", "taken_at")
    rows = [dict(row) for row in given.values(*fields, "receiver_name")]
    return rows + [dict(row) for row in got.values(*fields)]


def _erase_gifts(customer_id: int, at: datetime) -> int:
    received = GiftOrder.objects.filter(receiver_id=customer_id)
    changed = received.update(receiver=None, receiver_name="", receiver_point="", consent_id=None)
    return changed + GiftOrder.objects.filter(giver_id=customer_id).delete()[0]


register(
    Holding(
        table=GiftOrder._meta.db_table,
        what="gifts made to measure, ordered by them or made for them",
        give_out=_give_gifts,
        erase=_erase_gifts,
        kept=keeping.by_age(
            "gift_orders",
            "gifts made to measure that were handed over or called off",
            lambda: GiftOrder.objects.filter(state__in=_OVER),
            age="taken_at",
            counted_from="asked",
            keep_days=3 * 365,
            owner=("giver_id", "receiver_id"),
            least_days=365,
        ),
    )
)
