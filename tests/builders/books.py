"""Orders brought into the book of a test."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

import pyarrow as pa

from beizai.base import ids
from beizai.events import batches
from beizai.events.orders import append_orders


@dataclass(frozen=True)
class Sold:
    """One order of one line."""

    customer_id: int | None
    on: date
    amount_minor: int = 1_000
    product: str | None = "A-1"
    category: str | None = "Tea"
    number: str = ""
    store: str | None = None


def bring_in(sold: Iterable[Sold], *, now: datetime) -> int:
    """Brings orders into the book in one batch and returns its number; a negative amount is a return."""
    batch = batches.open_batch("orders", opened_at=now)
    orders, lines = [], []
    for place, one in enumerate(sold):
        number = one.number or f"{batch.pk}-{place}"
        shared = {
            "order_id": ids.order_id(1, number),
            "customer_id": one.customer_id,
            "source_id": 1,
            "occurred_at": datetime.combine(one.on, time(10)),
            "occurred_on": one.on,
            "amount_minor": one.amount_minor,
            "discount_minor": 0,
        }
        kind = "sale" if one.amount_minor >= 0 else "return"
        received = {
            "received_at": now.replace(tzinfo=None),
            "line_count": 1,
            "currency": "EUR",
            "store": one.store,
        }
        orders.append(shared | received | {"number": number, "kind": kind})
        quantity = 1_000 if kind == "sale" else -1_000
        lines.append(
            shared
            | {"line_no": 1, "quantity_milli": quantity, "product": one.product, "category": one.category}
        )
    append_orders(batch.pk, pa.Table.from_pylist(orders), pa.Table.from_pylist(lines))
    batches.enter(batch.pk, at=now)
    return batch.pk
