"""Charts: plain shapes that stretch with the page, and words laid over them that never do."""

from beizai.office.charts.bars import Bar, Step, mirrored, waterfall
from beizai.office.charts.curves import Line, curves
from beizai.office.charts.density import Interval, density
from beizai.office.charts.drawing import Chart, Shape, Word, render
from beizai.office.charts.heat import levels
from beizai.office.charts.lorenz import lorenz

__all__ = [
    "Bar",
    "Chart",
    "Interval",
    "Line",
    "Shape",
    "Step",
    "Word",
    "curves",
    "density",
    "levels",
    "lorenz",
    "mirrored",
    "render",
    "waterfall",
]
