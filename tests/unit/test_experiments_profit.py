"""The profit: exact where everything can be counted out, the same however it is asked, silent where nothing is known."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_books import campaign, dense_shop, sparse_shop

from beizai.base.errors import Invalid
from beizai.experiments.draw import draw
from beizai.experiments.evidence import Comparison, evidence, families_unpacked
from beizai.experiments.history import carry_over
from beizai.experiments.interval import Family, families
from beizai.experiments.profit import Profit, Reason, Verdict, judge, profit
from beizai.experiments.replay import Floats, design


def comparison(
    outcome: Floats, *, share: float = 0.5, past: Floats | None = None, number: int = 1
) -> Comparison:
    before = np.zeros(outcome.size) if past is None else past
    drawn = draw(np.arange(outcome.size), before, campaign_id=number, share=share)
    return Comparison.of(
        drawn.customer_ids,
        block=drawn.block,
        treated=~drawn.held_out,
        outcome_minor=outcome,
        past_minor=before,
    )


def one_block(numbers: Floats, alone: tuple[int, ...]) -> Comparison:
    treated = ~np.isin(np.arange(numbers.size), alone)
    zero = np.zeros(numbers.size)
    return Comparison.of(
        np.arange(numbers.size), block=zero, treated=treated, outcome_minor=numbers, past_minor=zero
    )


def p_of_no_effect(groups: Comparison, number: int, permutations: int = 1999) -> float:
    how = design(groups.block, groups.treated)
    shift, _ = families(
        groups.outcome_minor,
        groups.past_minor * 0,
        groups.treated,
        how,
        campaign_id=number,
        permutations=permutations,
    )
    return shift.p_values(0.0)[0]


def studentised(numbers: Floats, alone: tuple[int, ...]) -> float:
    left, rest = numbers[list(alone)], np.delete(numbers, alone)
    return float(
        (rest.mean() - left.mean()) / np.sqrt(rest.var(ddof=1) / rest.size + left.var(ddof=1) / left.size)
    )


@pytest.mark.parametrize(
    "numbers", [[0, 0, 1, 3, 9, 20, 55, 400], [5, 5, 5, 5, 5, 6, 7, 8], [-4, 0, 0, 2, 3, 3, 8, 9]]
)
def test_counted_out_over_all_draws_the_p_value_keeps_its_promise(numbers: list[float]) -> None:
    money = np.array(numbers, dtype=float)
    draws = list(combinations(range(8), 3))
    with np.errstate(divide="ignore"):
        drawn = np.array([studentised(money, alone) for alone in draws])
    exact = (drawn[None, :] >= drawn[:, None] - 1e-9).mean(axis=1)
    assert (exact <= 0.025).mean() <= 0.025
    assert (exact <= 0.10).mean() <= 0.10
    for place in (0, 7, 21, 40, 55):
        assert p_of_no_effect(one_block(money, draws[place]), number=place) == pytest.approx(
            exact[place], abs=0.03
        )


def test_drawn_in_blocks_the_p_value_is_that_of_all_draws_in_blocks() -> None:
    money = np.array([0.0, 9, 3, 30, 7, 8, 41, 2])  # four pairs: sixteen draws
    groups = comparison(money, past=np.arange(8.0)[::-1])
    pairs = money.reshape(4, 2)
    signs = np.array(np.meshgrid(*[[1, -1]] * 4)).reshape(4, -1).T
    d = signs * (pairs[:, 0] - pairs[:, 1])
    drawn = d.mean(axis=1) / (d.std(axis=1, ddof=1) / 2)
    real = np.where(groups.treated.reshape(4, 2)[:, 0], 1, -1) * (pairs[:, 0] - pairs[:, 1])
    exact = float((drawn >= real.mean() / (real.std(ddof=1) / 2) - 1e-9).mean())
    assert p_of_no_effect(groups, 3) == pytest.approx(exact, abs=0.03)


def test_the_total_is_the_number_written_to_times_the_head_less_the_cost() -> None:
    groups = campaign(dense_shop, np.random.default_rng(3), 9, people=80, share=0.2, factor=1.2).groups
    free = profit(groups, campaign_id=9, theta=0.1)
    paid = profit(groups, campaign_id=9, theta=0.1, cost_minor=2 * 64 + 500)
    assert free.effect_minor == paid.effect_minor
    for before, after in zip(_ends(free), _ends(paid), strict=True):
        assert after == pytest.approx(before - 628, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 500), st.floats(-50, 50), st.floats(0.2, 5))
def test_trying_an_effect_is_the_same_as_taking_it_off_and_drawing_again(
    seed: int, tau: float, u: float
) -> None:
    groups = campaign(
        dense_shop, np.random.default_rng(seed), seed, people=30, share=0.35, permutations=9
    ).groups
    how, expected = design(groups.block, groups.treated), 0.1 * groups.past_minor

    def both(outcome: Floats) -> list[Family]:
        return list(families(outcome, expected, groups.treated, how, campaign_id=seed, permutations=199))

    shift, proportion = both(groups.outcome_minor)
    taken_off, _ = both(groups.outcome_minor - tau * groups.treated)
    _, divided = both(np.where(groups.treated, groups.outcome_minor * u, groups.outcome_minor))
    assert shift.statistic(-tau) == pytest.approx(taken_off.statistic(0.0), rel=1e-6, abs=1e-6)
    assert proportion.statistic(u) == pytest.approx(divided.statistic(1.0), rel=1e-6, abs=1e-6)
    assert shift.statistic(0.0) == pytest.approx(proportion.statistic(1.0), rel=1e-6, abs=1e-6)


def test_a_report_never_changes_on_any_machine() -> None:
    customers = np.arange(1, 41)
    spent, past = (customers * 7919) % 1009, (customers * 104729) % 997
    lot = draw(customers, past, campaign_id=42, share=0.25)
    outcome = np.where(lot.held_out, spent, spent + 400)
    groups = Comparison.of(
        customers, block=lot.block, treated=~lot.held_out, outcome_minor=outcome, past_minor=past
    )
    found = profit(groups, campaign_id=42, theta=0.1)
    assert lot.held_out_ids() == {1, 4, 5, 14, 16, 20, 29, 32, 34, 39}
    assert _ends(found) == pytest.approx((3239.373256, 10318.8, 18049.079372), rel=1e-8)


def _ends(found: Profit) -> tuple[float, float, float]:
    assert found.low_minor is not None
    assert found.high_minor is not None
    assert found.estimate_minor is not None
    return found.low_minor, found.estimate_minor, found.high_minor


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(dense_shop, 0.2), (dense_shop, 0.5)]))
def test_ten_times_the_money_gives_ten_times_the_interval(seed: int, kind: tuple[object, float]) -> None:
    run = campaign(kind[0], np.random.default_rng(seed), seed, people=40, share=kind[1], permutations=199)  # type: ignore[arg-type]
    groups = run.groups
    tenfold = Comparison(
        groups.customer_ids, groups.block, groups.treated, groups.outcome_minor * 10, groups.past_minor * 10
    )
    again = profit(tenfold, campaign_id=seed, theta=run.theta, permutations=199)
    for one, ten in zip(_either(run.found), _either(again), strict=True):
        assert (one is None and ten is None) or ten == pytest.approx(10 * one, rel=1e-6, abs=1e-6)


def _either(found: Profit) -> tuple[float | None, float | None]:
    return found.low_minor, found.high_minor


def test_shuffled_rows_give_the_same_report_to_the_last_bit() -> None:
    run = campaign(sparse_shop, np.random.default_rng(8), 4, people=200, share=0.2)
    groups, luck = run.groups, np.random.default_rng(1).permutation(200)
    shuffled = Comparison.of(
        groups.customer_ids[luck],
        block=groups.block[luck],
        treated=groups.treated[luck],
        outcome_minor=groups.outcome_minor[luck],
        past_minor=groups.past_minor[luck],
    )
    assert profit(shuffled, campaign_id=4, theta=run.theta, permutations=399) == run.found


def test_what_is_kept_of_a_campaign_gives_its_profit_again() -> None:
    run = campaign(dense_shop, np.random.default_rng(5), 6, people=80, share=0.5)
    whole = evidence(run.groups, campaign_id=6, theta=run.theta, permutations=399)
    shift, proportion = families_unpacked(whole.families_packed())
    kept = {name: getattr(whole, name) for name in whole.__slots__} | {
        "shift": shift,
        "proportion": proportion,
    }
    assert judge([type(whole)(**kept)]) == run.found


def test_a_lift_that_is_plain_is_seen_and_a_loss_too() -> None:
    rng = np.random.default_rng(2)
    earned = campaign(dense_shop, rng, 1, people=400, share=0.5, factor=1.5).found
    lost = campaign(dense_shop, rng, 2, people=400, share=0.5, factor=0.6).found
    assert (earned.verdict, earned.reasons) == (Verdict.EARNED, ())
    assert (lost.verdict, lost.reasons) == (Verdict.LOST, ())


def test_a_cost_above_the_gain_turns_the_verdict() -> None:
    groups = campaign(dense_shop, np.random.default_rng(2), 1, people=400, share=0.5, factor=1.5).groups
    assert profit(groups, campaign_id=1, cost_minor=1e6).verdict is Verdict.LOST


def test_where_nobody_bought_nothing_is_said() -> None:
    found = profit(comparison(np.zeros(40)), campaign_id=1)
    assert found.verdict is Verdict.CANNOT_TELL
    assert Reason.TOO_FEW_BUYERS in found.reasons
    assert (found.low_minor, found.high_minor) == (None, None)


def test_where_all_spent_the_same_no_interval_without_width_is_given() -> None:
    found = profit(comparison(np.full(40, 7.0)), campaign_id=1)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.low_minor is None or found.low_minor < found.high_minor  # type: ignore[operator]


@pytest.mark.parametrize(
    ("treated", "reason"), [(True, Reason.NOBODY_LEFT_ALONE), (False, Reason.NOBODY_WRITTEN_TO)]
)
def test_with_an_empty_group_nothing_is_said(treated: bool, reason: Reason) -> None:
    numbers = np.arange(6.0)
    groups = Comparison.of(
        np.arange(6), block=[0] * 6, treated=[treated] * 6, outcome_minor=numbers, past_minor=numbers
    )
    found = profit(groups, campaign_id=1)
    assert (found.verdict, found.reasons) == (Verdict.CANNOT_TELL, (reason,))
    assert (found.estimate_minor, found.low_minor, found.high_minor) == (None, None, None)


def test_nobody_at_all_is_no_error() -> None:
    assert profit(
        Comparison.of([], block=[], treated=[], outcome_minor=[], past_minor=[]), campaign_id=1
    ).verdict


def test_one_person_left_alone_gives_an_estimate_and_no_interval() -> None:
    found = profit(comparison(np.array([3.0, 5.0, 9.0]), share=0.2), campaign_id=1)
    assert found.estimate_minor is not None
    assert (found.low_minor, found.high_minor, found.verdict) == (None, None, Verdict.CANNOT_TELL)


def test_fewer_than_five_buyers_in_a_group_give_no_verdict() -> None:
    money = np.zeros(200)
    groups = comparison(money)
    money[groups.treated] = 1000 + np.arange(100)
    money[np.flatnonzero(~groups.treated)[:4]] = 1
    assert Reason.TOO_FEW_BUYERS in profit(comparison(money), campaign_id=1).reasons
    money[np.flatnonzero(~groups.treated)[:5]] = 1
    assert profit(comparison(money), campaign_id=1).verdict is Verdict.EARNED


def test_a_stored_draw_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="exactly one person"):
        design(np.array([0, 0, 1, 1]), np.array([True, True, True, False]))


def test_those_outside_the_draw_stand_in_no_comparison() -> None:
    with pytest.raises(Invalid, match="no part in the draw"):
        Comparison.of([1, 2], block=[-1, 0], treated=[True, True], outcome_minor=[1, 1], past_minor=[1, 1])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-900, 9_000), st.integers(-900, 9_000)), max_size=30))
def test_what_is_carried_over_lies_between_nothing_and_the_same_again(pairs: list[tuple[int, int]]) -> None:
    theta = carry_over([last for last, _ in pairs], [before for _, before in pairs], window_days=28)
    assert 0 <= theta <= 28 / 182
