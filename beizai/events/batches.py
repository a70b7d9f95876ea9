"""An import comes into the book as one: open, append, enter; undo takes it out; a crash leaves no half of it."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from beizai.base.errors import Forbidden, Invalid, NotFound, Phrase, Unavailable
from beizai.events import leases, places
from beizai.events.models import Batch, BookStamp, Superseded
from beizai.lake import EVENTS, LINES, ORDERS, Lake, duck

ALIVE = timedelta(minutes=2)
_APP = "batches"
STATES_SAID: Mapping[str, Phrase] = {
    Batch.State.COMING_IN: Phrase("coming in"),
    Batch.State.IN_BOOK: Phrase("in book"),
    Batch.State.UNDONE: Phrase("undone"),
}
"""The states of a batch in a refusal: “The batch 7 is undone”."""
_TRIES = 5
_COUNTS = {ORDERS: "order_rows", LINES: "line_rows", EVENTS: "event_rows"}


@dataclass(frozen=True)
class Recovered:
    """What became of a batch whose process died: "finished" (it is in the book) or "taken_out"."""

    batch_id: int
    kind: str
    outcome: str


def open_batch(
    kind: str, *, opened_at: datetime, source_id: int | None = None, user_id: int | None = None
) -> Batch:
    """A new batch, coming in. Nobody reads its rows before `enter`.

    Neither this nor what follows may run inside a transaction: other processes must see each step.
    """
    batch = Batch(
        kind=kind, source_id=source_id, user_id=user_id, opened_at=opened_at, holder=leases.this_process()
    )
    batch.save()
    keep_alive(batch.pk)
    return batch


def keep_alive(batch_id: int) -> None:
    """Says that this batch is still being brought in; appending says so too."""
    Batch.objects.filter(pk=batch_id).update(alive_until=Now() + ALIVE)


def append_rows(batch_id: int, table: str, rows: pa.Table) -> int:
    """Appends rows of one table to a batch that is coming in; durable on return. Returns how many.

    `batch_id` is set here; chunks of 100,000 to 500,000 rows are best.
    """
    _must_come_in(batch_id)
    if not rows.num_rows:
        return 0
    stamped = _with_batch(rows, batch_id)
    lake = places.lake()
    for _ in range(_TRIES):
        with leases.hold(table) as lease:
            number = leases.next_number(_APP, above=lake.number(table, _APP))
            if lake.append(table, stamped, app=_APP, number=number, lease=lease):
                break
    else:
        raise Unavailable(
            "Other writers of {table} came first {times} times.", hint="Try again.", table=table, times=_TRIES
        )
    Batch.objects.filter(pk=batch_id).update(
        **{_COUNTS[table]: F(_COUNTS[table]) + rows.num_rows}, alive_until=Now() + ALIVE
    )
    return int(rows.num_rows)


def withdraw(batch_id: int, order_ids: Collection[int]) -> int:
    """These orders are to be gone from the book once this batch is in it; undoing it brings them back.

    Returns how many of them other batches hold. Saying it twice changes nothing.
    """
    _must_come_in(batch_id)
    if not order_ids:
        return 0
    held = _held(places.lake(), order_ids)
    Superseded.objects.bulk_create(
        [
            Superseded(order_id=one, old_batch_id=old, by_batch_id=batch_id)
            for one, old in held
            if old != batch_id
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    return len({one for one, _ in held})


def _held(lake: Lake, order_ids: Collection[int]) -> Sequence[tuple[int, int]]:
    """Which batches hold these orders."""
    wanted = pa.table({"order_id": pa.array(sorted(order_ids), pa.int64())})

    def look() -> list[tuple[int, int]]:
        connection = duck.connect()
        try:
            duck.view(connection, lake.files(ORDERS))
            connection.register("wanted", wanted)
            return connection.sql(
                "SELECT DISTINCT order_id, batch_id FROM orders SEMI JOIN wanted USING (order_id)"
            ).fetchall()
        finally:
            connection.close()

    return duck.retrying(look)


def enter(batch_id: int, *, at: datetime) -> Batch:
    """Every row is in the lake: the batch is in the book from now on, all of it at one instant.

    Orders that were in the book before are replaced by this batch's; undoing brings them back. Saying it
    twice changes nothing. Invalid where the batch holds one order twice.
    """
    _must_come_in(batch_id, or_in_book=True)
    Batch.objects.filter(pk=batch_id).update(complete=True, alive_until=Now() + ALIVE)
    with leases.hold("book"):
        if Batch.objects.values_list("state", flat=True).get(pk=batch_id) == Batch.State.COMING_IN:
            replaced = _write_replaced(batch_id)
            _turn(
                batch_id, Batch.State.COMING_IN, Batch.State.IN_BOOK, entered_at=at, replaced_orders=replaced
            )
    return Batch.objects.get(pk=batch_id)


def undo(batch_id: int, *, at: datetime) -> None:
    """Takes a batch out of the book, at one instant; what it had replaced is back. Undoing twice changes nothing."""
    _must_exist(batch_id)
    with leases.hold("book"):
        for state in (Batch.State.IN_BOOK, Batch.State.COMING_IN):
            if _turn(batch_id, state, Batch.State.UNDONE, undone_at=at):
                return


def recover(*, at: datetime) -> list[Recovered]:
    """Finishes or takes out what a process that died left between: called at start, and now and then."""
    outcomes = []
    for batch in Batch.objects.filter(state=Batch.State.COMING_IN).order_by("pk"):
        if not (leases.is_dead(batch.holder) or _is_overdue(batch.pk)):
            continue
        if batch.complete:
            enter(batch.pk, at=at)
        else:
            undo(batch.pk, at=at)
        outcomes.append(Recovered(batch.pk, batch.kind, "finished" if batch.complete else "taken_out"))
    return outcomes


def erase_undone(*, at: datetime) -> int:
    """Takes the rows of undone batches out of the lake, for the nightly job; returns how many rows went."""
    gone = Batch.objects.filter(
        state=Batch.State.UNDONE, erased_at__isnull=True, undone_at__lt=at - timedelta(days=1)
    )
    batch_ids = list(gone.values_list("pk", flat=True))
    if not batch_ids:
        return 0
    removed = 0
    for table in (LINES, ORDERS, EVENTS):
        with leases.hold(table, ttl=timedelta(minutes=10)) as lease:
            removed += places.lake().erase(table, batches=batch_ids, lease=lease)
    with transaction.atomic():  # with a new stamp: a reader with an older file list must ask again
        Batch.objects.filter(pk__in=batch_ids).update(erased_at=at)
        draw_stamp()
    return removed


def _turn(batch_id: int, old: str, new: str, **fields: object) -> bool:
    with transaction.atomic():
        turned = Batch.objects.filter(pk=batch_id, state=old).update(state=new, **fields)
        if turned:
            draw_stamp()
    return bool(turned)


def draw_stamp() -> None:
    """Tells readers that what they know of the book's filters is old."""
    stamp = secrets.randbits(62)
    if not BookStamp.objects.filter(pk=1).update(stamp=stamp):
        BookStamp.objects.create(pk=1, stamp=stamp)


