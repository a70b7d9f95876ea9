"""Orders come into the book: many at once by an import, one at a time from the till."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from beizai.base import clock, ids
from beizai.base.errors import Invalid
from beizai.events import batches
from beizai.events.inbox import Message, current
from beizai.lake import LINES, ORDERS


def append_orders(batch_id: int, orders: pa.Table, lines: pa.Table) -> None:
    """Appends orders with their lines to a batch that is coming in (columns: lake/schema.py; `batch_id`, `period` are set here).

    The lines go first: an order that is seen has its lines. An order once per batch.
    """
    batches.append_rows(batch_id, LINES, lines)
    batches.append_rows(batch_id, ORDERS, orders)


@dataclass(frozen=True)
class SaleLine:
    """One line of a sale by hand; negative quantity and amount for a return. `cost_minor` is for the whole line."""

    amount_minor: int
    quantity_milli: int = 1000
    product_id: int | None = None
    product: str | None = None
    category: str | None = None
    discount_minor: int = 0
    cost_minor: int | None = None


@dataclass(frozen=True)
class Sale:
    """A sale rung up by hand. `number` is its number within the source; the same number again is the same sale."""

    source_id: int
    number: str
    occurred_at: datetime
    currency: str
    lines: Sequence[SaleLine]
    customer_id: int | None = None
    store: str | None = None
    staff: str | None = None
    country: str | None = None
    simulated: bool = False
    order_id: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "order_id", ids.order_id(self.source_id, self.number))


def ring_up(sale: Sale, *, received_at: datetime, timezone: str) -> int:
    """Takes a sale durably and returns its order's id; the worker brings it into the book within two seconds.

    Invalid where it has no line.
    """
    if not sale.lines:
        raise Invalid("A sale needs a line.", hint="Say what was sold, or at least for how much.")
    shared = {
        "order_id": sale.order_id,
        "customer_id": sale.customer_id,
        "source_id": sale.source_id,
        "occurred_at": clock.naive_utc(sale.occurred_at),
        "occurred_on": clock.civil_date(sale.occurred_at, timezone),
        "simulated": sale.simulated,
    }
    lines = [shared | _line(number, line) for number, line in enumerate(sale.lines, start=1)]
    order = shared | _totals(sale) | {"received_at": clock.naive_utc(received_at)}
    current().put([Message(f"order:{sale.order_id}", {LINES: lines, ORDERS: [order]}, received_at)])
    return sale.order_id


def _totals(sale: Sale) -> dict[str, Any]:
    amount = sum(line.amount_minor for line in sale.lines)
    return {
        "number": sale.number,
        "kind": "return" if amount < 0 or all(line.quantity_milli < 0 for line in sale.lines) else "sale",
        "amount_minor": amount,
        "discount_minor": sum(line.discount_minor for line in sale.lines),
        "line_count": len(sale.lines),
        "store": sale.store,
        "staff": sale.staff,
        "country": sale.country,
        "currency": sale.currency,
    }


def _line(number: int, line: SaleLine) -> dict[str, Any]:
    return {
        "line_no": number,
        "product_id": line.product_id,
        "product": line.product,
        "category": line.category,
        "quantity_milli": line.quantity_milli,
        "amount_minor": line.amount_minor,
        "discount_minor": line.discount_minor,
        "cost_minor": line.cost_minor,
    }
