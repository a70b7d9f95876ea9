"""WooCommerce: deliveries of its webhooks (REST API v3) read field by field.

Amounts are what was paid for the goods, with tax where the shop's prices include it, without shipping. A refund's
total covers tax and shipping too and does not say for what: it counts as goods first, at most what is left of them.
"""

from collections.abc import Iterator
from decimal import Decimal

from beizai.base.errors import Invalid
from beizai.imports.shops import reading
from beizai.imports.shops.reading import Fields, amount, key, moment, part, parts, text
from beizai.imports.shops.told import (
    Buyer,
    Delivery,
    Gone,
    Goods,
    Line,
    Nothing,
    Order,
    Person,
    Products,
    Refund,
    Said,
    Standing,
)

_PAID = frozenset({"processing", "completed", "refunded"})
_CALLED_OFF = frozenset({"cancelled", "failed", "trash"})
_FEE = "fee:"


def read(delivery: Delivery, *, prefix: str) -> Said:
    """What a delivery says. `prefix` marks the products that have no number of their own. Invalid where it cannot be read."""
    what, _, happened = delivery.topic.partition(".")
    if what not in ("order", "customer", "product"):
        return Nothing(reason="other_topic")
    fields = reading.document(delivery.body)
    if happened == "deleted":
        return Gone(what=what, key=key(fields), at=delivery.received_at)
    if what == "customer":
        return _person(fields)
    if what == "product":
        return _products(fields, prefix)
    return _order(fields, delivery, prefix)


def _order(fields: Fields, delivery: Delivery, prefix: str) -> Said:
    if text(fields, "status") in ("checkout-draft", "auto-draft", "draft"):
        return Nothing(reason="draft")
    currency = reading.currency(fields)
    with_tax = fields.get("prices_include_tax") is True
    lines = tuple(_lines(fields, currency, with_tax=with_tax, prefix=prefix))
    buyer = _buyer(fields, part(fields, "billing"))
    shipping = part(fields, "shipping")
    restored = delivery.topic == "order.restored"
    at = reading.needed(fields, "date_modified_gmt", "date_created_gmt")
    return Order(
        key=key(fields),
        number=text(fields, "number", 60) or key(fields),
        at=max(at, delivery.received_at) if restored else at,
        occurred_at=reading.needed(fields, "date_created_gmt"),
        currency=currency,
        standing=_standing(fields),
        lines=lines,
        buyer=buyer,
        refunds=tuple(_refunds(fields, lines, currency, with_tax=with_tax)),
        cancelled_at=at if text(fields, "status") in _CALLED_OFF else None,
        codes=tuple(code for one in parts(fields, "coupon_lines") if (code := text(one, "code", 100))),
        recipient=_name(shipping),
        recipient_address=reading.on_one_label(_address(shipping)),
        is_restored=restored,
    )


def _standing(fields: Fields) -> Standing:
    """Paid on delivery counts as sold from the beginning; an order that was never paid never was a sale."""
    status = text(fields, "status")
    paid = moment(fields, "date_paid_gmt") is not None
    if status in _CALLED_OFF:
        return Standing.CANCELLED if paid else Standing.WAITING
    return Standing.SOLD if paid or status in _PAID else Standing.WAITING


def _lines(fields: Fields, currency: str, *, with_tax: bool, prefix: str) -> Iterator[Line]:
    for one in parts(fields, "line_items"):
        paid = _with_tax(one, "total", with_tax)
        before = _with_tax(one, "subtotal", with_tax, otherwise=str(paid))
        number = (
            text(one, "variation_id")
            if text(one, "variation_id") not in ("", "0")
            else text(one, "product_id")
        )
        yield Line(
            key=key(one),
            product=text(one, "sku", 120) or (f"{prefix}{number}" if number not in ("", "0") else ""),
            name=text(one, "name", 300),
            quantity_milli=reading.quantity_milli(one),
            amount_minor=reading.minor(paid, currency),
            discount_minor=max(0, reading.minor(before, currency) - reading.minor(paid, currency)),
        )
    for one in parts(fields, "fee_lines"):
        yield Line(
            key=f"{_FEE}{key(one)}",
            product="",
            name=text(one, "name", 300),
            quantity_milli=1000,
            amount_minor=reading.minor(_with_tax(one, "total", with_tax), currency),
            discount_minor=0,
        )


