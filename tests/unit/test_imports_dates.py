"""Dates: one style for a whole column, asked where two fit."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beizai.base.errors import Invalid
from beizai.imports.dates import Day, decide, read_clock, read_day


def test_one_day_above_twelve_decides_the_whole_column() -> None:
    assert decide({"03/04/2024": 900, "25/04/2024": 1}, None, column="Date") == "dmy"
    assert decide({"03/04/2024": 900, "04/25/2024": 1}, None, column="Date") == "mdy"


def test_a_column_that_fits_two_styles_is_asked_about() -> None:
    with pytest.raises(Invalid) as refused:
        decide({"03/04/2024": 5, "05/06/2024": 2}, None, column="Datum")
    assert refused.value.code == "dates_ambiguous"
    assert "Datum" in refused.value.message
    assert "dmy" in refused.value.hint


def test_the_answer_of_the_user_decides() -> None:
    assert decide({"03/04/2024": 5}, "mdy", column="Date") == "mdy"


def test_a_column_in_two_styles_shows_one_of_each() -> None:
    with pytest.raises(Invalid) as refused:
        decide({"25/04/2024": 1, "04/25/2024": 1}, None, column="Date")
    assert refused.value.code == "dates_mixed"
    assert "25/04/2024" in refused.value.message
    assert "04/25/2024" in refused.value.message


def test_an_impossible_day_decides_nothing() -> None:
    assert decide({"31/02/2024": 1, "25/04/2024": 1}, None, column="Date") == "dmy"


def test_iso_dates_need_no_style() -> None:
    assert decide({"2024-04-03": 10, "2024/4/3": 2}, None, column="Date") is None


@given(
    day=st.dates(date(1970, 1, 1), date(2069, 12, 31)),
    shape=st.sampled_from(["dmy", "mdy", "ymd"]),
    dot=st.sampled_from("/-. "),
)
def test_a_date_written_in_a_style_is_read_in_it(day: date, shape: str, dot: str) -> None:
    parts = {"d": f"{day.day:02d}", "m": f"{day.month:02d}", "y": f"{day.year:04d}"}
    assert read_day(dot.join(parts[c] for c in shape), shape) == Day(day)


@pytest.mark.parametrize(
    "text",
    [
        "3 Apr 2026",
        "Apr 3, 2026",
        "3 avril 2026",
        "2026年4月3日",
        "20260403",
        "Fri, 3 April 2026",
        "46115",
        "3-Apr-26",
    ],
)
def test_the_same_day_in_many_writings(text: str) -> None:
    assert read_day(text, None) == Day(date(2026, 4, 3))


def test_a_clock_with_a_zone_keeps_its_distance() -> None:
    found = read_clock("16:09:54 -0400")
    assert found is not None
    assert found.offset_minutes == -240
    assert read_clock("24:01") is None
