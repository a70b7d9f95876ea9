"""When a delivery is tried again, when an endpoint is left in peace for a while, and when it is given up."""

import hashlib
from datetime import datetime, timedelta

_DELAYS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)  # with the first attempt ten in 75 hours, as the specification proposes
_JITTER = 0.2
_LONGEST_WISH = timedelta(hours=24)
_RESTS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))
_REST_AFTER = 3  # failures in a row
_OFF_AFTER = timedelta(days=3)
_OFF_FAILURES = 10


def next_try(
    delivery_id: int, tries: int, at: datetime, *, wished_seconds: int | None = None
) -> datetime | None:
    """When a delivery that failed for the `tries`th time is tried again; None: it is given up.

    Later by up to a fifth, a share fixed by its number, so that what failed together does not come back together;
    never before the receiver wished (at most a day).
    """
    if tries > len(_DELAYS):
        return None
    delay = _DELAYS[tries - 1] * (1 + _JITTER * _share(delivery_id, tries))
    wished = min(timedelta(seconds=wished_seconds or 0), _LONGEST_WISH)
    return at + max(delay, wished)


def rests_until(failures: int, at: datetime, *, wished_seconds: int | None = None) -> datetime | None:
    """Until when nothing is sent to an endpoint that could not take anything `failures` times in a row."""
    wished = min(timedelta(seconds=wished_seconds or 0), _LONGEST_WISH)
    place = failures - _REST_AFTER
    rest = _RESTS[min(place, len(_RESTS) - 1)] if place >= 0 else timedelta(0)
    return at + max(rest, wished) if max(rest, wished) else None


def is_lost(failures: int, failing_since: datetime, at: datetime) -> bool:
    """Whether an endpoint took nothing for so long that it is switched off."""
    return failures >= _OFF_FAILURES and at - failing_since >= _OFF_AFTER


def _share(delivery_id: int, tries: int) -> float:
    digest = hashlib.blake2b(f"{delivery_id}:{tries}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32
