"""Taking out many cards: asked for, released by a second person or waited for, called back, taken once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beizai.base import clock
from beizai.base.errors import Invalid
from beizai.office import refusals
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.staff import exporting
from beizai.staff.roles import May

_RELEASE = "release"


def stopped(request: HttpRequest, rows: int) -> HttpResponse | None:
    """Where this many rows may not simply be taken out: the page that asks for them; else None, and the export goes on."""
    if rows <= frame().shop.export_limit:
        return None
    number = request.GET.get(_RELEASE, "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        exporting.take(int(number), person(request), _address(request), rows, at=clock.machine_now())
        return None
    return _ask_page(request, _address(request), rows)


def _address(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop(_RELEASE, None)
    return request.path + (f"?{query.urlencode()}" if query else "")


def _ask_page(request: HttpRequest, address: str, rows: int, wrong: str = "") -> HttpResponse:
    others = exporting.second_persons(person(request))
    context = {
        "address": address,
        "rows": rows,
        "limit": frame().shop.export_limit,
        "others": [str(other) for other in others[:5]],
        "wrong": wrong,
    }
    return render(request, "office/exports_ask.html", context)


@needs(May.EXPORT)
def exports(request: HttpRequest) -> HttpResponse:
    """What was asked for and waits; a POST asks."""
    if request.method == "POST":
        return _ask(request)
    at, me = clock.machine_now(), person(request)
    lines = [
        {
            "one": one,
            "mine": one.by_id == me.pk,
            "ready": one.ready_at is not None and one.ready_at <= at,
            "minutes": -(-int((one.ready_at - at).total_seconds()) // 60) if one.ready_at else None,
            "take": one.address + ("&" if "?" in one.address else "?") + f"{_RELEASE}={one.pk}",
        }
        for one in exporting.open_ones(at)
    ]
    return render(request, "office/exports.html", {"lines": lines})


def _ask(request: HttpRequest) -> HttpResponse:
    address, rows = request.POST.get("address", ""), _number(request.POST.get("rows", ""))
    if not address.startswith("/") or address.startswith("//") or rows is None:
        raise Invalid("This is no export of ours.", hint="Open the list and take it out from there.")
    typed = _number(request.POST.get("typed", ""))
    try:
        exporting.ask(
            person(request), address, rows, typed=typed, at=clock.machine_now(), said_at=frame().now
        )
    except Invalid as error:
        return _ask_page(request, address, rows, refusals.in_words(error))
    messages.success(request, _("The export is asked for."))
    return redirect("exports")


def _number(text: str) -> int | None:
    digits = "".join(one for one in text if one.isascii() and one.isdigit())
    return int(digits) if digits and len(digits) < 12 else None


@require_POST
@needs(May.EXPORT)
def release(request: HttpRequest, number: int) -> HttpResponse:
    """A second person lets it go."""
    exporting.release(number, person(request), at=clock.machine_now(), said_at=frame().now)
    messages.success(request, _("Released. Whoever asked can take it now."))
    return redirect("exports")


@require_POST
@needs(May.EXPORT)
def call_back(request: HttpRequest, number: int) -> HttpResponse:
    """It is not taken out after all."""
    exporting.call_back(number, person(request), at=clock.machine_now(), said_at=frame().now)
    messages.success(request, _("Called back. Nothing leaves."))
    return redirect("exports")


urlpatterns = [
    path("settings/exports/", exports, name="exports"),
    path("settings/exports/<int:number>/release/", release, name="export_release"),
    path("settings/exports/<int:number>/back/", call_back, name="export_back"),
]
