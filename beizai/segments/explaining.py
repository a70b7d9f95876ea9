"""Why is she in, or not, and when will that turn: each condition with its value, its threshold and the day of its turning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from beizai.base.errors import NotFound
from beizai.customers import belonging
from beizai.segments import calendar
from beizai.segments import rule as rules
from beizai.segments.evaluate import holds, measure
from beizai.segments.folding import SEPARATOR
from beizai.segments.membership import read_rule, resolved, rule_of, segment
from beizai.segments.people import person
from beizai.segments.person import Person
from beizai.segments.questions import ask_of_one
from beizai.segments.rule import Rule, tree
from beizai.segments.rule.describing import Path
from beizai.value.conditions import View
from beizai.value.labels import SCALES, changes_ahead, code
from beizai.value.purchases import YEAR_DAYS, usual_gap
from beizai.value.thresholds import Thresholds

MOST_DAYS = 2_000
_YEAR = timedelta(days=YEAR_DAYS)


@dataclass(frozen=True)
class Check:
    """One part of the rule, looked at for one customer.

    `kind` and `values` are as in `rule.describe`; `value` is what was found (None: not known), `threshold` what it was held against, both
    in `unit` ("days", "money", "count", "times", "fifth", "code", "yes", "text", "date"). `turns_on` is the day on which the answer turns if nothing happens;
    None where time alone never turns it.
    """

    path: Path
    kind: str
    values: Mapping[str, Any]
    holds: bool
    value: Any
    threshold: Any
    unit: str
    turns_on: date | None


@dataclass(frozen=True)
class Explanation:
    """Whether the customer is in, each part with its reason (the whole first), and the day on which the whole turns."""

    customer_id: int
    as_of_on: date
    holds: bool
    checks: tuple[Check, ...]
    turns_on: date | None


def explain(
    of: int | Rule | Mapping[str, Any], customer_id: int, *, as_of: datetime, version: int | None = None
) -> Explanation:
    """Why a customer is in a segment (its id), or fulfils a rule, or not. Reads that customer's part of the book alone."""
    named = segment(of) if isinstance(of, int) else None
    rule = rule_of(named, version) if named else read_rule(of)  # type: ignore[arg-type]
    known_as = named.name if named else ""
    customer_id = belonging.card_of(customer_id)
    with ask_of_one(as_of, customer_id) as question:
        found = person(question, customer_id)
        if found is None:
            raise NotFound(
                "There is no card {n} as of {day}.", hint="Search by name.", n=customer_id, day=question.on
            )
        whole = resolved(rule, known_as=known_as)
        lines = question.lines_for(whole)
        checks = tuple(
            _check(path, part, resolved(part, known_as=known_as), found.view(lines, question.on), found)
            for path, part in _with_paths(rule)
        )
        return Explanation(customer_id, question.on, checks[0].holds, checks, checks[0].turns_on)


def _with_paths(rule: Rule, path: Path = ()) -> Iterator[tuple[Path, Rule]]:
    yield path, rule
    for number, part in enumerate(rules.parts(rule)):
        yield from _with_paths(part, (*path, number))


def _check(path: Path, part: Rule, whole: Rule, view: View, found: Person) -> Check:
    here, on, lines = rules.describe(part), view.on, view.lines
    value, threshold, unit = evidence(part, found, on, lines)
    answer = holds(whole, found, as_of_on=on, lines=lines)
    return Check(
        path, here.kind, here.values, answer, value, threshold, unit, turns_on(whole, found, on, lines)
    )


def turns_on(rule: Rule, found: Person, on: date, lines: Thresholds) -> date | None:
    """The first day after `on` on which the answer is another, if nothing happens and the lines of the book stay."""
    now = holds(rule, found, as_of_on=on, lines=lines)
    days = sorted(
        {day for leaf in rules.leaves(rule) for day in _turning_days(leaf, found, on, lines) if day > on}
    )
    for day in days[:MOST_DAYS]:
        if holds(rule, found, as_of_on=day, lines=lines) != now:
            return day
    return None


