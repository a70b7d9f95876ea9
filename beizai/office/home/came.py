"""What came in: orders by their source, day by day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from beizai.base.errors import BeizaiError
from beizai.events.book import open_book
from beizai.office import wording
from beizai.office.frame import frame
from beizai.sources.models import Source

DAYS = 30
WEEK = 7


@dataclass(frozen=True)
class Came:
    """One source: its orders and sales of seven days, and the shape of its thirty days."""

    name: str
    orders: int
    sales_minor: int
    last_on: date | None
    shape: list[float]
    simulated: bool = False

    @property
    def last_words(self) -> str:
        return wording.day(self.last_on) if self.last_on else ""


@dataclass(frozen=True)
class CameIn:
    """Everything that came in, by source, and the sales of each day over all."""

    sources: list[Came]
    daily: list[float]
    orders_7_days: int


def came_in(now: datetime) -> CameIn:
    """The last thirty days up to `now`; an empty book has none."""
    today = wording.civil(now) or frame().today
    since = today - timedelta(days=DAYS - 1)
    try:
        rows = _rows(now, since)
    except BeizaiError:
        rows = []
    names = dict(Source.objects.values_list("pk", "name"))
    simulated = set(Source.objects.filter(simulated=True).values_list("pk", flat=True))
    by_source: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_source.setdefault(row["source_id"], []).append(row)
    found = [
        _came(names.get(number, f"#{number}"), mine, since, today, number in simulated)
        for number, mine in by_source.items()
    ]
    found.sort(key=lambda one: (-one.sales_minor, one.name))
    return CameIn(found, _shape(rows, since), sum(one.orders for one in found))


def _rows(now: datetime, since: date) -> list[dict[str, Any]]:
    with open_book(as_of=now) as book:
        orders = book.orders
        asked = (
            orders.filter(orders.occurred_on >= since)
            .group_by(["source_id", "occurred_on"])
            .aggregate(orders=(orders.kind == "sale").sum(), sales=orders.amount_minor.sum())
        )
        rows: list[dict[str, Any]] = book.arrow(asked).to_pylist()
    return rows


def _came(name: str, rows: list[dict[str, Any]], since: date, today: date, simulated: bool) -> Came:
    week = [row for row in rows if row["occurred_on"] > today - timedelta(days=WEEK)]
    return Came(
        name,
        sum(int(row["orders"] or 0) for row in week),
        sum(int(row["sales"] or 0) for row in week),
        max((row["occurred_on"] for row in rows), default=None),
        _shape(rows, since),
        simulated,
    )


def _shape(rows: list[dict[str, Any]], since: date) -> list[float]:
    days = [0.0] * DAYS
    for row in rows:
        place = (row["occurred_on"] - since).days
        if 0 <= place < DAYS:
            days[place] += float(row["sales"] or 0)
    return days if any(days) else []
