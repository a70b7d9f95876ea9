"""Whether a rule holds of one customer: the plain reading of the rule.

The compiler must give the same answer for all customers at once; tests hold the two equal. This reading also explains one customer,
and finds the day on which an answer turns.
"""

from collections.abc import Iterable
from datetime import date

from beizai.segments import calendar
from beizai.segments.folding import fold, wrapped
from beizai.segments.person import CATEGORY_SEPARATOR, Event, Line, Person
from beizai.segments.rule import tree
from beizai.segments.rule.tree import Rule, Scalar, Window
from beizai.segments.rule.values import SET_OPS
from beizai.value.conditions import View
from beizai.value.labels import SCALES, code
from beizai.value.purchases import YEAR_DAYS, Order, usual_gap
from beizai.value.rfm import fifth
from beizai.value.thresholds import Thresholds

Number = int | float


def holds(rule: Rule, person: Person, *, as_of_on: date, lines: Thresholds) -> bool:  # noqa: C901, PLR0911
    """Whether the rule holds of this customer as of a day; one case per node.

    Members of other segments must have been put in full before (`replace_members`).
    """
    match rule:
        case tree.All(parts):
            return all(holds(part, person, as_of_on=as_of_on, lines=lines) for part in parts)
        case tree.Any(parts):
            return any(holds(part, person, as_of_on=as_of_on, lines=lines) for part in parts)
        case tree.Not(part):
            return not holds(part, person, as_of_on=as_of_on, lines=lines)
        case tree.Everyone():
            return True
        case tree.Attribute():
            return _attribute(rule, person.attributes.get(rule.name), as_of_on)
        case tree.Tagged(tag):
            return fold(tag) in {fold(mine) for mine in person.tags}
        case tree.From(source):
            return person.source == source
        case tree.Referred():
            return person.referred
        case tree.MayContact(channel, purpose):
            return (channel, purpose) in person.may
        case tree.Labelled(kind, codes):
            return code(SCALES[kind], person.view(lines, as_of_on)) in codes
        case _:
            return _measured(rule, person, as_of_on=as_of_on, lines=lines)


def _measured(rule: Rule, person: Person, *, as_of_on: date, lines: Thresholds) -> bool:
    found = measure(rule, person, as_of_on=as_of_on, lines=lines)
    match rule:
        case tree.Orders("average_minor", op, value, window):
            count = len(_sales(person, window, as_of_on))
            return count > 0 and compare(op, _sold(person, window, as_of_on), _times(value, count))
        case tree.Orders(_, op, value) | tree.Brought(op, value) | tree.Scored(_, op, value):
            return found is not None and compare(op, found, value)
        case tree.Recency(op, days):
            return found is not None and compare(op, found, days)
        case tree.Silence(op, tenths):
            gap = usual_gap(person.history.days_until(as_of_on))
            return gap is not None and found is not None and compare(op, found * 10, tenths * gap)
        case tree.Bought() | tree.Happened():
            return found is not None and found >= rule.at_least
        case tree.NeverBought():
            return not found
        case _:
            raise AssertionError(f"no reading of {rule}")


def measure(rule: Rule, person: Person, *, as_of_on: date, lines: Thresholds) -> Number | None:  # noqa: PLR0911
    """The number a condition compares, None where it is not known. `Silence` gives the silent days, not the multiple."""
    match rule:
        case tree.Orders(kind, _, _, window):
            return _orders(kind, person, window, as_of_on)
        case tree.Bought():
            return len({line.order_id for line in _goods(rule, person, as_of_on)})
        case tree.NeverBought(None, None, window):
            return len(_sales(person, window, as_of_on))
        case tree.NeverBought():
            return len({line.order_id for line in _goods(rule, person, as_of_on)})
        case tree.Recency() | tree.Silence():
            return person.view(lines, as_of_on).silent_days
        case tree.Scored(score):
            return _score(score, person.view(lines, as_of_on))
        case tree.Brought():
            return person.referrals
        case tree.Happened():
            return len(_events(rule, person, as_of_on))
        case _:
            return None


def compare(op: str, found: Number, value: Number | tuple[Number, ...]) -> bool:
    """One number beside another, or beside two."""
    if isinstance(value, tuple):
        return value[0] <= found <= value[1]
    return {
        "at_least": found >= value,
        "at_most": found <= value,
        "more_than": found > value,
        "less_than": found < value,
        "is": found == value,
        "is_not": found != value,
    }[op]


def inside(window: Window, on: date, as_of_on: date) -> bool:
    """Whether a day counts."""
    first, last = window.bounds(as_of_on)
    return (first is None or on >= first) and on <= last


def _times(value: int | tuple[int, ...], count: int) -> int | tuple[int, ...]:
    return tuple(one * count for one in value) if isinstance(value, tuple) else value * count


