"""The lot: chance that anybody can repeat, keyed by the stored number of the campaign."""

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def _key(campaign_id: int, purpose: str) -> bytes:
    return hashlib.blake2b(f"{purpose}\x1f{campaign_id}".encode(), digest_size=32).digest()


def tickets(customer_ids: Iterable[int], *, campaign_id: int) -> NDArray[np.uint64]:
    """One number of 64 bits for each customer: keyed BLAKE2b of campaign and customer (about 1 s for a million).

    >>> list(tickets([7, 8], campaign_id=1)) == [tickets([7], campaign_id=1)[0], tickets([8], campaign_id=1)[0]]
    True
    """
    key, blake2b = _key(campaign_id, "draw"), hashlib.blake2b
    drawn = b"".join(
        blake2b(int(customer_id).to_bytes(8, "little", signed=True), digest_size=8, key=key).digest()
        for customer_id in customer_ids
    )
    return np.frombuffer(drawn, dtype="<u8").astype(np.uint64)


def chances(campaign_id: int, purpose: str) -> np.random.SFC64:
    """A stream of raw 64-bit numbers; NumPy promises the raw streams of its bit generators for ever (NEP 19)."""
    return np.random.SFC64(int.from_bytes(_key(campaign_id, purpose)[:16], "little"))


def halves(stream: np.random.SFC64, count: int) -> NDArray[np.uint32]:
    """The next `count` numbers of 32 bits, the same on machines of either byte order."""
    raw = np.asarray(stream.random_raw((count + 1) // 2), dtype="<u8")
    return raw.view("<u4")[:count]
