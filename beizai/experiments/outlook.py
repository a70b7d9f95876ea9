"""The outlook: what can be seen with this book, said before anything is sent."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from beizai.base.errors import Invalid
from beizai.experiments.draw import Share, held_out_count
from beizai.experiments.history import HISTORY_DAYS, carry_over

TO_BE_SEEN = 2.80
"""Standard errors an effect needs to be seen in 4 of 5 campaigns: 1.96 for the verdict, .84 for the power."""

PROPOSED_SHARES = ((1_000, 0.5), (100_000, 0.2), (1_000_000, 0.1))
"""Below so many customers leave such a share alone; 5% from the last on."""


def proposed_share(people: int) -> float:
    """The share to leave alone where nothing is known of what campaigns bring.

    >>> [proposed_share(people) for people in (80, 5_000, 250_000, 2_000_000)]
    [0.5, 0.2, 0.1, 0.05]
    """
    return next((share for below, share in PROPOSED_SHARES if people < below), 0.05)


@dataclass(frozen=True, slots=True)
class Outlook:
    """With this book a result shows only if the campaign earns `detectable_minor` or more. Minor units, say "about"."""

    people: int
    treated: int
    held_out: int
    usual_minor: float  # contribution a head in the last window
    deviation_minor: float  # of a head, after what the past explains
    theta: float
    cost_minor: float  # contacts and fixed
    detectable_minor: float | None  # profit of the campaign seen in 4 of 5; None: nobody is left alone
    detectable_head_minor: float | None  # profit a head of those written to
    detectable_lift: float | None  # by which share their spending must rise for it; None: no lift would show
    people_to_halve: (
        int  # so many customers, or `campaigns_to_halve` campaigns, would halve what must be brought
    )
    campaigns_to_halve: int = 4

    def power(self, profit_minor: float) -> float:
        """How probably a campaign that truly earns this is seen to have earned, about."""
        if self.detectable_minor is None or self.detectable_minor == 0:
            return 0.0
        return float(norm.cdf(TO_BE_SEEN * profit_minor / self.detectable_minor - norm.ppf(0.975)))


def outlook(
    last_minor: ArrayLike,
    before_minor: ArrayLike,
    *,
    share: Share,
    window_days: int,
    contact_cost_minor: float = 0.0,
    fixed_cost_minor: float = 0.0,
    history_days: int = HISTORY_DAYS,
) -> Outlook:
    """What must be earned to be seen, from the last window of the customers who would take part.

    `last_minor`: contribution of each in the `window_days` just before; `before_minor`: in the `history_days`
    before those. Invalid where the two are not of one length. Measured against the permutation test an effect
    of this size was seen in 70-90 of 100 campaigns, so say "about".
    """
    last, before = np.asarray(last_minor, dtype=np.float64), np.asarray(before_minor, dtype=np.float64)
    if last.shape != before.shape:
        raise Invalid(
            "Spending of the last window and of the time before is not given for the same customers."
        )
    theta = carry_over(last, before, window_days=window_days, history_days=history_days)
    rest = last - theta * before
    held_out = held_out_count(last.size, share)
    treated = last.size - held_out
    variance = float(rest.var(ddof=1)) if last.size > 1 else 0.0
    cost = contact_cost_minor * treated + fixed_cost_minor
    seen = TO_BE_SEEN * math.sqrt(variance * (1 / treated + 1 / held_out)) if held_out and variance else None
    return Outlook(
        people=last.size,
        treated=treated,
        held_out=held_out,
        usual_minor=float(last.mean()) if last.size else 0.0,
        deviation_minor=math.sqrt(variance),
        theta=theta,
        cost_minor=cost,
        detectable_minor=None if seen is None else treated * seen,
        detectable_head_minor=seen,
        detectable_lift=None if seen is None else _lift(last, rest, treated, held_out, cost / treated),
        people_to_halve=4 * last.size,
    )


def _lift(
    last: np.typing.NDArray[np.float64],
    rest: np.typing.NDArray[np.float64],
    treated: int,
    held_out: int,
    cost: float,
) -> float | None:
    """The lift L with L m - c = 2.80 SE(L), where the treated vary by (1 + L) Y - theta X: a square equation in L."""
    mean, within = float(last.mean()), np.cov(last, rest)
    q = TO_BE_SEEN**2
    a = mean * mean - q * within[0, 0] / treated
    b = -2 * (mean * cost + q * within[0, 1] / treated)
    c = cost * cost - q * within[1, 1] * (1 / treated + 1 / held_out)
    if mean <= 0 or a <= 0:
        return None
    return float((-b + math.sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a))


@dataclass(frozen=True, slots=True)
class YearShare:
    """The share to leave alone in a first campaign that earns most over the year; 0 where no test pays."""

    share: float
    gain_minor: float  # over the best without a test; 0 where none pays


def share_for_the_year(
    people: int,
    *,
    prior_mean_minor: float,
    prior_deviation_minor: float,
    deviation_minor: float,
    campaigns: int,
) -> YearShare:
    """The share that maximises the year's expected profit if repeats follow only a first campaign that looks good.

    Profit a head of the campaign is thought to be normal around `prior_mean_minor` with `prior_deviation_minor`;
    `deviation_minor` is the spread of contribution between customers; of `campaigns` the first is tested. Year(h) =
    (1-h) N m + (K-1) N [m Phi(m/sqrt v) + sqrt v phi(m/sqrt v)], v = s^4 / (s^2 + sd^2/(N h (1-h))); kin to Feit &
    Berman 2019. Searched from 1% to 50%. "No test pays" is not "do not test": it never pays back within the year.
    """
    share = np.arange(1, 51) / 100
    m, s2, noise = prior_mean_minor, prior_deviation_minor**2, deviation_minor**2
    known = np.sqrt(s2 * s2 / (s2 + noise / (people * share * (1 - share))))
    later = m * norm.cdf(m / known) + known * norm.pdf(m / known)
    year = people * ((1 - share) * m + (campaigns - 1) * later)
    best = int(np.argmax(year))
    gain = float(year[best]) - max(0.0, people * m * campaigns)
    return YearShare(float(share[best]), gain) if gain > 0 else YearShare(0.0, 0.0)
