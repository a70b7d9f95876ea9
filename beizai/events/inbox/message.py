"""One thing that happened, on its way: rows for the lake under an id by which it is known again."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from beizai.base import clock
from beizai.base.errors import Invalid
from beizai.lake import schema

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (the lake's times are naive UTC)
_EPOCH_DAY = date(1970, 1, 1)
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Message:
    """Rows by table under a unique id. All rows of a message come into the lake, or none.

    The same id again, within seven days, is the same message: nothing is stored. Rows are in the columns
    of the lake (times naive UTC or aware, dates, ints, text); `event_id` must be given.
    """

    id: str
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    received_at: datetime

    def digest(self) -> bytes:
        """What the id is remembered by: 16 bytes, however long it is."""
        return hashlib.blake2b(self.id.encode(), digest_size=16).digest()

    def body(self) -> bytes:
        """The rows as they are stored. Invalid where a table or column is unknown, or the message is too large."""
        for table, rows in self.rows.items():
            known = set(schema.table(table).columns)
            for row in rows:
                if unknown := sorted(set(row) - known):
                    raise Invalid(
                        "The table {table} has no column {columns}.", table=table, columns=", ".join(unknown)
                    )
        body = msgspec.msgpack.encode(
            {table: [_plain(row) for row in rows] for table, rows in self.rows.items()}
        )
        if len(body) > MAX_BYTES:
            raise Invalid(
                "A message of {length} bytes is too large.",
                hint="At most {limit} bytes.",
                length=len(body),
                limit=MAX_BYTES,
            )
        return body


@dataclass(frozen=True)
class Arrival:
    """Requests of the events API that came in together, kept as they came until the worker has read them.

    `digests` are those of the events' ids (16 bytes each, without doubles): what was told before is noted
    beside the body. `day` is the day of receipt (days since 1970).
    """

    digests: Sequence[bytes]
    body: bytes
    day: int


@dataclass(frozen=True)
class Arrived:
    """An arrival as the worker gets it back; `told` are the digests of events that had been told before."""

    seq: int
    body: bytes
    told: frozenset[bytes]


def digests_in(joined: bytes) -> frozenset[bytes]:
    """The digests of 16 bytes that lie one after the other."""
    return frozenset(joined[at : at + 16] for at in range(0, len(joined), 16))


@dataclass(frozen=True)
class Claimed:
    """A message as the flusher gets it back."""

    seq: int
    body: bytes

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """The rows by table; times are microseconds and dates days since 1970."""
        found: dict[str, list[dict[str, Any]]] = msgspec.msgpack.decode(self.body)
        return found


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _number(value) for name, value in row.items()}


def _number(value: Any) -> Any:
    if isinstance(value, datetime):
        naive = clock.naive_utc(value) if value.tzinfo else value
        since = naive - _EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if isinstance(value, date):
        return (value - _EPOCH_DAY).days
    return value
