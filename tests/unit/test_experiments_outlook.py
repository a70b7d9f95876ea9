"""The outlook: what would have to be earned to be seen, and how many to leave alone."""

import numpy as np
import pytest
from simulated_books import dense_shop, sparse_shop

from beizai.base.errors import Invalid
from beizai.experiments.outlook import TO_BE_SEEN, outlook, proposed_share, share_for_the_year


def test_a_sparse_shop_is_told_that_no_lift_would_show() -> None:
    past = sparse_shop(np.random.default_rng(1), 80)
    planned = outlook(past.last, past.earlier, share=0.5, window_days=28)
    assert planned.detectable_lift is None
    assert planned.detectable_minor is not None
    assert (planned.people_to_halve, planned.campaigns_to_halve) == (320, 4)


def test_the_lift_to_be_seen_solves_its_own_equation() -> None:
    past = dense_shop(np.random.default_rng(1), 1000)
    planned = outlook(past.last, past.earlier, share=0.2, window_days=28, contact_cost_minor=2.0)
    lift = planned.detectable_lift
    assert lift is not None
    treated = (1 + lift) * past.last - planned.theta * past.earlier
    error = np.sqrt(treated.var(ddof=1) / 800 + planned.deviation_minor**2 / 200)
    assert lift * past.last.mean() - 2.0 == pytest.approx(TO_BE_SEEN * error)


def test_what_is_to_be_seen_has_a_power_of_four_fifths() -> None:
    past = dense_shop(np.random.default_rng(1), 200)
    planned = outlook(past.last, past.earlier, share=0.2, window_days=28)
    assert planned.detectable_minor is not None
    assert planned.power(planned.detectable_minor) == pytest.approx(0.80, abs=0.005)
    assert planned.power(0) == pytest.approx(0.025, abs=0.001)


@pytest.mark.parametrize("people", [0, 1, 2])
def test_a_book_too_small_to_plan_for_is_no_error(people: int) -> None:
    planned = outlook(np.arange(people), np.zeros(people), share=0.5, window_days=28)
    assert (planned.detectable_minor is None) == (people < 2)


@pytest.mark.parametrize(
    ("people", "mean", "prior", "deviation", "share"),
    [  # grocery of the research: mean spend 1, cv 1.24 after what the past explains .70, margin .3, lift 5% +- 10%, cost 1%
        (1_000, 0.005, 0.03, 0.3 * 0.70, 0.44),
        (100_000, 0.005, 0.03, 0.3 * 0.70, 0.08),
    ],
)
def test_the_share_that_pays_most_over_the_year_falls_with_the_book(
    people: int, mean: float, prior: float, deviation: float, share: float
) -> None:
    found = share_for_the_year(
        people, prior_mean_minor=mean, prior_deviation_minor=prior, deviation_minor=deviation, campaigns=12
    )
    assert found.share == pytest.approx(share, abs=0.03)
    assert found.gain_minor > 0


def test_where_no_test_pays_within_the_year_it_is_said() -> None:
    found = share_for_the_year(
        80, prior_mean_minor=0.005, prior_deviation_minor=0.03, deviation_minor=1.8, campaigns=12
    )
    assert (found.share, found.gain_minor) == (0.0, 0.0)


def test_half_is_proposed_for_a_small_book() -> None:
    assert proposed_share(390) == 0.5


def test_spending_of_different_customers_is_refused() -> None:
    with pytest.raises(Invalid, match="same customers"):
        outlook([1, 2, 3], [1, 2], share=0.5, window_days=28)
