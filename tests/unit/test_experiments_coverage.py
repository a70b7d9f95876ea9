"""Whether the interval holds what it promises: campaigns with a known truth on two made-up shops, drawn as the product draws.

The short versions stand beside the full ones (make test-long); their bands are wider by what fewer runs can show.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats
from simulated_books import Book, Run, campaign, dense_shop, sparse_shop

from beizai.experiments.evidence import Comparison, evidence
from beizai.experiments.interval import Limits
from beizai.experiments.outlook import TO_BE_SEEN, outlook
from beizai.experiments.profit import Verdict, judge, profit


@dataclass(frozen=True)
class Seen:
    """Shares of runs."""

    covered: float
    covered_by_shift: float
    above: float  # the shift interval wholly above the truth: with no effect a false "earned"
    below: float
    earned: float  # verdicts
    lost: float


def _holds(limits: Limits, truth: float) -> bool:
    return (limits.low is None or limits.low <= truth) and (limits.high is None or truth <= limits.high)


def _interval(run: Run) -> Limits:
    return Limits(run.found.low_minor, run.found.high_minor)


def _seen(runs: list[Run]) -> Seen:
    def share(tests: list[bool]) -> float:
        return float(np.mean(tests))

    shifts = [(run.found.by_shift, run.truth) for run in runs]
    return Seen(
        share([_holds(_interval(run), run.truth) for run in runs]),
        share([_holds(shift, truth) for shift, truth in shifts]),
        share([shift.low is not None and shift.low > truth for shift, truth in shifts]),
        share([shift.high is not None and shift.high < truth for shift, truth in shifts]),
        share([run.found.verdict is Verdict.EARNED for run in runs]),
        share([run.found.verdict is Verdict.LOST for run in runs]),
    )


def _runs(book: Book, people: int, share: float, runs: int, seed: int = 20, **kind: object) -> list[Run]:
    rng = np.random.default_rng(seed)
    return [
        campaign(book, rng, seed * 100_000 + run, people=people, share=share, **kind)  # type: ignore[arg-type]
        for run in range(runs)
    ]


def _welch_earned(groups: Comparison) -> bool:
    treated, alone = groups.outcome_minor[groups.treated], groups.outcome_minor[~groups.treated]
    if not treated.any() or not alone.any():
        return bool(treated.any())  # a group that bought nothing has no variance: the other looks certain
    return bool(stats.ttest_ind(treated, alone, equal_var=False).statistic > 1.96)


def _full(runs: int) -> object:
    return pytest.param(runs, marks=[pytest.mark.long, pytest.mark.timeout(600)])


def _band(runs: int, low: float, high: float, full: int) -> tuple[float, float]:
    """The band of the full test, wider for fewer runs: 4 standard errors of the full one become 4 of the short one."""
    more = 4 * 0.218 * (1 / np.sqrt(runs) - 1 / np.sqrt(full))  # sqrt(.05 x .95)
    return low - more, high + more


@pytest.mark.parametrize("runs", [200, _full(2000)])
def test_without_an_effect_a_sparse_shop_is_not_told_it_earned(runs: int) -> None:
    campaigns = _runs(sparse_shop, 200, 0.1, runs)
    seen = _seen(campaigns)
    low, high = _band(runs, 0.935, 0.990, 2000)
    assert low <= seen.covered <= high
    assert seen.above <= 0.040 + (0.03 if runs < 2000 else 0)
    assert seen.below <= 0.040 + (0.03 if runs < 2000 else 0)
    assert max(seen.earned, seen.lost) <= 0.040
    usual = float(np.mean([_welch_earned(run.groups) for run in campaigns]))
    assert usual >= 0.15, "the usual test must fail here, or this test proves nothing"


@pytest.mark.parametrize("runs", [200, _full(2000)])
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_without_an_effect_a_grocer_is_told_the_truth_in_95_of_100(runs: int, share: float) -> None:
    campaigns = _runs(dense_shop, 80, share, runs)
    seen = _seen(campaigns)
    low, high = _band(runs, 0.940, 0.985, 2000)
    assert low <= seen.covered <= high
    assert max(seen.earned, seen.lost) <= 0.040 + (0.03 if runs < 2000 else 0)


@pytest.mark.parametrize("runs", [40, _full(400)])
def test_the_past_makes_the_interval_narrower(runs: int) -> None:
    ratios = []
    for run in _runs(dense_shop, 80, 0.2, runs):
        groups = run.groups
        unblocked = Comparison(
            groups.customer_ids,
            np.zeros(80, dtype=np.int32),
            np.random.default_rng(len(ratios)).permutation(groups.treated),
            groups.outcome_minor,
            groups.past_minor,
        )
        ratios.append(
            _width(run.found.by_shift) / _width(profit(unblocked, campaign_id=1, permutations=399).by_shift)
        )
    assert np.median(ratios) <= 0.75


def _width(limits: Limits) -> float:
    assert limits.low is not None
    assert limits.high is not None
    return limits.high - limits.low


@pytest.mark.parametrize("runs", [50, _full(1000)])
def test_a_past_that_says_nothing_does_no_harm(runs: int) -> None:
    campaigns = _runs(dense_shop, 80, 0.2, runs, blind=True)
    raw = [profit(run.groups, campaign_id=run.number, permutations=399).by_shift for run in campaigns]
    ratios = [
        _width(run.found.by_shift) / _width(without) for run, without in zip(campaigns, raw, strict=True)
    ]
    assert 0.95 <= np.median(ratios) <= 1.10
    assert all(0 <= run.theta <= 28 / 182 for run in campaigns)
    low, high = _band(runs, 0.940, 0.985, 2000)
    assert low <= _seen(campaigns).covered <= high


@pytest.mark.parametrize("runs", [100, _full(1000)])
@pytest.mark.parametrize("book", [sparse_shop, dense_shop])
def test_a_small_gain_is_held_by_the_interval(runs: int, book: Book) -> None:
    low, high = _band(runs, 0.935, 0.995, 1000)
    assert low <= _seen(_runs(book, 80, 0.2, runs, factor=1.1)).covered <= high


@pytest.mark.parametrize("runs", [100, _full(1000)])
@pytest.mark.parametrize("people", [80, 200])
def test_where_spending_halves_only_the_envelope_holds_the_truth(runs: int, people: int) -> None:
    seen = _seen(_runs(sparse_shop, people, 0.2, runs, factor=0.5))
    low, _ = _band(runs, 0.930, 1.0, 1000)
    assert seen.covered >= low
    assert seen.earned <= 0.045
    assert seen.covered_by_shift < 0.85, (
        "the shift family alone must fail here, or the envelope proves nothing"
    )


@pytest.mark.parametrize("runs", [50, _full(1000)])
def test_a_grocer_sees_that_spending_halved(runs: int) -> None:
    assert _seen(_runs(dense_shop, 80, 0.2, runs, factor=0.5)).lost >= 0.75


@pytest.mark.parametrize("runs", [60, _full(400)])
def test_what_the_planner_says_would_be_seen_is_seen(runs: int) -> None:
    book = dense_shop(np.random.default_rng(7), 50_000)
    spread = outlook(book.last, book.earlier, share=0.2, window_days=28).deviation_minor
    added = TO_BE_SEEN * spread * np.sqrt(1 / 800 + 1 / 200)
    low, high = (0.64, 0.86) if runs == 400 else (0.55, 0.95)
    assert low <= _seen(_runs(dense_shop, 1000, 0.2, runs, added=added)).earned <= high


@pytest.mark.parametrize("runs", [15, _full(500)])
def test_a_year_of_campaigns_without_effect_is_told_the_truth(runs: int) -> None:
    low, high = _band(runs, 0.91, 0.99, 500)
    assert low <= _year(dense_shop, runs, campaigns=12, people=80).covered <= high


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_year_of_a_sparse_shop_is_not_told_it_earned() -> None:
    for factor in (1.0, 0.5):
        seen = _year(sparse_shop, 300, campaigns=12, people=200, factor=factor)
        assert 0.91 <= seen.covered <= 0.99
        assert seen.earned <= 0.06  # variances added: .067 and .083


def _year(book: Book, runs: int, *, campaigns: int, people: int, factor: float = 1.0) -> Seen:
    rng = np.random.default_rng(12)
    covered, earned, lost = [], [], []
    for run in range(runs):
        parts, truth = [], 0.0
        for number in range(run * 100, run * 100 + campaigns):
            one = campaign(book, rng, number, people=people, share=0.2, factor=factor, permutations=9)
            truth += one.truth
            parts.append(evidence(one.groups, campaign_id=number, theta=one.theta, permutations=399))
        year = judge(parts)
        covered.append(_holds(Limits(year.low_minor, year.high_minor), truth))
        earned.append(year.verdict is Verdict.EARNED)
        lost.append(year.verdict is Verdict.LOST)
    nothing = float("nan")
    return Seen(
        float(np.mean(covered)), nothing, nothing, nothing, float(np.mean(earned)), float(np.mean(lost))
    )


def test_one_campaign_alone_is_a_year_of_one() -> None:
    run = campaign(dense_shop, np.random.default_rng(5), 6, people=80, share=0.5)
    again = judge([evidence(run.groups, campaign_id=6, theta=run.theta, permutations=399)])
    assert again == run.found


def test_a_year_of_twelve_tells_more_than_one() -> None:
    runs = _runs(dense_shop, 80, 0.2, 12)
    year = judge([evidence(run.groups, campaign_id=run.number, theta=run.theta) for run in runs])
    one = np.mean([_width(run.found.by_shift) for run in runs])
    assert _width(year.by_shift) / 12 < one / 2.5
    assert year.estimate_minor == pytest.approx(sum(run.found.estimate_minor or 0 for run in runs))