def evidence(part: Rule, found: Person, on: date, lines: Thresholds) -> tuple[Any, Any, str]:  # noqa: PLR0911
    """What a condition looked at, what it was held against, and the unit of both; one case per node."""
    number = measure(part, found, as_of_on=on, lines=lines)
    match part:
        case tree.Orders(kind, _, value):
            return number, value, "money" if kind.endswith("_minor") else "count"
        case tree.Bought() | tree.Happened():
            return number, part.at_least, "count"
        case tree.NeverBought():
            return number, 0, "count"
        case tree.Recency(_, days):
            return number, days, "days"
        case tree.Silence(_, tenths):
            gap = usual_gap(found.history.days_until(on))
            return (None if gap is None or number is None else round(number / gap, 1)), tenths / 10, "times"
        case tree.Scored(_, _, value):
            return number, value, "fifth"
        case tree.Brought(_, value):
            return number, value, "count"
        case _:
            return _said(part, found, on, lines)


def _said(part: Rule, found: Person, on: date, lines: Thresholds) -> tuple[Any, Any, str]:
    match part:
        case tree.Labelled(kind, codes):
            return code(SCALES[kind], found.view(lines, on)), codes, "code"
        case tree.Attribute(name, _, value):
            said = found.attributes.get(name)
            if isinstance(said, str) and said.startswith(SEPARATOR):
                said = said.strip(SEPARATOR).replace(SEPARATOR, ", ")  # several answers
            return said, value, "date" if isinstance(said, date) else "text"
        case tree.From(source):
            return found.source, source, "text"
        case _:
            return None, None, "yes"


def _turning_days(leaf: Rule, found: Person, on: date, lines: Thresholds) -> Iterator[date]:
    """The days on which this condition might turn by time alone."""
    view = found.view(lines, on)
    last = view.days[-1] if view.days else None
    match leaf:
        case tree.Orders() | tree.NeverBought(None, None):
            yield from _leaving(leaf.window, (order.on for order in found.orders))
        case tree.Bought() | tree.NeverBought():
            yield from _leaving(leaf.window, (line.on for line in found.lines))
        case tree.Happened():
            yield from _leaving(leaf.window, (event.on for event in found.events))
        case tree.Recency(_, days) if last:
            yield from _after(last, days)
        case tree.Silence(_, tenths) if last and (gap := usual_gap(view.days)):
            yield from _after(last, -int(-tenths * gap // 10))
        case tree.Labelled():
            yield from changes_ahead(view.without_later())
        case tree.Scored():
            yield from (order.on + _YEAR for order in found.orders)
            yield from (last + timedelta(days=limit) for limit in lines.recency_limits if last)
        case tree.Attribute():
            yield from _attribute_days(leaf, found.attributes.get(leaf.name), on)


def _leaving(window: tree.Window, days: Iterator[date]) -> Iterator[date]:
    for day in days:
        if window.within_days is not None:
            yield day + timedelta(days=window.within_days)
        if window.older_than_days is not None:
            yield day + timedelta(days=window.older_than_days)


def _after(last: date, days: int | tuple[int, int]) -> Iterator[date]:
    for number in days if isinstance(days, tuple) else (days,):
        yield last + timedelta(days=number)
        yield last + timedelta(days=number + 1)


def _attribute_days(leaf: tree.Attribute, said: Any, on: date) -> Iterator[date]:
    if not isinstance(said, date) or not isinstance(leaf.value, int):
        return
    if leaf.op in ("within_days", "older_than_days"):
        yield from (said, said + timedelta(days=leaf.value))
    elif leaf.op == "anniversary_within_days":
        for year in range(on.year, on.year + 3):
            day = calendar.anniversary(said, year)
            yield from (day - timedelta(days=leaf.value - 1), day + timedelta(days=1))
