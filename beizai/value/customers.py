"""Where every customer stands as of a day: measures, fifths, stage, type and tier, one row each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beizai.base import clock
from beizai.events.book import Book
from beizai.staff.shop import shop
from beizai.value import rfm
from beizai.value.cards import Cards, card, cards, marked
from beizai.value.conditions import ASKED_KINDS, Columns, View
from beizai.value.labels import SCALES, Label, in_codes, label
from beizai.value.measuring import NEVER, Measured, Sales, measured
from beizai.value.purchases import History, Measures, Order
from beizai.value.thresholds import Thresholds, thresholds

_EPOCH = date(1970, 1, 1)
_THRESHOLDS_KEY = b"thresholds"


def customers(book: Book, as_of: datetime) -> pa.Table:
    """One row per card, by rising customer_id, as of a time (the book should be opened with the same).

    Columns: customer_id, first_on, last_on, purchase_days, recency_days, usual_gap_days, spent_minor, spent_12m_minor,
    purchase_days_12m, r, f, m, tier, stage, type, referrals, contactable. Unknown is null. The lines of the book it was judged by are in
    the metadata (`thresholds_of`).
    """
    on = civil(as_of)
    cards_now, counted = cards(as_of), measured(sales(book), as_of_day=_day(on))
    found = _laid_out(cards_now.customer_id, counted)
    return _table(cards_now, found, marked(cards_now.customer_id, _asked(book, on)), _lines(counted, on))


def lines_of(book: Book, as_of: datetime) -> Thresholds:
    """The lines of the book as of a time, read off its buyers."""
    on = civil(as_of)
    return _lines(measured(sales(book), as_of_day=_day(on)), on)


def scores(book: Book, as_of: datetime) -> pa.Table:
    """R, F and M of everybody who ever bought: customer_id, r, f, m. The quick way where nothing else is asked."""
    on = civil(as_of)
    found = measured(sales(book), as_of_day=_day(on), rhythm=False)
    fifths = _fifths(found, _day(on) - found.last_day, found.purchase_days == 0, _lines(found, on))
    return pa.table({"customer_id": pa.array(found.customer_id), **fifths})


def measures(book: Book, as_of: datetime) -> pa.Table:
    """What is counted of everybody with an order: customer_id, first_on, last_on, purchase_days, purchase_days_12m, usual_gap_days,
    spent_minor, spent_12m_minor."""
    found = measured(sales(book), as_of_day=_day(civil(as_of)))
    never = found.purchase_days == 0
    return pa.table(
        {
            "customer_id": pa.array(found.customer_id),
            "first_on": _dates(found.first_day, never),
            "last_on": _dates(found.last_day, never),
            "purchase_days": pa.array(found.purchase_days),
            "purchase_days_12m": pa.array(found.purchase_days_12m),
            "usual_gap_days": pa.array(found.usual_gap_days, from_pandas=True),
            "spent_minor": pa.array(found.spent_minor),
            "spent_12m_minor": pa.array(found.spent_12m_minor),
        }
    )


def thresholds_of(table: pa.Table) -> Thresholds:
    """The lines of the book a table of `customers` was judged by."""
    return Thresholds.loads((table.schema.metadata or {})[_THRESHOLDS_KEY].decode())


def civil(as_of: datetime) -> date:
    """The day on the shop's wall at that time."""
    return clock.civil_date(as_of, shop().timezone)


@dataclass(frozen=True)
class Standing:
    """Where one customer stands, with the reasons."""

    measures: Measures
    r: int | None
    f: int | None
    m: int | None
    labels: Mapping[str, Label]  # by "stage", "type", "tier"
    lines: Thresholds


def one(book: Book, customer_id: int, as_of: datetime, lines: Thresholds) -> Standing:
    """Where one customer stands: reads their orders alone, beside lines of the book worked out before."""
    on = civil(as_of)
    history, asked = history_of(book, customer_id, on)
    view = View(history, card(customer_id, as_of, asked=asked), lines, on)
    measures = history.measures(on)
    labels = {kind: label(scale, view) for kind, scale in SCALES.items()}
    return Standing(measures, *fifths_of(measures, lines), labels, lines)


def fifths_of(measures: Measures, lines: Thresholds) -> tuple[int | None, int | None, int | None]:
    """R, F and M of one customer; None for those who never bought."""
    if measures.recency_days is None:
        return None, None, None
    return (
        1 + sum(measures.recency_days < limit for limit in lines.recency_limits),
        rfm.fifth(measures.purchase_days_12m, lines.frequency_cuts),
        rfm.fifth(measures.spent_12m_minor, lines.monetary_cuts),
    )


def history_of(book: Book, customer_id: int, on: date) -> tuple[History, bool]:
    """One customer's orders until a day, and whether they did something else than buy."""
    rows = _of_one(book, _ORDERS_OF_ONE, [customer_id, on])
    history = History(Order(*row) for row in rows)
    return history, bool(_of_one(book, _INTEREST_OF_ONE, [customer_id, on, list(ASKED_KINDS)]))


_ORDERS_OF_ONE = (
    "SELECT occurred_on, kind, amount_minor FROM orders WHERE customer_id = ? AND occurred_on <= ?"
)
_INTEREST_OF_ONE = """
SELECT true FROM events
WHERE customer_id = ? AND occurred_on <= ? AND list_contains(?, kind) AND coalesce(verdict, 'person') <> 'machine'
LIMIT 1
"""


