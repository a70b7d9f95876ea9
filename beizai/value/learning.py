"""What the points of prospects should have been, learnt from who of those who asked became a buyer, and kept close to the points.

Logistic regression with a Gaussian prior around the scheme: logit P(buys) = a + b s + sum_j d_j x_j, where x_j are a criterion's
points less the mean of those known (what is not known stands at the mean, so that buyers' fuller cards teach nothing), s is their sum,
both over the spread of s; a ~ N(0, 5^2), b ~ N(1, 1), d_j ~ N(0, tau^2). With d = 0 it is the scheme itself. The mode is found by
Newton's method, its covariance is Laplace's, and tau is the one of `TAUS` with the highest evidence (MacKay, Information Theory,
Inference, and Learning Algorithms, 2003, ch. 27 and 41). Scheme and learnt weights are compared by ten-fold cross-validation on the
log loss of the same people; the learnt ones are taken only where they are better by more than one standard error of the difference
(the rule of one standard error: Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984, section 3.4.3).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
FEWEST = 20  # of those who bought, and of those who did not
FOLDS = 10
TAUS = (0.1, 0.3, 1.0)
_A_SPREAD, _B_SPREAD = 5.0, 1.0
_Z90 = 1.6449


@dataclass(frozen=True, eq=False)
class Fitted:
    """The mode of the weights (a, b, d_1 ... d_k), their covariance, and the prior's spread of d."""

    mean: Array
    covariance: Array
    tau: float
    evidence: float

    def chance(self, design: Array) -> tuple[Array, Array, Array]:
        """The chance of each row to buy, with the ends of its 90 % interval."""
        middle = design @ self.mean
        spread = _Z90 * np.sqrt(np.einsum("ij,jk,ik->i", design, self.covariance, design))
        return _logistic(middle), _logistic(middle - spread), _logistic(middle + spread)


@dataclass(frozen=True, eq=False)
class Learnt:
    """What was learnt. `better` says whether the weights are used; `gain` is how much log loss a person they save, `se` its
    standard error; `auc_points`, `auc_learnt` how often a buyer stands before somebody who did not buy. `factors` scale each criterion's
    points, 1 where the scheme stays; `factor_sd` is their uncertainty."""

    buyers: int
    others: int
    auc_points: float
    auc_learnt: float
    gain: float
    se: float
    factors: tuple[float, ...]
    factor_sd: tuple[float, ...]
    fitted: Fitted
    centre: Array
    scale: float
    better: bool

    def chances(self, points: Array) -> tuple[Array, Array, Array]:
        """The chance of each of these people (rows of points, NaN where not known), with its interval."""
        return self.fitted.chance(_design(_centred(points, self.centre) / self.scale))


def learn(points: Array, bought: npt.NDArray[np.bool_]) -> Learnt | None:
    """Learns from rows of points by criterion (NaN where not known); None where too few bought, or too few did not.

    Rows come in a fixed order (by card), so that the folds are the same every time.
    """
    y = bought.astype(np.float64)
    if min(y.sum(), len(y) - y.sum()) < FEWEST or not points.shape[1]:
        return None
    centre = _centre(points)
    centred = _centred(points, centre)
    scale = float(np.std(centred.sum(axis=1)))
    if scale == 0:
        return None
    design = _design(centred / scale)
    folds = _folds(bought)
    by_points, by_learnt = _out_of_fold(design, y, folds, ()), _out_of_fold(design, y, folds, TAUS)
    saved = _loss(by_points, y) - _loss(by_learnt, y)
    gain, se = float(saved.mean()), float(saved.std(ddof=1) / sqrt(len(y)))
    better = gain > se
    fitted = _best(design, y, TAUS if better else ())
    factors, spread = _factors(fitted, better, points.shape[1])
    return Learnt(
        buyers=int(y.sum()),
        others=int(len(y) - y.sum()),
        auc_points=auc(by_points, bought),
        auc_learnt=auc(by_learnt, bought),
        gain=gain,
        se=se,
        factors=factors,
        factor_sd=spread,
        fitted=fitted,
        centre=centre,
        scale=scale,
        better=better,
    )


def auc(score: Array, bought: npt.NDArray[np.bool_]) -> float:
    """How often one who bought stands above one who did not; ties count half (Mann & Whitney 1947).

    >>> auc(np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False]))
    0.875
    """
    _values, place, size = np.unique(score, return_inverse=True, return_counts=True)
    upto = np.cumsum(size)
    middle = upto - (size - 1) / 2
    ones = int(bought.sum())
    others = len(bought) - ones
    return float((middle[place][bought].sum() - ones * (ones + 1) / 2) / (ones * others))


