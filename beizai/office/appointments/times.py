"""Finding a time: for whom, what, which day; the free times, earliest first."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from beizai.appointments import booking
from beizai.appointments.booking import Booking, FreeTime
from beizai.appointments.models import Service, StaffHours
from beizai.base.errors import BeizaiError, Invalid
from beizai.office import picking, refusals, sight, wording
from beizai.office.customers.listing import display_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.sources.register import office
from beizai.staff.models import User
from beizai.staff.roles import May

_DAYS_LOOKED = 21


@needs(May.USE_TILL)
def book_page(request: HttpRequest) -> HttpResponse:
    """Without script three short forms, one after the other: who, what and when, which time."""
    given = request.POST or request.GET
    customer = picking.chosen(given.get("customer", ""), request)
    wrong: BeizaiError | None = None
    if request.method == "POST" and customer is not None:
        try:
            made = booking.book(
                _wanted(request, customer.pk), source=office(frame().now), by=person(request), now=frame().now
            )
        except Invalid as error:
            wrong = error
        else:
            when = wording.moment(made.starts_at)
            messages.success(request, _("Booked: %(when)s.") % {"when": when})
            return redirect(f"{reverse('day')}?on={made.starts_at.astimezone(frame().zone):%Y-%m-%d}")
    context = _context(request, given) | {"customer": customer, "wish": given.get("wish", "")}
    context["name"] = display_name(customer, person(request)) if customer else ""
    context["wrong"] = "" if wrong is None else refusals.in_words(wrong)
    return render(request, "office/appointments/book.html", context)


@needs(May.USE_TILL)
def move_page(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Another time for an appointment."""
    one = booking.get(appointment_id)
    sight.require(person(request), one.customer_id)
    wrong = ""
    if request.method == "POST":
        try:
            chosen = _chosen(request.POST.get("time", ""))
            booking.move(
                one.pk,
                starts_at=chosen.starts_at,
                staff_id=chosen.staff_id,
                by=person(request),
                now=frame().now,
            )
        except Invalid as error:
            wrong = refusals.in_words(error)
        else:
            messages.success(request, _("Moved: %(when)s.") % {"when": wording.moment(chosen.starts_at)})
            return redirect(f"{reverse('day')}?on={chosen.starts_at.astimezone(frame().zone):%Y-%m-%d}")
    given = {"service": str(one.service_id)} | (request.POST or request.GET).dict()
    context = _context(request, given) | {
        "one": one,
        "customer": one.customer,
        "name": display_name(one.customer, person(request)),
        "wrong": wrong,
    }
    return render(request, "office/appointments/book.html", context)


@needs(May.USE_TILL)
def pick_fragment(request: HttpRequest) -> HttpResponse:
    """Who it is for, looked up while typing."""
    words = request.GET.get("who", "").strip()
    context = {"rows": picking.people(words, request), "words": words, "then": request.GET.get("then", "")}
    return render(request, "office/appointments/pick.html", context)


def _context(request: HttpRequest, given: Any) -> dict[str, Any]:
    services = list(Service.objects.filter(active=True))
    asked = given.get("service", "")
    service = next((each for each in services if str(each.pk) == asked), services[0] if services else None)
    staff_id = int(given["staff"]) if str(given.get("staff", "")).isdecimal() else None
    on, times = _day_with_room(service, _day(given.get("on", "")), staff_id)
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={each.staff_id for each in times})}
    return {
        "services": services,
        "service": service,
        "staff": list(
            User.objects.filter(pk__in=StaffHours.objects.values("staff_id"), is_active=True).order_by(
                "name", "id"
            )
        ),
        "staff_id": staff_id,
        "on": on,
        "asked_on": given.get("on", ""),
        "times": [
            {
                "value": f"{each.starts_at:%Y-%m-%dT%H:%M}/{each.staff_id}",
                "time": each,
                "staff": names[each.staff_id],
            }
            for each in times
        ],
        "who": given.get("who", ""),
        "rows": picking.people(str(given.get("who", "")).strip(), request),
    }


def _day_with_room(service: Service | None, on: date, staff_id: int | None) -> tuple[date, list[FreeTime]]:
    """The day asked for, or the next one with room."""
    if service is None:
        return on, []
    for number in range(_DAYS_LOOKED):
        day = on + timedelta(days=number)
        found = booking.free_times(service, day, now=frame().now, staff_id=staff_id)
        if found:
            return day, found if staff_id else _one_each(found)
    return on, []


def _one_each(times: list[FreeTime]) -> list[FreeTime]:
    """Each time once, with whom has most room left: the first of it in the list."""
    first: dict[datetime, FreeTime] = {}
    for each in times:
        first.setdefault(each.starts_at, each)
    return list(first.values())


def _day(text: str) -> date:
    try:
        return max(date.fromisoformat(text), frame().today)
    except ValueError:
        return frame().today


def _chosen(text: str) -> FreeTime:
    at, _slash, staff = text.partition("/")
    try:
        return FreeTime(datetime.fromisoformat(f"{at}+00:00"), int(staff))
    except ValueError:
        raise Invalid("No time is chosen.", hint="Choose one of the free times.") from None


def _wanted(request: HttpRequest, customer_id: int) -> Booking:
    chosen = _chosen(request.POST.get("time", ""))
    service = request.POST.get("service", "")
    return Booking(
        customer_id=customer_id,
        service_id=int(service) if service.isdecimal() else 0,
        staff_id=chosen.staff_id,
        starts_at=chosen.starts_at,
        wish=request.POST.get("wish", ""),
    )
