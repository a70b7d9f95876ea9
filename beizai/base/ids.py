"""Numbers that name things for ever: events by their time, orders by their source and number."""

import hashlib
import itertools
import os
import threading
from datetime import datetime

_EPOCH_MS = 1_262_304_000_000  # 2010-01-01 UTC: 41 bits of milliseconds reach to 2079
_counter = itertools.count(int.from_bytes(os.urandom(2), "big"))
_process = int.from_bytes(os.urandom(2), "big") & 0x3FF
_lock = threading.Lock()


def new_event_id(at: datetime) -> int:
    """A positive 63-bit id that sorts by time: 41 bits of milliseconds, 10 of process, 12 of counter.

    The counter starts anywhere, so two processes of the same 10 bits meet only in the same
    millisecond and count. Times before 2010 share the lowest prefix. `at` is zone-aware.
    """
    milliseconds = max(0, int(at.timestamp() * 1000) - _EPOCH_MS) & ((1 << 41) - 1)
    with _lock:
        count = next(_counter) & 0xFFF
    return (milliseconds << 22) | (_process << 12) | count


def order_id(source_id: int, number: str) -> int:
    """The id of an order, the same on every machine: 63 bits of BLAKE2b over source and number.

    >>> order_id(1, "A-17") == order_id(1, "A-17")
    True
    >>> order_id(1, "A-17") == order_id(2, "A-17")
    False
    """
    digest = hashlib.blake2b(f"{source_id}\x1f{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") & ((1 << 63) - 1)
