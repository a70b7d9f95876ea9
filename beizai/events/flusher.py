"""From the inbox to the lake: claimed under a number, appended once, forced to disk, and only then let go of."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa

from beizai.base import clock
from beizai.base.errors import BeizaiError
from beizai.events import carried, leases, places, refining
from beizai.events.inbox import Claimed, Inbox, current
from beizai.lake import EVENTS, LINES, ORDERS, Lake, schema
from beizai.staff.shop import shop

logger = logging.getLogger(__name__)
_APP = "inbox"
LIMIT = 10_000  # messages to a batch: claimed and deleted in under 50 ms each
# Lines before their orders: a reader lists the orders first, so an order that is seen has its lines.
_WRITE_ORDER = (LINES, ORDERS, EVENTS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNREADABLE = (
    BeizaiError,
    pa.ArrowException,
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
)

Rows = dict[str, list[dict[str, Any]]]


class Flusher:
    """Carries what waits in the inbox to the lake. Any number may run; one at a time holds the lease.

    How it stays exact (0 lost, 0 doubled, whatever is killed when): rows are claimed under a number from a
    counter; the lake remembers the last number and refuses it a second time; claimed rows are appended,
    lowest number first, before new ones are claimed; a flusher that lost its lease cannot claim or let go
    (the inbox knows the highest token) and cannot append (the lake refuses its number).
    """

    def __init__(self, inbox: Inbox | None = None, lake: Lake | None = None) -> None:
        self._inbox = inbox or current()
        self._lake = lake or places.lake()
        self._highest = -1

    def flush_once(self, *, limit: int = LIMIT) -> int:
        """Carries at most `limit` messages; returns how many. 0 where nothing waits. Cheap to call often."""
        if not self._inbox.waiting():
            return 0
        with leases.hold("inbox") as taken:
            lease = leases.lifted(taken, above=self._inbox.store.fence())
            self._inbox.store.raise_fence(lease.token)
            return sum(self._flush(number, lease) for number in self._numbers(lease, limit))

    def flush_all(self) -> int:
        """Carries everything that waits now."""
        total = 0
        while count := self.flush_once():
            total += count
        return total

    def _numbers(self, lease: leases.Held, limit: int) -> list[int]:
        left_over = self._inbox.store.claimed()
        if left_over:
            return left_over
        number = leases.next_number(_APP, above=self._known_to_lake())
        return [number] if self._inbox.store.claim(number, token=lease.token, limit=limit) else []

    def _known_to_lake(self) -> int:
        """The highest number in the lake when this flusher began: a restored office may count from below it."""
        if self._highest < 0:
            self._highest = max(self._lake.number(table, _APP) for table in schema.TABLES)
        return self._highest

    def _flush(self, number: int, lease: leases.Held) -> int:
        messages = self._inbox.store.messages(number)
        rows = self._readable(messages)
        for table in _WRITE_ORDER:
            if rows[table]:
                self._append(table, number, rows[table], lease)
        carried.tell(rows[EVENTS])
        self._inbox.store.settle(number, token=lease.token)
        return len(messages)

    def _append(self, table: str, number: int, rows: list[dict[str, Any]], lease: leases.Held) -> None:
        lease.renew()
        with leases.hold(table) as writing:
            both = leases.Both(lease, writing)
            self._lake.append(table, _to_arrow(table, rows), app=_APP, number=number, lease=both)

    def _readable(self, messages: Sequence[Claimed]) -> Rows:
        """The rows by table; a message that cannot be read is set aside with the reason, the others go on."""
        zone = clock.zone(shop().timezone)
        try:
            rows = _rows(messages, zone)
        except _UNREADABLE:
            rows = _rows([message for message in messages if self._can_be_read(message, zone)], zone)
        rows[EVENTS] = refining.refined(rows[EVENTS])
        return rows

    def _can_be_read(self, message: Claimed, zone: ZoneInfo) -> bool:
        try:
            _rows([message], zone)
        except _UNREADABLE as error:
            logger.warning("a message was set aside: %s", type(error).__name__)
            self._inbox.store.set_aside([message.seq], str(error))
            return False
        return True


def flush_once() -> int:
    """Carries what waits in this home's inbox to its lake; returns how many messages."""
    return Flusher().flush_once()


def _rows(messages: Sequence[Claimed], zone: ZoneInfo) -> Rows:
    """The rows of all messages by table, checked against the columns of the lake."""
    rows: Rows = {table: [] for table in schema.TABLES}
    for message in messages:
        for table, some in message.rows().items():
            rows[table].extend(_dated(row, zone) for row in some)
    for table, some in rows.items():
        if some:
            schema.conform(table, _to_arrow(table, some))
    return rows


def _dated(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    if row.get("occurred_on") is not None:
        return row
    at = _EPOCH + timedelta(microseconds=row["occurred_at"])
    return row | {"occurred_on": (at.astimezone(zone).date() - _EPOCH.date()).days}


def _to_arrow(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    given = frozenset[str]().union(*rows)
    fields = [field for field in schema.table(table).schema if field.name in given]
    return pa.table(
        {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in fields}
    )
