"""The lake and its seven verbs: append, files, pin, seal, erase, unname, sweep."""

import logging
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from beizai.base.errors import Unavailable
from beizai.lake import durable, schema, upkeep
from beizai.lake.lease import Lease
from beizai.lake.names import Named, predicate
from beizai.lake.snapshot import Pin, Snapshot

ROW_GROUP = 32_768
WRITING = WriterProperties(max_row_group_size=ROW_GROUP, compression="ZSTD", compression_level=1)
# checkpoints are made by `sweep`, which forces them to disk; an append never pays for one
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_CONFIGURATION = {
    "delta.logRetentionDuration": "interval 2 hours",
    "delta.deletedFileRetentionDuration": "interval 2 hours",
}

logger = logging.getLogger(__name__)


class Lake:
    """The event tables under one folder, or under one address of an object store (there the store keeps what it took).

    Any process may read at any time. Writers of one table hold its lease; the lake asks the lease before it commits.
    """

    def __init__(self, root: Path | str, *, storage_options: Mapping[str, str] | None = None) -> None:
        self.root = str(root)
        self._options = dict(storage_options or {})

    def append(self, name: str, rows: pa.Table, *, app: str, number: int, lease: Lease) -> bool:
        """Adds rows to a table, once for each number of an app, and returns when they survive a power cut.

        Numbers of one app must be given in growing order. False: the table holds this number (or a later
        one) already, nothing was written. Invalid where the rows do not fit; Unavailable where another
        writer came first or the lease was lost.
        """
        rows = schema.conform(name, rows)
        table = self._open_or_make(name)
        if (table.transaction_version(app) or 0) >= number:
            self._keep(name, after=table.version() - 1, to=table.version())  # a crash before the last fsync
            return False
        before = table.version()
        lease.check()
        try:
            write_deltalake(
                table,
                _as_on_disk(rows, table),
                mode="append",
                schema_mode="merge",
                writer_properties=WRITING,
                commit_properties=CommitProperties(app_transactions=[Transaction(app, number)]),
                post_commithook_properties=_NO_HOOKS,
            )
        except CommitFailedError as error:
            raise Unavailable("Another writer of {name} came first.", hint="Try again.", name=name) from error
        self._keep(name, after=before, to=table.version())
        return True

    def number(self, name: str, app: str) -> int:
        """The last number of this app the table holds; 0 where there is none."""
        table = self._open(name)
        return (table.transaction_version(app) or 0) if table else 0

    def files(self, name: str, *, version: int | None = None, up_to: datetime | None = None) -> Snapshot:
        """The files of a table now, or as they were at a version that is still kept; `up_to` (naive UTC): only what happened by then."""
        table = self._open(name, version=version)
        if table is None:
            return Snapshot(name, -1, (), up_to=up_to)
        if up_to is None:
            return Snapshot(name, table.version(), tuple(table.file_uris()))
        whole, straddling = upkeep.by_time(table, up_to)
        return Snapshot(name, table.version(), whole, straddling, up_to)

    def pin(self, names: Iterable[str], *, until: datetime) -> Pin:
        """What a long job reads from now on. Whoever sweeps must be told of it, so store `Pin.versions` first."""
        return Pin({name: self.files(name) for name in names}, until)

    def seal(self, name: str, period: str, *, lease: Lease) -> int:
        """Lays one month down in the order (customer, time, id), in one file where it fits; returns its rows.

        Appends into the same month meanwhile make it Unavailable; nothing is lost then.
        """
        table = self._open(name)
        if table is None:
            return 0
        before = table.version()
        try:
            count = upkeep.seal(table, schema.table(name), period, writing=WRITING, lease=lease)
        except CommitFailedError as error:
            raise Unavailable(
                "Rows came into {period} of {name} while it was sealed.",
                hint="Try again.",
                period=period,
                name=name,
            ) from error
        self._keep(name, after=before, to=table.version())
        return count

    def erase(
        self, name: str, *, lease: Lease, customers: Iterable[int] = (), batches: Iterable[int] = ()
    ) -> int:
        """Takes the rows of customers, or of batches that were undone, out of the table; returns how many.

        The old files are gone from disk after the sweep that follows two hours later. Unavailable where
        appends came between: hold the table's lease.
        """
        table = self._open(name)
        if table is None:
            return 0
        before = table.version()
        try:
            count = upkeep.erase(table, customers=customers, batches=batches, writing=WRITING, lease=lease)
        except DeltaError as error:
            raise Unavailable(
                "Rows came into {name} while it was erased.", hint="Try again.", name=name
            ) from error
        self._keep(name, after=before, to=table.version())
        return count

    def unname(self, named: Named, *, period: str, before: datetime, lease: Lease) -> int:
        """Takes the names off rows of one month that happened before a moment (naive UTC); returns how many. Twice is once.

        The old files are gone from disk after the sweep that follows two hours later. Unavailable where appends
        came between: hold the table's lease.
        """
        table = self._open(named.table)
        if table is None:
            return 0
        version = table.version()
        lease.check()
        try:
            done = table.update(
                updates=named.emptied, predicate=predicate(named, period, before), writer_properties=WRITING
            )
        except DeltaError as error:
            raise Unavailable(
                "Rows came into {name} while names were taken off it.", hint="Try again.", name=named.table
            ) from error
        self._keep(named.table, after=version, to=table.version())
        return int(done["num_updated_rows"] or 0)

    def sweep(
        self,
        name: str,
        *,
        today: date,
        lease: Lease,
        pinned: Iterable[int] = (),
        clean: bool = False,
        within_seconds: float = math.inf,
    ) -> upkeep.Swept:
        """Keeps a table quick: seals months that are over, compacts the others, makes a checkpoint.

        `clean` (hourly) also takes away files nobody reads any more: older than two hours, in no pinned
        version. `pinned` holds the versions of this table that long jobs read. After `within_seconds` no
        further month is begun.
        """
        table = self._open(name)
        if table is None:
            return upkeep.Swept()
        before = table.version()
        swept = upkeep.tidy(
            table,
            schema.table(name),
            today=today,
            writing=WRITING,
            lease=lease,
            within_seconds=within_seconds,
        )
        self._keep(name, after=before, to=table.version())
        if (
            table.version() - upkeep.last_checkpoint(self._folder(name)) >= upkeep.COMMITS_PER_CHECKPOINT
            or clean
        ):
            table.create_checkpoint()
            if (folder := self._folder(name)) is not None:
                durable.keep_checkpoint(folder)
        return upkeep.clean(table, swept, folder=self._folder(name), pinned=list(pinned)) if clean else swept

    def make(self) -> None:
        """Makes the tables that are missing."""
        for name in schema.TABLES:
            self._open_or_make(name)

    def _open_or_make(self, name: str) -> DeltaTable:
        table = self._open(name)
        if table is not None:
            return table
        wanted = schema.table(name)
        loose = pa.schema([field.with_nullable(True) for field in wanted.schema])
        try:
            DeltaTable.create(
                self._uri(name),
                loose,
                mode="ignore",
                partition_by=["period"],
                configuration=_CONFIGURATION,
                storage_options=self._options or None,
            )
        except DeltaError:
            logger.info("the table %s was made by another process", name)
        made = DeltaTable(self._uri(name), storage_options=self._options or None)
        self._keep(name, after=-1, to=made.version())
        return made

    def _open(self, name: str, *, version: int | None = None) -> DeltaTable | None:
        schema.table(name)
        try:
            return DeltaTable(self._uri(name), version=version, storage_options=self._options or None)
        except TableNotFoundError:
            return None

    def _keep(self, name: str, *, after: int, to: int) -> None:
        if (folder := self._folder(name)) is not None:
            durable.keep(folder, after=after, to=to)

    def _uri(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}" if "://" in self.root else str(Path(self.root) / name)

    def _folder(self, name: str) -> Path | None:
        return None if "://" in self.root else Path(self.root) / name


def _as_on_disk(rows: pa.Table, table: DeltaTable) -> pa.Table:
    """The rows with the columns a later version of the program added to the table, empty."""
    disk = pa.schema(table.schema().to_arrow())
    for field in disk:
        if field.name not in rows.column_names:
            rows = rows.append_column(field.name, pa.nulls(rows.num_rows, field.type))
    return rows.cast(pa.schema([field.with_nullable(True) for field in rows.schema]))
