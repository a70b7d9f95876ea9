"""Many rows into the office: large steps while nobody else writes, short ones with pauses as soon as somebody waits."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model

from beizai.base.progress import Progress, silent
from beizai.base.sqlite.door import Door

_T = TypeVar("_T")
SLICE_SECONDS = 0.04
_ALONE_SECONDS = (
    0.5  # a transaction while nobody asks: who comes then waits for it and for one turn at the door
)
_CROWDED_SECONDS = 1.0  # how long after somebody asked the steps stay short
_FIRST, _LEAST, _MOST = (
    400,
    200,
    20_000,
)  # fewer than 200 rows, and the disk's flush is all that is waited for
_PAUSE_SECONDS = 0.05
_BLOCK = 1 << 20


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

    References and conditions are not looked at row by row: the rows come from us, with the ids and the JSON we gave them.
    """
    if connection.vendor != "sqlite":
        yield
        return
    kept = {
        name: _pragma(name)
        for name in ("cache_size", "wal_autocheckpoint", "foreign_keys", "ignore_check_constraints")
    }
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size = -160000")
        cursor.execute("PRAGMA wal_autocheckpoint = 24000")
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("PRAGMA ignore_check_constraints = ON")  # they read each card's facts through as JSON
    collecting = gc.isenabled()
    gc.disable()  # millions of short rows of texts: nothing in them for the collector to find
    try:
        yield
    finally:
        if collecting:
            gc.enable()
        with connection.cursor() as cursor:
            for name, value in kept.items():
                cursor.execute(f"PRAGMA {name} = {int(value)}")  # our own names, numbers SQLite told us


def _pragma(name: str) -> int:
    with connection.cursor() as cursor:
        return int(cursor.execute(f"PRAGMA {name}").fetchone()[0])  # our own names


def insert(
    model: type[Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    same: Mapping[str, Any] | None = None,
    once: bool = False,
) -> None:
    """Inserts rows without building objects: 200,000 cards in seconds. Values as the database takes them.

    `same` has the columns that are alike on every row; what is named nowhere gets what the model gives it by default.
    With `once`, a row whose key is there already is passed over (on PostgreSQL by `copy_file` alone).
    """
    names, alike = _named(model, columns, same or {})
    if connection.vendor == "postgresql":
        _copy(model._meta.db_table, [*names, *alike], rows, tuple(alike.values()))
    else:
        _execute(model._meta.db_table, names, rows, alike, once=once)


def copy_file(
    model: type[Model], columns: Sequence[str], path: Path, *, same: Mapping[str, Any], once: bool
) -> None:
    """The same on PostgreSQL from a file of comma-separated values, in a transaction of its own."""
    names, alike = _named(model, columns, same)
    quote = connection.ops.quote_name
    table = model._meta.db_table
    # table and column names come from our own models; what is alike on all rows is the default of a table of our own,
    # into which the file goes, so that no row passes through Python
    with transaction.atomic(), connection.cursor() as cursor:
        listed = ", ".join(map(quote, names))
        made = f"CREATE TEMP TABLE coming_in AS SELECT {listed} FROM {quote(table)} LIMIT 0"  # noqa: S608
        cursor.execute(made)
        with (
            path.open("rb") as file,
            cursor.cursor.copy("COPY coming_in FROM STDIN (FORMAT csv, NULL '\\N')") as copy,
        ):
            while block := file.read(_BLOCK):
                copy.write(block)
        passed = " ON CONFLICT DO NOTHING" if once else ""
        every = ", ".join([listed, *map(quote, alike)])
        marks = "".join(", %s" for _ in alike)
        cursor.execute(
            f"INSERT INTO {quote(table)} ({every}) SELECT {listed}{marks} FROM coming_in{passed}",  # noqa: S608
            list(alike.values()),
        )
        cursor.execute("DROP TABLE coming_in")


def _named(
    model: type[Model], columns: Sequence[str], same: Mapping[str, Any]
) -> tuple[list[str], dict[str, Any]]:
    """The database's names of the columns, and what every row bears: what is given, and the model's defaults."""
    fields = [model._meta.get_field(name) for name in columns]
    alike = {str(model._meta.get_field(name).column): value for name, value in same.items()}  # type: ignore[union-attr]
    for other in model._meta.concrete_fields:
        if (
            other in fields
            or other.column in alike
            or other.primary_key
            or other.null
            or other.has_db_default()
        ):
            continue
        alike[str(other.column)] = other.get_db_prep_save(other.get_default(), connection)
    return [str(one.column) for one in fields], alike  # type: ignore[union-attr]


def _execute(
    table: str, names: Sequence[str], rows: Iterable[Sequence[Any]], alike: Mapping[str, Any], *, once: bool
) -> None:
    quote = connection.ops.quote_name
    connection.ensure_connection()
    database = connection.connection
    # table and column names come from our own models, values are bound, those alike on every row are quoted by SQLite
    # itself; straight to SQLite, inside our transaction
    listed = ", ".join(map(quote, [*names, *alike]))
    values = [database.execute("SELECT quote(?)", [value]).fetchone()[0] for value in alike.values()]
    marks = ", ".join([*("?" for _ in names), *map(str, values)])
    passed = " ON CONFLICT DO NOTHING" if once else ""
    database.executemany(f"INSERT INTO {quote(table)} ({listed}) VALUES ({marks}){passed}", rows)  # noqa: S608


def _copy(table: str, names: Sequence[str], rows: Iterable[Sequence[Any]], alike: tuple[Any, ...]) -> None:
    quote = connection.ops.quote_name
    listed = ", ".join(map(quote, names))
    with (
        connection.cursor() as cursor,
        # table and column names come from our own models
        cursor.cursor.copy(f"COPY {quote(table)} ({listed}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row((*row, *alike))


def rewrite(model: type[Model], columns: Sequence[str], rows: Iterable[Model]) -> None:
    """Writes these columns of objects that were read before; one statement, as often as there are rows.

    Django's own way puts all rows into one statement with a condition for each column of each row: ten times as long.
    """
    fields = [field for field in model._meta.concrete_fields if field.name in columns]
    quote = connection.ops.quote_name
    # table and column names come from our own models, values are bound
    named = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    statement = f"UPDATE {quote(model._meta.db_table)} SET {named} WHERE id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*_values(row, fields), row.pk) for row in rows])


def insert_objects(rows: Sequence[Model]) -> None:
    """Inserts objects of one model as `insert` does; they do not learn their ids."""
    if rows:
        model = type(rows[0])
        fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        insert(model, [field.name for field in fields], [_values(row, fields) for row in rows])


def _values(row: Model, fields: Sequence[Any]) -> list[Any]:
    """What an object says in these columns, as the database takes it."""
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


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