def _of_one(book: Book, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """A question about one customer, put to the engine as it stands: to compile it would take longer than to answer it."""

    def put(engine: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = engine.con.execute(query, values).fetchall()
        return found

    return book.run(put)


def sales(book: Book) -> Sales:
    """The orders of known customers as arrays."""
    orders = book.orders
    known = orders.filter(orders.customer_id.notnull())
    rows = book.arrow(
        known.select("customer_id", "amount_minor", on=known.occurred_on, sale=known.kind == "sale")
    )
    return Sales(
        rows["customer_id"].to_numpy(),
        rows["on"].cast(pa.int32()).to_numpy().astype(np.int64),
        rows["amount_minor"].to_numpy(),
        rows["sale"].to_numpy(),
    )


def _is_interest(events: Any) -> Any:
    return events.kind.isin(ASKED_KINDS) & (events.verdict.fill_null("person") != "machine")


def _asked(book: Book, on: date) -> npt.NDArray[np.int64]:
    events = book.events
    showed = events.filter(events.customer_id.notnull(), events.occurred_on <= on, _is_interest(events))
    found: npt.NDArray[np.int64] = book.arrow(showed.select("customer_id").distinct())[
        "customer_id"
    ].to_numpy()
    return found


def _day(on: date) -> int:
    return (on - _EPOCH).days


def _laid_out(ids: npt.NDArray[np.int64], found: Measured) -> Measured:
    """The measures laid out over the cards: one place per card; orders of nobody's card are left out."""
    place = np.searchsorted(ids, found.customer_id)
    here = (
        (place < len(ids)) & (ids[np.minimum(place, len(ids) - 1)] == found.customer_id)
        if len(ids)
        else place < 0
    )

    def laid(values: npt.NDArray[Any], missing: float) -> npt.NDArray[Any]:
        full = np.full(len(ids), missing, dtype=values.dtype)
        full[place[here]] = values[here]
        return full

    return Measured(
        ids,
        laid(found.first_day, NEVER),
        laid(found.last_day, NEVER),
        laid(found.purchase_days, 0),
        laid(found.purchase_days_12m, 0),
        laid(found.usual_gap_days, np.nan),
        laid(found.spent_minor, 0),
        laid(found.spent_12m_minor, 0),
    )


def _lines(found: Measured, on: date) -> Thresholds:
    bought = found.purchase_days > 0
    return thresholds(
        as_of_on=on,
        recency_days=_day(on) - found.last_day[bought],
        purchase_days_12m=found.purchase_days_12m[bought],
        spent_12m_minor=found.spent_12m_minor[bought],
        usual_gap_days=found.usual_gap_days[bought],
    )


def _table(who: Cards, found: Measured, asked: npt.NDArray[np.bool_], lines: Thresholds) -> pa.Table:
    never = found.purchase_days == 0
    recency = np.where(never, 0, _day(lines.as_of_on) - found.last_day)
    columns = Columns(
        purchase_days=found.purchase_days,
        silent_days=recency,
        usual_gap_days=np.where(np.isnan(found.usual_gap_days), lines.book_gap_days, found.usual_gap_days),
        spent_12m_minor=found.spent_12m_minor,
        referrals=who.referrals,
        left_contact=who.left_contact,
        asked=asked,
        contactable=who.contactable,
    )
    fields = {
        "customer_id": pa.array(who.customer_id),
        "first_on": _dates(found.first_day, never),
        "last_on": _dates(found.last_day, never),
        "purchase_days": pa.array(found.purchase_days),
        "recency_days": pa.array(recency, mask=never),
        "usual_gap_days": pa.array(found.usual_gap_days, from_pandas=True),
        "spent_minor": pa.array(found.spent_minor),
        "spent_12m_minor": pa.array(found.spent_12m_minor),
        "purchase_days_12m": pa.array(found.purchase_days_12m),
        **_fifths(found, recency, never, lines),
        **{kind: _codes(kind, columns, lines) for kind in ("tier", "stage", "type")},
        "referrals": pa.array(who.referrals),
        "contactable": pa.array(who.contactable),
    }
    return pa.table(fields, metadata={_THRESHOLDS_KEY: lines.dumps().encode()})


def _dates(days: npt.NDArray[np.int64], never: npt.NDArray[np.bool_]) -> pa.Array:
    return pa.array(np.where(never, 0, days).astype(np.int32), pa.int32(), mask=never).cast(pa.date32())


def _fifths(
    found: Measured, recency: npt.NDArray[np.int64], never: npt.NDArray[np.bool_], lines: Thresholds
) -> dict[str, pa.Array]:
    late_first = tuple(-limit for limit in lines.recency_limits)
    scores = {
        "r": rfm.fifths(-recency, late_first),
        "f": rfm.fifths(found.purchase_days_12m, lines.frequency_cuts),
        "m": rfm.fifths(found.spent_12m_minor, lines.monetary_cuts),
    }
    return {name: pa.array(values, mask=never) for name, values in scores.items()}


def _codes(kind: str, columns: Columns, lines: Thresholds) -> pa.Array:
    """The label of each customer; text by a dictionary, as six words repeat a million times."""
    scale = SCALES[kind]
    which = np.zeros(len(columns.purchase_days), dtype=np.int8)
    for number, one_code in enumerate(scale.codes):
        which[in_codes(scale, (one_code,), columns, lines)] = number
    return pa.DictionaryArray.from_arrays(pa.array(which), pa.array(scale.codes)).cast(pa.string())
