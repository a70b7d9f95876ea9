"""Who brings the sales: the curve from the best customer on, as it is and not as 80/20 has it.

(Lorenz 1905; Gini 1914. In four public data sets the top fifth brings 54 to 75 % of the sales.)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
BANDS = (15, 35, 50)  # per cent of the customers, from the best on
CURVE_POINTS = 100


@dataclass(frozen=True)
class Pyramid:
    """The curve and what is read off it. Shares are of all sales, between 0 and 1; None where there were no sales.

    `curve` holds (share of customers, share of sales) from (0, 0) to (1, 1), the best customers first.
    `bands` holds, for the best 15 %, the next 35 % and the last 50 %, (customers, share of sales).
    `needed_for_80` is the share of the customers that brings 80 % of the sales.
    """

    customers: int
    total_minor: int
    top_fifth: float | None
    gini: float | None
    bands: tuple[tuple[int, float | None], ...]
    needed_for_80: float | None
    needed_for_80_customers: int | None
    curve: tuple[tuple[float, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data, for JSON."""
        return {
            "customers": self.customers,
            "total_minor": self.total_minor,
            "top_fifth": self.top_fifth,
            "gini": self.gini,
            "bands": [
                {"percent": percent, "customers": count, "share": share}
                for percent, (count, share) in zip(BANDS, self.bands, strict=True)
            ],
            "needed_for_80": self.needed_for_80,
            "needed_for_80_customers": self.needed_for_80_customers,
            "curve": [list(point) for point in self.curve],
        }


def pyramid(spent_minor: Whole) -> Pyramid:
    """The pyramid of these customers, by what each spent (integers; any order).

    Whoever brought nothing or less (more returned than bought in the period) counts as a customer who brought 0:
    a negative share of the sales would bend the curve over its end.
    """
    best_first = np.sort(np.maximum(spent_minor.astype(np.int64), 0))[::-1]
    total = int(best_first.sum())
    running = np.concatenate(([0], np.cumsum(best_first)))
    count = len(best_first)
    if not total:
        return Pyramid(count, 0, None, None, tuple((size, None) for size in _sizes(count)), None, None, ())
    needed = int(np.searchsorted(running * 10, total * 8, side="left"))
    return Pyramid(
        customers=count,
        total_minor=total,
        top_fifth=top_share(best_first, 20),
        gini=_gini(best_first, total),
        bands=_bands(running, total, count),
        needed_for_80=needed / count,
        needed_for_80_customers=needed,
        curve=_curve(running, total, count),
    )


def top_share(spent_minor: Whole, percent: int) -> float:
    """The share of the sales that the best `percent` of the customers bring (rounded up to whole customers).

    >>> top_share(np.array([80, 5, 5, 5, 5]), 20)
    0.8
    """
    best_first = np.sort(spent_minor)[::-1]
    size = _part(len(best_first), percent)
    return int(best_first[:size].sum()) / int(best_first.sum())


def half_bringers(spent_minor: Whole, *, share_permille: int = 500) -> int | None:
    """The spending at which key accounts begin: the best customers who together bring this share of the sales.

    The smallest value v such that everyone from v on brings the share; equal spenders stand together. None without sales.

    >>> half_bringers(np.array([60, 20, 10, 10]))
    60
    """
    best_first = np.sort(np.maximum(spent_minor.astype(np.int64), 0))[::-1]
    running = np.cumsum(best_first)
    if not len(running) or not running[-1]:
        return None
    place = int(np.searchsorted(running * 1000, int(running[-1]) * share_permille, side="left"))
    return int(best_first[place])


def _part(count: int, percent: int) -> int:
    return -(-count * percent // 100)


def _sizes(count: int) -> tuple[int, int, int]:
    top = _part(count, BANDS[0])
    middle = _part(count, BANDS[0] + BANDS[1]) - top
    return top, middle, count - top - middle


def _bands(running: Whole, total: int, count: int) -> tuple[tuple[int, float | None], ...]:
    bands: list[tuple[int, float | None]] = []
    start = 0
    for size in _sizes(count):
        bands.append((size, int(running[start + size] - running[start]) / total))
        start += size
    return tuple(bands)


def _gini(best_first: Whole, total: int) -> float:
    """Half the relative mean difference: 0 if all spend alike, towards 1 if one brings everything."""
    count = len(best_first)
    rank = np.arange(1, count + 1, dtype=np.float64)  # 1 = the best
    return float(count + 1 - 2 * np.dot(rank, best_first.astype(np.float64)) / total) / count


def _curve(running: Whole, total: int, count: int) -> tuple[tuple[float, float], ...]:
    steps = np.unique(np.round(np.linspace(0, count, min(count, CURVE_POINTS) + 1)).astype(np.int64))
    return tuple((int(step) / count, int(running[step]) / total) for step in steps)
