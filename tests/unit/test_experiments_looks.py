"""Looking early: 28 daily looks without an effect, judged by the spending of draws and by the usual test."""

import numpy as np
import pytest
from scipy import stats

from beizai.base.errors import Invalid
from beizai.experiments.draw import draw
from beizai.experiments.evidence import Comparison
from beizai.experiments.looks import looks
from beizai.experiments.replay import Floats

DAYS = [day / 28 for day in range(1, 29)]


def watched(
    rng: np.random.Generator, number: int, *, people: int = 200, added: float = 0.0
) -> tuple[Comparison, Floats]:
    """A campaign on the grocer's book with its contribution day by day, adding up."""
    rate = rng.lognormal(0, 0.8, people)
    past = rng.gamma(np.maximum(2 * rng.poisson(rate * 26), 0.01), 10)
    baskets = rng.poisson(rate / 7, (28, people)).T
    daily = np.where(baskets > 0, rng.gamma(np.maximum(2 * baskets, 1), 10), 0)
    drawn = draw(np.arange(people), past, campaign_id=number, share=0.2)
    so_far = (daily + added / 28 * ~drawn.held_out[:, None]).cumsum(axis=1)
    groups = Comparison.of(
        drawn.customer_ids,
        block=drawn.block,
        treated=~drawn.held_out,
        outcome_minor=so_far[:, -1],
        past_minor=past,
    )
    return groups, so_far


@pytest.mark.parametrize(
    "runs", [100, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)
def test_looking_daily_does_not_fool_and_the_usual_test_does(runs: int) -> None:
    rng = np.random.default_rng(28)
    fired, naive = 0, 0
    for number in range(runs):
        groups, so_far = watched(rng, number)
        fired += looks(groups, so_far, DAYS, campaign_id=number, theta=0.1, permutations=399)[-1].fired
        written_to, alone = so_far[groups.treated], so_far[~groups.treated]
        naive += bool((np.abs(stats.ttest_ind(written_to, alone, equal_var=False).statistic) > 1.96).any())
    assert fired / runs <= (0.078 if runs == 1000 else 0.12)
    assert naive / runs >= (0.15 if runs == 1000 else 0.12), "daily looks must fool the usual test here"


def test_a_large_effect_is_seen_before_the_end() -> None:
    groups, so_far = watched(np.random.default_rng(1), 1, added=150)
    found = looks(groups, so_far, DAYS, campaign_id=1, theta=0.1)
    assert found[-1].fired
    assert len(found) < 28


def test_so_early_that_no_draw_may_be_cut_nothing_is_said() -> None:
    groups, so_far = watched(np.random.default_rng(1), 1, added=150)
    first = looks(groups, so_far, DAYS, campaign_id=1, permutations=199)[0]
    assert (first.cut, first.fired) == (np.inf, False)


def test_only_what_is_known_at_a_look_counts() -> None:
    groups, so_far = watched(np.random.default_rng(3), 3)
    whole = looks(groups, so_far, DAYS, campaign_id=3)
    assert looks(groups, so_far[:, :10], DAYS[:10], campaign_id=3) == whole[:10]


def test_outcomes_of_other_days_are_refused() -> None:
    groups, so_far = watched(np.random.default_rng(3), 3)
    with pytest.raises(Invalid, match="one column for each look"):
        looks(groups, so_far, DAYS[:5], campaign_id=3)
