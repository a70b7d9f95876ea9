"""The draw: who is left alone by lot, so that we know what the campaign earned."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from beizai.base.errors import Invalid
from beizai.experiments import lot

OUTSIDE = -1
"""The block number of those who are written to without having taken part in the draw."""

Share = Fraction | float


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """What the lot said, one place for each customer, by rising id. Stored at approval, never drawn again."""

    customer_ids: NDArray[np.int64]
    block: NDArray[np.int32]  # 0 is the block of the biggest spenders; OUTSIDE = not in the draw
    held_out: NDArray[np.bool_]

    def held_out_ids(self) -> frozenset[int]:
        return frozenset(self.customer_ids[self.held_out].tolist())

    def treated_ids(self) -> frozenset[int]:
        """Written to and compared with those left alone."""
        return frozenset(self.customer_ids[~self.held_out & (self.block != OUTSIDE)].tolist())

    def outside_ids(self) -> frozenset[int]:
        """Written to, but in no comparison: they could not have been left alone."""
        return frozenset(self.customer_ids[self.block == OUTSIDE].tolist())


def draw(
    customer_ids: ArrayLike,
    past_minor: ArrayLike,
    *,
    campaign_id: int,
    share: Share,
    spared: Set[int] = frozenset(),
) -> Draw:
    """Leave one customer of each block alone, by lot.

    Customers sorted by past spending, the most first (ties by id), are cut into as many blocks as people are to
    be left alone, all of 1/share customers (sizes differ by one at most). Inside a block the one with the lowest
    ticket is left alone. `spared` (left out twice in a row already) take no part: they stand OUTSIDE, are written to,
    and the profit made on them is never claimed. With share 0, or fewer than two customers, everybody is outside.
    Row order does not matter. Invalid for a share outside 0 to 1/2 or an id given twice.
    """
    ids, past = np.asarray(customer_ids, dtype=np.int64), np.asarray(past_minor, dtype=np.float64)
    if ids.shape != past.shape:
        raise Invalid("Past spending is not given for every customer to draw from.")
    by_id = np.argsort(ids, kind="stable")
    ids, past = ids[by_id], past[by_id]
    if np.any(np.diff(ids) == 0):
        raise Invalid("A customer stands twice in the list to draw from.")
    block = np.full(ids.size, OUTSIDE, dtype=np.int32)
    held_out = np.zeros(ids.size, dtype=np.bool_)
    rows = np.flatnonzero(~np.isin(ids, np.fromiter(spared, np.int64, len(spared))))
    people = held_out_count(rows.size, share)
    if people:
        rows = rows[np.lexsort((ids[rows], -past[rows]))]
        block[rows] = np.arange(rows.size, dtype=np.int64) * people // rows.size
        drawn = lot.tickets(ids[rows].tolist(), campaign_id=campaign_id)
        in_turn = rows[np.lexsort((ids[rows], drawn, block[rows]))]
        held_out[in_turn[np.flatnonzero(np.diff(block[in_turn], prepend=OUTSIDE))]] = True
    return Draw(ids, block, held_out)


def holdout(
    past_minor: Mapping[int, int], *, campaign_id: int, share: Share, spared: Set[int] = frozenset()
) -> frozenset[int]:
    """Who is left alone, as a set of customer ids; `draw` says also in which block everybody stood.

    >>> len(holdout({1: 500, 2: 0, 3: 40, 4: 75, 5: 0, 6: 9}, campaign_id=3, share=Fraction(1, 3)))
    2
    """
    ids = list(past_minor)
    found = draw(ids, [past_minor[i] for i in ids], campaign_id=campaign_id, share=share, spared=spared)
    return found.held_out_ids()


def held_out_count(people: int, share: Share) -> int:
    """How many of so many are left alone: the nearest whole number, at least one, at most half of them.

    >>> held_out_count(80, 0.2), held_out_count(7, 0.5), held_out_count(3, 0.1), held_out_count(9, 0)
    (16, 3, 1, 0)
    """
    exact = Fraction(share).limit_denominator(1000)
    if not 0 <= exact <= Fraction(1, 2):
        raise Invalid(
            "A share of {share:.0%} cannot be left alone.",
            hint="Leave between 0% and 50% alone: more than half tells no more.",
            share=float(share),
        )
    if exact == 0 or people < 2:
        return 0
    return min(max(1, int(people * exact + Fraction(1, 2))), people // 2)
