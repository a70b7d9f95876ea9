"""A still picture of a home in use: both stores as they stood at one instant, while everybody goes on working."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from beizai.base.home import Home
from beizai.base.progress import Progress
from beizai.events import leases, upkeep
from beizai.events.inbox import carrying
from beizai.homes import rows
from beizai.lake import TABLES, Pin, copying

_PATIENCE_SECONDS = 60.0  # for each lease: erasing holds a table for long; events wait in the inbox meanwhile
_HELD = timedelta(minutes=5)  # longer than waiting for all of them may take
_LEFT_OUT = {
    "keys",
    "log",
    "lake",
    "static",
    "backups",
    "office.db",
    "inbox.db",
}  # taken apart, or not part of the book
_NOT_KEPT = {".db-wal", ".db-shm", ".lock", ".part"}


@dataclass(frozen=True)
class Still:
    """Where the parts of the picture lie: names inside the copy, and the files that hold them."""

    parts: dict[str, Path]
    versions: dict[str, int]
    engine: str


@contextmanager
def still(home: Home, scratch: Path, *, now: datetime, progress: Progress) -> Iterator[Still]:
    """Takes the picture; the files named in it may be read until the end of the block.

    The lake's writers are held up for as long as it takes to begin to read the databases (milliseconds), so
    no batch is in the one store and not in the other. SQLite's readers keep what they began with, however
    long the copying takes; the lake's files do not change, and the pin keeps them.
    """
    with ExitStack() as stack:
        with _writers_held():
            pin = stack.enter_context(upkeep.pinned(TABLES, at=now))
            inbox = _begin(stack, home.inbox_db)
            office = _begin_office(stack, home)
        parts = _copy_databases(inbox, office, scratch, progress)
        parts |= _lake_files(home, pin) | _loose_files(home, scratch, progress)
        yield Still(parts, pin.versions, "sqlite" if office else "postgresql")


@contextmanager
def _writers_held() -> Iterator[None]:
    """Nobody carries the inbox or appends to the lake meanwhile. In the order the flusher takes the leases."""
    with ExitStack() as stack:
        for name in ("inbox", *TABLES):
            stack.enter_context(leases.hold(name, ttl=_HELD, wait_seconds=_PATIENCE_SECONDS))
        yield


def _begin(stack: ExitStack, path: Path) -> sqlite3.Connection | None:
    """A connection that has begun to read: what it sees stays as it is now."""
    if not path.exists():
        return None
    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    stack.callback(connection.close)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _begin_office(stack: ExitStack, home: Home) -> sqlite3.Connection | None:
    """SQLite: a connection that reads. PostgreSQL: a transaction of its own with one snapshot, and None."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return _begin(stack, home.office_db)
    stack.enter_context(rows.still())
    return None


def _copy_databases(
    inbox: sqlite3.Connection | None, office: sqlite3.Connection | None, scratch: Path, progress: Progress
) -> dict[str, Path]:
    parts = {name: scratch / name for name in ("office.db", "inbox.db")}
    if office is not None:
        _copy_sqlite(office, parts["office.db"], progress)
        if inbox is None:  # nothing came in yet
            return {"office.db": parts["office.db"]}
        _copy_sqlite(inbox, parts["inbox.db"], progress)
        return parts
    rows.to_file(parts["office.db"], progress)
    with rows.still_cursor() as cursor:
        carrying.to_file(cursor, parts["inbox.db"])
    return parts


def _copy_sqlite(source: sqlite3.Connection, target: Path, progress: Progress) -> None:
    copy = sqlite3.connect(target)
    try:
        source.backup(
            copy, pages=20_000, progress=lambda _, left, total: progress(total - left, total, "Pages copied")
        )
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    finally:
        copy.close()


def _lake_files(home: Home, pin: Pin) -> dict[str, Path]:
    names = [name for snapshot in pin.snapshots.values() for name in copying.files_of(home.lake, snapshot)]
    return {f"lake/{name.as_posix()}": home.lake / name for name in names}


def _loose_files(home: Home, scratch: Path, progress: Progress) -> dict[str, Path]:
    """Uploads and whatever else rooms keep in the home (the sender's journals, caught mails), copied first where it grows.

    A journal that is newer than the ledger is right: it tells more of what was sent.
    """
    found: dict[str, Path] = {}
    for path in sorted(home.root.rglob("*")):
        name = path.relative_to(home.root)
        if name.parts[0] in _LEFT_OUT or not path.is_file() or path.suffix in _NOT_KEPT:
            continue
        if name.parts[0] == home.uploads.name:  # written once, never changed
            found[name.as_posix()] = path
        elif _copied(path, scratch / "loose" / name, progress):
            found[name.as_posix()] = scratch / "loose" / name
    return found


def _copied(path: Path, copy: Path, progress: Progress) -> bool:
    """Copies a file that others may be writing; False where it is gone meanwhile."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        if path.suffix == ".db":
            with closing(sqlite3.connect(path)) as source:
                _copy_sqlite(source, copy, progress)
        else:
            shutil.copyfile(path, copy)
    except FileNotFoundError:
        return False
    return True
