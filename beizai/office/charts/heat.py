"""Heat: which step of the ramp a cell of a table gets, by its mean."""

from collections.abc import Sequence

STEPS = 6


def levels(means: Sequence[float | None]) -> list[int]:
    """The step 0 to 5 of each mean by its rank among those there are; equal means get equal steps, an empty cell 0.

    >>> levels([10.0, None, 30.0, 20.0])
    [0, 0, 5, 2]
    """
    known = sorted({mean for mean in means if mean is not None})
    top = max(len(known) - 1, 1)
    step = {mean: rank * (STEPS - 1) // top for rank, mean in enumerate(known)}
    return [0 if mean is None else step[mean] for mean in means]
