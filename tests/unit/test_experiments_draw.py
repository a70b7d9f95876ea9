"""The draw: exact shares in blocks of like spenders, the same on every machine and in any order of rows."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beizai.base.errors import Invalid
from beizai.experiments.draw import OUTSIDE, draw, held_out_count, holdout

books = st.dictionaries(st.integers(1, 10**12), st.integers(-500, 5_000), min_size=2, max_size=60)
shares = st.sampled_from([0.5, 0.35, 0.3, 0.25, 0.2, 0.1, 0.05])


@settings(deadline=None)
@given(books, shares, st.randoms())
def test_the_draw_does_not_depend_on_the_order_of_rows(
    book: dict[int, int], share: float, luck: object
) -> None:
    shuffled = list(book.items())
    luck.shuffle(shuffled)  # type: ignore[attr-defined]
    assert holdout(dict(shuffled), campaign_id=7, share=share) == holdout(book, campaign_id=7, share=share)


@settings(deadline=None)
@given(books, shares)
def test_every_block_leaves_exactly_one_alone_and_all_blocks_are_alike(
    book: dict[int, int], share: float
) -> None:
    found = draw(list(book), list(book.values()), campaign_id=1, share=share)
    sizes = np.bincount(found.block)
    assert np.bincount(found.block, found.held_out).tolist() == [1.0] * sizes.size
    assert sizes.max() - sizes.min() <= 1
    assert sizes.min() >= 2
    assert found.held_out.sum() == held_out_count(len(book), share)


@settings(deadline=None)
@given(books, shares)
def test_a_block_holds_neighbours_in_past_spending(book: dict[int, int], share: float) -> None:
    found = draw(list(book), list(book.values()), campaign_id=1, share=share)
    past = np.array([book[i] for i in found.customer_ids.tolist()])
    in_turn = found.block[np.lexsort((found.customer_ids, -past))]
    assert (np.diff(in_turn) >= 0).all()


def test_another_campaign_draws_others_and_everybody_has_the_same_chance() -> None:
    book = {i: i % 9 for i in range(1, 41)}
    left = np.zeros(41)
    for campaign_id in range(600):
        left[list(holdout(book, campaign_id=campaign_id, share=0.25))] += 1
    assert left.sum() == 600 * 10
    assert np.abs(left[1:] - 150).max() < 5 * np.sqrt(600 * 0.25 * 0.75)


def test_who_was_left_out_twice_is_written_to_and_stands_outside_the_comparison() -> None:
    book = {i: 10 * i for i in range(1, 31)}
    found = draw(list(book), list(book.values()), campaign_id=5, share=0.2, spared={3, 17, 999})
    assert found.outside_ids() == {3, 17}
    assert not found.held_out_ids() & {3, 17}
    assert len(found.held_out_ids()) == held_out_count(28, 0.2)
    assert len(found.treated_ids()) == 30 - 2 - len(found.held_out_ids())
    rest = {i: past for i, past in book.items() if i not in (3, 17)}
    assert found.held_out_ids() == holdout(rest, campaign_id=5, share=0.2)


@pytest.mark.parametrize("people", [0, 1])
def test_too_few_to_draw_from_are_all_outside(people: int) -> None:
    found = draw(list(range(people)), [5] * people, campaign_id=1, share=0.5)
    assert (found.block == OUTSIDE).all()
    assert not found.held_out_ids()


def test_no_share_leaves_nobody_alone() -> None:
    assert draw([1, 2, 3], [1, 2, 3], campaign_id=1, share=0).outside_ids() == {1, 2, 3}


@pytest.mark.parametrize("share", [-0.1, 0.51, 1.0])
def test_a_share_that_cannot_be_is_refused(share: float) -> None:
    with pytest.raises(Invalid, match="cannot be left alone"):
        holdout({1: 1, 2: 2}, campaign_id=1, share=share)


def test_a_customer_twice_is_refused() -> None:
    with pytest.raises(Invalid, match="twice"):
        draw([1, 1], [5, 6], campaign_id=1, share=0.5)


def test_the_lot_never_changes() -> None:
    assert holdout({i: i for i in range(12)}, campaign_id=2, share=0.25) == {1, 6, 11}


@pytest.mark.long
def test_a_million_customers_are_drawn_in_seconds() -> None:
    ids, past = np.arange(1_000_000), np.random.default_rng(1).integers(0, 10_000, 1_000_000)
    began = time.monotonic()
    assert draw(ids, past, campaign_id=1, share=0.1).held_out.sum() == 100_000
    assert time.monotonic() - began < 15
