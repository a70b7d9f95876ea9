"""An order of a shop, put together from all that was delivered of it; and as the book then has to say it."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db import transaction

from beizai.base import clock, ids
from beizai.base.errors import Invalid
from beizai.customers import named
from beizai.imports import rates
from beizai.imports.shops import buyers, connections, folding
from beizai.imports.shops.folding import Known
from beizai.imports.shops.models import ShopConnection, ShopOrder
from beizai.imports.shops.rows import BookLine, BookOrder, Exchange, book_orders
from beizai.imports.shops.told import Buyer, Delivery, Gone, LoneRefund, Order
from beizai.products.models import Product
from beizai.staff.models import Shop
from beizai.staff.shop import shop


def enter(said: Order | LoneRefund | Gone, delivery: Delivery, connection: ShopConnection) -> None:
    """Adds what a delivery says to what is known of its order. Invalid (code "no_rate") where nobody knows what its money is worth.

    The buyer is looked up, and written on their card, from a revision that is newer than what is known.
    """
    rate = rate_of(said, shop()) if isinstance(said, Order) else None
    key = said.order_key if isinstance(said, LoneRefund) else said.key
    with transaction.atomic():
        row = _row(connection, key, delivery.received_at)
        before = known_of(row)
        bare = _without_person(said) if isinstance(said, Order) else said
        after = folding.fold(before, bare, triggered_at=delivery.triggered_at)
        if after == before:
            return
        if isinstance(said, Order) and rate is not None and after.rank != before.rank:
            row.number, row.rate = said.number, rate
            if not row.forgotten:
                _meet(row, said, connection, delivery.received_at)
        row.known = msgspec.to_builtins(after)
        row.version += 1
        row.dirty, row.changed_at = True, delivery.received_at
        row.save()


def _row(connection: ShopConnection, key: str, at: datetime) -> ShopOrder:
    rows = ShopOrder.objects.select_for_update()
    empty = msgspec.to_builtins(Known())
    return rows.get_or_create(
        connection=connection, key=key, defaults={"known": empty, "dirty": False, "changed_at": at}
    )[0]


def known_of(row: ShopOrder) -> Known:
    """What is known of an order."""
    return msgspec.convert(row.known, Known)


def _without_person(order: Order) -> Order:
    """The order without whom it was for: that stands on the card."""
    country = order.buyer.country
    buyer = Buyer(address={"country": country} if country else {})
    return replace(order, buyer=buyer, recipient="", recipient_address="")


def _meet(row: ShopOrder, order: Order, connection: ShopConnection, received_at: datetime) -> None:
    at = min(order.at, received_at)
    row.customer_id = buyers.enter(order.buyer, connection, at=at, received_at=received_at)
    email = "" if order.buyer.number else buyers.normal_email(order.buyer.email)
    row.guest = connections.guest(email, connection.pk)
    if row.customer_id is None or not order.recipient:
        return
    named.order_to(
        row.customer_id,
        order.recipient,
        order=f"{connection.name} {order.number}",
        source=connection.source,
        now=at,
        postal_address=order.recipient_address,
    )


def rate_of(order: Order, house: Shop) -> Decimal:
    """What one unit of the order's money was worth on its day. Invalid (code "no_rate") where nobody has said."""
    if order.currency == house.currency:
        return Decimal(1)
    day = clock.civil_date(order.occurred_at, house.timezone)
    rate: Decimal | None = rates.rates_on([(order.currency, day)]).get((order.currency, day))
    if rate is None:
        raise Invalid(
            "There is no rate of {currency} for {day}.",
            currency=order.currency,
            day=day.isoformat(),
            hint="Say what it was worth, then play the delivery again.",
            code="no_rate",
        )
    return rate


@dataclass(frozen=True)
class Wanted:
    """An order as the lake is to hold it; `mark` is equal where nothing in it changed."""

    order_id: int
    order: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]

    @property
    def mark(self) -> str:
        shown = json.dumps([self.order, self.lines], sort_keys=True, default=str)
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def wanted(row: ShopOrder, house: Shop, products: Mapping[str, Product]) -> list[Wanted]:
    """The sale and the returns of an order as the lake is to hold them; nothing where it does not count."""
    found = known_of(row)
    if found.order is None:
        return []
    worth = Exchange(currency=found.order.currency, book_currency=house.currency, rate=row.rate)
    orders = book_orders(found, worth, _number(row))
    country = found.order.buyer.country or None
    return [_in_lake(one, _shared(one, row, house), worth, country, products) for one in orders]


def _number(row: ShopOrder) -> str:
    """The order's number; where an older order of the source has the same, with the shop's own key behind it."""
    same = ShopOrder.objects.filter(
        connection__source=row.connection.source_id, number=row.number, pk__lt=row.pk
    )
    return f"{row.number} ({row.connection_id}-{row.key})" if same.exists() else row.number


def numbers_in(rows: Collection[ShopOrder]) -> set[str]:
    """The numbers of the products these orders name."""
    orders = (known_of(row).order for row in rows)
    return {line.product for order in orders if order is not None for line in order.lines if line.product}


def _shared(one: BookOrder, row: ShopOrder, house: Shop) -> dict[str, Any]:
    """What an order and its lines say alike."""
    source = row.connection.source
    return {
        "order_id": ids.order_id(source.pk, one.number),
        "customer_id": row.customer_id,
        "source_id": source.pk,
        "occurred_at": clock.naive_utc(one.occurred_at),
        "occurred_on": clock.civil_date(one.occurred_at, house.timezone),
        "simulated": source.simulated,
    }


def _in_lake(
    one: BookOrder,
    shared: dict[str, Any],
    worth: Exchange,
    country: str | None,
    products: Mapping[str, Product],
) -> Wanted:
    lines = [_line(place, line, products.get(line.product)) for place, line in enumerate(one.lines, start=1)]
    head = {
        "number": one.number,
        "kind": "return" if one.is_return else "sale",
        "amount_minor": one.amount_minor,
        "discount_minor": sum(line.discount_minor for line in one.lines),
        "line_count": len(one.lines),
        "country": country,
        "currency": worth.book_currency,
        "original_currency": worth.currency if worth.is_foreign() else None,
        "original_amount_minor": one.original_minor if worth.is_foreign() else None,
    }
    return Wanted(int(shared["order_id"]), shared | head, tuple(shared | line for line in lines))


def _line(place: int, line: BookLine, product: Product | None) -> dict[str, Any]:
    return {
        "line_no": place,
        "product_id": product.pk if product else None,
        "product": line.product or None,
        "category": (product.category if product else "") or None,
        "quantity_milli": line.quantity_milli,
        "amount_minor": line.amount_minor,
        "discount_minor": line.discount_minor,
    }
