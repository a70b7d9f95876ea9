"""What a rule needs to know of every customer, gathered so that each table of the book is read once.

Conditions ask for counts and sums; those over one table become one aggregation by customer, which is then joined to the customers.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir

from beizai.segments.rule.tree import Window
from beizai.value.thresholds import Thresholds

Build = Callable[[ir.Table], Any]
_FEW = 8  # more conditions than this are dearer to test than to group


@dataclass(frozen=True)
class Tables:
    """The tables a rule is asked of: the snapshot of the customers, and the book's orders, lines and events.

    `measures`, where it is given, holds what was counted of everybody beforehand (`value.customers.measures`, as of the same day);
    without it the engine counts all itself.
    """

    customers: ir.Table
    orders: ir.Table
    lines: ir.Table
    events: ir.Table
    measures: ir.Table | None = None


MEASURES = "measures"


@dataclass
class Features:
    """The counts and sums asked for so far, by table and name. Asking twice for the same gives the same name."""

    tables: Tables
    as_of_on: date
    lines: Thresholds
    wanted: dict[str, dict[str, Build]] = field(default_factory=dict)
    only: dict[str, list[Build | None]] = field(default_factory=dict)
    names: dict[tuple[str, object], str] = field(default_factory=dict)

    def ask(self, table: str, what: object, build: Build, *, only: Build | None = None) -> str:
        """The name of the column in which the joined row will hold this; `only` are the rows that count for it (None: all)."""
        key = (table, what)
        if key not in self.names:
            self.only.setdefault(table, []).append(only)
            self.names[key] = f"{table}_{len(self.wanted.setdefault(table, {}))}"
            self.wanted[table][self.names[key]] = build
        return self.names[key]

    def joined(self, card_columns: Collection[str]) -> ir.Table:
        """One row per customer with these columns of the card and everything asked for; null where a table has no row of theirs."""
        row = self.tables.customers.select("customer_id", *sorted(card_columns))
        for table in sorted(self.wanted):
            counted = self._aggregated(table)
            names = (*row.columns, *self.wanted[table])
            row = row.left_join(counted, row.customer_id == counted.customer_id).select(*names)
        return row

    def _aggregated(self, table: str) -> ir.Table:
        if table == MEASURES and self.tables.measures is not None:
            counted = self.tables.measures
            return counted.select(
                "customer_id", **{name: build(counted) for name, build in self.wanted[table].items()}
            )
        source = self._narrowed(table)
        return source.group_by("customer_id").aggregate(
            **{name: build(source) for name, build in self.wanted[table].items()}
        )

    def _narrowed(self, table: str) -> ir.Table:
        """The rows that count for anything asked of the table: the engine then groups no others."""
        source = self.source(table)
        tests = [only(source) if only is not None else None for only in self.only[table]]
        if any(test is None for test in tests) or len(tests) > _FEW:
            return source
        return source.filter(balanced(or_, tests, None))

    def source(self, table: str) -> ir.Table:
        """The rows of a table that may count: of somebody, and not after the day asked for."""
        if table == "gaps":
            return gaps(self.source("orders"))
        rows = getattr(self.tables, table)
        return rows.filter(rows.customer_id.notnull(), rows.occurred_on <= self.as_of_on)


def gaps(orders: ir.Table) -> ir.Table:
    """The days between one purchase day and the next, one row per gap."""
    sold = orders.filter(orders.kind == "sale").select("customer_id", "occurred_on").distinct()
    before = sold.occurred_on.lag().over(ibis.window(group_by="customer_id", order_by="occurred_on"))
    paired = sold.mutate(before_on=before)
    paired = paired.filter(paired.before_on.notnull())
    return paired.select("customer_id", gap_days=paired.occurred_on.delta(paired.before_on, unit="day"))


def usual_gap(rows: ir.Table) -> ir.Value:
    """The median gap, known from two gaps on."""
    return ibis.ifelse(rows.count() >= 2, rows.gap_days.median(), ibis.null("float64"))


def inside(rows: ir.Table, window: Window, as_of_on: date) -> Any:
    """Whether the day of a row counts; None where every day until as_of does."""
    first, last = window.bounds(as_of_on)
    tests = [rows.occurred_on >= first] if first else []
    tests += [rows.occurred_on <= last] if last < as_of_on else []
    return ibis.and_(*tests) if tests else None


def compare(op: str, found: Any, value: Any) -> Any:
    """One column beside a number, or beside two; `found` must not be null."""
    if isinstance(value, tuple):
        return (found >= value[0]) & (found <= value[1])
    tests: dict[str, Callable[[], Any]] = {
        "at_least": lambda: found >= value,
        "at_most": lambda: found <= value,
        "more_than": lambda: found > value,
        "less_than": lambda: found < value,
        "is": lambda: found == value,
        "is_not": lambda: found != value,
    }
    return tests[op]()


def balanced(join: Callable[[Any, Any], Any], tests: Sequence[Any], none: Any) -> Any:
    """All tests joined pairwise, so that a thousand of them are ten levels deep and not a thousand."""
    if not tests:
        return none
    if len(tests) == 1:
        return tests[0]
    half = len(tests) // 2
    return join(balanced(join, tests[:half], none), balanced(join, tests[half:], none))
