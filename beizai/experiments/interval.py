"""The interval: every effect that the lot, drawn again, cannot rule out. The reasons: docs/concepts/incremental-profit.md."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beizai.experiments.replay import Design, Floats, Replayed, replay

_TIE = 1e-9
_HALVINGS = 24
_DOUBLINGS = 40
_LOG_LIMIT = 7.0
_LOG_STEP = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The studentised difference of every draw as a function of one number x; row 0 is the real draw.

    T(x) = (n0 + n1 x) / sqrt(v0 + v1 x + v2 x^2), so no draw is made twice however many x are tried.
    """

    difference: Floats  # (draws, 2)
    variance: Floats  # (draws, 3)

    def statistic(self, x: float) -> Floats:
        """T of every draw at x; infinite where the groups differ and nothing within them does."""
        difference = self.difference @ np.array([1.0, x])
        variance = self.variance @ np.array([1.0, x, x * x])
        floor = 1e-18 * float(np.max(difference * difference + np.abs(variance), initial=0.0))
        nothing = np.copysign(np.where(difference * difference > floor, np.inf, 0.0), difference)
        t: Floats = np.divide(
            difference, np.sqrt(np.maximum(variance, 0)), out=nothing, where=variance > floor
        )
        return t

    def p_values(self, x: float) -> tuple[float, float]:
        """One-sided p: as large as the real one by luck, and as small (ties count)."""
        drawn = self.statistic(x)
        real, others = drawn[0], drawn[1:]
        above = 1 + np.count_nonzero(others >= real - _TIE)
        below = 1 + np.count_nonzero(others <= real + _TIE)
        return above / drawn.size, below / drawn.size

    def standard_error(self, x: float) -> float:
        return math.sqrt(max(0.0, float(self.variance[0] @ np.array([1.0, x, x * x]))))

    def moved(self, start: float, step: float) -> "Family":
        """The same family told in y, where x = start + step y."""
        line = np.array([[1.0, 0.0], [start, step]])
        square = np.array(
            [[1.0, 0.0, 0.0], [start, step, 0.0], [start * start, 2 * start * step, step * step]]
        )
        return Family(self.difference @ line, self.variance @ square)


@dataclass(frozen=True, slots=True)
class Limits:
    """An interval; None where no limit can be given on that side."""

    low: float | None
    high: float | None

    def less(self, amount: float) -> "Limits":
        """Both limits lower by so much."""
        return Limits(
            None if self.low is None else self.low - amount, None if self.high is None else self.high - amount
        )

    def reaching(self, values: Iterable[float]) -> "Limits":
        """As wide as to hold these values too."""
        low, high = self.low, self.high
        for value in values:
            low = None if low is None else min(low, value)
            high = None if high is None else max(high, value)
        return Limits(low, high)


NO_LIMITS = Limits(None, None)


def families(
    outcome: Floats,
    expected: Floats,
    treated: NDArray[np.bool_],
    how: Design,
    *,
    campaign_id: int,
    permutations: int,
) -> tuple[Family, Family]:
    """The shift family (x = -effect) and the proportion family (x = 1/factor), over the same draws.

    `expected` is theta times past contribution, the same for either family.
    """
    written_to = treated.astype(np.float64)
    values = np.column_stack(
        [outcome - expected, written_to, outcome * (1 - written_to) - expected, outcome * written_to]
    )
    products = [(0, 0), (0, 1), (1, 1), (2, 2), (2, 3), (3, 3)]
    again = replay(how, values, products, campaign_id=campaign_id, permutations=permutations)
    return family(again, how, (0, 1), (4, 5, 6)), family(again, how, (2, 3), (7, 8, 9))


def family(again: Replayed, how: Design, sums: tuple[int, int], squares: tuple[int, int, int]) -> Family:
    """The family of a + b x, given where the sums of a, b and of aa, ab, bb stand."""
    ones, twos = list(sums), list(squares)
    left, products = again.sums[:, ones], again.sums[:, twos]
    if how.in_blocks:
        return Family(left / how.blocks, _spread(left, products, how.blocks) / how.blocks)
    rest, rest_products = again.totals[ones] - left, again.totals[twos] - products
    few, many = how.alone.size, how.treated
    variance = _spread(rest, rest_products, many) / many + _spread(left, products, few) / few
    return Family(rest / many - left / few, variance)


def _spread(sums: Floats, products: Floats, count: int) -> Floats:
    """Sample variance of a + b x as the three coefficients of a square in x, from sums of a, b, aa, ab, bb."""
    a, b = sums[:, 0], sums[:, 1]
    crossed = np.column_stack([a * a, a * b, b * b]) / count
    spread: Floats = (products - crossed) * np.array([1.0, 2.0, 1.0]) / (count - 1)
    return spread


