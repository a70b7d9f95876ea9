"""The book as it is read: orders, lines and events, exactly what is in it, now or as of a day in the past."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import pyarrow as pa
from django.db.models import Q

from beizai.base import clock
from beizai.base.errors import Unavailable
from beizai.events import places
from beizai.events.models import Batch, BookStamp, Erasure, Superseded
from beizai.identity import anonymous, cards
from beizai.lake import EVENTS, LINES, ORDERS, Snapshot, duck, engine
from beizai.lake.engine import Engine

_T = TypeVar("_T")
_TRIES = 20
# A visit without a name is whoever's the device was at that time.
_WHOSE_VISIT = """LEFT JOIN visits ON t.customer_id IS NULL AND visits.anonymous_id = t.anonymous_id
AND t.occurred_at >= visits.from_at AND t.occurred_at < visits.until_at"""
_WHOSE_CARD = "LEFT JOIN joined ON joined.customer_id = {}"
# Lines are written before their orders and read after them: an order that is seen has its lines.
_READ_ORDER = (ORDERS, LINES, EVENTS)


@dataclass(frozen=True)
class Hidden:
    """What of the lake is not in the book."""

    batches: tuple[int, ...] = ()
    superseded: tuple[tuple[int, int], ...] = ()  # (order, batch)
    erased: tuple[int, ...] = ()  # customers


@dataclass
class Book:
    """An open book. `con` is the Ibis engine with the views `orders`, `lines` and `events`.

    One book belongs to one thread. Ask results as Arrow (`con.to_pyarrow`); `con.execute` gives pandas.
    """

    con: Engine
    as_of: datetime | None
    cards_at: datetime | None = None  # who belonged to whom then counts; None: as they belong now
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    stamp: int = 0  # drawn anew whenever what is hidden of the lake changes

    @property
    def orders(self) -> Any:
        """The orders, an Ibis table."""
        return self.con.table(ORDERS)

    @property
    def lines(self) -> Any:
        """The lines of the orders, an Ibis table."""
        return self.con.table(LINES)

    @property
    def events(self) -> Any:
        """Everything else that happened, an Ibis table."""
        return self.con.table(EVENTS)

    def arrow(self, expression: Any) -> pa.Table:
        """The answer to an Ibis expression; asked again of the new files where old ones were taken away meanwhile."""
        return self.run(lambda con: con.to_pyarrow(expression))

    def run(self, work: Callable[[Engine], _T]) -> _T:
        """Does work on the engine; does it again, from a new file list, where a file has gone."""
        fresh = False

        def once() -> _T:
            nonlocal fresh
            if fresh:
                _lay_out(self)
            fresh = True
            return work(self.con)

        return duck.retrying(once)


@contextmanager
def open_book(as_of: datetime | None = None, *, cards_at: datetime | None = None) -> Iterator[Book]:
    """The book as it is, or with nothing that happened after `as_of` (aware).

    What came under the number of a card that was joined to another is read as that card's, and visits of somebody who said
    later who they are as theirs. With `cards_at` cards count as joined that were so then: for what was drawn by them.
    Cheap to open (some ten milliseconds). Old files stay for two hours after they left the lake: a longer
    job pins what it reads (`events.upkeep.pinned`).
    """
    connection = duck.connect()
    try:
        book = Book(engine.over(connection), as_of, cards_at)
        _lay_out(book)
        yield book
    finally:
        connection.close()


def hidden() -> Hidden:
    """What of the lake is not in the book just now."""
    out = Batch.objects.filter(
        Q(state=Batch.State.COMING_IN) | Q(state=Batch.State.UNDONE, erased_at__isnull=True)
    ).values_list("pk", flat=True)
    superseded = Superseded.objects.filter(by_batch__state=Batch.State.IN_BOOK).values_list(
        "order_id", "old_batch_id"
    )
    erased = Erasure.objects.filter(done_at__isnull=True).values_list("customer_id", flat=True)
    return Hidden(tuple(out), tuple(superseded.distinct()), tuple(erased))


def _stamp() -> int:
    """Another number whenever what is hidden, or who belongs to whom, has changed."""
    return (BookStamp.objects.filter(pk=1).values_list("stamp", flat=True).first() or 0) + cards.stamp()


def _lay_out(book: Book) -> None:
    """Lists the files first and asks then what is hidden, both under one stamp.

    So no batch is seen by half: one that came into the lake after the list is not in it, one that was
    still coming in is hidden, and one that turned in between changes the stamp.
    """
    lake = places.lake()
    up_to = clock.naive_utc(book.as_of) if book.as_of is not None else None
    for _ in range(_TRIES):
        before = _stamp()
        book.snapshots = {name: lake.files(name, up_to=up_to) for name in _READ_ORDER}
        out, leads = hidden(), cards.mapping(book.cards_at)
        if _stamp() == before:
            book.stamp = before
            break
    else:
        raise Unavailable("The book changes faster than it can be opened.", hint="Try again.")
    _make_views(book, out, leads)


def _make_views(book: Book, out: Hidden, leads: Mapping[int, int]) -> None:
    connection = book.con.con
    orders = _hide(connection, out)
    others = [part for part in orders if "superseded" not in part]
    visits = anonymous.intervals()
    if visits.num_rows:
        connection.register("visits", visits)
    if leads:
        numbers = {"customer_id": tuple(leads), "card_id": tuple(leads.values())}
        _temporary(connection, "joined", numbers)
    for name, parts in ((ORDERS, orders), (LINES, orders), (EVENTS, others)):
        joins, whose = list(parts), "t.customer_id"
        if name == EVENTS and visits.num_rows:
            joins, whose = [*joins, _WHOSE_VISIT], "coalesce(t.customer_id, visits.known_as)"
        if leads:  # made of our own text
            joins, whose = [*joins, _WHOSE_CARD.format(whose)], f"coalesce(joined.card_id, {whose})"
        duck.view(connection, book.snapshots[name], only=" ".join(joins), customer=whose)


def _hide(connection: duck.Connection, out: Hidden) -> list[str]:
    """The anti-joins that are needed: none where nothing is hidden, so that a plain book is read at full speed."""
    parts = []
    if out.batches:
        _temporary(connection, "hidden_batches", {"batch_id": out.batches})
        parts.append("ANTI JOIN hidden_batches USING (batch_id)")
    if out.superseded:
        order_ids, batch_ids = zip(*out.superseded, strict=True)
        _temporary(connection, "superseded", {"order_id": order_ids, "batch_id": batch_ids})
        parts.append("ANTI JOIN superseded USING (order_id, batch_id)")
    if out.erased:
        _temporary(connection, "erased", {"customer_id": out.erased})
        parts.append("ANTI JOIN erased USING (customer_id)")
    return parts


def _temporary(connection: duck.Connection, name: str, columns: dict[str, tuple[int, ...]]) -> None:
    connection.register(
        "incoming", pa.table({key: pa.array(values, pa.int64()) for key, values in columns.items()})
    )
    # the name is one of our four constants
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM incoming").complete()
    connection.unregister("incoming")
