"""Those written to beside those left alone, day by day, each with the band in which the true average lies."""

from collections.abc import Sequence
from dataclasses import dataclass

from beizai.office.charts.drawing import Chart, Shape, Word, area, dot, trace
from beizai.office.charts.scale import Scale, rounds

_RIGHT = 77.0  # the words at the lines' ends stand in the rest
_APART = 17.0


@dataclass(frozen=True)
class Line:
    """One group: its average on each day from the first on, and the band around it; `said` is the last value in words."""

    values: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    said: str
    name: str


def curves(
    treated: Line,
    alone: Line,
    *,
    ticks: Sequence[tuple[float, str]],
    days: Sequence[tuple[float, str]],
    label: str,
) -> Chart:
    """Two lines with bands. `ticks` are (value, words) of the axis, `days` (share of the way 0 to 1, words) below it."""
    scale = Scale(_floor(treated, alone), _ceiling(treated, alone), 100, 0)
    shapes = [Shape(_grid(ticks, scale), "k-axis", 1)]
    for line, fill in ((alone, "a-grey"), (treated, "a-blue")):
        shapes.append(Shape(area(_points(line.high, scale), _points(line.low, scale)), fill))
    shapes.append(Shape(trace(_points(alone.values, scale)), "k-grey", 2, "5 4"))
    shapes.append(Shape(trace(_points(treated.values, scale)), "k-blue", 2.5))
    ends = [scale.at(line.values[-1]) for line in (treated, alone)]
    shapes += [dot(_RIGHT, ends[0], "k-blue", 8), dot(_RIGHT, ends[1], "k-grey", 8)]
    upper, lower = _apart(ends[0], ends[1])
    words = [
        Word(_RIGHT + 2, upper, treated.said, "l", "t-blue", strong=True, below=treated.name),
        Word(_RIGHT + 2, lower, alone.said, "l", "t-grey", strong=True, below=alone.name),
    ]
    words += [Word(0, scale.at(value) - 7, text) for value, text in ticks if value]
    words += [Word(_RIGHT * share, 102, text, _day_anchor(share)) for share, text in days]
    return Chart(tuple(shapes), tuple(words), "h260", label)


def tick_values(treated: Line, alone: Line) -> tuple[float, ...]:
    """The round values the axis may name."""
    return rounds(_ceiling(treated, alone))


def _points(values: Sequence[float], scale: Scale) -> list[tuple[float, float]]:
    last = max(len(values) - 1, 1)
    return [(_RIGHT * number / last, scale.at(value)) for number, value in enumerate(values)]


def _grid(ticks: Sequence[tuple[float, str]], scale: Scale) -> str:
    return "".join(
        f"M0 {scale.at(value):.2f}H{_RIGHT:g}" for value in (0.0, *(value for value, _text in ticks))
    )


def _floor(treated: Line, alone: Line) -> float:
    return min(0.0, *treated.low, *alone.low)


def _ceiling(treated: Line, alone: Line) -> float:
    return max(*treated.high, *alone.high, 1e-09) * 1.05


def _apart(first: float, second: float) -> tuple[float, float]:
    """Two heights moved away from each other until their words no longer touch."""
    middle, gap = (first + second) / 2, _APART / 2
    if abs(first - second) >= _APART:
        return first, second
    middle = min(max(middle, gap + 4), 96 - gap)
    return (middle - gap, middle + gap) if first <= second else (middle + gap, middle - gap)


def _day_anchor(share: float) -> str:
    return "" if share < 0.1 else "c"
