"""Shopify: deliveries of its webhooks (Admin API, JSON) read field by field.

Amounts are in the shop's own currency: what was paid for the goods after every discount, with tax where the shop's
prices include it, without shipping and tips. Refunds say for which lines; a difference to what the lines come to is
an adjustment of its own.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from beizai.imports.shops import reading
from beizai.imports.shops.reading import Fields, amount, key, moment, part, parts, text
from beizai.imports.shops.told import (
    Back,
    Buyer,
    Delivery,
    Gone,
    Goods,
    Line,
    LoneRefund,
    Nothing,
    Order,
    Permission,
    Person,
    Products,
    Refund,
    Request,
    Said,
    Standing,
)

_REQUESTS = {
    "customers/data_request": "data_request",
    "customers/redact": "redact",
    "shop/redact": "shop_redact",
}
_GONE = {"orders/delete": "order", "customers/delete": "customer", "products/delete": "product"}
_NO_VARIANT = "Default Title"
_SAID = {
    "subscribed": True,
    "unsubscribed": False,
}  # pending, not_subscribed, redacted, invalid decide nothing


def read(delivery: Delivery, *, prefix: str) -> Said:
    """What a delivery says. `prefix` marks the products that have no number of their own. Invalid where it cannot be read."""
    topic = delivery.topic
    if topic in _REQUESTS:
        return _request(_REQUESTS[topic], reading.document(delivery.body), delivery)
    if topic in _GONE:
        at = moment({"at": delivery.triggered_at}, "at") or delivery.received_at
        return Gone(what=_GONE[topic], key=key(reading.document(delivery.body)), at=at)
    return _thing(delivery, topic.partition("/")[0], prefix)


def _thing(delivery: Delivery, what: str, prefix: str) -> Said:
    if what not in ("orders", "refunds", "customers", "products"):
        return Nothing(reason="other_topic")
    fields = reading.document(delivery.body)
    if delivery.is_trial or fields.get("test") is True:
        return Nothing(reason="trial")
    if what == "refunds":
        currency = _money_of(fields)
        return LoneRefund(order_key=key(fields, "order_id"), refund=_refund(fields, currency))
    if what == "products":
        return _products(fields, prefix)
    return _person(fields) if what == "customers" else _order(fields, prefix)


def _person(fields: Fields) -> Person:
    return Person(buyer=_buyer(fields, {}), at=reading.needed(fields, "updated_at", "created_at"))


def _order(fields: Fields, prefix: str) -> Order:
    currency = reading.currency(fields)
    shipping = part(fields, "shipping_address")
    called_off = moment(fields, "cancelled_at")
    return Order(
        key=key(fields),
        number=text(fields, "name", 60) or text(fields, "order_number", 60) or key(fields),
        at=reading.needed(fields, "updated_at", "created_at"),
        occurred_at=reading.needed(fields, "processed_at", "created_at"),
        currency=currency,
        standing=Standing.CANCELLED if called_off else Standing.SOLD,
        lines=tuple(_line(one, currency, prefix) for one in parts(fields, "line_items")),
        buyer=_buyer(part(fields, "customer"), fields),
        refunds=tuple(_refund(one, currency) for one in parts(fields, "refunds")),
        has_refunds_for_good=True,
        cancelled_at=called_off,
        codes=tuple(code for one in parts(fields, "discount_codes") if (code := text(one, "code", 100))),
        recipient=_name(shipping),
        recipient_address=reading.on_one_label(_address(shipping)),
    )


def _line(fields: Fields, currency: str, prefix: str) -> Line:
    discount = sum((amount(one, "amount") for one in parts(fields, "discount_allocations")), start=Decimal(0))
    pieces = reading.quantity_milli(fields)
    paid = amount(fields, "price") * pieces / 1000 - discount
    variant = text(fields, "variant_id", 60) or text(fields, "product_id", 60)
    name, kind = text(fields, "title", 250), text(fields, "variant_title", 100)
    return Line(
        key=key(fields),
        product=text(fields, "sku", 120) or (f"{prefix}{variant}" if variant else ""),
        name=_named(name, kind),
        quantity_milli=pieces,
        amount_minor=reading.minor(paid, currency),
        discount_minor=max(0, reading.minor(discount, currency)),
    )


def _named(name: str, variant: str) -> str:
    return f"{name} {variant}" if variant and variant != _NO_VARIANT else name


def _refund(fields: Fields, currency: str) -> Refund:
    back = tuple(
        Back(
            key=key(one, "line_item_id"),
            quantity_milli=reading.quantity_milli(one),
            amount_minor=reading.minor(_shop_money(one, "subtotal"), currency),
        )
        for one in parts(fields, "refund_line_items")
    )
    differing = sum(
        (
            _shop_money(one, "amount")
            for one in parts(fields, "order_adjustments")
            if text(one, "kind") == "refund_discrepancy"
        ),
        start=Decimal(0),
    )
    return Refund(
        key=key(fields),
        amount_minor=sum(one.amount_minor for one in back) - reading.minor(differing, currency),
        at=reading.needed(fields, "processed_at", "created_at"),
        lines=back,
    )


def _shop_money(fields: Fields, name: str) -> Decimal:
    """The amount in the shop's currency; the field itself may be a rounded float."""
    exact = part(part(fields, f"{name}_set"), "shop_money")
    return amount(exact, "amount") if exact.get("amount") not in (None, "") else amount(fields, name)


