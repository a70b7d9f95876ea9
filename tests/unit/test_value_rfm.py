"""Fifths by an order statistic: equal values share a fifth, whatever their order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from beizai.value.rfm import cuts, fifth, fifths, grid

VALUES = st.lists(st.integers(-5, 20), min_size=1, max_size=60)


@given(VALUES)
def test_a_fifth_is_one_more_than_the_fifths_that_lie_wholly_below(values):
    ordered = sorted(values)
    places = [-(-step * len(values) // 5) for step in range(1, 5)]
    expected = [1 + sum(value > ordered[place - 1] for place in places) for value in values]
    parting = cuts(np.array(values))
    assert [fifth(value, parting) for value in values] == expected
    assert fifths(np.array(values), parting).tolist() == expected


@given(VALUES)
def test_equal_values_share_a_fifth_and_larger_ones_never_stand_lower(values):
    parting = cuts(np.array(values))
    ordered = [fifth(value, parting) for value in sorted(values)]
    assert ordered == sorted(ordered)


def test_five_different_values_fill_the_five_fifths():
    assert [fifth(value, cuts(np.array([5, 3, 1, 2, 4]))) for value in (1, 2, 3, 4, 5)] == [1, 2, 3, 4, 5]


def test_the_grid_counts_everybody_once_with_exact_money():
    cells = grid(np.array([5, 5, 1], np.int8), np.array([1, 1, 5], np.int8), np.array([2**53 + 1, 1, 7]))
    assert len(cells) == 25
    assert sum(cell.customers for cell in cells) == 3
    assert (cells[0].r, cells[0].f, cells[0].customers, cells[0].spent_minor) == (5, 1, 2, 2**53 + 2)
    assert cells[-1].mean_minor == 7
