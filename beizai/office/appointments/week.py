"""What can be booked, and the week of each member of staff."""

from datetime import UTC, datetime, time
from typing import Any

from babel import dates
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from beizai.appointments.models import GRAIN_MINUTES, Absence, Service, StaffHours
from beizai.base import money
from beizai.base.errors import Invalid, NotFound
from beizai.office import refusals, wording
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.settings import tabs
from beizai.staff import audit
from beizai.staff.models import User
from beizai.staff.roles import May

_MOST_MINUTES = 12 * 60


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Something that can be booked."""

    price = forms.CharField(required=False, max_length=30)

    class Meta:
        model = Service
        fields = ["name", "minutes", "pause_minutes", "remind_hours", "product_number", "active", "position"]
        labels = {
            "name": gettext_lazy("What it is called"),
            "minutes": gettext_lazy("How long it takes (minutes)"),
            "pause_minutes": gettext_lazy("Kept free after it (minutes)"),
            "remind_hours": gettext_lazy("Reminder so many hours before (0: none)"),
            "product_number": gettext_lazy("Product number for the till (optional)"),
            "active": gettext_lazy("Can be booked"),
            "position": gettext_lazy("Place in the list"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["price"].label = _("Price (%(sign)s)") % {"sign": wording.currency_symbol()}
        price = self.instance.price_minor
        self.initial["price"] = "" if price is None else money.from_minor(price, frame().shop.currency)
        for name in ("position", "remind_hours", "pause_minutes"):
            self.fields[name].required = False

    def clean_minutes(self) -> int:
        return self._grain(self.cleaned_data["minutes"], least=GRAIN_MINUTES)

    def clean_pause_minutes(self) -> int:
        return self._grain(self.cleaned_data["pause_minutes"] or 0, least=0)

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0

    def clean_remind_hours(self) -> int:
        return min(self.cleaned_data["remind_hours"] or 0, 14 * 24)

    def clean_price(self) -> str:
        text: str = self.cleaned_data["price"].replace(" ", "").replace(",", ".")
        try:
            self.instance.price_minor = money.to_minor(text, frame().shop.currency) if text else None
        except Invalid as error:
            raise forms.ValidationError(refusals.in_words(error)) from None
        return text

    def _grain(self, minutes: int, *, least: int) -> int:
        if minutes % GRAIN_MINUTES or not least <= minutes <= _MOST_MINUTES:
            raise forms.ValidationError(_("A multiple of five minutes, up to twelve hours."))
        return minutes


@needs(May.CHANGE_SETTINGS)
def week_page(request: HttpRequest) -> HttpResponse:
    """Services, the week, absences."""
    wrong = ""
    if request.method == "POST":
        try:
            _save_week(request)
        except Invalid as error:
            wrong = refusals.in_words(error)
        else:
            audit.record("staff.hours_changed", at=frame().now, user=person(request))
            messages.success(request, _("The week is saved."))
            return redirect("settings_appointments")
    people = list(User.objects.filter(is_active=True).order_by("name", "id"))
    context = {
        "services": Service.objects.all(),
        "weekdays": _weekdays(),
        "week": [_line(user, request.POST if wrong else None) for user in people],
        "people": people,
        "absences": Absence.objects.filter(ends_at__gt=frame().now)
        .select_related("staff")
        .order_by("begins_at"),
        "wrong": wrong,
        "tabs": tabs("appointments"),
    }
    return render(request, "office/appointments/week.html", context)


def _weekdays() -> list[str]:
    names = dates.get_day_names("abbreviated", locale=frame().locale)
    return [names[number] for number in range(7)]


def _line(user: User, given: Any) -> dict[str, Any]:
    """One person's week: for each weekday its times as text, “9:00-12:00, 13:00-18:00”."""
    kept: dict[int, list[str]] = {}
    for row in StaffHours.objects.filter(staff=user):
        kept.setdefault(row.weekday, []).append(f"{row.begins:%H:%M}-{row.ends:%H:%M}")
    cells = []
    for number, name in enumerate(_weekdays()):
        key = f"h{user.pk}-{number}"
        text = ", ".join(kept.get(number, [])) if given is None else given.get(key, "")
        cells.append({"key": key, "text": text, "weekday": name})
    return {"user": user, "cells": cells}


def _save_week(request: HttpRequest) -> None:
    rows = []
    for user in User.objects.filter(is_active=True):
        for number in range(7):
            for begins, ends in spans(request.POST.get(f"h{user.pk}-{number}", "")):
                rows.append(StaffHours(staff=user, weekday=number, begins=begins, ends=ends))
    with transaction.atomic():
        StaffHours.objects.all().delete()
        StaffHours.objects.bulk_create(rows)


def spans(text: str) -> list[tuple[time, time]]:
    """Times of a day as people write them; Invalid names what cannot be read.

    >>> spans("9-12, 13:30–18:00")
    [(datetime.time(9, 0), datetime.time(12, 0)), (datetime.time(13, 30), datetime.time(18, 0))]
    """
    found: list[tuple[time, time]] = []
    for part in text.replace("，", ",").replace("–", "-").replace("：", ":").split(","):
        if not part.strip():
            continue
        begins, dash, ends = part.partition("-")
        try:
            pair = _time(begins), _time(ends)
        except ValueError:
            pair = None
        if not dash or pair is None or pair[0] >= pair[1]:
            raise Invalid(
                "“{text}” is no time of a day.", text=part.strip(), hint="Write 9:00-12:00, 13:00-18:00."
            )
        if found and pair[0] < found[-1][1]:
            raise Invalid("“{text}” overlaps what stands before it.", text=part.strip())
        found.append(pair)
    return found


def _time(text: str) -> time:
    hour, _colon, minute = text.strip().replace("h", ":").replace(".", ":").partition(":")
    return time(int(hour), int(minute or 0))


@needs(May.CHANGE_SETTINGS)
def service_page(request: HttpRequest, service_id: int | None = None) -> HttpResponse:
    """One service, new or changed."""
    found = Service.objects.filter(pk=service_id).first() if service_id else None
    if service_id and found is None:
        raise NotFound("There is no service {number}.", number=service_id)
    form = ServiceForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        audit.record("service.saved", at=frame().now, user=person(request), service=saved.pk)
        messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
        return redirect("settings_appointments")
    return render(request, "office/appointments/service.html", {"form": form, "service": found})


@require_POST
@needs(May.CHANGE_SETTINGS)
def away(request: HttpRequest) -> HttpResponse:
    """Somebody is away, or the shop is closed; or that is taken back."""
    gone = request.POST.get("back", "")
    if gone.isdecimal():
        Absence.objects.filter(pk=int(gone)).delete()
        return redirect("settings_appointments")
    begins, ends = _moment(request.POST.get("begins", "")), _moment(request.POST.get("ends", ""))
    if begins is None or ends is None or ends <= begins:
        messages.error(request, _("An absence needs a beginning and a later end."))
        return redirect("settings_appointments")
    who = request.POST.get("staff", "")
    staff = User.objects.filter(pk=int(who)).first() if who.isdecimal() else None
    Absence.objects.create(
        staff=staff, begins_at=begins, ends_at=ends, reason=request.POST.get("reason", "")[:120]
    )
    return redirect("settings_appointments")


def _moment(text: str) -> datetime | None:
    """A time of the shop, as a browser's field gives it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=frame().zone).astimezone(UTC)
    except ValueError:
        return None
