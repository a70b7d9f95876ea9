"""Many rows into the office in slices so short that nobody else waits for the lock."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model

from beizai.base.progress import Progress, silent

_T = TypeVar("_T")
SLICE_SECONDS = 0.04
_FIRST, _LEAST, _MOST = 400, 200, 5000  # fewer than 200 rows, and the disk's flush is all that is waited for
_PAUSE_SECONDS = 0.05


def write_slices(
    items: Sequence[_T], write: Callable[[Sequence[_T]], None], *, progress: Progress = silent, what: str = ""
) -> None:
    """Writes all items, each slice in a transaction of about 40 ms, with a pause as long (50 ms at most) on SQLite (one writer at a time)."""
    size, done = _FIRST, 0
    while done < len(items):
        piece = items[done : done + size]
        started = time.perf_counter()
        with transaction.atomic():
            write(piece)
        took = time.perf_counter() - started
        done += len(piece)
        progress(done, len(items), what)
        size = max(_LEAST, min(_MOST, int(len(piece) * SLICE_SECONDS / max(took, 1e-4))))
        if connection.vendor == "sqlite" and done < len(items):
            time.sleep(min(took, _PAUSE_SECONDS))


def insert(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Inserts rows without building objects: 200,000 cards in seconds. Values as the database takes them."""
    quote = connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in columns]
    # table and column names come from our own models, values are bound
    names = ", ".join(quote(str(field.column)) for field in fields)  # type: ignore[union-attr]
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def moment(at: Any) -> Any:
    """A time as the database takes it in `insert`."""
    return connection.ops.adapt_datetimefield_value(at)


def reserve(model: type[Model], count: int) -> Sequence[int]:
    """The next ids of a table, inside the transaction that inserts them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            first = (row[0] if row else 0) + 1
            return range(first, first + count)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [row[0] for row in cursor.fetchall()]


def chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
