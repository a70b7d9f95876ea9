"""Booking, moving, calling off; who came, who did not. Nobody of the staff is ever booked twice at once."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as civil_time

from django.db import IntegrityError, transaction

from beizai.appointments import hours
from beizai.appointments.hours import Span
from beizai.appointments.models import (
    GRAIN_MINUTES,
    Absence,
    Appointment,
    AppointmentState,
    AppointmentStep,
    Service,
    StaffHours,
    TakenTime,
)
from beizai.base import clock
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.customers import access
from beizai.customers.models import Customer
from beizai.sources.models import Source
from beizai.staff.models import User
from beizai.staff.shop import shop

_STEP = timedelta(minutes=15)  # how far apart times are offered
_FARTHEST = timedelta(days=400)
_LONGEST_WISH = 2_000
_OPEN = (AppointmentState.BOOKED, AppointmentState.ARRIVED)


@dataclass(frozen=True)
class FreeTime:
    """A time at which a service can begin with a member of staff."""

    starts_at: datetime
    staff_id: int


@dataclass(frozen=True)
class Booking:
    """What is to be booked. `outside_hours`: staff say they take the customer although the week says otherwise."""

    customer_id: int
    service_id: int
    staff_id: int
    starts_at: datetime
    wish: str = ""
    outside_hours: bool = False
    simulated: bool = False


def get(appointment_id: int) -> Appointment:
    """The appointment, or NotFound."""
    found = (
        Appointment.objects.select_related("customer", "service", "staff").filter(pk=appointment_id).first()
    )
    if found is None:
        raise NotFound("There is no appointment {number}.", number=appointment_id)
    return found


def open_spans(staff_id: int, day: date) -> list[Span]:
    """When this member of staff takes customers on a day: the week's hours less absences and closed days."""
    zone = clock.zone(shop().timezone)
    rows = StaffHours.objects.filter(staff_id=staff_id, weekday=day.weekday())
    week = [hours.span_of(day, row.begins, row.ends, zone) for row in rows]
    if not week:
        return []
    first, last = min(week).begins_at, max(span.ends_at for span in week)
    away = Absence.objects.filter(begins_at__lt=last, ends_at__gt=first)
    holes = [Span(row.begins_at, row.ends_at) for row in away if row.staff_id in (None, staff_id)]
    return hours.without(week, holes)


def free_times(service: Service, day: date, *, now: datetime, staff_id: int | None = None) -> list[FreeTime]:
    """When the service can begin on a day, with whom; the earliest first, then by who has most time left."""
    if staff_id is None:
        people = StaffHours.objects.filter(weekday=day.weekday(), staff__is_active=True)
        ids = sorted(set(people.values_list("staff_id", flat=True)))
    else:
        ids = [staff_id]
    found: list[tuple[datetime, timedelta, int]] = []
    for who in ids:
        free = hours.without(open_spans(who, day), _taken(who, day))
        left = sum((span.ends_at - span.begins_at for span in free), timedelta())
        length = timedelta(minutes=service.minutes + service.pause_minutes)
        found += [(at, -left, who) for at in hours.starts(free, length, step=_STEP, not_before=now)]
    return [FreeTime(at, who) for at, _left, who in sorted(found)]


def _taken(staff_id: int, day: date) -> list[Span]:
    zone = clock.zone(shop().timezone)
    whole = hours.span_of(day, civil_time.min, civil_time.max, zone)
    rows = TakenTime.objects.filter(
        staff_id=staff_id, begins_at__gte=whole.begins_at - timedelta(hours=12), begins_at__lte=whole.ends_at
    )
    grain = timedelta(minutes=GRAIN_MINUTES)
    return [Span(at, at + grain) for at in rows.values_list("begins_at", flat=True)]


def book(wanted: Booking, *, source: Source, by: User | None, now: datetime) -> Appointment:
    """Books a time; Invalid where it is taken, past, or outside the hours and nobody says so."""
    service = _service(wanted.service_id)
    starts_at = _on_the_grain(wanted.starts_at)
    staff = _staff(wanted.staff_id)
    if not Customer.objects.filter(pk=wanted.customer_id).exists():
        raise NotFound("There is no customer {number}.", number=wanted.customer_id)
    if len(wanted.wish) > _LONGEST_WISH:
        raise Invalid(
            "The wish has over {most} characters.", most=_LONGEST_WISH, hint="Say it in fewer words."
        )
    length = timedelta(minutes=service.minutes + service.pause_minutes)
    _refuse_odd_times(staff, starts_at, length, now, wanted.outside_hours)
    with transaction.atomic():
        made = Appointment.objects.create(
            customer_id=wanted.customer_id,
            service=service,
            staff=staff,
            starts_at=starts_at,
            minutes=service.minutes,
            pause_minutes=service.pause_minutes,
            wish=wanted.wish.strip(),
            source=source,
            booked_at=now,
            simulated=wanted.simulated,
        )
        _take(made)
        _note(made, AppointmentState.BOOKED, by, now)
        access.served(made.customer_id, staff, now)
    return made


def move(
    appointment_id: int,
    *,
    starts_at: datetime,
    staff_id: int,
    by: User | None,
    now: datetime,
    outside_hours: bool = False,
) -> Appointment:
    """Another time or another member of staff; the old time stays booked where the new one cannot be had."""
    found = _still_open(appointment_id)
    at, staff = _on_the_grain(starts_at), _staff(staff_id)
    with transaction.atomic():
        TakenTime.objects.filter(appointment=found).delete()
        length = timedelta(minutes=found.minutes + found.pause_minutes)
        _refuse_odd_times(staff, at, length, now, outside_hours)
        found.starts_at, found.staff, found.reminded_at, found.reminder = at, staff, None, ""
        found.state = AppointmentState.BOOKED
        found.revision += 1
        found.save()
        _take(found)
        _note(found, "moved", by, now)
    return found


