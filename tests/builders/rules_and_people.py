"""Random rules and random people for the tests of segments, and the tables an engine sees of them."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import ibis
import pyarrow as pa
from hypothesis import strategies as st

from beizai.segments import rule as r
from beizai.segments.features import Tables
from beizai.segments.folding import fold, packed
from beizai.segments.person import Event, Line, Person
from beizai.segments.rule.tree import TOLD_KINDS
from beizai.value.labels import SCALES
from beizai.value.purchases import Order
from beizai.value.thresholds import Thresholds

AS_OF = date(2024, 2, 29)
DAYS = st.one_of(  # mostly close together, so that days, windows and limits meet
    st.integers(-1, 12).map(lambda ago: AS_OF - timedelta(days=ago)),
    st.sampled_from(
        [date(2020, 2, 29), date(2023, 2, 28), date(2023, 3, 1), date(2023, 3, 2), date(2024, 3, 1)]
    ),
)
PRODUCTS = ("A-1", "B-2", "50% off", "茶 / 1")
CATEGORIES = ("Tea", "Tea / Green", "Teaware", "Ünïcode_%", "茶")
TAGS = ("vip", "VIP", "straße", "a|b")
SOURCES = ("Till", "Web shop")
TEXTS = ("FR", "fr", " Fr ", "Straße", "STRASSE", "été", "ÉTÉ", "茶", "50%_off", "I", "ı")
CHANNELS, PURPOSES = ("email", "letter"), ("marketing", "service")
EVENTS = ("clicked", "opened", "visited", "tracked", "sent")
EVENT_NAMES = ("Product viewed", 'Wish "list" é', "price")
KINDS = {
    "country": r.AttributeKind.TEXT,
    "birthday_on": r.AttributeKind.DATE,
    "taste": r.AttributeKind.CHOICE,
    "likes": r.AttributeKind.CHOICES,
    "perms.last_on": r.AttributeKind.DATE,
    "size": r.AttributeKind.NUMBER,
    "limit": r.AttributeKind.MONEY,
    "owner": r.AttributeKind.BOOLEAN,
}

_small = st.integers(0, 6)
_money = st.sampled_from([-1_000, 0, 1, 500, 1_000, 1_001, 2_000, 3_000])
_span = st.one_of(st.integers(1, 13), st.sampled_from([365, 366, 367]))


def _pairs(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(numbers, numbers).map(lambda two: (min(two), max(two)))


def _compared(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[str, int | tuple[int, int]]]:
    ops = st.sampled_from(["at_least", "at_most", "more_than", "less_than", "is", "is_not"])
    return st.one_of(st.tuples(ops, numbers), st.tuples(st.just("between"), _pairs(numbers)))


@st.composite
def windows(draw: st.DrawFn) -> r.Window:
    since, until = draw(st.none() | DAYS), draw(st.none() | DAYS)
    if since and until and since > until:
        since, until = until, since
    return r.Window(draw(st.none() | _span), draw(st.none() | st.integers(0, 13)), since, until)


@st.composite
def attributes(draw: st.DrawFn) -> r.Attribute:
    name, kind = draw(st.sampled_from(sorted(KINDS.items())))
    text = st.sampled_from(TEXTS)
    by_kind = {
        r.AttributeKind.TEXT: st.one_of(
            st.tuples(st.sampled_from(["is", "is_not", "contains", "begins_with"]), text),
            st.tuples(
                st.sampled_from(["one_of", "none_of"]), st.lists(text, min_size=1, max_size=3).map(tuple)
            ),
        ),
        r.AttributeKind.CHOICE: st.tuples(st.sampled_from(["is", "is_not"]), text),
        r.AttributeKind.CHOICES: st.tuples(
            st.sampled_from(["has_any", "has_all", "has_none"]),
            st.lists(text, min_size=1, max_size=3).map(tuple),
        ),
        r.AttributeKind.NUMBER: _compared(_small),
        r.AttributeKind.MONEY: _compared(_money),
        r.AttributeKind.DATE: st.one_of(
            st.tuples(st.sampled_from(["before", "after", "on"]), DAYS),
            st.tuples(st.sampled_from(["within_days", "older_than_days", "anniversary_within_days"]), _span),
        ),
        r.AttributeKind.BOOLEAN: st.tuples(st.just("is"), st.booleans()),
    }
    bare = st.tuples(st.sampled_from(["known", "not_known"]), st.none())
    op, value = draw(st.one_of(by_kind[kind], bare))
    return r.Attribute(name, op, value)


def _labels() -> st.SearchStrategy[r.Labelled]:
    return st.sampled_from(sorted(SCALES)).flatmap(
        lambda kind: st.lists(st.sampled_from(SCALES[kind].codes), min_size=1, max_size=3, unique=True).map(
            lambda codes: r.Labelled(kind, tuple(codes))
        )
    )


_GOODS = st.one_of(
    st.tuples(st.sampled_from(PRODUCTS), st.none()),
    st.tuples(st.none(), st.sampled_from([*CATEGORIES, "Te", "%"])),
)
CONDITIONS: dict[str, st.SearchStrategy[r.Rule]] = {
    "everyone": st.just(r.Everyone()),
    "attribute": attributes(),
    "orders": st.tuples(
        st.sampled_from(["orders", "purchase_days", "returns"]), _compared(_small), windows()
    ).map(lambda got: r.Orders(got[0], *got[1], got[2])),
    "money": st.tuples(st.sampled_from(["spent_minor", "average_minor"]), _compared(_money), windows()).map(
        lambda got: r.Orders(got[0], *got[1], got[2])
    ),
    "bought": st.tuples(_GOODS, st.integers(1, 3), windows()).map(
        lambda got: r.Bought(*got[0], got[1], got[2])
    ),
    "never_bought": st.tuples(st.one_of(_GOODS, st.just((None, None))), windows()).map(
        lambda got: r.NeverBought(*got[0], got[1])
    ),
    "recency": _compared(st.integers(0, 13)).map(lambda got: r.Recency(*got)),
    "silence": st.tuples(
        st.sampled_from(["at_least", "at_most", "more_than", "less_than"]),
        st.sampled_from([1, 5, 10, 15, 20, 25, 40]),
    ).map(lambda got: r.Silence(*got)),
    "labels": _labels(),
    "rfm": st.tuples(st.sampled_from("rfm"), _compared(st.integers(1, 5))).map(
        lambda got: r.Scored(got[0], *got[1])
    ),
    "may_contact": st.builds(r.MayContact, st.sampled_from(CHANNELS), st.sampled_from(PURPOSES)),
    "tag": st.builds(r.Tagged, st.sampled_from([*TAGS, "v"])),
    "source": st.builds(r.From, st.sampled_from(SOURCES)),
    "referred": st.just(r.Referred()),
    "brought": _compared(st.integers(0, 3)).map(lambda got: r.Brought(*got)),
    "event": st.builds(
        r.Happened, st.sampled_from(EVENTS), st.integers(1, 2), st.none() | st.integers(1, 2), windows()
    )
    | st.builds(
        r.Happened,
        st.sampled_from(TOLD_KINDS),
        st.integers(1, 2),
        st.none(),
        windows(),
        st.none() | st.sampled_from(EVENT_NAMES),
        *(st.none(),) * 3,
    )
    | st.builds(
        r.Happened,
        st.just("tracked"),
        st.just(1),
        st.none(),
        windows(),
        st.none() | st.sampled_from(EVENT_NAMES),
        st.sampled_from(["price", "colour"]),
        st.sampled_from(["is", "is_not"]),
        st.sampled_from([3, 2.5, -1, "red", "3"]),
    )
    | st.builds(
        r.Happened,
        st.just("tracked"),
        st.just(1),
        st.none(),
        windows(),
        st.none(),
        st.just("price"),
        st.sampled_from(["at_least", "at_most", "more_than", "less_than"]),
        st.sampled_from([3, 2.5, -1]),
    ),
}
"""Any condition of each kind."""


def leaves(*, segments: Sequence[str] = ()) -> st.SearchStrategy[r.Rule]:
    """Any single condition; `Member` only of the segments named."""
    members = [st.builds(r.Member, st.sampled_from(list(segments)))] if segments else []
    return st.one_of([*CONDITIONS.values(), *members])


def rules(*, segments: Sequence[str] = ()) -> st.SearchStrategy[r.Rule]:
    """Any rule, a few levels deep."""
    return st.recursive(
        leaves(segments=segments),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda parts: r.All(tuple(parts))),
            st.lists(inner, max_size=4).map(lambda parts: r.Any(tuple(parts))),
            inner.map(r.Not),
        ),
        max_leaves=8,
    )


@st.composite
def people(draw: st.DrawFn, sizes: Sequence[int] = (0, 1, 4, 6)) -> tuple[Person, ...]:
    return tuple(draw(person(number)) for number in range(1, draw(st.sampled_from(sizes)) + 1))


@st.composite
def person(draw: st.DrawFn, customer_id: int = 1) -> Person:
    known = {
        "country": st.sampled_from(TEXTS),
        "birthday_on": DAYS,
        "taste": st.sampled_from(TEXTS),
        "likes": st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3).map(packed),
        "perms.last_on": DAYS,
        "size": st.integers(0, 6).map(float) | st.sampled_from([2.5, 0.1]),
        "limit": _money,
        "owner": st.booleans(),
    }
    orders, lines = _orders(draw)
    return Person(
        customer_id=customer_id,
        attributes={name: draw(st.none() | values) for name, values in known.items()},
        tags=draw(st.frozensets(st.sampled_from(TAGS))),
        source=draw(st.sampled_from(SOURCES)),
        referred=draw(st.booleans()),
        referrals=draw(st.integers(0, 3)),
        left_contact=draw(st.booleans()),
        may=draw(st.frozensets(st.tuples(st.sampled_from(CHANNELS), st.sampled_from(PURPOSES)))),
        orders=orders,
        lines=lines,
        events=tuple(
            draw(
                st.lists(
                    st.builds(
                        Event,
                        st.sampled_from(EVENTS),
                        DAYS,
                        st.none() | st.integers(1, 2),
                        st.sampled_from([None, "person", "machine"]),
                        st.none() | st.sampled_from(EVENT_NAMES),
                        st.dictionaries(
                            st.sampled_from(["price", "colour", "name"]),
                            st.sampled_from(
                                [3, 2.5, -1, 0, "red", "blue", "3", True, None, [3], {"price": 3}]
                            ),
                        ),
                    ),
                    max_size=4,
                )
            )
        ),
    )


def _orders(draw: st.DrawFn) -> tuple[tuple[Order, ...], tuple[Line, ...]]:
    orders, lines = [], []
    for number in range(draw(st.integers(0, 5))):
        kind, on = draw(st.sampled_from(["sale", "sale", "return"])), draw(DAYS)
        orders.append(Order(on, kind, abs(draw(_money)) * (1 if kind == "sale" else -1)))
        lines += [
            Line(
                number,
                on,
                draw(st.none() | st.sampled_from(PRODUCTS)),
                draw(st.none() | st.sampled_from(CATEGORIES)),
                draw(st.sampled_from([1_000, 500, -1_000, 0])),
            )
            for _ in range(draw(st.integers(0, 2)))
        ]
    return tuple(orders), tuple(lines)


def thresholds() -> st.SearchStrategy[Thresholds]:
    """The lines of some book."""
    four = st.lists(st.integers(0, 4), min_size=4, max_size=4).map(lambda some: tuple(sorted(some)))
    return st.builds(
        Thresholds,
        as_of_on=st.just(AS_OF),
        buyers=st.just(5),
        recency_limits=st.just(())
        | st.lists(st.integers(0, 13), min_size=4, max_size=4).map(lambda some: tuple(sorted(some)[::-1])),
        frequency_cuts=st.just(()) | four,
        monetary_cuts=st.just(()) | four.map(lambda some: tuple(one * 1_000 for one in some)),
        key_account_minor=st.none() | st.sampled_from([1, 1_000, 1_001, 3_000]),
        book_gap_days=st.sampled_from([90.0, 3.0, 0.5]),
    )


def tables(people: Sequence[Person], *, named: bool = False, measured: bool = False) -> Tables:
    """What an engine sees of these people, with an anonymous sale and rows after the day among them; or only the tables' names;
    with `measured` what was counted of them beforehand too."""
    made = {
        "customers": _customers(people),
        "orders": _order_rows(people),
        "lines": _line_rows(people),
        "events": _event_rows(people),
    }
    if named:
        return Tables(
            *(ibis.table(ibis.Schema.from_pyarrow(rows.schema), name=name) for name, rows in made.items())
        )
    counted = ibis.memtable(_measures(people)) if measured else None
    return Tables(*(ibis.memtable(rows) for rows in made.values()), counted)


def _measures(people: Sequence[Person]) -> pa.Table:
    rows = []
    for one in people:
        found = one.history.measures(AS_OF)
        rows.append(
            {"customer_id": one.customer_id} | {name: getattr(found, name) for name in MEASURES.names[1:]}
        )
    return pa.Table.from_pylist(
        [row for row in rows if row["purchase_days"] or row["spent_minor"]], schema=MEASURES
    )


MEASURES = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("last_on", pa.date32()),
        ("purchase_days", pa.int64()),
        ("purchase_days_12m", pa.int64()),
        ("usual_gap_days", pa.float64()),
        ("spent_minor", pa.int64()),
        ("spent_12m_minor", pa.int64()),
    ]
)


CUSTOMERS = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("created_on", pa.date32()),
        ("country", pa.string()),
        ("language", pa.string()),
        ("branch", pa.string()),
        ("birthday_on", pa.date32()),
        ("simulated", pa.bool_()),
        ("source", pa.string()),
        ("tags", pa.string()),
        ("referred", pa.bool_()),
        ("referrals", pa.int64()),
        ("left_contact", pa.bool_()),
        ("contactable", pa.bool_()),
        *((f"may_{channel}_{purpose}", pa.bool_()) for channel in CHANNELS for purpose in PURPOSES),
        ("fact_taste", pa.string()),
        ("fact_likes", pa.string()),
        ("fact_perms.last_on", pa.date32()),
        ("fact_size", pa.float64()),
        ("fact_limit", pa.int64()),
        ("fact_owner", pa.bool_()),
    ]
)
ORDERS = pa.schema(
    [
        ("order_id", pa.int64()),
        ("customer_id", pa.int64()),
        ("kind", pa.string()),
        ("occurred_at", pa.timestamp("us")),
        ("occurred_on", pa.date32()),
        ("amount_minor", pa.int64()),
    ]
)
LINES = pa.schema(
    [
        ("order_id", pa.int64()),
        ("customer_id", pa.int64()),
        ("occurred_on", pa.date32()),
        ("product", pa.string()),
        ("category", pa.string()),
        ("quantity_milli", pa.int64()),
    ]
)
EVENT_ROWS = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("kind", pa.string()),
        ("occurred_on", pa.date32()),
        ("campaign_id", pa.int64()),
        ("verdict", pa.string()),
        ("props", pa.string()),
    ]
)


def _customers(people: Sequence[Person]) -> pa.Table:
    rows = []
    for one in people:
        facts = {
            name if name in ("country", "birthday_on") else f"fact_{name}": value
            for name, value in one.attributes.items()
        }
        folded = {
            name: fold(value) if isinstance(value, str) and name != "fact_likes" else value
            for name, value in facts.items()
        }
        rows.append(
            folded
            | {
                f"may_{channel}_{purpose}": (channel, purpose) in one.may
                for channel in CHANNELS
                for purpose in PURPOSES
            }
            | {
                "customer_id": one.customer_id,
                "source": one.source,
                "tags": packed(list(one.tags)),
                "referred": one.referred,
                "referrals": one.referrals,
                "left_contact": one.left_contact,
                "contactable": any(purpose == "marketing" for _, purpose in one.may),
                "simulated": False,
            }
        )
    return pa.Table.from_pylist(rows, schema=CUSTOMERS)


def _order_rows(people: Sequence[Person]) -> pa.Table:
    rows = [
        {
            "order_id": one.customer_id * 1_000 + number,
            "customer_id": one.customer_id,
            "kind": order.kind,
            "occurred_at": datetime.combine(order.on, datetime.min.time()) + timedelta(hours=9),
            "occurred_on": order.on,
            "amount_minor": order.amount_minor,
        }
        for one in people
        for number, order in enumerate(one.orders)
    ]
    rows.append(
        rows[0] | {"order_id": 1, "customer_id": None}
        if rows
        else {"order_id": 1, "kind": "sale", "occurred_on": AS_OF, "amount_minor": 5}
    )
    return pa.Table.from_pylist(rows, schema=ORDERS)


def _line_rows(people: Sequence[Person]) -> pa.Table:
    rows = [
        {
            "order_id": one.customer_id * 1_000 + line.order_id,
            "customer_id": one.customer_id,
            "occurred_on": line.on,
            "product": line.product,
            "category": line.category,
            "quantity_milli": line.quantity_milli,
        }
        for one in people
        for line in one.lines
    ]
    return pa.Table.from_pylist(rows, schema=LINES)


def _props(event: Event) -> str | None:
    told = ({"name": event.name} if event.name else {}) | (
        {"properties": dict(event.properties)} if event.properties else {}
    )
    return json.dumps(told, ensure_ascii=False) if told else None


def _event_rows(people: Sequence[Person]) -> pa.Table:
    rows = [
        {
            "customer_id": one.customer_id,
            "kind": event.kind,
            "occurred_on": event.on,
            "campaign_id": event.campaign_id,
            "verdict": event.verdict,
            "props": _props(event),
        }
        for one in people
        for event in one.events
    ]
    return pa.Table.from_pylist(rows, schema=EVENT_ROWS)
