"""Who has not bought is ranked by stated points; what buyers teach replaces them only where it ranks better."""

import numpy as np
import pytest

from beizai.value.learning import FEWEST, learn
from beizai.value.prospects import Criterion, Person, Scheme, ranked

SPEND = Criterion("monthly_spend", "power", True, steps=((50, 5), (200, 12)))
WORK = Criterion("occupation", "power", True, words=((("engineer", "ingénieur"), 8), (("student",), 2)))
STAGE = Criterion("stage", "frequency", True, answers={"beginner": 1, "top": 9})
FRIENDS = Criterion("tied_buyers", "buyers", False, steps=((1, 6), (3, 10)))
SCHEME = Scheme((SPEND, WORK, STAGE, FRIENDS))


def test_the_points_are_the_sum_of_stated_parts_and_each_part_says_what_it_found() -> None:
    found = ranked(
        SCHEME, [Person(1, {"monthly_spend": 80, "occupation": "Civil engineer", "tied_buyers": 3})]
    )
    one = found[0]
    assert one.points == 5 + 8 + 10
    assert [(part.key, part.points, part.most) for part in one.parts] == [
        ("monthly_spend", 5, 12),
        ("occupation", 8, 8),
        ("stage", None, 9),
        ("tied_buyers", 10, 10),
    ]
    assert (one.of("power"), one.of("frequency"), one.of("buyers")) == (13, 0, 10)


def test_the_next_question_is_the_unknown_that_could_change_most() -> None:
    nothing = ranked(SCHEME, [Person(1, {})])[0]
    assert nothing.ask == "monthly_spend"
    assert ranked(SCHEME, [Person(1, {"monthly_spend": 10})])[0].ask == "stage"
    assert (
        ranked(SCHEME, [Person(1, {"monthly_spend": 10, "stage": "top", "occupation": "x"})])[0].ask is None
    )


def test_buyers_are_not_ranked_and_equals_stand_by_their_number() -> None:
    people = [Person(3, {}), Person(1, {}), Person(2, {"monthly_spend": 300}, bought=True)]
    assert [one.customer_id for one in ranked(SCHEME, people)] == [1, 3]


def test_several_answers_count_by_the_best_and_unknown_answers_nothing() -> None:
    assert STAGE.points(["beginner", "top"]) == 9
    assert STAGE.points("elsewhere") == 0
    assert STAGE.points("") is None


def asked(n: int, weights: list[float], seed: int, *, known: float = 0.7) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Points of n people on criteria worth up to 24 each, and who of them bought by these weights."""
    lot = np.random.default_rng(seed)
    points = lot.integers(0, 4, (n, len(weights))) * 8.0
    chance = 1 / (1 + np.exp(-((points - 12) @ np.array(weights) / 20 - 0.5)))
    bought = lot.random(n) < chance
    points[lot.random(points.shape) > known] = np.nan
    return points, bought


def test_with_few_buyers_nothing_is_learnt() -> None:
    points, bought = asked(80, [1, 1, 1], 1)
    bought[:] = False
    bought[: FEWEST - 1] = True
    assert learn(points, bought) is None


def test_where_the_points_are_right_they_stay() -> None:
    used = [learn(*asked(400, [1] * 6, seed)) for seed in range(12)]
    assert sum(one is not None and one.better for one in used) <= 2
    kept = next(one for one in used if one is not None and not one.better)
    assert kept.factors == (1.0,) * 6


def test_where_the_points_are_wrong_the_learnt_weights_rank_better() -> None:
    found = [learn(*asked(400, [3, -1, 0, 0, 2, 0], seed)) for seed in range(8)]
    for one in found:
        assert one is not None
        assert one.better
        assert one.auc_learnt > one.auc_points + 0.05
        assert one.factors[0] > one.factors[2] + 2 * one.factor_sd[2] - 0.5
        assert one.factors[1] < 0


def test_the_chance_comes_with_an_interval_that_holds() -> None:
    """Of people with a stated 90 % interval, the true chance lies in it for about nine of ten."""
    inside = []
    weights = np.array([1.0, 1.0, 1.0, 1.0])
    for seed in range(20):
        points, bought = asked(500, weights.tolist(), seed, known=1.0)
        one = learn(points, bought)
        assert one is not None
        _, low, high = one.chances(points)
        truth = 1 / (1 + np.exp(-((points - 12) @ weights / 20 - 0.5)))
        inside.append(float(((low <= truth) & (truth <= high)).mean()))
    assert 0.8 < float(np.mean(inside)) <= 1.0


def test_that_buyers_tell_more_of_themselves_teaches_nothing() -> None:
    lot = np.random.default_rng(5)
    points = lot.integers(0, 4, (600, 3)) * 8.0
    bought = lot.random(600) < 0.4
    points[:, 0] = np.where(bought, points[:, 0], np.nan)
    one = learn(points, bought)
    assert one is not None
    assert one.auc_learnt == pytest.approx(0.5, abs=0.08)
