"""Two made-up shops with a known truth, what their customers bring, and campaigns on them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beizai.experiments.draw import draw
from beizai.experiments.evidence import Comparison
from beizai.experiments.history import carry_over
from beizai.experiments.profit import Profit, profit

Floats = NDArray[np.float64]
Book = Callable[[np.random.Generator, int], "Past"]


@dataclass(frozen=True)
class Past:
    """Spending of each customer: the 26 weeks before the last window, that window, the 26 weeks up to now, the outcome."""

    earlier: Floats
    last: Floats
    before: Floats
    outcome: Floats


def _past(spend: Callable[[int], Floats]) -> Past:
    first, middle, last, outcome = spend(4), spend(22), spend(4), spend(4)
    return Past(first + middle, last, middle + last, outcome)


def sparse_shop(rng: np.random.Generator, people: int) -> Past:
    """S: 7 in 100 buy in four weeks, baskets very unequal."""
    rate = rng.gamma(0.3, 1 / 0.3, people) * 0.08

    def spend(weeks: int) -> Floats:
        baskets = rng.poisson(rate * weeks / 4)
        who = np.repeat(np.arange(people), baskets)
        return np.bincount(who, rng.lognormal(3, 1, who.size), people)

    return _past(spend)


def dense_shop(rng: np.random.Generator, people: int) -> Past:
    """D: a grocer; nearly everybody buys in four weeks."""
    rate = rng.lognormal(0, 0.8, people)

    def spend(weeks: int) -> Floats:
        baskets = rng.poisson(rate * weeks)
        return np.where(baskets > 0, rng.gamma(np.maximum(2 * baskets, 1), 10), 0)

    return _past(spend)


@dataclass(frozen=True)
class Run:
    number: int
    groups: Comparison
    theta: float
    truth: float  # of all those treated
    found: Profit


def campaign(
    book: Book,
    rng: np.random.Generator,
    number: int,
    *,
    people: int,
    share: float,
    factor: float = 1.0,
    added: float = 0.0,
    permutations: int | None = 399,
    blind: bool = False,
) -> Run:
    """One campaign drawn in blocks whose treated spend `factor` times as much and `added` more."""
    past = book(rng, people)
    before = rng.permutation(past.before) if blind else past.before
    earlier = rng.permutation(past.earlier) if blind else past.earlier
    theta = carry_over(past.last, earlier, window_days=28)
    drawn = draw(np.arange(people), before, campaign_id=number, share=share)
    outcome = np.where(drawn.held_out, past.outcome, past.outcome * factor + added)
    groups = Comparison.of(
        drawn.customer_ids,
        block=drawn.block,
        treated=~drawn.held_out,
        outcome_minor=outcome,
        past_minor=before,
    )
    truth = float((outcome - past.outcome)[groups.treated].sum())
    return Run(
        number,
        groups,
        theta,
        truth,
        profit(groups, campaign_id=number, theta=theta, permutations=permutations),
    )
