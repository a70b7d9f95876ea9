"""How lately, how often, how much: R, F and M in fifths.

Definition, the same on every engine. Among n buyers a value v stands in fifth 1 + #{k in 1..4: v > x(ceil(k n / 5))},
where x(i) is the i-th smallest value: an order statistic, no interpolation and no rank to break. Equal values
therefore always share a fifth, and with many equal values some fifths stay empty.
R counts the last purchase day (later is better), F the purchase days and M the net money of the last 365 days.
(Recency, frequency, monetary: Cullinan 1977; Hughes, Strategic Database Marketing, 1994, who ranks instead.)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
FIFTHS = 5


def cuts(values: Whole) -> tuple[int, ...]:
    """The four values that part the fifths; none where nobody has bought.

    >>> cuts(np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
    (2, 4, 6, 8)
    """
    count = len(values)
    if not count:
        return ()
    places = [-(-step * count // FIFTHS) - 1 for step in range(1, FIFTHS)]
    parted = np.partition(values, places)
    return tuple(int(parted[place]) for place in places)


def fifth(value: int, parting: Sequence[int]) -> int:
    """The fifth of one value: 5 is the best.

    >>> fifth(9, (2, 4, 6, 8)), fifth(2, (2, 4, 6, 8))
    (5, 1)
    """
    return 1 + sum(value > cut for cut in parting)


def fifths(values: Whole, parting: Sequence[int]) -> npt.NDArray[np.int8]:
    """The fifth of each value."""
    return (1 + np.searchsorted(np.asarray(parting, dtype=np.int64), values, side="left")).astype(np.int8)


@dataclass(frozen=True)
class Cell:
    """One cell of the grid: how many customers stand there and what each spent on average."""

    r: int
    f: int
    customers: int
    spent_minor: int

    @property
    def mean_minor(self) -> float | None:
        return self.spent_minor / self.customers if self.customers else None


def grid(r: npt.NDArray[np.int8], f: npt.NDArray[np.int8], spent_minor: Whole) -> tuple[Cell, ...]:
    """The 25 cells, the best recency first, each row from rare to frequent. Sums are exact integers."""
    place = (r.astype(np.int64) - 1) * FIFTHS + (f.astype(np.int64) - 1)
    customers = np.bincount(place, minlength=FIFTHS * FIFTHS)
    spent = np.zeros(FIFTHS * FIFTHS, dtype=np.int64)
    np.add.at(spent, place, spent_minor)
    return tuple(_cells(customers, spent))


def _cells(customers: Whole, spent: Whole) -> Iterable[Cell]:
    for r in range(FIFTHS, 0, -1):
        for f in range(1, FIFTHS + 1):
            at = (r - 1) * FIFTHS + f - 1
            yield Cell(r, f, int(customers[at]), int(spent[at]))
