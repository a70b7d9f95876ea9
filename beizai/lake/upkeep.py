"""Keeping the book's pages in order: months sealed, small files put together, old files taken away."""

import calendar
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError
from duckdb import DuckDBPyConnection

from beizai.lake import duck, durable
from beizai.lake.lease import Lease
from beizai.lake.schema import Table
from beizai.lake.snapshot import Snapshot

COMMITS_PER_CHECKPOINT = 100
SEALED_AFTER = timedelta(days=3)
LATE_FILES = 20  # so many small files may lie beside a sealed month
HOT_FILES = 8  # so many small files may lie in a month that is not over
RETENTION_HOURS = 2
_SEALED_BYTES = 512 * 1024 * 1024
# delta-rs writes the batches of one stream in any order (measured), so a batch spans many row groups:
# only the groups where two batches meet are wide, the others are as narrow as in a file sorted throughout
_SORTED_ROWS = 1_000_000
_STRAY_SECONDS = 24 * 3600
_IDS_PER_DELETE = 1000
_STATISTICS_UNIT = timedelta(milliseconds=1)  # Delta cuts the times of its statistics to milliseconds

# files this process sealed: should one not look sealed after all, it is not sealed again and again
_as_good_as_it_gets: set[str] = set()


@dataclass(frozen=True)
class Swept:
    """What one sweep did: months sealed, months compacted, files taken off the disk."""

    sealed: tuple[str, ...] = ()
    compacted: tuple[str, ...] = ()
    removed: int = 0


@dataclass(frozen=True)
class _File:
    uri: str
    period: str
    bytes: int
    first_at: datetime | None
    last_at: datetime | None


def seal(table: DeltaTable, wanted: Table, period: str, *, writing: WriterProperties, lease: Lease) -> int:
    """Rewrites one month sorted; the replaced rows are exactly those read, or the commit is refused."""
    files = [file.uri for file in _files(table) if file.period == period]
    if not files:
        return 0
    connection = duck.connect()
    try:
        rows, count = _sorted_rows(connection, wanted, files)
        large = pa.RecordBatchReader.from_batches(rows.schema, _in_large_batches(rows))
        lease.check()
        write_deltalake(
            table,
            large,
            mode="overwrite",
            predicate=f"period = '{_checked(period)}'",  # delta-rs takes its predicate as text only
            writer_properties=writing,
            target_file_size=_SEALED_BYTES,
        )
    finally:
        connection.close()
    return count


def _sorted_rows(
    connection: DuckDBPyConnection, wanted: Table, files: list[str]
) -> tuple[pa.RecordBatchReader, int]:
    select = duck.read(connection, Snapshot(wanted.name, 0, tuple(files)))
    order = ", ".join(wanted.sorted_by)
    # our own text: constants of the schema
    [(count,)] = connection.sql(f"SELECT count(*) FROM ({select})").fetchall()  # noqa: S608
    return connection.sql(f"{select} ORDER BY {order}").to_arrow_reader(65_536), int(count)


