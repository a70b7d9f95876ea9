"""Looking early: whether a campaign watched day by day may already be judged, without fooling oneself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beizai.base.errors import Invalid
from beizai.experiments.evidence import Comparison
from beizai.experiments.interval import family
from beizai.experiments.replay import Floats, design, replay


@dataclass(frozen=True, slots=True)
class Look:
    """What one look says: its statistic, the cut it had to pass, and whether it did at this look."""

    statistic: float
    cut: float  # infinite while nothing may be said yet
    fired: bool


def looks(
    groups: Comparison,
    outcome_by_look: Floats,
    times: Sequence[float],
    *,
    campaign_id: int,
    theta: float = 0.0,
    permutations: int = 1999,
    alpha: float = 0.05,
) -> list[Look]:
    """Permutation alpha-spending: `outcome_by_look` (people by rising id, looks) adds up to each look.

    `times` are the looks as fractions of the planned window, rising, up to 1. At time t so many draws are cut, the
    largest |T| first, that alpha t^2 of all are gone; draws cut stay out; the campaign is judged at the first look
    at which the real one is cut, and the list ends there. Uses only what is known at each look.
    """
    if outcome_by_look.shape != (groups.customer_ids.size, len(times)):
        raise Invalid("The outcomes do not have one column for each look and one row for each customer.")
    expected = theta * np.outer(groups.past_minor, np.asarray(times))
    drawn = np.abs(
        _statistics(groups, expected, outcome_by_look, campaign_id=campaign_id, permutations=permutations)
    )
    alive = np.ones(permutations + 1, dtype=np.bool_)  # place 0 is the real draw
    found: list[Look] = []
    for drawn_here, time in zip(drawn.T, times, strict=True):
        gone = int(alpha * time * time * alive.size + 1e-9)
        found.append(_look(drawn_here, alive, gone - int((~alive).sum())))
        if found[-1].fired:
            break
    return found


def _look(drawn: Floats, alive: NDArray[np.bool_], spend: int) -> Look:
    if spend <= 0:
        return Look(float(drawn[0]), np.inf, False)
    living = np.flatnonzero(alive)
    in_turn = living[np.lexsort((living == 0, -np.round(drawn[living], 9)))]  # the real one last among equals
    alive[in_turn[:spend]] = False
    return Look(float(drawn[0]), float(drawn[in_turn[spend - 1]]), not alive[0])


def _statistics(
    groups: Comparison, expected: Floats, outcome: Floats, *, campaign_id: int, permutations: int
) -> Floats:
    how, count = design(groups.block, groups.treated), outcome.shape[1]
    squares = [(look, look) for look in range(count)]
    again = replay(how, outcome - expected, squares, campaign_id=campaign_id, permutations=permutations)
    each = (family(again, how, (look, look), (count + look,) * 3) for look in range(count))
    return np.column_stack([one.statistic(0.0) for one in each])
