"""Who brings the sales: the curve from the best customer on, with the top fifth filled and named."""

import itertools
from collections.abc import Sequence

from beizai.office.charts.drawing import Chart, Point, Shape, Word, area, dot, trace

TOP = 0.2


def lorenz(
    curve: Sequence[Point],
    *,
    top: str,
    top_below: str,
    half: str,
    alike: str,
    fifth: str,
    across: str,
    up: str,
    label: str,
) -> Chart:
    """The curve of (share of customers, share of sales), both 0 to 1. The words come ready: `half` is what half of the
    customers bring, `alike` names the line if all spent the same, `fifth` the place of the top fifth, `across` and `up` the axes."""
    points = [(100 * x, 100 - 100 * y) for x, y in curve]
    top_y = height_at(points, 100 * TOP)
    half_y = height_at(points, 50)
    best = [*(point for point in points if point[0] < 100 * TOP), (100 * TOP, top_y)]
    shapes = (
        Shape("M0 0V100H100", "k-axis", 1),
        Shape("M0 100L100 0", "k-axis", 1, "3 4"),
        Shape(area(best, [(0, 100), (100 * TOP, 100)]), "a-blue"),
        Shape(trace(points), "k-blue", 2.5),
        Shape(f"M20 100V{top_y:.2f}H0", "k-ink", 1, "2 3"),
        dot(20, top_y, "k-blue", 11),
        dot(50, half_y, "k-blue", 8),
    )
    words = (
        Word(22, top_y + 4, top, strong=True, below=top_below),
        Word(52, half_y + 6, half),
        Word(100, 58, alike, "rt", css="muted"),
        Word(0, 102, "0"),
        Word(20, 102, fifth, "c"),
        Word(100, 102, across, "rt"),
        Word(0, -8, up),
    )
    return Chart(shapes, words, "h320", label)


def height_at(points: Sequence[Point], x: float) -> float:
    """The height of the line through the points at x (between two points on the straight line)."""
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x0 <= x <= x1 and x1 > x0:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1] if points else 100.0
