"""The order strip: a dot per order of the last twelve months, sized by its value."""

import math
from collections.abc import Iterable
from datetime import timedelta

import ibis

from beizai.base import clock
from beizai.base.errors import BeizaiError
from beizai.events.book import open_book
from beizai.office.frame import frame

_DAYS = 365
_WIDTH = 118
_MOST = 60  # dots that can still be told apart


def dots(customer_ids: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """For each customer (place 0 to 118, size 2 to 5); the size grows with the order against all orders shown."""
    ids = list(customer_ids)
    if not ids:
        return {}
    since = clock.naive_utc(frame().now) - timedelta(days=_DAYS)
    try:
        with open_book() as book:
            orders = book.orders
            rows = book.arrow(
                orders.filter(
                    orders.customer_id.isin(ids),
                    orders.occurred_at >= ibis.literal(since),
                    orders.kind == "sale",
                ).select("customer_id", "occurred_on", "amount_minor")
            ).to_pylist()
    except BeizaiError:
        return {customer_id: [] for customer_id in ids}
    found: dict[int, list[tuple[int, int]]] = {customer_id: [] for customer_id in ids}
    usual = sorted(row["amount_minor"] for row in rows)[len(rows) // 2] if rows else 0
    for row in sorted(rows, key=lambda row: row["occurred_on"]):
        days = min(max(_DAYS - (frame().today - row["occurred_on"]).days, 0), _DAYS)
        found[row["customer_id"]].append(
            (1 + round(days * (_WIDTH - 2) / _DAYS), _size(row["amount_minor"], usual))
        )
    return {customer_id: drawn[-_MOST:] for customer_id, drawn in found.items()}


def _size(amount: int, usual: int) -> int:
    """Four times the usual order is drawn twice as wide."""
    if usual <= 0:
        return 3
    return min(max(round(3 * math.sqrt(max(amount, 1) / usual)), 2), 5)
