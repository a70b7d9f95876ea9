"""Events: what came in under which name, the keys, and what waits to be mended."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from beizai.events import keys
from beizai.events.models import EventName, EventSchema, QuarantinedEvent, WriteKey
from beizai.office.events import words
from beizai.office.events.forms import KeyForm, OriginsForm
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.tabs import hang, tabs
from beizai.office.wording import number
from beizai.staff.roles import May

hang("collection", "events", gettext_lazy("Events"), "events", May.IMPORT, place=50)
_NAMES = 60
_KINDS = 30


@dataclass(frozen=True)
class Name:
    """One line of what came in; `width` in per cent of the longest, `schema` where there is one."""

    row: EventName
    call: str
    width: int
    schema_id: int | None
    schema_url: str


@dataclass(frozen=True)
class Alike:
    """Events that wait aside for the same reason under the same name."""

    reason: str
    name: str
    count: int
    last_at: Any
    url: str


@require_safe
@needs(May.IMPORT)
def events(request: HttpRequest) -> HttpResponse:
    """What came in, what waits, and the keys."""
    aside = alike()
    total = EventName.objects.aggregate(total=Sum("count"))["total"] or 0
    context = {
        "head": _head(total, sum(one.count for one in aside)),
        "names": _names(),
        "more": max(0, EventName.objects.count() - _NAMES),
        "aside": aside,
        "keys": WriteKey.objects.select_related("source"),
        "tabs": tabs(person(request), "collection", "events"),
    }
    return render(request, "office/events/events.html", context)


def _head(total: int, waiting: int) -> str:
    if not total and not waiting:
        return _("What happens on your site and in your programs")
    if waiting:
        return _("%(total)s events came in, %(waiting)s wait to be mended") % {
            "total": number(total),
            "waiting": number(waiting),
        }
    return _("%(total)s events came in, none waits") % {"total": number(total)}


def _names() -> list[Name]:
    rows = list(EventName.objects.select_related("source").order_by("-count", "pk")[:_NAMES])
    most = max((row.count for row in rows), default=1)
    held = {(call, name): pk for pk, call, name in EventSchema.objects.values_list("pk", "call", "name")}
    calls = words.calls()
    return [
        Name(
            row,
            calls.get(row.call, row.call),
            max(1, round(100 * row.count / most)),
            held.get((row.call, row.name)),
            _schema_url(row, held.get((row.call, row.name))),
        )
        for row in rows
    ]


def _schema_url(row: EventName, schema_id: int | None) -> str:
    if schema_id is not None:
        return reverse("event_schema", args=[schema_id])
    return f"{reverse('event_schema_new')}?{urlencode({'call': row.call, 'name': row.name})}"


def alike() -> list[Alike]:
    """What waits aside, by reason and name, the most first."""
    rows = (
        QuarantinedEvent.objects.values("reason", "name")
        .annotate(count=Count("pk"), last_at=Max("received_at"))
        .order_by("-count", "reason", "name")[:_KINDS]
    )
    return [
        Alike(
            words.reason(row["reason"]),
            row["name"],
            row["count"],
            row["last_at"],
            f"{reverse('events_aside')}?{urlencode({'reason': row['reason'], 'name': row['name']})}",
        )
        for row in rows
    ]


@needs(May.CHANGE_SETTINGS)
def new_key(request: HttpRequest) -> HttpResponse:
    """A new key; its text is shown on the answer to this one request and nowhere else."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.make(person(request))
        if made is not None:
            origin = f"{request.scheme}://{request.get_host()}"
            return render(
                request, "office/events/key_made.html", {"key": made[0], "text": made[1], "origin": origin}
            )
    return render(request, "office/events/key_new.html", {"form": form})


@needs(May.CHANGE_SETTINGS)
def key(request: HttpRequest, key_id: int) -> HttpResponse:
    """One key: the sites it is heeded from, and its end."""
    found = keys.get(key_id)
    form = OriginsForm(request.POST or None, initial={"origins": "\n".join(found.origins)})
    if request.method == "POST" and "revoke" in request.POST:
        keys.revoke(key_id, now=frame().now, user=person(request))
        return redirect("events")
    if request.method == "POST" and form.is_valid() and form.keep(key_id, person(request)):
        return redirect("events")
    return render(request, "office/events/key.html", {"form": form, "key": found})
