"""The lake kept quick while everybody works: months sealed, files put together, old ones taken away."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from beizai.events import leases, places
from beizai.events.models import Pin as PinRow
from beizai.lake import Pin, schema
from beizai.lake.upkeep import Swept


def sweep(*, at: datetime, clean: bool = False, within_seconds: float = math.inf) -> dict[str, Swept]:
    """Sweeps every table (each five minutes, and once after an import); `clean` (hourly) takes old files off the disk.

    Readers and appenders go on meanwhile; one sweep at a time. After `within_seconds` no table's further month
    is begun: call it again while it reports months.
    """
    PinRow.objects.filter(until_at__lt=at).delete()
    pinned = list(PinRow.objects.values_list("versions", flat=True))
    lake = places.lake()
    swept = {}
    for table in schema.TABLES:
        with leases.hold(f"upkeep:{table}", ttl=timedelta(minutes=10)) as lease:
            versions = [row[table] for row in pinned if row.get(table, -1) >= 0]
            swept[table] = lake.sweep(
                table,
                today=at.date(),
                lease=lease,
                pinned=versions,
                clean=clean,
                within_seconds=within_seconds,
            )
    return swept


@contextmanager
def pinned(tables: Iterable[str], *, at: datetime, hours: float = 24) -> Iterator[Pin]:
    """The files of these tables as they are now, kept on disk for a job of many hours."""
    pin = places.lake().pin(tables, until=at + timedelta(hours=hours))
    row = PinRow.objects.create(versions=pin.versions, until_at=pin.until)
    try:
        yield pin
    finally:
        row.delete()
