"""An attribute in the snapshot of the customers: the name of its column, and how it is compared there."""

from datetime import date, timedelta
from operator import and_, or_
from typing import Any

import ibis.expr.types as ir

from beizai.segments import calendar
from beizai.segments.features import balanced, compare
from beizai.segments.folding import fold, wrapped
from beizai.segments.rule import tree
from beizai.segments.rule.checking import STANDARD


def column(name: str) -> str:
    """The column an attribute has in the snapshot: the shop's own ones carry a prefix, so that none hides a standard one.

    >>> column("country"), column("shoe-size")
    ('country', 'fact_shoe-size')
    """
    return name if name in STANDARD else f"fact_{name}"


def test(rule: tree.Attribute, row: ir.Table, as_of_on: date) -> Any:  # noqa: PLR0911
    """Whether the attribute fulfils the comparison, case by case; null where it is not known (but for `known`, `not_known`)."""
    found: Any = row[column(rule.name)]
    match rule.op, rule.value:
        case "known", _:
            return found.notnull()
        case "not_known", _:
            return found.isnull()
        case ("before" | "after" | "on") as op, date() as day:
            return {"before": found < day, "after": found > day, "on": found == day}[op]
        case ("within_days" | "older_than_days" | "anniversary_within_days") as op, int(days):
            return _around(op, found, days, as_of_on)
        case ("one_of" | "none_of") as op, tuple(words):
            among = found.isin([fold(str(word)) for word in words])
            return among if op == "one_of" else ~among
        case ("has_any" | "has_all" | "has_none") as op, tuple(words):
            tests = [found.contains(wrapped(str(word))) for word in words]
            return balanced(and_, tests, None) if op == "has_all" else _any(tests, op == "has_any")
        case "contains", str(word):
            return found.contains(fold(word))
        case "begins_with", str(word):
            return found.startswith(fold(word))
        case _:
            return _compared(rule.op, found, rule.value)


def _any(tests: list[Any], wanted: bool) -> Any:
    among = balanced(or_, tests, None)
    return among if wanted else ~among


def _around(op: str, found: Any, days: int, as_of_on: date) -> Any:
    match op:
        case "within_days":
            return (found > as_of_on - timedelta(days=days)) & (found <= as_of_on)
        case "older_than_days":
            return found <= as_of_on - timedelta(days=days)
        case _:
            return (found.month() * 100 + found.day()).isin(sorted(calendar.month_days(as_of_on, days)))


def _compared(op: str, found: Any, value: Any) -> Any:
    return compare(op, found, fold(value) if isinstance(value, str) else value)
