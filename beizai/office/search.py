"""Search from every page: people, orders by their number, products, segments, campaigns, pages."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from beizai.base.errors import BeizaiError
from beizai.campaigns.models import Campaign
from beizai.customers import search as cards
from beizai.customers.models import Customer
from beizai.events.book import open_book
from beizai.office import shell, sight, wording
from beizai.office.customers.listing import display_name
from beizai.office.permissions import needs, person
from beizai.products import catalogue
from beizai.segments.models import Segment
from beizai.staff.models import User
from beizai.staff.roles import May, may

_MOST = 8


@dataclass(frozen=True)
class Hit:
    """One thing that was found: its name, where it is, a second line, its drawing."""

    name: str
    url: str
    more: str = ""
    icon: str = "customers"


@needs()
def search(request: HttpRequest) -> HttpResponse:
    """What was found, by kind; the only card that fits is opened at once."""
    words = request.GET.get("q", "").strip()[:200]
    user = person(request)
    people, more = _people(words, user) if words else ([], False)
    groups = [(_("People"), people)]
    if words:
        groups += [
            (_("Orders"), _orders(words, user)),
            (_("Products"), _products(words, user)),
            (_("Segments"), _segments(words, user)),
            (_("Campaigns"), _campaigns(words, user)),
            (_("Pages"), _pages(words, user)),
        ]
    found = [(name, hits) for name, hits in groups if hits]
    if len(people) == 1 and len(found) == 1:
        return redirect(people[0].url)
    context = {"words": words, "search_words": words, "groups": found, "more_people": more}
    return render(request, "office/search.html", context)


def _people(words: str, user: User) -> tuple[list[Hit], bool]:
    if not may(user, May.SEE_CUSTOMERS) or (
        not may(user, May.SEE_NAMES) and not words.lstrip("# ").isdecimal()
    ):
        return [], False
    asked = words if may(user, May.SEE_NAMES) else f"#{words.lstrip('# ')}"
    ids = cards.first_ids(asked, _MOST + 1, among=sight.of(user).within())
    found = Customer.objects.select_related("standing").in_bulk(ids[:_MOST])
    hits = [
        Hit(display_name(card, user), f"/customers/{card.pk}/", _last_order(card)) for card in found.values()
    ]
    return hits, len(ids) > _MOST


def _last_order(card: Customer) -> str:
    day = card.standing.last_order_on if getattr(card, "standing", None) else None
    return _("last order %(day)s") % {"day": wording.day(day)} if day else _("no order yet")


def _orders(words: str, user: User) -> list[Hit]:
    """Orders of exactly this number."""
    if not may(user, May.SEE_CUSTOMERS) or len(words) > 60:
        return []
    try:
        with open_book() as book:
            asked = book.orders.filter(book.orders.number == words)
            rows: list[dict[str, Any]] = book.arrow(asked.limit(_MOST)).to_pylist()
    except BeizaiError:
        return []
    open_to = sight.sees(user, {row["customer_id"] for row in rows if row["customer_id"]})
    return [
        Hit(
            _("Order %(number)s, %(amount)s")
            % {"number": row["number"], "amount": wording.money(row["amount_minor"])},
            f"/customers/{row['customer_id']}/" if row["customer_id"] else "",
            wording.day(row["occurred_on"]),
            "order",
        )
        for row in rows
        if not row["customer_id"] or row["customer_id"] in open_to
    ]


def _products(words: str, user: User) -> list[Hit]:
    if not may(user, May.SEE_CUSTOMERS):
        return []
    return [
        Hit(str(one), f"/products/{one.pk}/" if may(user, May.EDIT_CAMPAIGNS) else "", one.number, "product")
        for one in catalogue.look_up(words).order_by("number")[:_MOST]
    ]


def _segments(words: str, user: User) -> list[Hit]:
    if not may(user, May.SEE_SEGMENTS):
        return []
    found = Segment.objects.filter(name__icontains=words).order_by("name")[:_MOST]
    return [Hit(one.name, f"/segments/{one.pk}/", "", "segments") for one in found]


def _campaigns(words: str, user: User) -> list[Hit]:
    if not may(user, May.SEE_CAMPAIGNS):
        return []
    found = Campaign.objects.filter(name__icontains=words).order_by("-pk")[:_MOST]
    return [Hit(one.name, f"/campaigns/{one.pk}/", "", "campaigns") for one in found]


def _pages(words: str, user: User) -> list[Hit]:
    folded = words.casefold()
    pages = [
        (item.label, item.url, item.key)
        for item in shell.ITEMS
        if item.needs is None or may(user, item.needs)
    ]
    pages += [(_("Ring up a sale"), "/till/", "till")] if may(user, May.USE_TILL) else []
    pages += [(_("Products"), "/products/", "product")] if may(user, May.SEE_CUSTOMERS) else []
    pages += [(_("Settings"), "/settings/", "settings")] if may(user, May.CHANGE_SETTINGS) else []
    pages += [(_("Help"), "/help/", "help")]
    return [Hit(name, url, "", icon) for name, url, icon in pages if folded in name.casefold()]


urlpatterns = [path("search/", search, name="search")]