def _money_of(fields: Fields) -> str:
    """The shop's currency, which a refund by itself names only within its parts."""
    lists = ("refund_line_items", "order_adjustments")
    sets = (
        part(one, f"{name}_set")
        for which in lists
        for one in parts(fields, which)
        for name in ("subtotal", "amount")
    )
    codes = (text(part(one, "shop_money"), "currency_code", 10) for one in sets)
    found = next((code for code in codes if code), "")
    if not found:
        found = next((text(one, "currency", 10) for one in parts(fields, "transactions")), "")
    return reading.currency({"currency": found}) if found else "USD"  # of a refund of nothing


def _buyer(customer: Fields, order: Fields) -> Buyer:
    """The customer; what the order itself says of an email, a phone and an address fills what is missing."""
    billing = part(order, "billing_address")
    home = part(customer, "default_address")
    return Buyer(
        number=text(customer, "id", 60),
        email=text(customer, "email", 254) or text(order, "email", 254),
        phone=text(customer, "phone", 60) or text(order, "phone", 60) or text(home, "phone", 60),
        given_name=text(customer, "first_name", 100) or text(billing, "first_name", 100),
        family_name=text(customer, "last_name", 100) or text(billing, "last_name", 100),
        language=text(order, "customer_locale", 10).partition("-")[0],
        address=_address(billing) or _address(home),
        permissions=tuple(_permissions(customer)),
    )


def _permissions(customer: Fields) -> Iterator[Permission]:
    for channel in ("email", "sms"):
        said = part(customer, f"{channel}_marketing_consent")
        granted = _SAID.get(text(said, "state"))
        if granted is not None:
            at: datetime | None = moment(said, "consent_updated_at")
            if at is None and not granted:
                at = moment(customer, "updated_at")
            yield Permission(channel=channel, granted=granted, at=at, level=text(said, "opt_in_level", 40))


def _name(fields: Fields) -> str:
    parted = " ".join(one for one in (text(fields, "first_name", 100), text(fields, "last_name", 100)) if one)
    return parted or text(fields, "name", 200)


def _address(fields: Fields) -> dict[str, str]:
    return reading.address(
        fields,
        ("address1", "address2"),
        postalCode="zip",
        city="city",
        state="province",
        country="country_code",
    )


def _products(fields: Fields, prefix: str) -> Products:
    number, at = key(fields), reading.needed(fields, "updated_at", "created_at")
    name, active = text(fields, "title", 250), text(fields, "status") in ("", "active")
    picture = text(part(fields, "image"), "src", 600)
    picture = picture or next((text(one, "src", 600) for one in parts(fields, "images")), "")
    category = text(part(fields, "category"), "full_name", 200) or text(fields, "product_type", 200)
    goods = tuple(
        Goods(
            key=key(one),
            number=text(one, "sku", 120) or f"{prefix}{key(one)}",
            name=_named(name, text(one, "title", 100)),
            category=category.replace(" > ", " / "),
            price=text(one, "price", 40),
            picture=picture,
            in_stock=active and _in_stock(one),
            at=at,
        )
        for one in parts(fields, "variants")
    )
    return Products(key=number, goods=goods, at=at)


def _in_stock(variant: Fields) -> bool:
    """Where stock is counted, only what is there or may be sold without."""
    if not text(variant, "inventory_management") or text(variant, "inventory_policy") == "continue":
        return True
    return amount(variant, "inventory_quantity", otherwise="1") > 0


def _request(kind: str, fields: Fields, delivery: Delivery) -> Request:
    customer = part(fields, "customer")
    asked = fields.get("orders_requested") or fields.get("orders_to_redact")
    orders = asked if isinstance(asked, list) else []
    number = text(customer, "id", 60)
    return Request(
        kind=kind,
        key=text(part(fields, "data_request"), "id", 60) or f"{number} {delivery.received_at:%Y-%m-%d}",
        number=number,
        email=text(customer, "email", 254),
        orders=tuple(str(one)[:60] for one in orders[:1_000]),
    )
