"""The trade: which ready-made book is open, what it holds, its example customers, and its plans as drafts."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beizai.office import settings, shell, waiting
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.staff import audit
from beizai.staff.models import Shop
from beizai.staff.roles import May
from beizai.trades import books, plans
from beizai.trades.example import filling
from beizai.worker import asked


@needs(May.CHANGE_SETTINGS)
def trade(request: HttpRequest) -> HttpResponse:
    """The books there are, those that are open, and the example."""
    here = Shop.objects.get(pk=frame().shop.pk)
    if request.method == "POST":
        chosen = books.open_book_of(request.POST.get("trade", ""), here, now=frame().now)
        audit.record("trade.opened", at=frame().now, user=person(request), trade=chosen.name)
        shell.forget_tallies()
        messages.success(
            request, _("The book “%(name)s” is open.") % {"name": books.text(chosen.label, frame().language)}
        )
        return redirect("trade")
    opened = {one.name for one in books.opened(here)}
    example = filling.present()
    context = {
        "tabs": settings.tabs("trade"),
        "trades": [_said(one, one.name in opened) for one in books.trades()],
        "example": example,
        "example_of": books.text(books.trade(example.trade).label, frame().language) if example else "",
        "can_fill": bool(opened) and example is None,
    }
    return render(request, "office/settings/trade.html", context)


def _said(one: books.Trade, is_open: bool) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": books.text(one.label, frame().language),
        "is_open": is_open,
        "attributes": len(one.attributes),
        "segments": len(one.segments),
        "plans": len(one.campaigns),
        "journeys": len(one.journeys),
    }


@require_POST
@needs(May.CHANGE_SETTINGS)
def example_add(request: HttpRequest) -> HttpResponse:
    """Has a worker fill the book with the example of its trade."""
    shell.forget_tallies()
    return waiting.ask(asked.EXAMPLE, {"what": "add", "user_id": person(request).pk}, key="example-add")


@require_POST
@needs(May.CHANGE_SETTINGS)
def example_remove(request: HttpRequest) -> HttpResponse:
    """Has a worker take the example out, whole."""
    shell.forget_tallies()
    return waiting.ask(asked.EXAMPLE, {"what": "remove", "user_id": person(request).pk}, key="example-remove")


@require_POST
@needs(May.EDIT_CAMPAIGNS)
def plan(request: HttpRequest, key: str) -> HttpResponse:
    """Opens a plan of the trade as a draft, and leads to its words."""
    made = plans.draft(key, frame().shop, now=frame().now, by=person(request))
    shell.forget_tallies()
    return redirect("campaign_words", made.pk)


urlpatterns = [
    path("settings/trade/", trade, name="trade"),
    path("settings/trade/example/", example_add, name="trade_example"),
    path("settings/trade/example/remove/", example_remove, name="trade_example_remove"),
    path("campaigns/proposed/<slug:key>/", plan, name="trade_plan"),
]