def _with_tax(fields: Fields, name: str, with_tax: bool, otherwise: str | None = None) -> Decimal:
    found = amount(fields, name, otherwise=otherwise)
    if not with_tax or not fields.get(name):
        return found
    return found + amount(fields, f"{name}_tax", otherwise="0")


def _refunds(fields: Fields, lines: tuple[Line, ...], currency: str, *, with_tax: bool) -> Iterator[Refund]:
    """Each refund's share of the goods; where all of the order's money went back, the last takes what is left of them."""
    given = sorted((int(key(one)), abs(amount(one, "total"))) for one in _numbered(fields))
    goods = sum(line.amount_minor for line in lines)
    tax = sum((amount(one, "total_tax", otherwise="0") for one in parts(fields, "line_items")), Decimal(0))
    whole = goods if with_tax else goods + reading.minor(tax, currency)
    all_back = text(fields, "status") == "refunded" or (
        bool(given) and sum(value for _, value in given) >= amount(fields, "total", otherwise="0")
    )
    left = goods
    for place, (number, value) in enumerate(given):
        share = reading.minor(value, currency)
        if whole > 0 and whole != goods:
            share = int((Decimal(share) * goods / whole).to_integral_value())
        if all_back and place == len(given) - 1:
            share = left
        share = max(0, min(share, left))
        left -= share
        if share:
            yield Refund(key=str(number), amount_minor=share)


def _numbered(fields: Fields) -> Iterator[Fields]:
    for one in parts(fields, "refunds"):
        if not key(one).isdecimal():
            raise Invalid("Its field {field} is no number.", field="refunds.id", code="bad_amount")
        yield one


def _person(fields: Fields) -> Person:
    billing = part(fields, "billing")
    found = _buyer({"customer_id": fields.get("id")}, billing)
    return Person(
        buyer=Buyer(
            number=key(fields),
            email=text(fields, "email", 254) or found.email,
            phone=found.phone,
            given_name=text(fields, "first_name", 100) or found.given_name,
            family_name=text(fields, "last_name", 100) or found.family_name,
            address=found.address,
        ),
        at=reading.needed(fields, "date_modified_gmt", "date_created_gmt"),
    )


def _buyer(fields: Fields, billing: Fields) -> Buyer:
    number = text(fields, "customer_id", 60)
    return Buyer(
        number="" if number == "0" else number,
        email=text(billing, "email", 254),
        phone=text(billing, "phone", 60),
        given_name=text(billing, "first_name", 100),
        family_name=text(billing, "last_name", 100),
        address=_address(billing),
    )


def _name(fields: Fields) -> str:
    return " ".join(
        part for part in (text(fields, "first_name", 100), text(fields, "last_name", 100)) if part
    )


def _address(fields: Fields) -> dict[str, str]:
    return reading.address(
        fields,
        ("address_1", "address_2"),
        postalCode="postcode",
        city="city",
        state="state",
        country="country",
    )


def _products(fields: Fields, prefix: str) -> Products:
    number = key(fields)
    at = reading.needed(fields, "date_modified_gmt", "date_created_gmt")
    goods = Goods(
        key=number,
        number=text(fields, "sku", 120) or f"{prefix}{number}",
        name=text(fields, "name", 300),
        category=_category(fields),
        price=text(fields, "price", 40),
        picture=next((text(one, "src", 600) for one in parts(fields, "images")), ""),
        in_stock=text(fields, "stock_status") != "outofstock" and text(fields, "status") in ("", "publish"),
        at=at,
    )
    return Products(key=number, goods=(goods,), at=at)


def _category(fields: Fields) -> str:
    """The first of its categories that is not the shop's "Uncategorized"."""
    named = (
        text(one, "name", 200) for one in parts(fields, "categories") if text(one, "slug") != "uncategorized"
    )
    return next((name for name in named if name), "")
