"""The day as the staff work through it: who comes next, who is here, where there is room."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from beizai.appointments import booking
from beizai.appointments import day as days
from beizai.appointments.day import Column
from beizai.appointments.hours import Span, without
from beizai.appointments.models import Appointment, AppointmentState, Service
from beizai.base.errors import Invalid
from beizai.office import sight, wording
from beizai.office.appointments import feeds
from beizai.office.customers.listing import display_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import tally
from beizai.staff.models import User
from beizai.staff.roles import May

_ROOM = timedelta(minutes=15)  # shorter gaps are no room for anybody


@tally("day")
def _kept() -> int:
    """Whether the shop works by appointment at all: only then does the day stand on the cover."""
    return Service.objects.filter(active=True)[:1].count()


@dataclass(frozen=True)
class Row:
    """One line of a column: an appointment, or room for one."""

    begins_at: datetime
    ends_at: datetime
    one: Appointment | None = None
    name: str = ""
    late: bool = False


@dataclass(frozen=True)
class Shown:
    """One member of staff's day on the page: its rows, and a strip of the day (shares with their colours)."""

    column: Column
    rows: list[Row]
    strip: list[tuple[float, str]]
    words: str


@needs(May.USE_TILL)
def day_page(request: HttpRequest) -> HttpResponse:
    """One day, a column for each member of staff."""
    on = _day(request.GET.get("on", ""))
    reader = person(request)
    plan = days.plan(on, branch_id=reader.branch_id if not sight.of(reader).whole else None)
    columns = [_shown(column, plan.span, reader) for column in plan.columns]
    context = {
        "on": on,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "is_today": on == frame().today,
        "head": _head(plan.count, on),
        "columns": columns,
        "has_services": Service.objects.filter(active=True).exists(),
        "feed": feeds.address(reader),
    }
    return render(request, "office/appointments/day.html", context)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else frame().today
    except ValueError:
        return frame().today


def _head(count: int, on: date) -> str:
    words = ngettext("%(n)s appointment on %(day)s", "%(n)s appointments on %(day)s", count)
    if not count:
        words = _("Nobody is booked on %(day)s")
    return words % {"n": wording.number(count), "day": wording.long_day(on)}


def _shown(column: Column, span: Span, reader: User) -> Shown:
    taken = [_time_of(one) for one in column.appointments]
    rows = [
        Row(
            one.starts_at,
            one.starts_at + timedelta(minutes=one.minutes),
            one,
            display_name(one.customer, reader),
            days.is_late(one, frame().now),
        )
        for one in column.appointments
    ]
    free = [room for room in without(column.open_spans, taken) if room.ends_at - room.begins_at >= _ROOM]
    rows += [
        Row(max(room.begins_at, frame().now), room.ends_at)
        for room in free
        if room.ends_at > frame().now + _ROOM
    ]
    left = sum((room.ends_at - room.begins_at for room in free), timedelta())
    hours = left / timedelta(hours=1)
    words = _("%(hours)s h free") % {"hours": wording.number(hours, 0 if hours == int(hours) else 1)}
    return Shown(column, sorted(rows, key=lambda row: row.begins_at), _strip(column, taken, span), words)


def _time_of(one: Appointment) -> Span:
    return Span(one.starts_at, one.starts_at + timedelta(minutes=one.minutes + one.pause_minutes))


def _strip(column: Column, taken: list[Span], span: Span) -> list[tuple[float, str]]:
    """The day from its first to its last hour: blue is booked, hatched is free, grey is closed."""
    pieces = [(each.begins_at, each.ends_at, "blue") for each in taken]
    pieces += [(each.begins_at, each.ends_at, "hatch") for each in without(column.open_spans, taken)]
    whole, at, parts = span.ends_at - span.begins_at, span.begins_at, []
    for begins, ends, kind in sorted(pieces):
        first, last = max(begins, at), min(ends, span.ends_at)
        if last <= first:
            continue
        if first > at:
            parts.append(((first - at) / whole, "grey"))
        parts.append(((last - first) / whole, kind))
        at = last
    return parts if at >= span.ends_at else [*parts, ((span.ends_at - at) / whole, "grey")]


@needs(May.USE_TILL)
def appointment_page(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """One appointment: the wish, what became of it, what may be done now."""
    one = _open_one(request, appointment_id)
    if request.method == "POST":
        booking.agree(one.pk, request.POST.get("wish", ""), now=frame().now, by=person(request))
        messages.success(request, _("The wish is written down."))
        return redirect("appointment", one.pk)
    context = {
        "one": one,
        "name": display_name(one.customer, person(request)),
        "ends_at": one.starts_at + timedelta(minutes=one.minutes),
        "steps": [(step_name(step.step), step) for step in one.steps.select_related("user").order_by("id")],
        "state": state_name(one.state),
        "reminder": reminder_words(one.reminder),
        "open": one.state in (AppointmentState.BOOKED, AppointmentState.ARRIVED),
        "begun": frame().now >= one.starts_at,
    }
    return render(request, "office/appointments/one.html", context)


def _open_one(request: HttpRequest, appointment_id: int) -> Appointment:
    """The appointment, of a customer the reader may open."""
    one = booking.get(appointment_id)
    sight.require(person(request), one.customer_id)
    return one


@require_POST
@needs(May.USE_TILL)
def step(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Here, done, did not come, called off, or a step taken back."""
    steps = {
        "arrive": booking.arrive,
        "finish": booking.finish,
        "miss": booking.miss,
        "cancel": booking.cancel,
        "reopen": booking.reopen,
    }
    chosen = steps.get(request.POST.get("step") or request.GET.get("step", ""))
    if chosen is None:
        raise Invalid("That step is not known.")
    one = chosen(_open_one(request, appointment_id).pk, by=person(request), now=frame().now)
    undo = "" if one.state == AppointmentState.BOOKED else reverse("appointment_step", args=(one.pk,))
    messages.success(request, state_name(one.state), extra_tags=f"{undo}?step=reopen" if undo else "")
    local = one.starts_at.astimezone(frame().zone)
    return redirect(f"{reverse('day')}?on={local:%Y-%m-%d}")


def state_name(state: str) -> str:
    """A state in the reader's words."""
    return {
        AppointmentState.BOOKED: _("Booked"),
        AppointmentState.ARRIVED: _("Is here"),
        AppointmentState.DONE: _("Done"),
        AppointmentState.NO_SHOW: _("Did not come"),
        AppointmentState.CANCELLED: _("Called off"),
    }[AppointmentState(state)]


def step_name(name: str) -> str:
    """A step in the reader's words."""
    if name in AppointmentState.values:
        return state_name(name)
    return {"moved": _("Moved"), "reopened": _("Taken back")}.get(name, name)


def reminder_words(reminder: str) -> str:
    """What became of the reminder."""
    return {
        "": _("No reminder has gone out yet."),
        "asked": _("A reminder goes out by email."),
        "just_booked": _("Booked too shortly before for a reminder."),
        "no_address": _("No mailbox on the card: remind them by phone."),
    }.get(reminder, _("They do not want mails: remind them by phone."))
