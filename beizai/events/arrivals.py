"""What came in together at the events API, as it lies in the inbox until the worker reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import msgspec

from beizai.events.inbox import Arrival

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Told:
    """One request as it came: by which key, when, and the kind of call its address names ("" for a batch)."""

    key_id: int
    source_id: int
    in_browser: bool
    received_at: datetime
    kind: str
    body: bytes


def arrival_of(told: Sequence[Told], digests: Iterable[Sequence[bytes]], received_at: datetime) -> Arrival:
    """The arrival of these requests, with the digests of each one's events."""
    rows = [
        (
            one.key_id,
            one.source_id,
            one.in_browser,
            (one.received_at - _EPOCH) // _MICROSECOND,
            one.kind,
            one.body,
        )
        for one in told
    ]
    return Arrival(
        digests=list(dict.fromkeys(chain.from_iterable(digests))),
        body=msgspec.msgpack.encode(rows),
        day=received_at.toordinal() - _EPOCH_ORDINAL,
    )


def told_in(body: bytes) -> list[Told]:
    """The requests of an arrival's body."""
    return [
        Told(key, source, browser, _EPOCH + timedelta(microseconds=at), kind, raw)
        for key, source, browser, at, kind, raw in msgspec.msgpack.decode(body)
    ]
