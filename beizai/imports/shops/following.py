"""The lake follows the orders of shops: what changed is appended as a batch that replaces what stood there before, whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db import transaction

from beizai.base.clock import naive_utc
from beizai.base.errors import Invalid, NotFound
from beizai.customers import referring
from beizai.events import batches, inbox, leases
from beizai.events.happenings import Happening
from beizai.events.models import Batch
from beizai.events.orders import append_orders
from beizai.imports.shops import orders
from beizai.imports.shops.bringing import LEASE
from beizai.imports.shops.folding import Known, is_in_book
from beizai.imports.shops.models import ShopOrder
from beizai.imports.shops.orders import Wanted
from beizai.imports.slices import chunks
from beizai.products.models import Product
from beizai.staff.models import Shop
from beizai.staff.shop import shop

KIND = "shop_orders"
_AT_ONCE = 400
_UNSURE = ""


@dataclass(frozen=True)
class _Change:
    """What one order needs in the lake: rows that are new or other than they stand there, and ids that are to go."""

    row: ShopOrder
    wanted: tuple[Wanted, ...]
    new: tuple[Wanted, ...]
    gone: frozenset[int]


def follow_once(now: datetime, *, limit: int = _AT_ONCE) -> int:
    """Brings the lake up to what is known of some orders that changed; returns how many. 0 where none did.

    Exact whatever is killed when: what is about to be appended is first noted on the order as unsure, so that the
    next attempt replaces or withdraws it; a batch an earlier attempt left open is taken out before a new one begins.
    """
    if not ShopOrder.objects.filter(dirty=True).exists():
        return 0
    with leases.hold(LEASE):
        for left_open in Batch.objects.filter(kind=KIND, state=Batch.State.COMING_IN).values_list(
            "pk", flat=True
        ):
            batches.undo(left_open, at=now)
        rows = list(
            ShopOrder.objects.filter(dirty=True).select_related("connection__source").order_by("pk")[:limit]
        )
        house = shop()
        products = _products(rows, now)
        changes = [_change(row, house, products) for row in rows]
        if any(one.new or one.gone for one in changes):
            _append(changes, now)
        for one in changes:
            _tell(one, house)
        _settle(changes)
    return len(rows)


def follow_all(now: datetime) -> int:
    """Brings the lake up to everything that is known now."""
    total = 0
    while count := follow_once(now):
        total += count
    return total


def _change(row: ShopOrder, house: Shop, products: Mapping[str, Product]) -> _Change:
    wanted = tuple(orders.wanted(row, house, products))
    there = {int(number): mark for number, mark in row.in_lake.items()}
    new = tuple(one for one in wanted if there.get(one.order_id) != one.mark)
    return _Change(row, wanted, new, frozenset(there.keys() - {one.order_id for one in wanted}))


def _append(changes: Sequence[_Change], now: datetime) -> None:
    with transaction.atomic():
        for one in changes:
            if one.new or one.gone:
                unsure = one.row.in_lake | {str(found.order_id): _UNSURE for found in one.new}
                ShopOrder.objects.filter(pk=one.row.pk).update(in_lake=unsure)
    batch = batches.open_batch(KIND, opened_at=now)
    try:
        new = [found for one in changes for found in one.new]
        if new:
            received = {"received_at": naive_utc(now)}
            append_orders(
                batch.pk,
                pa.Table.from_pylist([dict(one.order) | received for one in new]),
                pa.Table.from_pylist([dict(line) for one in new for line in one.lines]),
            )
        batches.withdraw(batch.pk, {number for one in changes for number in one.gone})
    except BaseException:
        batches.undo(batch.pk, at=now)
        raise
    batches.enter(batch.pk, at=now)


def _settle(changes: Iterable[_Change]) -> None:
    """Notes what the lake holds now; an order that changed meanwhile stays to be followed."""
    with transaction.atomic():
        for one in changes:
            there = {str(found.order_id): found.mark for found in one.wanted}
            uncategorised = any(
                line["product"] and not line["category"] for found in one.wanted for line in found.lines
            )
            row = ShopOrder.objects.filter(pk=one.row.pk)
            row.update(in_lake=there, without_category=uncategorised, coupons_told=one.row.coupons_told)
            row.filter(version=one.row.version).update(dirty=False)


def _products(rows: Sequence[ShopOrder], now: datetime) -> Mapping[str, Product]:
    """The products these orders name; one the book does not know yet is entered with its number and name."""
    numbers = orders.numbers_in(rows)
    known = _known(numbers)
    missing: dict[str, str] = {}
    for row in rows:
        order = orders.known_of(row).order
        for line in order.lines if order else ():
            if line.product and line.product not in known:
                missing.setdefault(line.product, line.name)
    if missing:
        Product.objects.bulk_create(
            [Product(number=number, name=name, created_at=now) for number, name in missing.items()],
            ignore_conflicts=True,
        )
        known = _known(numbers)
    return known


def _known(numbers: Iterable[str]) -> dict[str, Product]:
    found: dict[str, Product] = {}
    for chunk in chunks(sorted(numbers), 500):
        found |= {one.number: one for one in Product.objects.filter(number__in=chunk)}
    return found


def _tell(change: _Change, house: Shop) -> None:
    """Codes that were used become events, once; one that is a customer's own brings the tie to whom it belongs."""
    row = change.row
    found = orders.known_of(row)
    if found.order is None or row.customer_id is None or not is_in_book(found):
        return
    new = [code for code in found.order.codes if code not in row.coupons_told]
    if not new:
        return
    inbox.current().put([_event(code, row, found).message() for code in new])
    for code in new:
        _brought_by(code, row, found, house)
    row.coupons_told = [*row.coupons_told, *new]


def _event(code: str, row: ShopOrder, known: Known) -> Happening:
    assert known.order is not None
    source = row.connection.source
    props: dict[str, Any] = {"code": code, "order": known.order.number}
    return Happening(
        id=f"coupon:{row.connection_id}:{row.key}:{code}",
        kind="coupon_redeemed",
        occurred_at=known.order.occurred_at,
        received_at=row.changed_at,
        customer_id=row.customer_id,
        source_id=source.pk,
        props=props,
        simulated=source.simulated,
    )


def _brought_by(code: str, row: ShopOrder, known: Known, house: Shop) -> None:
    assert known.order is not None
    try:
        referring.redeem(
            code,
            row.customer_id or 0,
            source=row.connection.source,
            now=known.order.occurred_at,
            occasion=f"{row.connection.name} {known.order.number}",
            timezone=house.timezone,
        )
    except (NotFound, Invalid):
        return  # a code of the shop's own, or the buyer's
