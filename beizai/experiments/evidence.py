"""The evidence of one campaign: both groups as the lot made them, and what all other draws would have shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from beizai.base.errors import Invalid
from beizai.experiments.draw import OUTSIDE
from beizai.experiments.interval import Family, families
from beizai.experiments.replay import Floats, design


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One place for each customer who took part in the draw, by rising id, money in minor units.

    `outcome_minor`: contribution in the window fixed beforehand (margin less discounts used, returns taken off, without
    the cost of contact) of everybody assigned, delivered or not. `past_minor`: the same over the history before.
    """

    customer_ids: NDArray[np.int64]
    block: NDArray[np.int32]
    treated: NDArray[np.bool_]
    outcome_minor: Floats
    past_minor: Floats

    @classmethod
    def of(
        cls,
        customer_ids: ArrayLike,
        *,
        block: ArrayLike,
        treated: ArrayLike,
        outcome_minor: ArrayLike,
        past_minor: ArrayLike,
    ) -> "Comparison":
        """The comparison from rows in any order; Invalid where somebody stands twice or took no part in the draw."""
        ids, blocks = np.asarray(customer_ids, dtype=np.int64), np.asarray(block, dtype=np.int32)
        written_to = np.asarray(treated, dtype=np.bool_)
        outcome, past = np.asarray(outcome_minor, dtype=np.float64), np.asarray(past_minor, dtype=np.float64)
        if any(column.shape != ids.shape for column in (blocks, written_to, outcome, past)):
            raise Invalid("The columns of a comparison are not of one length.")
        by_id = np.argsort(ids, kind="stable")
        if np.any(np.diff(ids[by_id]) == 0) or np.any(blocks == OUTSIDE):
            raise Invalid("Somebody stands twice in the comparison, or took no part in the draw.")
        return cls(ids[by_id], blocks[by_id], written_to[by_id], outcome[by_id], past[by_id])

    def difference(self, values: Floats) -> float:
        """How much more the treated have together than those left alone, who each stand for the treated of their block.

        Linear in the values, so that the parts of a profit add up to it. 0 where one group is empty.
        """
        if not self.treated.any() or self.treated.all():
            return 0.0
        treated, alone = (np.bincount(self.block, group) for group in (self.treated, ~self.treated))
        stand_for = np.divide(treated, alone, out=np.zeros_like(treated), where=alone > 0)
        return float(values[self.treated].sum() - (stand_for[self.block] * values)[~self.treated].sum())


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that a verdict or a year's total needs of a campaign; nothing in it names a person."""

    treated: int
    held_out: int
    buyers_treated: int
    buyers_held_out: int
    cost_minor: float
    mean_treated_minor: float
    effect_minor: float | None  # a head, before the cost; None where one group is empty
    shift: Family | None  # None where a group is too small to vary
    proportion: Family | None

    @property
    def buyers(self) -> int:
        """Of the group with fewer of them."""
        return min(self.buyers_treated, self.buyers_held_out)

    @property
    def permutations(self) -> int:
        return 0 if self.shift is None else self.shift.difference.shape[0] - 1

    def families_packed(self) -> bytes:
        """Both families as bytes, to be kept (10 numbers of 64 bits for each draw)."""
        if self.shift is None or self.proportion is None:
            return b""
        parts = [
            self.shift.difference,
            self.shift.variance,
            self.proportion.difference,
            self.proportion.variance,
        ]
        return np.hstack(parts).astype("<f8").tobytes()


def families_unpacked(packed: bytes) -> tuple[Family | None, Family | None]:
    """The opposite of `families_packed`."""
    if not packed:
        return None, None
    kept = np.frombuffer(packed, dtype="<f8").reshape(-1, 10).astype(np.float64)
    return Family(kept[:, :2], kept[:, 2:5]), Family(kept[:, 5:7], kept[:, 7:])


def evidence(
    groups: Comparison,
    *,
    campaign_id: int,
    theta: float = 0.0,
    cost_minor: float = 0.0,
    permutations: int | None = None,
) -> Evidence:
    """Make the campaign's draw again 1,999 times (999 from 10,000 customers on), keyed by the campaign.

    `theta`: see `history.carry_over`. `cost_minor`: the whole known cost, contacts and fixed.
    """
    treated, alone = groups.treated, ~groups.treated
    bought = groups.outcome_minor != 0
    expected = theta * groups.past_minor
    rest = groups.outcome_minor - expected
    both = bool(treated.any() and alone.any())
    shift = proportion = None
    effect = float(rest[treated].mean() - rest[alone].mean()) if both else None
    how = design(groups.block, treated) if both else None
    if how and (how.in_blocks or min(how.alone.size, how.treated) > 1):
        draws = permutations or (1999 if treated.size < 10_000 else 999)
        shift, proportion = families(
            groups.outcome_minor, expected, treated, how, campaign_id=campaign_id, permutations=draws
        )
        effect = float(shift.difference[0, 0])
    return Evidence(
        treated=int(treated.sum()),
        held_out=int(alone.sum()),
        buyers_treated=int((bought & treated).sum()),
        buyers_held_out=int((bought & alone).sum()),
        cost_minor=cost_minor,
        mean_treated_minor=float(groups.outcome_minor[treated].mean()) if treated.any() else 0.0,
        effect_minor=effect,
        shift=shift,
        proportion=proportion,
    )
