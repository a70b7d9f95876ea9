"""The profit as a picture: which profits fit what happened, the line between lost and earned always in view."""

import math
from dataclasses import dataclass

from beizai.office.charts.drawing import Chart, Point, Shape, Word, area
from beizai.office.charts.scale import Scale

_Z = 1.96
_NEAR = 17  # per cent of the width under which two labels would touch on a phone
_STEPS = 100


@dataclass(frozen=True)
class Interval:
    """What is drawn: the estimate with its limits (None: no limit can be given) and, if SIMULATED, the planted truth."""

    estimate: float
    low: float | None
    high: float | None
    planted: float | None = None


@dataclass(frozen=True)
class Said:
    """The words of the picture, ready for the reader."""

    estimate: str
    low: str
    high: str
    zero: str
    lost: str
    earned: str
    planted: str = ""
    label: str = ""


def density(found: Interval, said: Said) -> Chart:
    """A hill on each side of the estimate as wide as its limit says, the interval as a thick base, zero as a line.

    A side without a limit gets no hill: the base runs on to the edge of the picture.
    """
    scale = _scale(found)
    zero, middle = scale.at(0), scale.at(found.estimate)
    low = scale.at(found.low) if found.low is not None else 0.0
    high = scale.at(found.high) if found.high is not None else 100.0
    hill = _hill(found, scale, (low, high))
    inside = [point for point in hill if low <= point[0] <= high]
    shapes = [
        Shape(area(hill, [(hill[0][0], 100), (hill[-1][0], 100)]), "a-grey"),
        Shape(area(inside, [(inside[0][0], 100), (inside[-1][0], 100)]), "a-blue2"),
        Shape("M0 100H100", "k-axis", 1),
        Shape(f"M{zero:.2f} 2V100", "k-ink", 1.5),
        Shape(f"M{middle:.2f} 14V100", "k-blue", 2),
        Shape(f"M{low:.2f} 100H{high:.2f}", "k-blue", 5),
    ]
    words = [
        Word(zero - 1, 6, said.lost, "r"),
        Word(zero + 1, 6, said.earned, "l"),
        *_base(scale, found, said),
    ]
    if found.planted is not None:
        at = scale.at(found.planted)
        shapes.append(Shape(f"M{at:.2f} 6V100", "k-ochre", 2, "3 3"))
        words.append(_planted_word(at, zero, said.planted))
    return Chart(tuple(shapes), tuple(words), "h150", said.label)


def _scale(found: Interval) -> Scale:
    """Wide enough for limits, truth and zero, with zero never nearer to an edge than a fifth."""
    known = [v for v in (found.estimate, found.low, found.high, found.planted, 0.0) if v is not None]
    low, high = min(known), max(known)
    reach = (high - low) or max(abs(high), 1.0)
    low, high = low - reach / 6, high + reach / 6
    low = min(low, -high / 4) if found.estimate >= 0 else low
    high = max(high, -low / 4) if found.estimate < 0 else high
    return Scale(low, high)


def _hill(found: Interval, scale: Scale, ends: tuple[float, float]) -> list[Point]:
    points = []
    for place in sorted({*map(float, range(_STEPS + 1)), *ends}):
        value = scale.low + (scale.high - scale.low) * place / 100
        limit = found.low if value < found.estimate else found.high
        points.append((place, 100 - 86 * _height(value, found.estimate, limit)))
    return points


def _height(value: float, centre: float, limit: float | None) -> float:
    if limit is None:
        return 0.0
    deviation = abs(limit - centre) / _Z
    away = min(abs(value - centre) / deviation, 40.0) if deviation else 40.0 * (value != centre)
    return math.exp(-0.5 * away**2)


def _base(scale: Scale, found: Interval, said: Said) -> list[Word]:
    """Limits and estimate under the base; the estimate goes a row lower where they would touch."""
    middle = scale.at(found.estimate)
    ends = [
        (scale.at(value), text)
        for value, text in ((found.low, said.low), (found.high, said.high))
        if value is not None
    ]
    narrow = len(ends) == 2 and ends[1][0] - ends[0][0] < _NEAR
    words = [
        Word(x, 104, text, _end_anchor(x, narrow=narrow, last=number == 1), strong=True)
        for number, (x, text) in enumerate(ends)
    ]
    crowded = any(abs(x - middle) < _NEAR for x, _text in ends)
    words.append(Word(middle, 119 if crowded else 104, said.estimate, "c", strong=True))
    if all(abs(scale.at(0) - x) >= _NEAR for x in (middle, *(x for x, _text in ends))):
        words.append(Word(scale.at(0), 104, said.zero, "c"))
    return words


def _end_anchor(x: float, *, narrow: bool, last: bool) -> str:
    """Apart from each other where the interval is narrow, else centred but for the edges."""
    if narrow:
        return "" if last else "rt"
    return "rt" if x > 88 else "" if x < 12 else "c"


def _planted_word(at: float, zero: float, text: str) -> Word:
    crowded = abs(at - zero) < 24
    return Word(
        at - 1 if at > 60 else at + 1, -8 if crowded else 6, text, "r" if at > 60 else "l", css="t-ochre"
    )
