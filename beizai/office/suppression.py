"""Those nobody contacts: lists of others with their age, our own list, somebody looked up, put on and taken off."""

import tempfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from beizai.base.errors import Invalid
from beizai.consent import own_list, suppression
from beizai.consent.suppression import OnList
from beizai.office import reasons, refusals
from beizai.office.customers.reach import CHANNELS, channel_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.settings import tabs
from beizai.office.wording import number
from beizai.staff import audit
from beizai.staff.roles import May

_LARGEST = 3_000_000  # some 200,000 numbers; what is larger is brought in on the command line


def _channels() -> list[tuple[str, str]]:
    return [(channel, capfirst(channel_name(channel))) for channel in CHANNELS]


class PointForm(forms.Form):
    """An address or number."""

    channel = forms.ChoiceField(label=gettext_lazy("Way"))
    point = forms.CharField(label=gettext_lazy("Address or number"), max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = _channels()  # type: ignore[attr-defined]


class AddForm(PointForm):
    """An address or number nobody is to write to or call any more."""

    why = forms.CharField(
        label=gettext_lazy("Who asked for it, when and how"),
        max_length=500,
        help_text=gettext_lazy("Such as: Mrs Li on the telephone, 3 May."),
    )


class ListForm(forms.Form):
    """A list others keep."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Text or CSV; one number to a line, or in the first column."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the list"),
        max_length=120,
        help_text=gettext_lazy(
            "Such as Bloctel or Robinson; it takes the place of the last one of its name."
        ),
    )
    channel = forms.ChoiceField(label=gettext_lazy("Way it forbids"), initial="phone")
    checked_on = forms.DateField(
        label=gettext_lazy("Day the list was taken"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = _channels()  # type: ignore[attr-defined]


def _why(reason: str) -> str:
    return capfirst(reasons.refusal(f"suppressed_{reason}").more or reason)


def _page(request: HttpRequest, **more: Any) -> HttpResponse:
    own = [
        (capfirst(channel_name(channel)), _why(reason), count)
        for channel, reason, count in own_list.own_counts()
    ]
    others = own_list.others(frame().now)
    context = {
        "tabs": tabs("lists"),
        "others": [(one, capfirst(channel_name(one.channel))) for one in others],
        "stale": [one for one in others if one.is_stale],
        "own": own,
        "look": PointForm(initial={"channel": "phone"}),
        "add": AddForm(initial={"channel": "phone"}, auto_id="add_%s"),
    } | more
    return render(request, "office/settings/lists.html", context)


@needs(May.CHANGE_SETTINGS)
def lists(request: HttpRequest) -> HttpResponse:
    """All lists; a POST looks somebody up, so that no number stands in an address."""
    if request.method != "POST":
        return _page(request)
    form = PointForm(request.POST)
    if form.is_valid():
        channel, point = form.cleaned_data["channel"], form.cleaned_data["point"]
        try:
            _normal, found = own_list.look_up(channel, point, at=frame().now, user=person(request))
            return _page(request, look=form, looked=True, found=[_told(one) for one in found])
        except Invalid as error:
            form.add_error("point", refusals.in_words(error))
    return _page(request, look=form)


def _told(one: OnList) -> dict[str, Any]:
    return {
        "own": one.suppression_id,
        "name": one.name or _("Our own list"),
        "why": _why(one.reason),
        "at": one.at,
    }


@require_POST
@needs(May.CHANGE_SETTINGS)
def add(request: HttpRequest) -> HttpResponse:
    """Puts somebody on our own list."""
    form = AddForm(request.POST, auto_id="add_%s")
    if form.is_valid():
        said = form.cleaned_data
        try:
            own_list.add(said["channel"], said["point"], said["why"], at=frame().now, user=person(request))
            messages.success(request, _("It stands on the list. Nobody writes there or calls from now on."))
            return redirect("lists")
        except Invalid as error:
            form.add_error("point", refusals.in_words(error))
    return _page(request, add=form)


@require_POST
@needs(May.CHANGE_SETTINGS)
def take_off(request: HttpRequest) -> HttpResponse:
    """Takes somebody off our own list, for a reason."""
    given = request.POST
    try:
        own = given.get("own", "")
        if not (own.isascii() and own.isdigit() and len(own) < 19):
            raise Invalid(_("This does not stand on our own list."))
        own_list.take_off(
            given.get("channel", ""),
            given.get("point", "")[:254],
            int(own),
            given.get("why", "")[:500],
            at=frame().now,
            user=person(request),
        )
    except Invalid as error:
        form = PointForm({"channel": given.get("channel", ""), "point": given.get("point", "")})
        return _page(request, look=form, wrong=refusals.in_words(error))
    messages.success(request, _("It no longer stands on our own list. What they allow still decides."))
    return redirect("lists")


@needs(May.CHANGE_SETTINGS)
def bring_in(request: HttpRequest) -> HttpResponse:
    """A list others keep, with the day it was taken."""
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _import(request, form)
            return redirect("lists")
        except Invalid as error:
            form.add_error("file", refusals.in_words(error))
    return render(request, "office/settings/list_new.html", {"form": form, "tabs": tabs("lists")})


def _import(request: HttpRequest, form: ListForm) -> None:
    said, here = form.cleaned_data, frame()
    given = said["file"]
    if given.size > _LARGEST:
        raise Invalid(
            _("The list is larger than 3 MB."),
            hint=_("Use the command line for it: beizai consent import-list FILE."),
        )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / (Path(given.name or "list").name[:100] or "list")
        copy.write_bytes(given.read())
        found = suppression.import_list(
            copy,
            name=said["name"].strip(),
            channel=said["channel"],
            checked_at=_moment(said["checked_on"]),
            now=here.now,
            country=here.shop.country,
            user=person(request),
        )
    audit.record(
        "suppression.imported",
        at=here.now,
        user=person(request),
        list=said["name"].strip(),
        points=found.points,
        unread=found.unread_count,
    )
    messages.success(request, _summary(found))


def _summary(found: suppression.Imported) -> str:
    text = ngettext(
        "%(n)s address or number is on the list", "%(n)s addresses or numbers are on the list", found.points
    ) % {"n": number(found.points)}
    cards = ngettext("%(n)s of them on a card", "%(n)s of them on cards", found.on_cards) % {
        "n": number(found.on_cards)
    }
    lines = ngettext("%(n)s line is none", "%(n)s lines are none", found.unread_count) % {
        "n": number(found.unread_count)
    }
    return f"{text} · {cards} · {lines}"


def _moment(day: date) -> datetime:
    """Noon of that day in the shop's zone; today: now."""
    here = frame()
    noon = datetime.combine(day, time(12), tzinfo=here.zone)
    return min(noon, here.now) if day == here.today else noon


urlpatterns = [
    path("settings/lists/", lists, name="lists"),
    path("settings/lists/add/", add, name="lists_add"),
    path("settings/lists/take-off/", take_off, name="lists_take_off"),
    path("settings/lists/new/", bring_in, name="lists_new"),
]
