"""The till: who it is for, what was sold, and it is in the book; a sale without a name counts too."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beizai.base import money
from beizai.base.errors import Invalid
from beizai.consent.rules import may_contact
from beizai.customers import access, cards, named, search
from beizai.customers.models import Customer
from beizai.events.orders import Sale, SaleLine, ring_up
from beizai.office import refusals, sight, wording
from beizai.office.customers.listing import display_name
from beizai.office.customers.tying import redeem
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.products import catalogue
from beizai.products.models import Product
from beizai.sources.register import till as till_source
from beizai.staff.roles import May

_SESSION = "till"
_MOST_LINES = 100
_MOST_MINOR = 10**12


@dataclass(frozen=True)
class Line:
    """One line of the sale at hand; amounts in minor units."""

    amount_minor: int
    words: str
    pieces: int = 1
    product_id: int | None = None
    product: str | None = None
    category: str | None = None
    price_minor: int | None = None
    cost_minor: int | None = None


@dataclass(frozen=True)
class Slip:
    """The sale at hand, kept in the session. Its number is drawn once, so that sending it twice is one sale."""

    number: str
    customer_id: int | None = None
    nameless: bool = False
    lines: tuple[Line, ...] = ()

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


def slip(request: HttpRequest) -> Slip:
    """The slip that was begun, or a new one."""
    kept: Mapping[str, Any] | None = request.session.get(_SESSION)
    if not kept:
        return Slip(f"{frame().today:%y%m%d}-{secrets.token_hex(3).upper()}")
    return Slip(
        kept["number"], kept["customer_id"], kept["nameless"], tuple(Line(**line) for line in kept["lines"])
    )


def _keep(request: HttpRequest, found: Slip) -> None:
    request.session[_SESSION] = asdict(found)


@needs(May.USE_TILL)
def till(request: HttpRequest) -> HttpResponse:
    """The slip: look-ups beside it, one button at its end."""
    found = slip(request)
    asked = request.GET.get("customer", "")
    if asked.isdecimal():
        found = replace(found, customer_id=_card(request, asked), nameless=False)
        _keep(request, found)
        return redirect("till")
    who, what = request.GET.get("who", "").strip(), request.GET.get("what", "").strip()
    customer = (
        Customer.objects.filter(pk=found.customer_id).select_related("standing").first()
        if found.customer_id
        else None
    )
    context = {
        "slip": found,
        "customer": customer,
        "name": display_name(customer, person(request)) if customer else "",
        "ask_consent": customer is not None
        and may_contact(customer.pk, "email", "marketing", frame().now).entry_id is None,
        "who": who,
        "rows": _people(who, request) if who else [],
        "what": what,
        "products": _products(what) if what else _often_sold(),
        "sign": wording.currency_symbol(),
        "last": request.session.get("till_last"),
    }
    return render(request, "office/till.html", context)


def _people(words: str, request: HttpRequest) -> list[dict[str, Any]]:
    ids = search.first_ids(words, 5, among=sight.of(person(request)).within())
    found = Customer.objects.select_related("standing").in_bulk(ids)
    return [
        {"id": card.pk, "name": display_name(card, person(request)), "card": card} for card in found.values()
    ]


def _card(request: HttpRequest, number: str) -> int:
    """The card of this number, if the person at the till may open it."""
    found = cards.get(int(number)).pk
    sight.require(person(request), found)
    return found


def _products(words: str) -> Sequence[Product]:
    return list(catalogue.look_up(words).order_by("number")[:8])


def _often_sold() -> Sequence[Product]:
    return list(Product.objects.filter(in_stock=True).exclude(price_minor=None).order_by("-pk")[:6])


@needs(May.USE_TILL)
def products_fragment(request: HttpRequest) -> HttpResponse:
    """While typing: the products that match."""
    words = request.GET.get("what", "").strip()
    found = _products(words) if words else _often_sold()
    return render(request, "office/till_products.html", {"products": found, "what": words})


@require_POST
@needs(May.USE_TILL)
def who(request: HttpRequest) -> HttpResponse:
    """Chooses the customer, or none."""
    chosen = request.POST.get("customer", "")
    found = slip(request)
    if chosen.isdecimal():
        found = replace(found, customer_id=_card(request, chosen), nameless=False)
    else:
        found = replace(found, customer_id=None, nameless=bool(request.POST.get("nameless")))
    _keep(request, found)
    return redirect("till")


@require_POST
@needs(May.USE_TILL)
def line(request: HttpRequest) -> HttpResponse:
    """Adds a product or an amount, changes the pieces of a line, or takes one away."""
    found = slip(request)
    try:
        lines = _changed(list(found.lines), request.POST)
    except Invalid as error:
        messages.error(request, refusals.in_words(error))
        return redirect("till")
    _keep(request, replace(found, lines=tuple(lines[:_MOST_LINES])))
    return redirect("till")


def _changed(lines: list[Line], asked: Mapping[str, str]) -> list[Line]:
    product, amount = asked.get("product", ""), asked.get("amount", "").strip()
    for verb, step in (("more", 1), ("fewer", -1)):
        place = asked.get(verb, "")
        if place.isdecimal() and int(place) < len(lines):
            changed = _pieces(lines[int(place)], step)
            return [*lines[: int(place)], *([changed] if changed else []), *lines[int(place) + 1 :]]
    if product.isdecimal():
        return _with_product(lines, catalogue.get(int(product)))
    if amount:
        return [*lines, Line(_minor(amount), asked.get("words", "").strip()[:120])]
    raise Invalid(_("Nothing was chosen."), hint=_("Choose a product, or enter an amount."))


def _with_product(lines: list[Line], product: Product) -> list[Line]:
    if product.price_minor is None:
        raise Invalid(
            _("“%(name)s” has no price yet.") % {"name": product},
            hint=_("Enter its amount by hand, or its price under Products."),
        )
    for place, one in enumerate(lines):
        if one.product_id == product.pk:
            more = _pieces(one, 1)
            return [*lines[:place], *([more] if more else []), *lines[place + 1 :]]
    made = Line(
        product.price_minor,
        str(product),
        product_id=product.pk,
        product=product.number,
        category=product.category or None,
        price_minor=product.price_minor,
        cost_minor=product.cost_minor,
    )
    return [*lines, made]


def _pieces(one: Line, step: int) -> Line | None:
    """One piece more or fewer; below one the line goes. A line by amount alone goes at once."""
    pieces = one.pieces + step
    if pieces < 1 or one.price_minor is None:
        return None if step < 0 else one
    return replace(one, pieces=min(pieces, 999), amount_minor=one.price_minor * min(pieces, 999))


def _minor(text: str) -> int:
    minor = money.to_minor(
        text.replace(" ", "").replace("\u202f", "").replace("−", "-").replace(",", "."), frame().shop.currency
    )
    if not minor or abs(minor) > _MOST_MINOR:
        raise Invalid(
            _("“%(text)s” is not an amount to ring up.") % {"text": text[:40]},
            hint=_("Write it like 12.50; a return like -12.50."),
        )
    return minor


@require_POST
@needs(May.USE_TILL)
def pay(request: HttpRequest) -> HttpResponse:
    """The sale is taken durably; the slip is emptied."""
    found = slip(request)
    if request.POST.get("number") != found.number or not found.lines:
        messages.error(request, _("This slip has been rung up already, or is empty."))
        return redirect("till")
    here, user = frame(), person(request)
    sale = Sale(
        source_id=till_source(here.now).pk,
        number=found.number,
        occurred_at=here.now,
        currency=here.shop.currency,
        customer_id=found.customer_id,
        lines=[_sale_line(one) for one in found.lines],
        store=user.branch.name if user.branch else None,
        staff=str(user),
        country=here.shop.country or None,
    )
    ring_up(sale, received_at=here.now, timezone=here.shop.timezone)
    if found.customer_id is not None:
        where = till_source(here.now)
        access.served(found.customer_id, user, here.now)
        named.came(found.customer_id, source=where, now=here.now, user=user)
        redeem(request, found.customer_id, request.POST.get("brought_by", ""), where)
    request.session.pop(_SESSION, None)
    request.session["till_last"] = {
        "amount": found.total_minor,
        "customer_id": found.customer_id,
        "number": found.number,
    }
    messages.success(
        request,
        _("Rung up: %(amount)s, number %(number)s.")
        % {"amount": wording.money(found.total_minor), "number": found.number},
    )
    return redirect("till")


def _sale_line(one: Line) -> SaleLine:
    sign = -1 if one.amount_minor < 0 else 1
    return SaleLine(
        amount_minor=one.amount_minor,
        quantity_milli=1000 * one.pieces * sign,
        product_id=one.product_id,
        product=one.product,
        category=one.category,
        cost_minor=one.cost_minor * one.pieces * sign if one.cost_minor is not None else None,
    )


urlpatterns = [
    path("till/", till, name="till"),
    path("till/who/", who, name="till_who"),
    path("till/line/", line, name="till_line"),
    path("till/pay/", pay, name="till_pay"),
    path("till/products/", products_fragment, name="till_products"),
]
