"""Many rows into the office: large steps while nobody else writes, short ones with pauses as soon as somebody waits."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model

from beizai.base.progress import Progress, silent
from beizai.base.sqlite.door import Door

_T = TypeVar("_T")
SLICE_SECONDS = 0.04
_ALONE_SECONDS = (
    0.25  # a transaction while nobody asks: who comes then waits for it and for one turn at the door
)
_CROWDED_SECONDS = 1.0  # how long after somebody asked the steps stay short
_FIRST, _LEAST, _MOST = (
    400,
    200,
    20_000,
)  # fewer than 200 rows, and the disk's flush is all that is waited for
_PAUSE_SECONDS = 0.05


def write_slices(
    items: Sequence[_T], write: Callable[[Sequence[_T]], None], *, progress: Progress = silent, what: str = ""
) -> None:
    """Writes all items in transactions of about 40 ms with pauses as long; while nobody waits, longer and without."""

    def part(start: int, stop: int) -> None:
        write(items[start:stop])

    write_parts(len(items), part, progress=progress, what=what)


def write_parts(
    count: int, write: Callable[[int, int], None], *, progress: Progress = silent, what: str = ""
) -> None:
    """As `write_slices`, for a source that is asked for its rows from `start` to before `stop`."""
    door = Door(connection)
    size, done = _FIRST, 0
    while done < count:
        began = time.perf_counter()
        crowded = door.asked_within(_CROWDED_SECONDS)
        with transaction.atomic():
            while done < count:
                started = time.perf_counter()
                stop = min(count, done + size)
                write(done, stop)
                took = time.perf_counter() - started
                size = max(_LEAST, min(_MOST, int((stop - done) * SLICE_SECONDS / max(took, 1e-4))))
                done = stop
                if crowded or door.asked_within(0.2) or time.perf_counter() - began > _ALONE_SECONDS:
                    break
        progress(done, count, what)
        if done < count and door.asked_within(_CROWDED_SECONDS):
            time.sleep(min(time.perf_counter() - began, _PAUSE_SECONDS))


@contextmanager
def wide_open() -> Iterator[None]:
    """SQLite with room for a large import: more pages in memory, the log written back less often.

    References are not looked up row by row: the rows come from us, with the ids we gave them.
    """
    if connection.vendor != "sqlite":
        yield
        return
    kept = {name: _pragma(name) for name in ("cache_size", "wal_autocheckpoint", "foreign_keys")}
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size = -160000")
        cursor.execute("PRAGMA wal_autocheckpoint = 24000")
        cursor.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name, value in kept.items():
                cursor.execute(f"PRAGMA {name} = {int(value)}")  # our own names, numbers SQLite told us


def _pragma(name: str) -> int:
    with connection.cursor() as cursor:
        return int(cursor.execute(f"PRAGMA {name}").fetchone()[0])  # our own names


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts rows without building objects: 200,000 cards in seconds. Values as the database takes them.

    Columns that are not named get what the model gives them by default.
    """
    fields = [model._meta.get_field(name) for name in columns]
    others = [
        field
        for field in model._meta.concrete_fields
        if field not in fields and not field.primary_key and not field.null and not field.has_db_default()
    ]
    given = tuple(field.get_db_prep_save(field.get_default(), connection) for field in others)
    names = [str(field.column) for field in (*fields, *others)]  # type: ignore[union-attr]
    wide = (tuple(row) + given for row in rows) if given else rows
    if connection.vendor == "postgresql":
        _copy(model._meta.db_table, names, wide)
    else:
        _execute(model._meta.db_table, names, wide)


def _execute(table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    quote = connection.ops.quote_name
    # table and column names come from our own models, values are bound; straight to SQLite, inside our transaction
    listed, marks = ", ".join(map(quote, names)), ", ".join("?" * len(names))
    connection.ensure_connection()
    connection.connection.executemany(f"INSERT INTO {quote(table)} ({listed}) VALUES ({marks})", rows)  # noqa: S608


def _copy(table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    quote = connection.ops.quote_name
    listed = ", ".join(map(quote, names))
    with (
        connection.cursor() as cursor,
        # table and column names come from our own models
        cursor.cursor.copy(f"COPY {quote(table)} ({listed}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def moment(at: Any) -> Any:
    """A time as the database takes it in `insert`."""
    return connection.ops.adapt_datetimefield_value(at)


def reserve(model: type[Model], count: int) -> int:
    """Takes the next `count` ids of a table in a row; returns the first. Nobody else is given them."""
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            if row is None:
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
            else:
                cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table])
            return (row[0] if row else 0) + 1
        quoted = connection.ops.quote_name(table)
        cursor.execute(f"LOCK TABLE {quoted} IN SHARE ROW EXCLUSIVE MODE")  # a table of our own
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        first = int(cursor.fetchone()[0])
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first + count - 1])
        return first


def chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
