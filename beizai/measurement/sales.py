"""What the two groups bought in the window: contribution of each person, orders and sales of each group, day by day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beizai.events.book import Book
from beizai.measurement.groups import Assigned
from beizai.measurement.window import Window
from beizai.value.contribution import MILLS, Basis, Margins, contribution_lines, laid_out

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Of each person drawn, by rising id, minor units. contribution = gross - goods - discounts."""

    contribution: Floats
    gross: Floats  # sales before discounts, returns taken off
    discounts: Floats
    amount: Floats  # net sales
    simulated: Floats  # the part of the contribution that is SIMULATED

    @property
    def goods(self) -> Floats:
        return self.gross - self.discounts - self.contribution


@dataclass(frozen=True)
class GroupSales:
    """One group: how many people, how many of them bought, orders (returns apart), net sales and contribution."""

    people: int
    buyers: int
    orders: int
    returns: int
    sales_minor: int
    contribution_minor: float

    def a_head(self, amount: float) -> float | None:
        """So much a head; None where nobody is in the group."""
        return amount / self.people if self.people else None


@dataclass(frozen=True)
class Day:
    """Net sales and contribution a head from the start to the end of this day; None for an empty group.

    `*_error_minor`: the standard error of the sales a head.
    """

    on: date
    treated_sales_minor: float | None
    treated_error_minor: float | None
    treated_contribution_minor: float | None
    held_out_sales_minor: float | None
    held_out_error_minor: float | None
    held_out_contribution_minor: float | None


class Sales:
    """The lines and orders of the two groups in a window of an open book."""

    def __init__(self, book: Book, who: Assigned, margins: Margins, window: Window) -> None:
        self._book, self._who, self._window = book, who, window
        columns = {"customer_id": pa.array(who.customer_ids), "treated": pa.array(who.treated)}
        self._groups = ibis.memtable(pa.table(columns))
        days = {"start_on": window.start_on, "end_on": window.until_on}
        self._lines = contribution_lines(book, margins, **days).inner_join(self._groups, "customer_id")

    def outcomes(self) -> Outcomes:
        """One place for each person drawn; 0 for those who bought nothing."""
        line = self._lines
        sums = line.group_by("customer_id").agg(
            contribution=line.contribution_mills.sum(),
            gross=line.gross.sum(),
            discounts=line.discount.sum(),
            amount=line.amount.sum(),
            simulated=ibis.ifelse(line.simulated, line.contribution_mills, 0).sum(),
        )
        found = self._book.arrow(sums)
        names = ("contribution", "gross", "discounts", "amount", "simulated")
        columns = [found[name].cast(pa.int64()).to_numpy() for name in names]
        contribution, gross, discounts, amount, simulated = laid_out(
            self._who.customer_ids, found["customer_id"].to_numpy(), columns
        )
        return Outcomes(contribution / MILLS, gross, discounts, amount, simulated / MILLS)

    def groups(self, outcomes: Outcomes) -> tuple[GroupSales, GroupSales]:
        """The treated and those left alone."""
        order = self._book.orders
        days = (order.occurred_on >= self._window.start_on) & (order.occurred_on < self._window.until_on)
        order = order.filter(days).inner_join(self._groups, "customer_id")
        sale = order.kind == "sale"
        counted = order.group_by("treated").agg(
            orders=sale.sum(),
            returns=(~sale).sum(),
            buyers=ibis.ifelse(sale, order.customer_id, None).nunique(),
            sales=order.amount_minor.sum(),
        )
        rows = {row["treated"]: row for row in self._book.arrow(counted).to_pylist()}
        return self._group(rows, outcomes, True), self._group(rows, outcomes, False)

    def _group(self, rows: Mapping[bool, Mapping[str, Any]], outcomes: Outcomes, treated: bool) -> GroupSales:
        here = self._who.treated == treated
        row = rows.get(treated, {})
        return GroupSales(
            people=int(here.sum()),
            buyers=int(row.get("buyers", 0)),
            orders=int(row.get("orders", 0)),
            returns=int(row.get("returns", 0)),
            sales_minor=int(row.get("sales", 0)),
            contribution_minor=float(outcomes.contribution[here].sum()),
        )

    def rests_on(self) -> dict[Basis, float]:
        """Which share of the sales of both groups rests on a line's own cost, its category's margin, the book's margin."""
        line = self._lines
        found = self._book.arrow(line.group_by("basis").agg(sales=line.amount.abs().sum())).to_pylist()
        sales = {row["basis"]: float(row["sales"]) for row in found}
        whole = sum(sales.values())
        return {basis: sales.get(basis.value, 0.0) / whole for basis in Basis} if whole else {}

    def curve(self) -> tuple[Day, ...]:
        """Every day of the window that is seen, adding up."""
        line = self._lines
        daily = line.group_by(["treated", "customer_id", "occurred_on"]).agg(
            sales=line.amount.sum(), contribution=line.contribution_mills.sum() / MILLS
        )
        so_far = ibis.window(group_by="customer_id", order_by="occurred_on", preceding=None, following=0)
        daily = daily.mutate(total=daily.sales.sum().over(so_far).cast("float64"))
        grown = 2 * daily.total * daily.sales - daily.sales.cast("float64") * daily.sales
        by_day = daily.mutate(grown=grown).group_by(["treated", "occurred_on"])
        sums = by_day.agg(
            sales=lambda t: t.sales.sum().cast("float64"),
            contribution=lambda t: t.contribution.sum(),
            squares=lambda t: t.grown.sum(),
        )
        return self._days(self._book.arrow(sums).to_pylist())

    def _days(self, rows: list[dict[str, Any]]) -> tuple[Day, ...]:
        days = [self._window.start_on + timedelta(days=n) for n in range(self._window.days_seen)]
        both = []
        for treated in (True, False):
            here = {row["occurred_on"]: row for row in rows if row["treated"] == treated}
            people = int((self._who.treated == treated).sum())
            columns = ("sales", "squares", "contribution")
            table = np.array([[float(here.get(on, {}).get(name, 0.0)) for name in columns] for on in days])
            both.append(_a_head(table.reshape(-1, 3).cumsum(axis=0), people))
        return tuple(Day(on, *treated, *alone) for on, treated, alone in zip(days, *both, strict=True))


def _a_head(totals: Floats, people: int) -> list[tuple[float | None, float | None, float | None]]:
    """Sales, their standard error and contribution a head, from running totals of sales, squares and contribution."""
    if people == 0:
        return [(None, None, None)] * totals.shape[0]
    mean = totals[:, 0] / people
    spread = np.maximum(0.0, totals[:, 1] - people * mean * mean) / max(1, people - 1)
    error = np.sqrt(spread / people)
    return list(zip(mean.tolist(), error.tolist(), (totals[:, 2] / people).tolist(), strict=True))
