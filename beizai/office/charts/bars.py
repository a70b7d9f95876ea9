"""Bars as places in whole per cent: tiers as two mirrored bars, and the steps by which a profit adds up."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A share and the breadth of its bar in per cent of the room."""

    share: float
    width: int


@dataclass(frozen=True)
class Step:
    """One step of a waterfall: its amount, and where its bar begins and how wide it is, in per cent."""

    amount: float
    start: int
    width: int
    total: bool


def mirrored(left: Sequence[float], right: Sequence[float], *, room: int = 74) -> tuple[tuple[Bar, Bar], ...]:
    """Two rows of shares as bars on one scale (the longest fills `room`); a share above nothing is never without a bar.

    >>> mirrored([0.1, 0.9], [0.6, 0.4])[0]
    (Bar(share=0.1, width=8), Bar(share=0.6, width=49))
    """
    most = max([*left, *right, 1e-9])
    return tuple((_bar(a, most, room), _bar(z, most, room)) for a, z in zip(left, right, strict=True))


def _bar(share: float, most: float, room: int) -> Bar:
    return Bar(share, max(round(room * share / most), 1) if share > 0 else 0)


def waterfall(amounts: Sequence[float]) -> tuple[Step, ...]:
    """The steps of a sum and its total, each bar beginning where the one before ended; below zero goes left of it.

    >>> [(step.start, step.width) for step in waterfall([100, -40])]
    [(0, 100), (60, 40), (0, 60)]
    """
    running = [0.0]
    for amount in amounts:
        running.append(running[-1] + amount)
    low, high = min(running), max(running)
    reach = (high - low) or 1.0
    spans = [*itertools.pairwise(running), (0.0, running[-1])]
    steps = [_step(start, end, low, reach) for start, end in spans]
    return tuple(
        Step(end - start, place, width, number == len(amounts))
        for number, ((start, end), (place, width)) in enumerate(zip(spans, steps, strict=True))
    )


def _step(start: float, end: float, low: float, reach: float) -> tuple[int, int]:
    left, right = sorted((round(100 * (start - low) / reach), round(100 * (end - low) / reach)))
    return min(left, 99), max(right - left, 1)