def shift_limits(family: Family, *, level: float, asked: Sequence[float] = ()) -> Limits:
    """Every effect in money, the same for everybody, that is not ruled out.

    Searched outward from the estimate. Where few buy, p does not fall evenly: at an effect of exactly nothing most
    draws tie, and it may stand while its neighbours fall. The effects `asked` about are therefore tried by
    themselves, and the interval reaches to each that is not ruled out.
    """
    effect = float(family.difference[0, 0])
    step = family.standard_error(-effect) or float(np.sqrt(np.max(family.variance[:, 0], initial=0.0)))
    if step == 0:
        return NO_LIMITS
    tail = (1 - level) / 2

    def low_holds(tau: float) -> bool:
        return family.p_values(-tau)[0] > tail

    def high_holds(tau: float) -> bool:
        return family.p_values(-tau)[1] > tail

    found = Limits(_outward(low_holds, effect, -step), _outward(high_holds, effect, step))
    return found.reaching(tau for tau in asked if low_holds(tau) and high_holds(tau))


def _outward(holds: Callable[[float], bool], inside: float, step: float) -> float | None:
    for _ in range(_DOUBLINGS):
        outside = inside + step
        if not holds(outside):
            return _edge(holds, inside, outside)
        inside, step = outside, 2 * step
    return None


def _edge(holds: Callable[[float], bool], inside: float, outside: float) -> float:
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return inside


def proportion_limits(
    family: Family, *, mean_treated: float, level: float, asked: Sequence[float] = ()
) -> Limits | None:
    """Every effect that multiplies the spending of all written to by one factor and is not ruled out.

    Searched outward from the estimate on a grid of log(factor), to its ends. Where the factor can be as small as e^-7 the effect
    has no limit on that side. None where no factor is possible at all. `asked`: as for `shift_limits`.
    """
    tail = (1 - level) / 2

    def holds(log_factor: float) -> bool:
        return min(family.p_values(math.exp(-log_factor))) > tail

    centre = _centre(family)
    if not holds(centre):
        grid = np.arange(-_LOG_LIMIT, _LOG_LIMIT + _LOG_STEP, _LOG_STEP)
        near = sorted(grid.tolist(), key=lambda at: abs(at - centre))
        nearest = next((at for at in near if holds(at)), None)
        if nearest is None:
            return None
        centre = nearest
    small, large = _farthest(holds, centre, -_LOG_STEP), _farthest(holds, centre, _LOG_STEP)
    at_small = None if small is None else mean_treated * (1 - math.exp(-small))
    at_large = mean_treated * (1 - math.exp(-(_LOG_LIMIT if large is None else large)))
    found = Limits(at_small, at_large) if mean_treated >= 0 else Limits(at_large, at_small)
    possible = (effect for effect in asked if mean_treated and effect / mean_treated < 1)
    return found.reaching(effect for effect in possible if holds(-math.log(1 - effect / mean_treated)))


def _centre(family: Family) -> float:
    n0, n1 = family.difference[0].tolist()
    x = -n0 / n1 if n1 else 1.0
    return min(_LOG_LIMIT, max(-_LOG_LIMIT, -math.log(x))) if x > 0 else _LOG_LIMIT


def _farthest(holds: Callable[[float], bool], centre: float, step: float) -> float | None:
    """The last factor (as its logarithm) that is not ruled out, from the centre outward; None at the end of the search.

    The whole way is looked at: where few buy, a factor may stand beyond one that falls.
    """
    room = _LOG_LIMIT - centre if step > 0 else centre + _LOG_LIMIT
    way = [centre + step * n for n in range(math.ceil(room / abs(step)) + 1)]
    last = max(n for n, at in enumerate(way) if n == 0 or holds(at))
    return None if last == len(way) - 1 else _edge(holds, way[last], way[last + 1])


def envelope(shift: Limits, proportion: Limits | None) -> Limits:
    """The lower of the two lower ends and the higher of the two upper ends.

    >>> envelope(Limits(-1.0, 4.0), Limits(None, 3.0))
    Limits(low=None, high=4.0)
    """
    if proportion is None:
        return shift
    lows, highs = (shift.low, proportion.low), (shift.high, proportion.high)
    low = None if None in lows else min(end for end in lows if end is not None)
    high = None if None in highs else max(end for end in highs if end is not None)
    return Limits(low, high)
