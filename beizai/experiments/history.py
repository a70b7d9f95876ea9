"""What the book's own past says about the next weeks: how much of a customer's past spending comes back."""

import numpy as np
from numpy.typing import ArrayLike

HISTORY_DAYS = 182
"""Twenty-six weeks: the past that a customer's spending is compared with."""


def carry_over(
    window_minor: ArrayLike, history_minor: ArrayLike, *, window_days: int, history_days: int = HISTORY_DAYS
) -> float:
    """theta: contribution to expect in a window for each unit of contribution in the history before it.

    Learnt by least squares from the window just before the campaign (`window_days` long) on the `history_days`
    before that, the same customers; kept between 0 and window/history. Never learnt from the outcome, so that the
    permutation test stays exact (the idea is CUPED: Deng, Xu, Kohavi, Walker 2013). 0 where nothing can be learnt.

    >>> carry_over([10, 20, 30], [160, 320, 480], window_days=28)
    0.0625
    """
    y, x = np.asarray(window_minor, dtype=np.float64), np.asarray(history_minor, dtype=np.float64)
    x = x - x.mean() if x.size else x
    spread = float(x @ x)
    slope = float(x @ y) / spread if spread > 0 else 0.0
    return min(max(slope, 0.0), window_days / history_days)
