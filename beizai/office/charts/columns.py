"""How answers are spread: a column for each value, as high as it was chosen often."""

from collections.abc import Sequence

from beizai.office.charts.drawing import Chart, Shape, Word


def columns(
    counts: Sequence[tuple[str, int]], *, label: str, mean: float | None = None, mean_words: str = ""
) -> Chart:
    """One column per (words, count), from left to right; `mean` is where the mean stands, 0 to 1 across the columns."""
    top = max((count for _words, count in counts), default=0) or 1
    wide = 100 / max(len(counts), 1)
    shapes = [Shape("M0 100H100", "k-axis", 1)]
    words = []
    for place, (name, count) in enumerate(counts):
        left, height = place * wide, 88 * count / top
        if count:
            shapes.append(Shape(_box(left + 0.12 * wide, 100 - height, 0.76 * wide, height), "f-blue"))
            words.append(Word(left + wide / 2, 100 - height - 11, str(count), "c", css="muted"))
        words.append(Word(left + wide / 2, 104, name, "c"))
    if mean is not None:
        shapes.append(Shape(f"M{100 * mean:.2f} 0V100", "k-ochre", 2, "3 3"))
        words.append(Word(100 * mean, -10, mean_words, "rt" if mean > 0.6 else "", css="t-ochre"))
    return Chart(tuple(shapes), tuple(words), "h150", label)


def _box(left: float, top: float, width: float, height: float) -> str:
    return f"M{left:.2f} {top:.2f}h{width:.2f}v{height:.2f}h-{width:.2f}Z"
