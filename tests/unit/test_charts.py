"""Charts: every shape stays on its field, every word on the page."""

import doctest
import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beizai.office.charts import (
    Interval,
    Line,
    bars,
    curves,
    density,
    drawing,
    heat,
    levels,
    lorenz,
    render,
    scale,
    waterfall,
)
from beizai.office.charts.density import Said

MONEY = st.floats(-1e7, 1e7, allow_nan=False).map(lambda value: round(value, 2))
SAID = Said("€5", "€1", "€9", "€0", "lost ←", "→ earned", "planted truth €4", "about €5")


@pytest.mark.parametrize("module", [drawing, scale, heat, bars])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


def test_the_curve_names_the_top_fifth_where_it_stands():
    chart = lorenz(
        [(0, 0), (0.2, 0.68), (1, 1)],
        top="68%",
        top_below="",
        half="",
        alike="",
        fifth="20%",
        across="",
        up="",
        label="curve",
    )
    assert "M20 100V32.00H0" in [shape.path for shape in chart.shapes]
    assert all(isinstance(word.text, str) for word in chart.words)
    assert chart.words[0].y == pytest.approx(36)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(estimate=MONEY, below=st.floats(0, 1e6), above=st.floats(0, 1e6), planted=st.none() | MONEY)
def test_the_profit_picture_always_shows_zero(estimate, below, above, planted):
    chart = density(Interval(estimate, estimate - below, estimate + above, planted), SAID)
    zero = float(re.match(r"M(-?[\d.]+) 2V100", chart.shapes[3].path)[1])
    assert 0 < zero < 100
    assert all(-1 <= word.x <= 101 for word in chart.words)


def test_a_side_without_a_limit_runs_to_the_edge():
    chart = density(Interval(5.0, None, 9.0), SAID)
    assert chart.shapes[5].path.startswith("M0.00 100H")
    assert "€1" not in {word.text for word in chart.words}


def test_labels_that_would_touch_go_a_row_lower():
    narrow = density(Interval(500.0, 490.0, 510.0), SAID)
    assert next(word for word in narrow.words if word.text == "€5").y == 119


def test_the_words_at_the_ends_of_two_lines_do_not_touch():
    same = Line([0, 5.0], [0, 4.0], [0, 6.0], "€5", "group")
    chart = curves(same, same, ticks=[(5.0, "€5")], days=[(0, "3 Feb"), (1, "4 Apr")], label="")
    ends = [word.y for word in chart.words if word.anchor == "l"]
    assert abs(ends[0] - ends[1]) >= 17


def test_the_ramp_gives_the_best_cell_the_strongest_step():
    assert levels([1, 2, 3, 4, 5, 6]) == [0, 1, 2, 3, 4, 5]
    assert levels([None, None]) == [0, 0]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MONEY, min_size=1, max_size=6))
def test_a_waterfall_stays_in_its_room_and_ends_at_the_sum(amounts):
    steps = waterfall(amounts)
    assert steps[-1].amount == pytest.approx(sum(amounts), abs=1e-6)
    assert all(step.start >= 0 and step.start + step.width <= 101 for step in steps)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.floats(0.001, 1e9))
def test_round_numbers_rise_and_stay_under_the_top(high):
    found = scale.rounds(high)
    assert 1 <= len(found) <= 3
    assert all(a < b for a, b in pairwise(found))
    assert found[-1] <= high * (1 + 1e-9)


def test_a_chart_is_written_without_a_style_attribute_and_escaped():
    chart = drawing.Chart(
        (drawing.Shape("M0 0", "k-axis", 1),), (drawing.Word(1, 2, "<b>"),), "h150", 'say "x"'
    )
    html = render(chart)
    assert "style" not in html
    assert "&lt;b&gt;" in html
    assert "&quot;x&quot;" in html
