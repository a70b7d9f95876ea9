"""The last counted standing of all customers, kept in the home so that pages need not count again; says how old it is."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from beizai.base import home
from beizai.events.book import Book
from beizai.value.customers import civil, customers, lines_of, thresholds_of
from beizai.value.thresholds import Thresholds

_PREFIX = "value-"
_AS_OF, _MARK = b"as_of", b"mark"
KEPT_DAYS = 8


@dataclass(frozen=True)
class Kept:
    """A counted book: the table of `value.customers`, the time it stands for, and the mark of what it was counted from."""

    table: pa.Table
    as_of: datetime
    mark: str

    @property
    def lines(self) -> Thresholds:
        """The lines of the book it was judged by."""
        return thresholds_of(self.table)

    def is_stale(self, book: Book) -> bool:
        """Whether orders came or went since it was counted."""
        return self.mark != mark(book)


def mark(book: Book) -> str:
    """What the orders of a book are known by: the version of their table, and what is hidden of it."""
    return f"{book.snapshots['orders'].version}:{book.stamp}"


def keep(book: Book, as_of: datetime, *, table: pa.Table | None = None) -> Kept:
    """Counts all customers (where `table` is not given) and keeps the result under its day; older ones go."""
    counted = customers(book, as_of) if table is None else table
    found = Kept(counted, as_of, mark(book))
    metadata = dict(counted.schema.metadata) | {
        _AS_OF: as_of.isoformat().encode(),
        _MARK: found.mark.encode(),
    }
    _write(counted.replace_schema_metadata(metadata), _path(civil(as_of)))
    _keep_lines(found.lines, found.mark)
    for old in sorted(_files())[:-KEPT_DAYS]:
        old.unlink(missing_ok=True)
    return found


def latest(on: date | None = None) -> Kept | None:
    """The kept standing of a day, or the latest of all; None where there is none."""
    paths = [_path(on)] if on else sorted(_files(), reverse=True)
    for path in paths:
        try:
            return _read(path)
        except (FileNotFoundError, pa.ArrowInvalid):
            continue
    return None


def lines(book: Book, as_of: datetime, *, fresh: bool = True) -> Thresholds:
    """The lines of the book as of a day: counted now and kept, where nothing kept still holds.

    With `fresh=False` the latest kept lines not after the day will do, however old: for one card, where counting all is too slow.
    """
    on = civil(as_of)
    own = _read_lines(_lines_path(on))
    if own is not None and (own[1] == mark(book) or not fresh):
        return own[0]
    if not fresh:
        for path in sorted(home.current().analysis.glob("lines-*.json"), reverse=True):
            older = _read_lines(path) if path < _lines_path(on) else None
            if older is not None:
                return older[0]
    return _keep_lines(lines_of(book, as_of), mark(book))


def _lines_path(on: date) -> Path:
    return home.current().analysis / f"lines-{on.isoformat()}.json"


def _read_lines(path: Path) -> tuple[Thresholds, str] | None:
    try:
        said = json.loads(path.read_text(encoding="ascii"))
        return Thresholds.loads(said["lines"]), said["mark"]
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None  # none, or written by an earlier version of the program


def _keep_lines(found: Thresholds, of: str) -> Thresholds:
    path = _lines_path(found.as_of_on)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.write_text(json.dumps({"lines": found.dumps(), "mark": of}), encoding="ascii")
    os.replace(new, path)
    return found


def _files() -> Iterator[Path]:
    return home.current().analysis.glob(f"{_PREFIX}*.parquet")


def _path(on: date) -> Path:
    return home.current().analysis / f"{_PREFIX}{on.isoformat()}.parquet"


def _read(path: Path) -> Kept:
    table = pq.read_table(path)
    metadata = table.schema.metadata
    return Kept(
        table, datetime.fromisoformat(metadata[_AS_OF].decode()).astimezone(UTC), metadata[_MARK].decode()
    )


def _write(table: pa.Table, path: Path) -> None:
    """Whole or not at all: readers see the old file until the new one stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    pq.write_table(table, new, compression="zstd")
    os.replace(new, path)
