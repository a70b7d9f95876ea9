"""A chart as data: shapes on a field of 100 by 100, and words placed over it in per cent.

The field is stretched to whatever room the page has; lines keep their width and words their size. Places of words are
whole per cents, because the style sheet has one class for each (the page's policy allows no style attributes).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """A path with its look; `css` names the ink, `width` the line's breadth in pixels (None: filled)."""

    path: str
    css: str
    width: float | None = None
    dash: str = ""


@dataclass(frozen=True)
class Word:
    """Words at a place. `anchor`: "" begins there, "c" centred, "rt" ends there, "l" and "r" the same but level with it."""

    x: float
    y: float
    text: str
    anchor: str = ""
    css: str = ""
    strong: bool = False
    below: str = ""


@dataclass(frozen=True)
class Chart:
    """What is drawn, how high, and what a screen reader hears instead of the picture."""

    shapes: tuple[Shape, ...]
    words: tuple[Word, ...]
    height: str = "h260"
    label: str = ""


def trace(points: Iterable[Point]) -> str:
    """A path through the points.

    >>> trace([(0, 100), (50, 20)])
    'M0 100L50 20'
    """
    return "M" + "L".join(f"{x:.2f} {y:.2f}".replace(".00", "") for x, y in points)


def area(upper: Sequence[Point], lower: Sequence[Point]) -> str:
    """The closed path between two lines."""
    return trace([*upper, *reversed(lower)]) + "Z"


def dot(x: float, y: float, css: str, size: float = 9) -> Shape:
    """A dot: a stroke of no length with round ends, so that stretching leaves it round."""
    return Shape(f"M{x:.2f} {y:.2f}h.01", css, size)


def render(chart: Chart) -> SafeString:
    """The figure as HTML, without any style attribute."""
    shapes = format_html_join("", '<path class="{}" d="{}"{}{}/>', (_shape(shape) for shape in chart.shapes))
    words = format_html_join("", "{}", ((_word(word),) for word in chart.words))
    spoken = format_html(' role="img" aria-label="{}"', chart.label) if chart.label else ""
    return format_html(
        '<figure class="chart {}"{}><svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{}</svg>{}</figure>',
        chart.height,
        spoken,
        shapes,
        words,
    )


def _shape(shape: Shape) -> tuple[str, str, SafeString | str, SafeString | str]:
    if shape.width is None:
        return f"fill {shape.css}", shape.path, "", ""
    dash = format_html(' stroke-dasharray="{}"', shape.dash) if shape.dash else ""
    return shape.css, shape.path, format_html(' stroke-width="{}"', f"{shape.width:g}"), dash


def _word(word: Word) -> SafeString:
    said = format_html('<b class="{}">{}</b>', word.css, word.text) if word.strong else word.text
    more = format_html("<br>{}", word.below) if word.below else ""
    css = " ".join(
        part
        for part in (word.anchor, word.css, f"x{_place(word.x, 0, 100)}", f"y{_place(word.y, -20, 120)}")
        if part
    )
    return format_html('<span class="{}">{}{}</span>', css, said, more)


def _place(value: float, low: int, high: int) -> int:
    return min(max(round(value), low), high)
