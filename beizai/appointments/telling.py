"""What became of appointments is carried into the book as events, so that segments know who comes and who does not."""

from beizai.appointments.models import AppointmentStep
from beizai.events import inbox
from beizai.events.happenings import Happening

_AT_ONCE = 500
_KINDS = {
    "booked": "appointment_booked",
    "moved": "appointment_moved",
    "done": "appointment_kept",
    "no_show": "appointment_missed",
    "cancelled": "appointment_cancelled",
}


def tell() -> int:
    """Hands the steps nobody was told of to the inbox; how many. Told twice is once: a step's number is its id."""
    rows = list(
        AppointmentStep.objects.filter(told=False)
        .select_related("appointment", "appointment__service", "appointment__staff")
        .order_by("id")[:_AT_ONCE]
    )
    messages = [_happening(row).message() for row in rows if row.step in _KINDS]
    if messages:
        inbox.current().put(messages)
    AppointmentStep.objects.filter(pk__in=[row.pk for row in rows]).update(told=True)
    return len(rows)


def _happening(row: AppointmentStep) -> Happening:
    one = row.appointment
    return Happening(
        id=f"appointment:{one.number}:{row.pk}",
        kind=_KINDS[row.step],
        occurred_at=row.at,
        received_at=row.at,
        customer_id=one.customer_id,
        source_id=one.source_id,
        props={"service": one.service.name, "staff": str(one.staff), "minutes": one.minutes},
        simulated=one.simulated,
    )
