"""A rule asked of all customers at once: expressions that run on the engine of this house and on those of larger ones.

What keeps the answer the same everywhere: whole numbers for money, civil dates, text folded beforehand, each condition true or false
and never unknown, and the absence of something asked as an anti-join.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

import ibis
import ibis.expr.types as ir

from beizai.segments import attributes
from beizai.segments.features import MEASURES, Features, Tables, balanced, compare, inside, usual_gap
from beizai.segments.folding import wrapped
from beizai.segments.person import CATEGORY_SEPARATOR
from beizai.segments.rule import tree
from beizai.segments.rule.tree import ALWAYS, Rule, Window
from beizai.value.conditions import ASKED_KINDS, Columns
from beizai.value.labels import SCALES, in_codes
from beizai.value.purchases import YEAR_DAYS
from beizai.value.thresholds import Thresholds

Test = Callable[[ir.Table], Any]
YEAR = Window(within_days=YEAR_DAYS)


def members(rule: Rule, tables: Tables, *, as_of_on: date, lines: Thresholds) -> ir.Table:
    """The customers of whom the rule holds: one column, customer_id.

    Members of other segments must have been put in full before (`replace_members`). `lines` are the book's lines as of the day.
    """
    features = Features(tables, as_of_on, lines)
    joins, rest = _split(rule)
    test = _test(tree.All(rest), features)
    row = features.joined(_card_columns(rest))
    kept = row.filter(test(row)) if rest else row
    for part, present in joins:
        found = _rows(part, features)
        kept = (kept.semi_join if present else kept.anti_join)(found, "customer_id")
    return kept.select("customer_id")


def truths(rules: Iterable[Rule], tables: Tables, *, as_of_on: date, lines: Thresholds) -> ir.Table:
    """For each customer whether each of these rules holds: customer_id, t0, t1, ... in their order, every table read once."""
    features = Features(tables, as_of_on, lines)
    several = tuple(rules)
    tests = [_test(rule, features) for rule in several]
    row = features.joined(_card_columns(several))
    return row.select("customer_id", **{f"t{number}": test(row) for number, test in enumerate(tests)})


def _card_columns(several: Iterable[Rule]) -> set[str]:
    """The columns of the snapshot these rules look at."""
    found: set[str] = set()
    for leaf in (leaf for rule in several for leaf in tree.leaves(rule)):
        match leaf:
            case tree.Attribute(name):
                found.add(attributes.column(name))
            case tree.MayContact(channel, purpose):
                found.add(f"may_{channel}_{purpose}")
            case tree.Labelled():
                found |= {"referrals", "left_contact", "contactable"}
            case tree.Tagged() | tree.From() | tree.Referred() | tree.Brought():
                found.add(_COLUMN_OF[type(leaf)])
    return found


_COLUMN_OF = {tree.Tagged: "tags", tree.From: "source", tree.Referred: "referred", tree.Brought: "referrals"}


def _split(rule: Rule) -> tuple[list[tuple[Rule, bool]], tuple[Rule, ...]]:
    """The parts that are plain presence or absence of rows (asked by semi- and anti-join), and the rest."""
    joins: list[tuple[Rule, bool]] = []
    rest: list[Rule] = []
    for part in _flat(rule):
        match part:
            case tree.NeverBought():
                joins.append((part, False))
            case tree.Bought(at_least=1) | tree.Happened(at_least=1):
                joins.append((part, True))
            case tree.Not((tree.Bought(at_least=1) | tree.Happened(at_least=1)) as inner):
                joins.append((inner, False))
            case tree.Not(tree.NeverBought() as inner):
                joins.append((inner, True))
            case _:
                rest.append(part)
    return joins, tuple(rest)


def _flat(rule: Rule) -> Iterable[Rule]:
    if isinstance(rule, tree.All):
        for part in rule.parts:
            yield from _flat(part)
    else:
        yield rule


def _rows(part: Rule, features: Features) -> ir.Table:
    """The rows whose presence a condition speaks of."""
    table = _table(part)
    rows = features.source(table)
    return rows.filter(_counted(part, rows, features.as_of_on)).select("customer_id")


def _table(part: Rule) -> str:
    match part:
        case tree.Happened():
            return "events"
        case tree.NeverBought(None, None):
            return "orders"
        case _:
            return "lines"


def _counted(part: Rule, rows: ir.Table, as_of_on: date) -> Any:
    """Whether a row of its table is one the condition speaks of."""
    match part:
        case tree.Happened():
            tests = [rows.kind == part.kind, rows.verdict.fill_null("person") != "machine"]
            tests += [rows.campaign_id == part.campaign_id] if part.campaign_id is not None else []
            tests += _as_told(part, rows)
        case tree.NeverBought(None, None):
            tests = [rows.kind == "sale"]
        case tree.Bought() | tree.NeverBought():
            tests = [rows.quantity_milli > 0, _is_of(part, rows)]
        case _:
            raise AssertionError(f"no rows for {part}")
    when = inside(rows, part.window, as_of_on)
    return ibis.and_(*tests, *([when] if when is not None else []))


def _as_told(part: tree.Happened, rows: ir.Table) -> list[Any]:
    """What a site told of it: its name, and one of its properties. Read out of the text only where a rule asks for it."""
    tests = []
    if part.name is not None:
        tests.append(_sure(rows.props.cast("json")["name"].str == part.name))
    if part.detail is not None and part.op is not None:
        found = rows.props.cast("json")["properties"][part.detail]
        typed = found.str if isinstance(part.value, str) else found.float
        tests.append(_sure(compare(part.op, typed, part.value)))
    return tests


def _is_of(part: tree.Bought | tree.NeverBought, rows: ir.Table) -> Any:
    if part.product is not None:
        return rows["product"] == part.product
    return (rows.category == part.category) | rows.category.startswith(f"{part.category}{CATEGORY_SEPARATOR}")


def _test(rule: Rule, features: Features) -> Test:  # noqa: C901, PLR0911
    """What to look at in the joined row, always true or false; one case per node. Asks the features for what it needs."""
    match rule:
        case tree.All(parts):
            tests = [_test(part, features) for part in parts]
            return lambda row: balanced(and_, [test(row) for test in tests], ibis.literal(True))
        case tree.Any(parts):
            tests = [_test(part, features) for part in parts]
            return lambda row: balanced(or_, [test(row) for test in tests], ibis.literal(False))
        case tree.Not(part):
            inner = _test(part, features)
            return lambda row: ~inner(row)
        case tree.Everyone():
            return lambda row: ibis.literal(True)
        case tree.Attribute():
            return lambda row: _sure(attributes.test(rule, row, features.as_of_on))
        case tree.Tagged(tag):
            return lambda row: _sure(row.tags.contains(wrapped(tag)))
        case tree.From(source):
            return lambda row: _sure(row.source == source)
        case tree.Referred():
            return lambda row: _sure(row.referred)
        case tree.Brought(op, value):
            return lambda row: compare(op, row.referrals.fill_null(0), value)
        case tree.MayContact(channel, purpose):
            return lambda row: _sure(row[f"may_{channel}_{purpose}"])
        case tree.Labelled(kind, codes):
            return _labelled(kind, codes, features)
        case _:
            return _measured(rule, features)


def _measured(rule: Rule, features: Features) -> Test:  # noqa: PLR0911
    match rule:
        case tree.Orders("average_minor", op, value, window):
            return _average(op, value, window, features)
        case tree.Orders(measure, op, value, window):
            name = _ask_orders(measure, window, features)
            return lambda row: compare(op, row[name].fill_null(0), value)
        case tree.Recency(op, days):
            return _recency(op, days, features)
        case tree.Silence(op, tenths):
            return _silence(op, tenths, features)
        case tree.Scored(score, op, value):
            return _scored(score, op, value, features)
        case tree.Bought() | tree.Happened():
            name = _ask_rows(rule, features)
            return lambda row: row[name].fill_null(0) >= rule.at_least
        case tree.NeverBought():
            name = _ask_rows(rule, features)
            return lambda row: row[name].fill_null(0) == 0
        case _:
            raise AssertionError(f"no expression for {rule}")


def _sure(test: Any) -> Any:
    """What is not known fulfils nothing."""
    return test.fill_null(False)


COUNTED = {
    ("last_on", ALWAYS): "last_on",
    ("purchase_days", ALWAYS): "purchase_days",
    ("purchase_days", YEAR): "purchase_days_12m",
    ("spent_minor", ALWAYS): "spent_minor",
    ("spent_minor", YEAR): "spent_12m_minor",
}
"""What the table of measures holds of it, where it is given."""


def _ask_orders(measure: str, window: Window, features: Features) -> str:
    if features.tables.measures is not None and (measure, window) in COUNTED:
        counted = COUNTED[measure, window]
        return features.ask(MEASURES, counted, lambda rows: rows[counted])

    def counts(rows: ir.Table) -> Any:
        when = inside(rows, window, features.as_of_on)
        kind = {"spent_minor": None, "returns": "return"}.get(measure, "sale")
        tests = ([rows.kind == kind] if kind else []) + ([when] if when is not None else [])
        return ibis.and_(*tests) if tests else None

    def build(rows: ir.Table) -> ir.Value:
        where = counts(rows)
        makers: dict[str, Callable[[], ir.Value]] = {
            "orders": lambda: rows.count(where=where),
            "purchase_days": lambda: rows.occurred_on.nunique(where=where),
            "spent_minor": lambda: rows.amount_minor.sum(where=where),
            "sold_minor": lambda: rows.amount_minor.sum(where=where),
            "returns": lambda: rows.count(where=where),
            "last_on": lambda: rows.occurred_on.max(where=where),
        }
        return makers[measure]()

    all_count = measure == "spent_minor" and window == ALWAYS
    return features.ask("orders", (measure, window), build, only=None if all_count else counts)


def _ask_rows(rule: Rule, features: Features) -> str:
    def counts(rows: ir.Table) -> Any:
        return _counted(rule, rows, features.as_of_on)

    def build(rows: ir.Table) -> ir.Value:
        counted = counts(rows)
        return (
            rows.order_id.nunique(where=counted)
            if isinstance(rule, tree.Bought)
            else rows.count(where=counted)
        )

    return features.ask(_table(rule), rule, build, only=counts)


def _ask_gap(features: Features) -> str:
    if features.tables.measures is not None:
        return features.ask(MEASURES, "usual_gap_days", lambda rows: rows.usual_gap_days)
    return features.ask("gaps", "usual", usual_gap)


def needs_measures(rule: Rule) -> bool:
    """Whether measures counted beforehand save more than they cost: for rhythms and distinct days, not for plain sums."""
    return any(
        isinstance(leaf, tree.Silence | tree.Labelled | tree.Scored)
        or (
            isinstance(leaf, tree.Orders)
            and leaf.measure == "purchase_days"
            and leaf.window in (ALWAYS, YEAR)
        )
        for leaf in tree.leaves(rule)
    )


def _average(op: str, value: Any, window: Window, features: Features) -> Test:
    """Sales against the value times the tickets: no division, so no rounding."""
    sold, tickets = _ask_orders("sold_minor", window, features), _ask_orders("orders", window, features)

    def test(row: ir.Table) -> Any:
        count = row[tickets].fill_null(0)
        times = tuple(count * one for one in value) if isinstance(value, tuple) else count * value
        return (count > 0) & compare(op, row[sold].fill_null(0), times)

    return test


def _recency(op: str, days: Any, features: Features) -> Test:
    """Compares the last purchase day with a date: nothing is counted per row."""
    name, day = _ask_orders("last_on", ALWAYS, features), features.as_of_on
    turned = {
        "at_least": "at_most",
        "at_most": "at_least",
        "more_than": "less_than",
        "less_than": "more_than",
    }
    value = (
        tuple(day - timedelta(days=one) for one in reversed(days))
        if isinstance(days, tuple)
        else day - timedelta(days=days)
    )
    return lambda row: _sure(compare(turned.get(op, op), row[name], value))


def _silence(op: str, tenths: int, features: Features) -> Test:
    last, gap = _ask_orders("last_on", ALWAYS, features), _ask_gap(features)
    return lambda row: _sure(compare(op, silent_days(row[last], features.as_of_on) * 10, row[gap] * tenths))


def silent_days(last_on: Any, as_of_on: date) -> Any:
    """Whole days from the last purchase day to the day asked for."""
    return ibis.literal(as_of_on).delta(last_on, unit="day")


def _scored(score: str, op: str, value: Any, features: Features) -> Test:
    """A fifth is one more than the lines that are passed; of those who never bought it is not known."""
    last, lines = _ask_orders("last_on", ALWAYS, features), features.lines
    measure = {"f": "purchase_days", "m": "spent_minor"}.get(score)
    name = _ask_orders(measure, YEAR, features) if measure else last

    def test(row: ir.Table) -> Any:
        if score == "r":
            passed = [row[last] > features.as_of_on - timedelta(days=limit) for limit in lines.recency_limits]
        else:
            cuts = lines.frequency_cuts if score == "f" else lines.monetary_cuts
            passed = [row[name].fill_null(0) > cut for cut in cuts]
        fifth = reduce(lambda total, one: total + one.cast("int64"), passed, ibis.literal(1))
        return row[last].notnull() & _sure(compare(op, fifth, value))

    return test


LABEL_NEEDS = {
    "stage": ("silent_days", "usual_gap_days", "asked"),
    "type": ("spent_12m_minor",),
    "tier": ("spent_12m_minor", "asked"),
}


def _labelled(kind: str, codes: tuple[str, ...], features: Features) -> Test:
    """The label over columns, by the same rules by which one customer is judged."""
    names = {need: _ask_need(need, features) for need in ("purchase_days", *LABEL_NEEDS[kind])}

    def test(row: ir.Table) -> Any:
        return in_codes(SCALES[kind], codes, _columns(row, names, features), features.lines)

    return test


def _ask_need(need: str, features: Features) -> str:
    match need:
        case "purchase_days":
            return _ask_orders("purchase_days", ALWAYS, features)
        case "spent_12m_minor":
            return _ask_orders("spent_minor", YEAR, features)
        case "silent_days":
            return _ask_orders("last_on", ALWAYS, features)
        case "usual_gap_days":
            return _ask_gap(features)
        case _:
            return features.ask(
                "events", "asked", lambda rows: rows.count(where=_interest(rows)), only=_interest
            )


def _interest(rows: ir.Table) -> Any:
    return rows.kind.isin(ASKED_KINDS) & (rows.verdict.fill_null("person") != "machine")


def _columns(row: ir.Table, names: dict[str, str], features: Features) -> Columns:
    nothing = ibis.literal(0)
    silent = (
        silent_days(row[names["silent_days"]], features.as_of_on).fill_null(0)
        if "silent_days" in names
        else nothing
    )
    return Columns(
        purchase_days=row[names["purchase_days"]].fill_null(0),
        silent_days=silent,
        usual_gap_days=row[names["usual_gap_days"]].fill_null(features.lines.book_gap_days)
        if "usual_gap_days" in names
        else nothing,
        spent_12m_minor=row[names["spent_12m_minor"]].fill_null(0) if "spent_12m_minor" in names else nothing,
        referrals=row.referrals.fill_null(0),
        left_contact=_sure(row.left_contact),
        asked=row[names["asked"]].fill_null(0) > 0 if "asked" in names else ibis.literal(False),
        contactable=_sure(row.contactable),
    )