def _sales(person: Person, window: Window, as_of_on: date) -> list[Order]:
    return [order for order in person.orders if order.kind == "sale" and inside(window, order.on, as_of_on)]


def _sold(person: Person, window: Window, as_of_on: date) -> int:
    return sum(order.amount_minor for order in _sales(person, window, as_of_on))


def _orders(kind: str, person: Person, window: Window, as_of_on: date) -> Number | None:
    counted = [order for order in person.orders if inside(window, order.on, as_of_on)]
    sales = [order for order in counted if order.kind == "sale"]
    match kind:
        case "orders":
            return len(sales)
        case "purchase_days":
            return len({order.on for order in sales})
        case "spent_minor":
            return sum(order.amount_minor for order in counted)
        case "returns":
            return sum(order.kind == "return" for order in counted)
        case _:
            return sum(order.amount_minor for order in sales) / len(sales) if sales else None


def _goods(rule: tree.Bought | tree.NeverBought, person: Person, as_of_on: date) -> Iterable[Line]:
    for line in person.lines:
        if line.quantity_milli > 0 and inside(rule.window, line.on, as_of_on) and _is_of(line, rule):
            yield line


def _is_of(line: Line, rule: tree.Bought | tree.NeverBought) -> bool:
    if rule.product is not None:
        return line.product == rule.product
    if rule.category is None or line.category is None:
        return False
    return line.category == rule.category or line.category.startswith(rule.category + CATEGORY_SEPARATOR)


def _events(rule: tree.Happened, person: Person, as_of_on: date) -> list[Event]:
    return [
        event
        for event in person.events
        if event.kind == rule.kind
        and event.verdict != "machine"
        and (rule.campaign_id is None or event.campaign_id == rule.campaign_id)
        and (rule.name is None or event.name == rule.name)
        and (rule.detail is None or _detailed(rule, event.properties.get(rule.detail)))
        and inside(rule.window, event.on, as_of_on)
    ]


def _detailed(rule: tree.Happened, found: object) -> bool:
    if isinstance(rule.value, str):
        return isinstance(found, str) and (found == rule.value) == (rule.op == "is")
    if isinstance(found, bool) or not isinstance(found, int | float) or rule.value is None:
        return False
    return compare(rule.op or "is", float(found), rule.value)


def _score(score: str, view: View) -> int | None:
    if view.silent_days is None:
        return None
    match score:
        case "r":
            return 1 + sum(view.silent_days < limit for limit in view.lines.recency_limits)
        case "f":
            since = view.on.toordinal() - YEAR_DAYS
            return fifth(sum(day.toordinal() > since for day in view.days), view.lines.frequency_cuts)
        case _:
            return fifth(view.spent_12m, view.lines.monetary_cuts)


def _attribute(rule: tree.Attribute, found: Scalar | None, as_of_on: date) -> bool:
    if rule.op in ("known", "not_known"):
        return (found is not None) == (rule.op == "known")
    if found is None:
        return False
    if isinstance(found, date):
        return _dated(rule, found, as_of_on)
    if isinstance(found, str):
        return _several(rule, found) if rule.op in SET_OPS else _worded(rule, fold(found))
    if isinstance(found, bool):
        return found is rule.value
    return compare(rule.op, found, rule.value)  # type: ignore[arg-type]


def _dated(rule: tree.Attribute, found: date, as_of_on: date) -> bool:
    match rule.op, rule.value:
        case "before", date() as day:
            return found < day
        case "after", date() as day:
            return found > day
        case "on", date() as day:
            return found == day
        case "within_days", int(days):
            return 0 <= (as_of_on - found).days < days
        case "older_than_days", int(days):
            return (as_of_on - found).days >= days
        case _, int(days):
            return found.month * 100 + found.day in calendar.month_days(as_of_on, days)
        case _:
            raise AssertionError(f"no reading of {rule}")


def _several(rule: tree.Attribute, found: str) -> bool:
    """Several answers, packed into one text (`folding.packed`)."""
    named = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    has = [wrapped(str(word)) in found for word in named]
    return {"has_any": any(has), "has_all": all(has), "has_none": not any(has)}[rule.op]


def _worded(rule: tree.Attribute, found: str) -> bool:
    match rule.op, rule.value:
        case "one_of", tuple(words):
            return found in {fold(str(word)) for word in words}
        case "none_of", tuple(words):
            return found not in {fold(str(word)) for word in words}
        case "contains", str(word):
            return fold(word) in found
        case "begins_with", str(word):
            return found.startswith(fold(word))
        case op, str(word):
            return (found == fold(word)) == (op == "is")
        case _:
            raise AssertionError(f"no reading of {rule}")
