"""Who enters and leaves a segment: it is counted now and then, and told against the counting before."""

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from django.db import transaction

from beizai.base.errors import BeizaiError
from beizai.customers.models import Customer
from beizai.segments import membership
from beizai.segments.models import Segment
from beizai.webhooks import endpoints, kinds
from beizai.webhooks.facts import Fact
from beizai.webhooks.models import SegmentRoll, WebhookEndpoint
from beizai.webhooks.writing import write

EVERY = timedelta(minutes=10)
_PIECE = 5_000
Numbers = npt.NDArray[np.int64]


def is_due(at: datetime) -> bool:
    """Whether some segment that is to be told of was not counted lately. One look where nobody asked for segments."""
    wanted = _wanted()
    if not wanted:
        return SegmentRoll.objects.exists()  # nobody asks any more: the rolls go
    fresh = set(SegmentRoll.objects.filter(counted_at__gt=at - EVERY).values_list("pk", flat=True))
    return bool(wanted.keys() - fresh)


def count(*, now: datetime, at: datetime) -> int:
    """Counts the segments that are due and writes down who entered and left; how many segments. `at` is the machine's time.

    The first counting of a segment is where it begins: nobody enters by it. A rule that cannot be counted now is left aside.
    """
    wanted = _wanted()
    SegmentRoll.objects.exclude(pk__in=wanted).delete()
    fresh = set(SegmentRoll.objects.filter(counted_at__gt=at - EVERY).values_list("pk", flat=True))
    counted = 0
    for segment_id in sorted(wanted.keys() - fresh):
        try:
            segment = membership.segment(segment_id)
            members = membership.members(segment_id, as_of=now)
        except BeizaiError:
            continue
        _enter(segment, np.sort(members).astype(np.int64), wanted[segment_id], now, at)
        counted += 1
    return counted


def _wanted() -> dict[int, list[WebhookEndpoint]]:
    """The segments to be told of, with who is told."""
    found: dict[int, list[WebhookEndpoint]] = {}
    asking = [one for one in endpoints.on() if {kinds.ENTERED, kinds.LEFT} & set(one.kinds)]
    if not asking:
        return found
    there = set(Segment.objects.filter(current_version__gt=0).values_list("pk", flat=True))
    for endpoint in asking:
        for segment_id in there & set(endpoint.segments) if endpoint.segments else there:
            found.setdefault(segment_id, []).append(endpoint)
    return found


def _enter(
    segment: Segment, members: Numbers, told: Sequence[WebhookEndpoint], now: datetime, at: datetime
) -> None:
    """The new roll and what it says against the old one, in one transaction."""
    with transaction.atomic():
        old = SegmentRoll.objects.select_for_update().filter(pk=segment.pk).first()
        roll = SegmentRoll(
            segment_id=segment.pk,
            version=segment.current_version,
            number=old.number + 1 if old else 1,
            members=packed(members),
            counted_at=at,
        )
        roll.save()
        if old is not None:
            facts = list(_moved(segment, old, roll, now))
            for endpoint in told:
                write(endpoint, facts, now=now, at=at)


def _moved(segment: Segment, old: SegmentRoll, roll: SegmentRoll, now: datetime) -> Iterator[Fact]:
    because = "people" if old.version == roll.version else "rule"
    before, after = unpacked(bytes(old.members)), unpacked(bytes(roll.members))
    entered, left = np.setdiff1d(after, before), np.setdiff1d(before, after)
    for kind, numbers in ((kinds.ENTERED, entered.tolist()), (kinds.LEFT, _in_book(left.tolist()))):
        for place in range(0, len(numbers), kinds.SET_SIZE):
            some = numbers[place : place + kinds.SET_SIZE]
            data = {
                "segment_id": segment.pk,
                "segment": segment.name,
                "version": roll.version,
                "because": because,
                "customer_ids": some,
            }
            yield Fact(f"{kind}:{segment.pk}:{roll.number}:{some[0]}", kind, now, None, data)


def _in_book(numbers: list[int]) -> list[int]:
    """Those still in the book: who was erased did not leave a segment."""
    found: list[int] = []
    for place in range(0, len(numbers), _PIECE):
        piece = Customer.objects.filter(pk__in=numbers[place : place + _PIECE]).order_by("pk")
        found.extend(piece.values_list("pk", flat=True))
    return found


def packed(numbers: Numbers) -> bytes:
    """Rising numbers in few bytes: their steps, compressed.

    >>> unpacked(packed(np.array([3, 4, 90], np.int64))).tolist()
    [3, 4, 90]
    """
    return zlib.compress(np.diff(numbers, prepend=np.int64(0)).astype("<i8").tobytes(), 1)


def unpacked(raw: bytes) -> Numbers:
    """The numbers again."""
    return np.cumsum(np.frombuffer(zlib.decompress(raw), "<i8")).astype(np.int64)
