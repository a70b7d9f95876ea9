"""Stage, type and tier of a customer, each with its reason, since when and until when.

A label is the first of its rules that holds, from the top; the last always does. The rules are data.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from beizai.value import conditions as look
from beizai.value.conditions import Check, Columns, Condition, View
from beizai.value.purchases import YEAR_DAYS
from beizai.value.thresholds import Thresholds

_DAY = timedelta(days=1)
_YEAR = timedelta(days=YEAR_DAYS)


@dataclass(frozen=True)
class Rule:
    """A label and what gives it: all of its conditions hold (`needs_all`), or any; without conditions it always holds."""

    code: str
    conditions: tuple[Condition, ...]
    needs_all: bool = True


@dataclass(frozen=True)
class Scale:
    """The rules of one kind of label, from the top."""

    kind: str
    version: int
    rules: tuple[Rule, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(rule.code for rule in self.rules)


STAGES = Scale(
    "stage",
    1,
    (
        Rule("loyal", (look.bought_twice, look.not_silent)),
        Rule("target", (look.bought, look.asked, look.left_contact), needs_all=False),
        Rule("potential", ()),
    ),
)
TYPES = Scale(
    "type",
    1,
    (
        Rule("opinion_leader", (look.brings_others,)),
        Rule("key_account", (look.brings_half,)),
        Rule("occasional", (look.bought,)),
        Rule("not_bought_yet", ()),
    ),
)
TIERS = Scale(
    "tier",
    1,
    (
        Rule("opinion_leader", (look.brings_others,)),
        Rule("key_account", (look.brings_half,)),
        Rule("small_medium", (look.bought,)),
        Rule("interested", (look.asked,)),
        Rule("target", (look.contactable,)),
        Rule("potential", ()),
    ),
)
SCALES = {scale.kind: scale for scale in (STAGES, TYPES, TIERS)}


@dataclass(frozen=True)
class Label:
    """What a customer is called, and why.

    `checks` are what was looked at, from the top, the deciding rule's last. `since_on`: the first day of the present spell (None
    where no order decides it). `until_on`: the day on which it turns into `becomes` if nothing happens; None where time alone never
    turns it. Both take the lines of the book as they stand today.
    """

    kind: str
    code: str
    version: int
    checks: tuple[Check, ...]
    since_on: date | None
    until_on: date | None
    becomes: str | None


def code(scale: Scale, view: View) -> str:
    """The label alone, without its reasons."""
    return _decide(scale, view)[0]


def label(scale: Scale, view: View) -> Label:
    """The label with its reasons."""
    found, checks = _decide(scale, view)
    until_on, becomes = _turning(scale, view, found)
    return Label(scale.kind, found, scale.version, checks, _since(scale, view, found), until_on, becomes)


def in_codes(scale: Scale, codes: tuple[str, ...], columns: Columns, lines: Thresholds) -> Any:
    """For each customer of the columns whether the label is one of these; a column of the same sort as those given."""
    masks: list[Any] = []
    above: list[Any] = []
    for rule in scale.rules:
        own = _column(rule, columns, lines)
        if rule.code in codes:
            masks.append(reduce(and_, above, own))
        above.append(~own)
    return reduce(or_, masks)


def _column(rule: Rule, columns: Columns, lines: Thresholds) -> Any:
    parts = [condition.column(columns, lines) for condition in rule.conditions]
    if not parts:
        return columns.purchase_days >= 0
    return reduce(and_ if rule.needs_all else or_, parts)


def _decide(scale: Scale, view: View) -> tuple[str, tuple[Check, ...]]:
    seen: list[Check] = []
    for rule in scale.rules:
        checks = [condition.check(view) for condition in rule.conditions]
        seen.extend(checks)
        if not checks or (all if rule.needs_all else any)(check.holds for check in checks):
            return rule.code, tuple(seen)
    raise AssertionError(f"the scale {scale.kind} has no last rule")


def _since(scale: Scale, view: View, found: str) -> date | None:
    """Walks back over the days on which something changed, to the first day of this spell."""
    for day in _changes_back(view):
        if code(scale, view.at(day - _DAY)) != found:
            return day
    return None


def _changes_back(view: View) -> Iterator[date]:
    """The days until now on which orders came, left the year, or silence became unusual; the latest first."""
    orders = {order.on for order in view.history.orders}
    dated = sorted(day for day in orders | {on + _YEAR for on in orders} if day <= view.on)
    upper = view.on + _DAY
    for day in reversed(view.days):
        limit = view.at(day).silence_limit
        silent = {day + timedelta(days=limit)} if limit is not None else set()
        between = dated[bisect_left(dated, day) : bisect_left(dated, upper)]
        yield from sorted({*between, *(turn for turn in silent if turn < upper)}, reverse=True)
        upper = day
    yield from reversed(dated[: bisect_left(dated, upper)])


def _turning(scale: Scale, view: View, found: str) -> tuple[date | None, str | None]:
    alone = view.without_later()
    for day in changes_ahead(view):
        later = code(scale, alone.at(day))
        if later != found:
            return day, later
    return None, None


def changes_ahead(view: View) -> list[date]:
    """The days to come on which an order leaves the year or silence becomes unusual, if nothing is bought."""
    turns = {order.on + _YEAR for order in view.history.orders if order.on <= view.on}
    if view.silence_limit is not None:
        turns.add(view.days[-1] + timedelta(days=view.silence_limit))
    return sorted(day for day in turns if day > view.on)
