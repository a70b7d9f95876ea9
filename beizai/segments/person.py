"""One customer with everything a rule may look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from beizai.segments.rule.tree import Scalar
from beizai.value.conditions import ASKED_KINDS, Card, View
from beizai.value.purchases import History, Order
from beizai.value.thresholds import Thresholds

CATEGORY_SEPARATOR = " / "


@dataclass(frozen=True)
class Line:
    """One line of an order."""

    order_id: int
    on: date
    product: str | None
    category: str | None
    quantity_milli: int


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    kind: str
    on: date
    campaign_id: int | None = None
    verdict: str | None = None
    name: str | None = None  # as a site told it
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """One customer: the card as the snapshot has it, and their part of the book."""

    customer_id: int
    attributes: Mapping[str, Scalar | None] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    source: str | None = None
    referred: bool = False
    referrals: int = 0
    left_contact: bool = False
    may: frozenset[tuple[str, str]] = frozenset()
    orders: tuple[Order, ...] = ()
    lines: tuple[Line, ...] = ()
    events: tuple[Event, ...] = ()

    @cached_property
    def history(self) -> History:
        return History(self.orders)

    def card(self, on: date) -> Card:
        """What the labels look at, as of a day."""
        return Card(
            referrals=self.referrals,
            left_contact=self.left_contact,
            asked=any(
                event.kind in ASKED_KINDS and event.on <= on and event.verdict != "machine"
                for event in self.events
            ),
            contactable=any(purpose == "marketing" for _, purpose in self.may),
        )

    def view(self, lines: Thresholds, on: date) -> View:
        return View(self.history, self.card(on), lines, on)
