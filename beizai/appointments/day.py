"""The plan of one day: who comes when to whom, where there is room, and who is late."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as civil_time

from beizai.appointments import booking, hours
from beizai.appointments.hours import Span
from beizai.appointments.models import Appointment, AppointmentState, StaffHours
from beizai.base import clock
from beizai.staff.models import User
from beizai.staff.shop import shop

_LATE = timedelta(minutes=10)


@dataclass(frozen=True)
class Column:
    """One member of staff's day: when they are there, and what is booked, in order of time."""

    staff: User
    open_spans: tuple[Span, ...]
    appointments: tuple[Appointment, ...]


@dataclass(frozen=True)
class Day:
    """A day of the shop."""

    on: date
    span: Span
    columns: tuple[Column, ...]

    @property
    def count(self) -> int:
        return sum(len(column.appointments) for column in self.columns)


def plan(on: date, *, branch_id: int | None = None) -> Day:
    """The day as it stands; called-off appointments are left out, missed and done ones stay.

    `branch_id`: with the staff of this branch alone.
    """
    zone = clock.zone(shop().timezone)
    whole = hours.span_of(on, civil_time.min, civil_time.max, zone)
    rows = (
        Appointment.objects.filter(starts_at__gte=whole.begins_at, starts_at__lte=whole.ends_at)
        .exclude(state=AppointmentState.CANCELLED)
        .select_related("customer", "service", "staff")
        .order_by("starts_at", "id")
    )
    by_staff: dict[int, list[Appointment]] = {}
    for row in rows:
        by_staff.setdefault(row.staff_id, []).append(row)
    there = StaffHours.objects.filter(weekday=on.weekday(), staff__is_active=True)
    people = User.objects.filter(pk__in={*by_staff, *there.values_list("staff_id", flat=True)})
    people = people if branch_id is None else people.filter(branch_id=branch_id)
    columns = tuple(
        Column(person, tuple(booking.open_spans(person.pk, on)), tuple(by_staff.get(person.pk, ())))
        for person in people.order_by("name", "id")
    )
    return Day(on, _shown(columns, whole), columns)


def is_late(one: Appointment, now: datetime) -> bool:
    """Whether a customer who is booked should have been here ten minutes ago."""
    return one.state == AppointmentState.BOOKED and now > one.starts_at + _LATE


def _shown(columns: tuple[Column, ...], whole: Span) -> Span:
    """From the first to the last moment anybody is there or booked, in whole hours."""
    begins = [span.begins_at for column in columns for span in column.open_spans]
    ends = [span.ends_at for column in columns for span in column.open_spans]
    for column in columns:
        begins += [one.starts_at for one in column.appointments]
        ends += [one.starts_at + timedelta(minutes=one.minutes) for one in column.appointments]
    if not begins:
        return Span(whole.begins_at + timedelta(hours=9), whole.begins_at + timedelta(hours=18))
    first = min(begins).replace(minute=0, second=0, microsecond=0)
    last = max(ends)
    if last.minute or last.second:
        last = last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Span(first, last)