def _logistic(eta: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(eta, -35, 35))))


def _centre(points: Array) -> Array:
    known = ~np.isnan(points)
    total = np.where(known, points, 0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


def _centred(points: Array, centre: Array) -> Array:
    return np.where(np.isnan(points), 0.0, points - centre)


def _design(x: Array) -> Array:
    return np.column_stack([np.ones(len(x)), x.sum(axis=1), x])


def _fit(design: Array, y: Array, tau: float | None) -> Fitted:
    """The mode by Newton's method with halved steps; without tau the criteria stay as the scheme has them."""
    width = design.shape[1] if tau else 2
    used, prior_mean = design[:, :width], np.zeros(width)
    prior_mean[1] = 1.0
    precision = np.diag([_A_SPREAD**-2, _B_SPREAD**-2, *[(tau or 1.0) ** -2] * (width - 2)])
    weights = prior_mean.copy()
    for _ in range(60):
        p = _logistic(used @ weights)
        slope = used.T @ (y - p) - precision @ (weights - prior_mean)
        curve = (used * (p * (1 - p))[:, None]).T @ used + precision
        step = np.linalg.solve(curve, slope)
        here = _posterior(used, y, weights, prior_mean, precision)
        size = 1.0
        while size > 1e-6 and _posterior(used, y, weights + size * step, prior_mean, precision) < here:
            size /= 2
        weights = weights + size * step
        if float(np.abs(size * step).max()) < 1e-9:
            break
    p = _logistic(used @ weights)
    curve = (used * (p * (1 - p))[:, None]).T @ used + precision
    logdet = np.linalg.slogdet(precision)[1] - np.linalg.slogdet(curve)[1]
    evidence = _posterior(used, y, weights, prior_mean, precision) + float(logdet) / 2
    return Fitted(
        *_widened(weights, np.asarray(np.linalg.inv(curve), dtype=np.float64), design.shape[1]),
        tau or 0.0,
        evidence,
    )


def _widened(mean: Array, covariance: Array, width: int) -> tuple[Array, Array]:
    whole, spread = np.zeros(width), np.zeros((width, width))
    whole[: len(mean)] = mean
    spread[: len(mean), : len(mean)] = covariance
    return whole, spread


def _posterior(design: Array, y: Array, weights: Array, prior_mean: Array, precision: Array) -> float:
    eta = design @ weights
    away = weights - prior_mean
    return float((y * eta - np.logaddexp(0, eta)).sum() - away @ precision @ away / 2)


def _best(design: Array, y: Array, taus: tuple[float, ...]) -> Fitted:
    fitted = [_fit(design, y, tau) for tau in taus] or [_fit(design, y, None)]
    return max(fitted, key=lambda one: one.evidence)


def _folds(bought: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Ten folds with a like share of buyers: within each kind, people are dealt out by a fixed lot."""
    fold = np.zeros(len(bought), dtype=np.int64)
    lot = np.random.default_rng(20_260_101)
    for kind in (True, False):
        here = np.flatnonzero(bought == kind)
        fold[lot.permutation(here)] = np.arange(len(here)) % FOLDS
    return fold


def _out_of_fold(design: Array, y: Array, folds: npt.NDArray[np.int64], taus: tuple[float, ...]) -> Array:
    found = np.zeros(len(y))
    for fold in range(FOLDS):
        out = folds == fold
        fitted = _best(design[~out], y[~out], taus)
        found[out] = _logistic(design[out] @ fitted.mean)
    return found


def _loss(chance: Array, y: Array) -> Array:
    safe = np.clip(chance, 1e-9, 1 - 1e-9)
    return np.asarray(-(y * np.log(safe) + (1 - y) * np.log(1 - safe)))


def _factors(fitted: Fitted, better: bool, criteria: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The learnt weight of each criterion's points, their mean absolute size being 1, with its standard deviation."""
    if not better:
        return (1.0,) * criteria, (0.0,) * criteria
    weights = fitted.mean[1] + fitted.mean[2:]
    size = float(np.abs(weights).mean()) or 1.0
    own = np.diag(fitted.covariance)
    variance = own[1] + own[2:] + 2 * fitted.covariance[1, 2:]
    return tuple((weights / size).tolist()), tuple((np.sqrt(np.maximum(variance, 0)) / size).tolist())
