"""What one customer bought and when, and the rhythm in it.

A purchase is a day with a sale: two tickets on one day are one visit. Returns reduce the money, never the visits.
Everything can be asked as of a day; what came later is then not seen.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

YEAR_DAYS = 365
GAP_NEEDS_DAYS = 3  # two gaps are the least that have a middle


@dataclass(frozen=True)
class Order:
    """One ticket: a sale, or a return with a negative amount."""

    on: date
    kind: str  # "sale" | "return"
    amount_minor: int


@dataclass(frozen=True)
class Measures:
    """What is counted of one customer as of a day. Days without a purchase leave the dates unknown (None)."""

    first_on: date | None
    last_on: date | None
    purchase_days: int
    recency_days: int | None
    usual_gap_days: float | None
    spent_minor: int
    spent_12m_minor: int
    purchase_days_12m: int


def usual_gap(days: Sequence[date]) -> float | None:
    """The customer's own rhythm: the median of the gaps between purchase days (sorted, distinct).

    Known from three purchase days on; one gap is an accident, not a habit. Always a multiple of a half.

    >>> usual_gap([date(2026, 1, 1), date(2026, 1, 11), date(2026, 1, 16)])
    7.5
    >>> usual_gap([date(2026, 1, 1), date(2026, 1, 11)]) is None
    True
    """
    if len(days) < GAP_NEEDS_DAYS:
        return None
    return float(median((after - before).days for before, after in pairwise(days)))


class History:
    """The orders of one customer, ready to be asked as of any day (orders may come in any order)."""

    def __init__(self, orders: Iterable[Order]) -> None:
        self.orders = tuple(sorted(orders, key=lambda order: order.on))
        self.days = tuple(sorted({order.on for order in self.orders if order.kind == "sale"}))
        self._money_on = [order.on for order in self.orders]
        self._money = [0]
        for order in self.orders:
            self._money.append(self._money[-1] + order.amount_minor)

    def spent(self, *, after: date | None, until: date) -> int:
        """Net money of the orders after one day (not counting it) up to and with another."""
        first = 0 if after is None else bisect_right(self._money_on, after)
        last = bisect_right(self._money_on, until)
        return self._money[max(first, last)] - self._money[first]

    def days_until(self, as_of_on: date) -> tuple[date, ...]:
        """The purchase days up to and with this one."""
        return self.days[: bisect_right(self.days, as_of_on)]

    def measures(self, as_of_on: date) -> Measures:
        """What is counted as of a day; the year is the 365 days that end with it."""
        days = self.days_until(as_of_on)
        year_ago = as_of_on - timedelta(days=YEAR_DAYS)
        return Measures(
            first_on=days[0] if days else None,
            last_on=days[-1] if days else None,
            purchase_days=len(days),
            recency_days=(as_of_on - days[-1]).days if days else None,
            usual_gap_days=usual_gap(days),
            spent_minor=self.spent(after=None, until=as_of_on),
            spent_12m_minor=self.spent(after=year_ago, until=as_of_on),
            purchase_days_12m=len(days) - bisect_right(days, year_ago),
        )