def agree(appointment_id: int, wish: str, *, now: datetime, by: User | None) -> Appointment:
    """Writes down what was agreed beforehand."""
    if len(wish) > _LONGEST_WISH:
        raise Invalid(
            "The wish has over {most} characters.", most=_LONGEST_WISH, hint="Say it in fewer words."
        )
    found = _still_open(appointment_id)
    found.wish = wish.strip()
    found.save(update_fields=["wish"])
    return found


def cancel(appointment_id: int, *, by: User | None, now: datetime) -> Appointment:
    """Called off beforehand: the time is free again."""
    return _settle(appointment_id, AppointmentState.CANCELLED, by, now, frees=True)


def arrive(appointment_id: int, *, by: User | None, now: datetime) -> Appointment:
    """The customer is here."""
    return _settle(appointment_id, AppointmentState.ARRIVED, by, now)


def finish(appointment_id: int, *, by: User | None, now: datetime) -> Appointment:
    """Done; what is left of the time booked is free again."""
    found = _settle(appointment_id, AppointmentState.DONE, by, now)
    TakenTime.objects.filter(appointment=found, begins_at__gte=now).delete()
    return found


def miss(appointment_id: int, *, by: User | None, now: datetime) -> Appointment:
    """The customer did not come; what is left of the time is free again."""
    found = get(appointment_id)
    if now < found.starts_at:
        raise Invalid("It has not begun yet.", hint="Call it off instead.")
    found = _settle(appointment_id, AppointmentState.NO_SHOW, by, now)
    TakenTime.objects.filter(appointment=found, begins_at__gte=now).delete()
    return found


def reopen(appointment_id: int, *, by: User | None, now: datetime) -> Appointment:
    """Takes a step back that was a slip of the finger: booked again, where the time is still to be had."""
    with transaction.atomic():
        found = get(appointment_id)
        if found.state == AppointmentState.BOOKED:
            return found
        TakenTime.objects.filter(appointment=found).delete()
        found.state = AppointmentState.BOOKED
        found.revision += 1
        found.save(update_fields=["state", "revision"])
        _take(found)
        _note(found, "reopened", by, now)
    return found


def _settle(
    appointment_id: int, state: AppointmentState, by: User | None, now: datetime, *, frees: bool = False
) -> Appointment:
    with transaction.atomic():
        open_ones = Appointment.objects.filter(pk=appointment_id, state__in=_OPEN)
        if not open_ones.update(state=state):
            found = get(appointment_id)
            if found.state == state:  # pressed twice
                return found
            raise Forbidden(
                "Appointment {number} is over.",
                number=appointment_id,
                hint="Book it again, or take the step back.",
            )
        found = get(appointment_id)
        if state == AppointmentState.CANCELLED:
            found.revision += 1
            found.save(update_fields=["revision"])
        if frees:
            TakenTime.objects.filter(appointment=found).delete()
        _note(found, state, by, now)
    return found


def _still_open(appointment_id: int) -> Appointment:
    found = get(appointment_id)
    if found.state not in _OPEN:
        raise Forbidden("Appointment {number} is over.", number=appointment_id, hint="Book a new one.")
    return found


def _take(made: Appointment) -> None:
    length = timedelta(minutes=made.minutes + made.pause_minutes)
    rows = [
        TakenTime(staff_id=made.staff_id, begins_at=at, appointment=made)
        for at in hours.grains(made.starts_at, length)
    ]
    try:
        with transaction.atomic():
            TakenTime.objects.bulk_create(rows)
    except IntegrityError:
        raise Invalid(
            "{staff} is taken at that time.",
            staff=str(made.staff),
            hint="Choose another time, or somebody else.",
        ) from None


def _note(made: Appointment, step: str, by: User | None, now: datetime) -> None:
    AppointmentStep.objects.create(appointment=made, step=step, starts_at=made.starts_at, user=by, at=now)


def _refuse_odd_times(
    staff: User, starts_at: datetime, length: timedelta, now: datetime, outside_hours: bool
) -> None:
    if starts_at < now - timedelta(hours=1):
        raise Invalid("That time is past.", hint="Choose a time from now on.")
    if starts_at > now + _FARTHEST:
        raise Invalid("That is over a year ahead.", hint="Is the year right?")
    if outside_hours:
        return
    day = starts_at.astimezone(clock.zone(shop().timezone)).date()
    wanted = Span(starts_at, starts_at + length)
    if not any(
        span.begins_at <= wanted.begins_at and wanted.ends_at <= span.ends_at
        for span in open_spans(staff.pk, day)
    ):
        raise Invalid(
            "{staff} takes no customers at that time.",
            staff=str(staff),
            hint="Choose a time of theirs, or say that it is outside their hours.",
        )


def _on_the_grain(starts_at: datetime) -> datetime:
    at = starts_at.astimezone(UTC)
    if at.minute % GRAIN_MINUTES or at.second or at.microsecond:
        raise Invalid("Times are kept to five minutes.", hint="10:30 or 10:35, not 10:32.")
    return at


def _service(service_id: int) -> Service:
    found = Service.objects.filter(pk=service_id, active=True).first()
    if found is None:
        raise NotFound("There is no service {number}.", number=service_id)
    return found


def _staff(staff_id: int) -> User:
    found = User.objects.filter(pk=staff_id, is_active=True).first()
    if found is None:
        raise NotFound("Nobody of the staff has the number {number}.", number=staff_id)
    return found
