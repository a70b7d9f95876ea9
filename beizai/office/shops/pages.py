"""Web shops: which are connected, what each delivered last, how one is connected."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from beizai.base.errors import NotFound
from beizai.imports.models import ShopConnection, ShopDelivery
from beizai.imports.shops import connections, counting, privacy
from beizai.imports.shops.counting import Shown
from beizai.imports.shops.models import ShopKind
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import tally
from beizai.office.shops import words
from beizai.office.shops.forms import ChangeForm, ConnectForm
from beizai.office.tabs import hang, tabs
from beizai.office.wording import number
from beizai.staff.roles import May, may

hang("collection", "shops", gettext_lazy("Web shops"), "shops", May.IMPORT, place=45)
_ANSWERS = (May.EDIT_CUSTOMERS, May.SEE_CONTACT_POINTS, May.EXPORT)


@dataclass(frozen=True)
class Line:
    """One delivery of the list."""

    row: ShopDelivery
    outcome: str
    badge: str
    reason: str


@tally("collection")
def waiting() -> int:
    """Deliveries kept aside and requests nobody has answered."""
    return counting.waiting_aside() + len(privacy.waiting(100))


@require_safe
@needs(May.IMPORT)
def shops(request: HttpRequest) -> HttpResponse:
    """The connected shops, and what they ask for."""
    found = counting.shown()
    answers = all(may(person(request), one) for one in _ANSWERS)
    context = {
        "head": _head(found),
        "shops": [(one, words.kind(one.row.kind)) for one in found],
        "requests": [(one, words.request(one.kind)) for one in privacy.waiting()],
        "may_answer": answers,
        "today": frame().today,
        "kinds": [(one.value, words.kind(one.value)) for one in ShopKind],
        "tabs": tabs(person(request), "collection", "shops"),
    }
    return render(request, "office/shops/shops.html", context)


def _head(found: Any) -> str:
    heeded = [one for one in found if one.row.ended_at is None]
    aside = sum(one.aside for one in found)
    if not heeded:
        return _("Orders that come in by themselves")
    if aside:
        return _("%(n)s deliveries came in, %(aside)s wait aside") % {
            "n": number(sum(one.row.delivered for one in found)),
            "aside": number(aside),
        }
    return _("%(n)s deliveries came in, none waits") % {"n": number(sum(one.row.delivered for one in found))}


@needs(May.CHANGE_SETTINGS)
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """A new connection; its secret is shown on the answer to this one request and nowhere else."""
    if kind not in ShopKind.values:
        raise NotFound("There is no such kind of shop.")
    form = ConnectForm(request.POST or None, kind=kind)
    if request.method == "POST" and form.is_valid():
        made = form.make(person(request))
        if made is not None:
            context = _how(request, made[0]) | {"secret": made[1] if kind == ShopKind.WOOCOMMERCE else ""}
            return render(request, "office/shops/made.html", context)
    return render(
        request, "office/shops/new.html", {"form": form, "kind": kind, "kind_words": words.kind(kind)}
    )


def _how(request: HttpRequest, found: ShopConnection) -> dict[str, Any]:
    """What has to be done in the shop."""
    public = frame().shop.public_url or f"{request.scheme}://{request.get_host()}"
    return {
        "connection": found,
        "kind_words": words.kind(found.kind),
        "address": connections.address(found, public),
        "is_secure": public.startswith("https://"),
        "steps": words.steps(found.kind),
        "topics": words.topics(found.kind),
    }


@needs(May.IMPORT)
def shop(request: HttpRequest, connection_id: int) -> HttpResponse:
    """One shop: how to deliver to us, what it delivered, what waits, its secret and its end."""
    found = connections.get(connection_id)
    may_change = may(person(request), May.CHANGE_SETTINGS)
    form = ChangeForm(request.POST or None, found=found)
    if request.method == "POST" and may_change:
        if "end" in request.POST:
            connections.end(connection_id, now=frame().now, user=person(request))
            messages.success(request, _("Nothing is taken from this shop any more."))
            return redirect("shops")
        if form.is_valid() and form.keep(person(request)):
            messages.success(request, _("It is kept."))
            return redirect("shop", connection_id)
    counted = next(one for one in counting.shown() if one.row.pk == connection_id)
    context = _how(request, found) | {
        "counted": counted,
        "head": _head_of(counted),
        "form": form,
        "lines": [_line(row) for row in counting.latest(connection_id)],
        "aside": [_line(row) for row in counting.aside(connection_id)],
    }
    return render(request, "office/shops/shop.html", context)


def _head_of(found: Shown) -> str:
    values = {"name": found.row.name, "n": number(found.row.delivered), "aside": number(found.aside)}
    if not found.row.delivered:
        return _("%(name)s has not delivered yet") % values
    if found.aside:
        return _("%(name)s: %(n)s deliveries, %(aside)s wait aside") % values
    return _("%(name)s: %(n)s deliveries, none waits") % values


def _line(row: ShopDelivery) -> Line:
    outcome, badge = words.outcome(row.outcome)
    return Line(row, outcome, badge, words.reason(row.reason) if row.reason else "")