def _write_replaced(batch_id: int) -> int:
    """Notes which orders of the book this batch replaces. Nothing hides them before the batch is in the book."""
    in_book = set(Batch.objects.filter(state=Batch.State.IN_BOOK).values_list("pk", flat=True)) | {0}
    rows = [
        Superseded(order_id=order_id, old_batch_id=old, by_batch_id=batch_id)
        for order_id, old in _earlier(places.lake(), batch_id)
        if old in in_book
    ]
    for start in range(0, len(rows), 1000):
        Superseded.objects.bulk_create(rows[start : start + 1000], ignore_conflicts=True)
    return len({row.order_id for row in rows})


def _earlier(lake: Lake, batch_id: int) -> Iterable[tuple[int, int]]:
    """Orders of this batch that other batches hold too, with those batches."""

    def look() -> list[tuple[int, int]]:
        connection = duck.connect()
        try:
            duck.view(connection, lake.files(ORDERS))
            twice = connection.sql(
                "SELECT number FROM orders WHERE batch_id = $b GROUP BY order_id, number HAVING count(*) > 1 LIMIT 1",
                params={"b": batch_id},
            ).fetchall()
            if twice:
                raise Invalid(
                    "The order {number} came twice in one import.",
                    hint="Put its lines together.",
                    number=twice[0][0],
                )
            return connection.sql(
                "SELECT DISTINCT order_id, batch_id FROM orders WHERE batch_id <> $b AND order_id IN "
                "(SELECT order_id FROM orders WHERE batch_id = $b)",
                params={"b": batch_id},
            ).fetchall()
        finally:
            connection.close()

    return duck.retrying(look)


def _with_batch(rows: pa.Table, batch_id: int) -> pa.Table:
    kept = rows.drop_columns(["batch_id"]) if "batch_id" in rows.column_names else rows
    return kept.append_column("batch_id", pa.repeat(pa.scalar(batch_id, pa.int64()), rows.num_rows))


def _is_overdue(batch_id: int) -> bool:
    late = Q(alive_until__isnull=True) | Q(alive_until__lt=Now())
    return Batch.objects.filter(late, pk=batch_id).exists()


def _must_exist(batch_id: int) -> str:
    state = Batch.objects.filter(pk=batch_id).values_list("state", flat=True).first()
    if state is None:
        raise NotFound("There is no batch {n}.", n=batch_id)
    return state


def _must_come_in(batch_id: int, *, or_in_book: bool = False) -> None:
    state = _must_exist(batch_id)
    if state != Batch.State.COMING_IN and not (or_in_book and state == Batch.State.IN_BOOK):
        raise Forbidden(
            "The batch {n} is {state}: nothing more can come into it.",
            n=batch_id,
            state=STATES_SAID[state],
        )
