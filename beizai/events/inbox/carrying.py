"""The inbox carried from one kind of store to the other: what waits, what was seen, what was set aside, the fence."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from beizai.events.inbox.sqlite import SqliteStore

_ROWS = 5_000
# (table of the file, table in PostgreSQL, columns)
_TABLES = (
    ("inbox", "inbox", ("seq", "body", "batch")),
    ("seen", "inbox_seen", ("digest", "day")),
    ("aside", "inbox_aside", ("seq", "body", "reason")),
    ("fence", "inbox_fence", ("one", "token")),
    ("arrivals", "inbox_arrivals", ("seq", "body", "told")),
    ("deliveries", "inbox_deliveries", ("seq", "digest", "day", "body")),
)


def to_file(cursor: Any, path: Path) -> None:
    """Writes the inbox of PostgreSQL, as a cursor's transaction sees it, into a new file."""
    store = SqliteStore(path)
    store.waiting()  # makes the tables
    store.close()
    file = sqlite3.connect(path)
    try:
        for here, there, columns in _TABLES:
            cursor.execute("SELECT to_regclass(%s)", [there])
            if cursor.fetchone()[0] is None:
                continue
            # the names are ours, from the table above
            cursor.execute(f"SELECT {', '.join(columns)} FROM {there}")  # noqa: S608
            marks = ", ".join("?" * len(columns))
            for rows in _chunks(cursor):
                file.executemany(f"INSERT OR REPLACE INTO {here} VALUES ({marks})", rows)  # noqa: S608
        file.commit()
        file.execute("PRAGMA journal_mode=DELETE")
    finally:
        file.close()


def _chunks(cursor: Any) -> Iterator[list[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(_ROWS):
        yield [
            tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows
        ]


def from_file(path: Path, cursor: Any) -> None:
    """Writes a file's inbox into the (empty) inbox of PostgreSQL, in the cursor's transaction."""
    store = SqliteStore(path)
    while store.settle_ids(all_of_them=True):
        pass
    store.close()
    file = sqlite3.connect(path)
    try:
        cursor.execute("DELETE FROM inbox_fence")
        for here, there, columns in _TABLES:
            marks = ", ".join(["%s"] * len(columns))
            rows = file.execute(f"SELECT {', '.join(columns)} FROM {here}")  # noqa: S608  (our own names)
            while some := rows.fetchmany(_ROWS):
                cursor.executemany(f"INSERT INTO {there} ({', '.join(columns)}) VALUES ({marks})", some)  # noqa: S608
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('inbox', 'seq'), coalesce(max(seq), 0) + 1, false) FROM inbox"
        )
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('inbox_arrivals', 'seq'), coalesce(max(seq), 0) + 1, false)"
            " FROM inbox_arrivals"
        )
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('inbox_deliveries', 'seq'), coalesce(max(seq), 0) + 1, false)"
            " FROM inbox_deliveries"
        )
    finally:
        file.close()
