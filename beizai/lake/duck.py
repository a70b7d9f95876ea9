"""The lake as DuckDB sees it: three thin views over a list of files, in memory, locking nobody out."""

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

import duckdb

from beizai.base.errors import Unavailable
from beizai.lake import schema
from beizai.lake.snapshot import Snapshot

Connection = duckdb.DuckDBPyConnection
_T = TypeVar("_T")
_TRIES = 5
_lock = threading.Lock()
_instances: dict[str, duckdb.DuckDBPyConnection] = {}

# A view holds its file lists in variables of the connection: a list of a hundred thousand names is
# no text to parse. `period` is named as text, or DuckDB guesses a number from a folder of one year.
_READ: Mapping[str, str] = {
    name: f"SELECT {', '.join(table.columns)} FROM read_parquet("  # noqa: S608  (names of our own constants)
    "getvariable('{variable}'), hive_partitioning = true, "
    "hive_types = {{'period': VARCHAR}}, union_by_name = true)"
    for name, table in schema.TABLES.items()
}


def connect() -> Connection:
    """A connection of its own to this process's one DuckDB in memory, in UTC.

    All connections share the cache of Parquet footers; temporary views and variables belong to one alone.
    Never use it in a forked child: start processes with spawn.
    """
    with _lock:
        if "root" not in _instances:
            _instances["root"] = _root()
        connection = _instances["root"].cursor()
    connection.execute("SET TimeZone = 'UTC'").complete()
    # after two seconds it would draw a bar into standard output, amid somebody's JSON
    connection.execute("SET enable_progress_bar = false").complete()
    return connection


def _root() -> Connection:
    root = duckdb.connect(":memory:")
    root.execute("SET GLOBAL parquet_metadata_cache = true").complete()
    return root


def read(connection: Connection, snapshot: Snapshot) -> str:
    """Tells the connection of a table's files; returns the SELECT that reads all of them.

    Only files that lie on both sides of the snapshot's moment are filtered by it: the others are read at full speed.
    """
    parts = []
    if snapshot.files:
        parts.append(_part(connection, snapshot.table, f"{snapshot.table}_files", snapshot.files))
    if snapshot.straddling:
        connection.execute(f"SET VARIABLE {snapshot.table}_up_to = ?::TIMESTAMP", [snapshot.up_to]).complete()
        part = _part(connection, snapshot.table, f"{snapshot.table}_straddling", snapshot.straddling)
        parts.append(f"{part} WHERE occurred_at <= getvariable('{snapshot.table}_up_to')")
    if not parts:
        name = f"{snapshot.table}_none"
        connection.register(name, schema.empty(snapshot.table))
        parts.append(f"SELECT * FROM {name}")  # noqa: S608  (a name of our own)
    return " UNION ALL ".join(parts)


def _part(connection: Connection, table: str, variable: str, files: tuple[str, ...]) -> str:
    # made of our three table names: a variable's name cannot be a parameter
    connection.execute(f"SET VARIABLE {variable} = ?", [list(files)]).complete()
    return _READ[table].format(variable=variable)


def view(
    connection: Connection, snapshot: Snapshot, *, only: str = "", customer: str = "t.customer_id"
) -> None:
    """Makes the temporary view of a table; `only` is what follows its SELECT (our own text: joins), `customer` whose a row is."""
    select = read(connection, snapshot)
    if only:
        columns = "t.*" if customer == "t.customer_id" else f"t.* REPLACE ({customer} AS customer_id)"
        select = f"SELECT {columns} FROM ({select}) AS t {only}"  # noqa: S608  (our own text)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {snapshot.table} AS {select}").complete()


def retrying(work: Callable[[], _T], *, tries: int = _TRIES) -> _T:
    """Does the work again, from its new file list, where a file it was to read has gone (erasing, sweeping)."""
    for left in reversed(range(tries)):
        try:
            return work()
        except duckdb.IOException as error:
            if not left:
                raise Unavailable(
                    "The files of the lake change faster than they can be read.", hint="Try again."
                ) from error
    raise AssertionError("unreachable: at least one try")
