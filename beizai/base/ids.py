"""Numbers that name things for ever: events by their time, orders by their source and number."""

import hashlib
import os
import threading
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import numpy.typing as npt

_EPOCH_MS = 1_262_304_000_000  # 2010-01-01 UTC: 41 bits of milliseconds reach to 2079
_lock = threading.Lock()


class _Series:
    """What this process has given out: it never gives the same id twice while 4 million share a millisecond."""

    def __init__(self) -> None:
        self.process = int.from_bytes(os.urandom(2), "big") & 0x3FF
        self.count = int.from_bytes(os.urandom(2), "big") & 0xFFF
        self.milliseconds = -1
        self.given = 0

    def next(self, milliseconds: int) -> int:
        """22 bits: 10 of process, 12 of counter; a clock that stands still goes on to the next process number."""
        if milliseconds != self.milliseconds:
            self.milliseconds, self.given = milliseconds, 0
        elif self.given and self.given % 4096 == 0:
            self.process = (self.process + 1) & 0x3FF
        self.given += 1
        self.count = (self.count + 1) & 0xFFF
        return (self.process << 12) | self.count


_series = _Series()


def new_event_id(at: datetime) -> int:
    """A positive 63-bit id that sorts by time: 41 bits of milliseconds, 10 of process, 12 of counter.

    Two processes of the same 10 bits meet only in the same millisecond and count. Times before 2010 share
    the lowest prefix. `at` is zone-aware.
    """
    milliseconds = max(0, int(at.timestamp() * 1000) - _EPOCH_MS) & ((1 << 41) - 1)
    with _lock:
        return (milliseconds << 22) | _series.next(milliseconds)


def order_id(source_id: int, number: str) -> int:
    """The id of an order, the same on every machine: 63 bits of BLAKE2b over source and number.

    >>> order_id(1, "A-17") == order_id(1, "A-17")
    True
    >>> order_id(1, "A-17") == order_id(2, "A-17")
    False
    """
    digest = hashlib.blake2b(f"{source_id}\x1f{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") & ((1 << 63) - 1)


def order_ids(source_id: int, numbers: Iterable[str]) -> npt.NDArray[np.int64]:
    """`order_id` of many numbers of one source, as an int64 array.

    >>> int(order_ids(1, ["A-17"])[0]) == order_id(1, "A-17")
    True
    """
    start = f"{source_id}\x1f".encode()
    blake2b = hashlib.blake2b
    digests = b"".join([blake2b(start + number.encode(), digest_size=8).digest() for number in numbers])
    return (np.frombuffer(digests, ">u8") & np.uint64((1 << 63) - 1)).astype(np.int64)