def _in_large_batches(rows: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    waiting: list[pa.RecordBatch] = []
    for batch in rows:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= _SORTED_ROWS:
            yield pa.concat_batches(waiting)
            waiting = []
    if waiting:
        yield pa.concat_batches(waiting)


def erase(
    table: DeltaTable,
    *,
    customers: Iterable[int],
    batches: Iterable[int],
    writing: WriterProperties,
    lease: Lease,
) -> int:
    """Deletes by customer and by batch, a thousand ids to a commit; returns the rows that went."""
    removed = 0
    for column, ids in (("customer_id", customers), ("batch_id", batches)):
        for some in _chunks(sorted({int(one) for one in ids}), _IDS_PER_DELETE):
            lease.check()
            # delta-rs takes its predicate as text only; every id went through int()
            predicate = f"{column} IN ({', '.join(map(str, some))})"
            removed += int(table.delete(predicate, writer_properties=writing)["num_deleted_rows"] or 0)
    return removed


def tidy(
    table: DeltaTable,
    wanted: Table,
    *,
    today: date,
    writing: WriterProperties,
    lease: Lease,
    within_seconds: float,
) -> Swept:
    """Seals months that are over and compacts the others, where that pays; begins none after its time.

    What a racing append refuses waits for the next time.
    """
    ends = time.monotonic() + within_seconds
    sealed, compacted = [], []
    by_month: dict[str, list[_File]] = defaultdict(list)
    for file in _files(table):
        by_month[file.period].append(file)
    for period, files in sorted(by_month.items()):
        if time.monotonic() > ends:
            break
        lease.check()
        try:
            if is_over(period, today):
                if _wants_sealing(files):
                    seal(table, wanted, period, writing=writing, lease=lease)
                    _as_good_as_it_gets.update(file.uri for file in _files(table) if file.period == period)
                    sealed.append(period)
            elif len(files) > HOT_FILES:
                table.optimize.compact(partition_filters=[("period", "=", period)], writer_properties=writing)
                compacted.append(period)
        except CommitFailedError:
            table.update_incremental()
    return Swept(tuple(sealed), tuple(compacted))


def clean(table: DeltaTable, swept: Swept, *, folder: Path | None, pinned: Sequence[int]) -> Swept:
    """Takes away files that left the table over two hours ago, old log entries, and what killed writers left."""
    version = table.version()
    gone = table.vacuum(
        retention_hours=RETENTION_HOURS,
        dry_run=False,
        enforce_retention_duration=False,
        full=True,
        keep_versions=[one for one in pinned if one <= version] or None,
    )
    if not pinned:  # a pinned version is only found again by the log up to it
        table.cleanup_metadata()
    strays = _remove_strays(folder) if folder is not None else 0
    if folder is not None:
        durable.keep(folder, after=version, to=table.version())
    return replace(swept, removed=len(gone) + strays)


def is_over(period: str, today: date) -> bool:
    """Whether a month is over by more than three days, late events mostly being in.

    >>> is_over("2026-01", date(2026, 2, 3)), is_over("2026-01", date(2026, 2, 5))
    (False, True)
    """
    year, month = (int(part) for part in period.split("-"))
    last = date(year, month, calendar.monthrange(year, month)[1])
    return today - last > SEALED_AFTER


def last_checkpoint(folder: Path | None) -> int:
    """The version of the newest checkpoint; 0 where there is none or the log is elsewhere."""
    pointer = folder / durable.LOG / "_last_checkpoint" if folder is not None else None
    if pointer is None or not pointer.exists():
        return 0
    return int(json.loads(pointer.read_text(encoding="utf-8"))["version"])


def _wants_sealing(files: list[_File]) -> bool:
    if len(files) - 1 > LATE_FILES:
        return True
    largest = max(files, key=lambda file: file.bytes).uri
    return largest not in _as_good_as_it_gets and not _lies_sorted(largest)


def _lies_sorted(uri: str) -> bool:
    """Whether the row groups of a file hold customers apart from each other: then it was sealed, or is too small to matter."""
    connection = duck.connect()
    try:
        groups = connection.sql(
            "SELECT stats_min_value::BIGINT AS low, stats_max_value::BIGINT AS high FROM parquet_metadata($uri) "
            "WHERE path_in_schema = 'customer_id' AND stats_min_value IS NOT NULL ORDER BY low, high",
            params={"uri": uri},
        ).fetchall()
    finally:
        connection.close()
    overlapping = sum(low < high for (_, high), (low, _) in pairwise(groups))
    return bool(overlapping <= len(groups) // 10)


def by_time(table: DeltaTable, up_to: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files with nothing later than a moment (naive UTC), and those with rows of both sides, by the log's statistics."""
    whole: list[str] = []
    straddling: list[str] = []
    for file in _files(table):
        if file.first_at is not None and file.first_at > up_to:
            continue
        by_then = file.last_at is not None and file.last_at + _STATISTICS_UNIT <= up_to
        (whole if by_then else straddling).append(file.uri)
    return tuple(whole), tuple(straddling)


def _files(table: DeltaTable) -> list[_File]:
    uris = {uri.rsplit("/", 1)[-1]: uri for uri in table.file_uris()}
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    return [
        _File(
            uris[action["path"].rsplit("/", 1)[-1]],
            action["partition.period"],
            action["size_bytes"],
            action.get("min.occurred_at"),
            action.get("max.occurred_at"),
        )
        for action in actions
    ]


def _remove_strays(folder: Path) -> int:
    """Temporary files (`*#*`) of killed writers, older than a day; delta-rs never removes them."""
    horizon = time.time() - _STRAY_SECONDS
    strays = [path for path in folder.rglob("*#*") if path.is_file() and path.stat().st_mtime < horizon]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def _checked(period: str) -> str:
    date.fromisoformat(f"{period}-01")
    return period


def _chunks(ids: Sequence[int], size: int) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk
