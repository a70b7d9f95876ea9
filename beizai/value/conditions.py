"""What is looked at when a customer is given a label: bought twice, silent too long, brings others.

Each condition is written once for one person, with its reason (`check`), and once over columns (`column`), where the columns may be
numpy arrays or columns of an engine: both understand >=, & and ~. Tests hold the two equal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from beizai.value.purchases import YEAR_DAYS, History, usual_gap
from beizai.value.thresholds import REFERRALS_OF_A_LEADER, SILENT_MULTIPLE, Thresholds

Evidence = int | float | date | bool | None
ASKED_KINDS = ("visited", "clicked", "answered", "asked", "coupon_redeemed")
"""Events by which somebody shows interest without buying; only a person's count, not a machine's."""


@dataclass(frozen=True)
class Card:
    """What the card says beside the orders.

    `referrals`: how many customers they brought. `left_contact`: they gave us an address or number themselves
    (not an entry of a list without a stated basis). `asked`: they did something else than buy: visited by name, clicked, answered.
    `contactable`: marketing is allowed on a channel.
    """

    referrals: int = 0
    left_contact: bool = False
    asked: bool = False
    contactable: bool = False


@dataclass(frozen=True)
class View:
    """One customer as of a day, beside the lines of the book."""

    history: History
    card: Card
    lines: Thresholds
    on: date

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The purchase days until now."""
        return self.history.days_until(self.on)

    @cached_property
    def silent_days(self) -> int | None:
        """Days since the last purchase."""
        return (self.on - self.days[-1]).days if self.days else None

    @cached_property
    def silence_limit(self) -> int | None:
        """The days of silence from which on it is unusual; None before the second purchase day."""
        return silence_limit(usual_gap(self.days), self.lines) if len(self.days) > 1 else None

    @cached_property
    def spent_12m(self) -> int:
        """Net money of the last 365 days."""
        return self.history.spent(after=self.on - timedelta(days=YEAR_DAYS), until=self.on)

    def without_later(self) -> "View":
        """The same customer with nothing bought after this day."""
        orders = (order for order in self.history.orders if order.on <= self.on)
        return View(History(orders), self.card, self.lines, self.on)

    def at(self, on: date) -> "View":
        """The same customer as of another day, beside the same lines."""
        return View(self.history, self.card, self.lines, on)


@dataclass(frozen=True)
class Columns:
    """All customers as of a day, column by column and without gaps: 0 or False where nothing is known.

    `usual_gap_days` is the book's gap where the customer has none of their own.
    """

    purchase_days: Any
    silent_days: Any
    usual_gap_days: Any
    spent_12m_minor: Any
    referrals: Any
    left_contact: Any
    asked: Any
    contactable: Any


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: its value, what it was held against, and whether it holds."""

    code: str
    value: Evidence
    threshold: Evidence
    unit: str  # "days" | "money" | "count" | "yes"
    holds: bool


@dataclass(frozen=True)
class Condition:
    """One thing to look at, for one customer and over columns."""

    check: Callable[[View], Check]
    column: Callable[[Columns, Thresholds], Any]


def silence_limit(own_gap: float | None, lines: Thresholds) -> int:
    """Days of silence from which on it is unusual: twice the own gap, else twice the book's.

    Gaps are multiples of a half, so twice one is whole.

    >>> silence_limit(7.5, Thresholds(date(2026, 1, 1), 0))
    15
    """
    return int(SILENT_MULTIPLE * (lines.book_gap_days if own_gap is None else own_gap))


def _at_least(code: str, value: int, threshold: int | None, unit: str = "count") -> Check:
    return Check(code, value, threshold, unit, threshold is not None and value >= threshold)


def _not_silent(view: View) -> Check:
    limit, silent = view.silence_limit, view.silent_days
    return Check(
        "silent_days_under",
        silent,
        limit,
        "days",
        limit is not None and silent is not None and silent < limit,
    )


def _brings_half(columns: Columns, lines: Thresholds) -> Any:
    if lines.key_account_minor is None:
        return columns.purchase_days < 0  # nobody: nothing was sold in the year
    return columns.spent_12m_minor >= lines.key_account_minor


bought_twice = Condition(
    lambda view: _at_least("purchase_days", len(view.days), 2),
    lambda columns, lines: columns.purchase_days >= 2,
)
not_silent = Condition(
    _not_silent,
    lambda columns, lines: columns.silent_days < columns.usual_gap_days * SILENT_MULTIPLE,
)
bought = Condition(
    lambda view: _at_least("purchase_days", len(view.days), 1),
    lambda columns, lines: columns.purchase_days >= 1,
)
brings_others = Condition(
    lambda view: _at_least("referrals", view.card.referrals, REFERRALS_OF_A_LEADER),
    lambda columns, lines: columns.referrals >= REFERRALS_OF_A_LEADER,
)
brings_half = Condition(
    lambda view: _at_least("spent_12m", view.spent_12m, view.lines.key_account_minor, "money"),
    _brings_half,
)
asked = Condition(
    lambda view: Check("asked", view.card.asked, True, "yes", view.card.asked),
    lambda columns, lines: columns.asked,
)
left_contact = Condition(
    lambda view: Check("left_contact", view.card.left_contact, True, "yes", view.card.left_contact),
    lambda columns, lines: columns.left_contact,
)
contactable = Condition(
    lambda view: Check("contactable", view.card.contactable, True, "yes", view.card.contactable),
    lambda columns, lines: columns.contactable,
)
