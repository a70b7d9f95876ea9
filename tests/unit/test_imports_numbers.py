"""Numbers: the decimal sign of a file, by all its numbers together."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beizai.base.errors import Invalid
from beizai.imports.numbers import decide, read_number


def test_one_clear_number_decides_for_the_doubtful_ones() -> None:
    assert decide(["1,234", "12,5"], None, delimiter=";") == "comma"
    assert decide(["1,234", "12.5"], None, delimiter=";") == "point"


def test_a_thousand_or_one_and_a_part_is_asked() -> None:
    with pytest.raises(Invalid) as refused:
        decide(["1,234", "5"], None, delimiter=";")
    assert refused.value.code == "decimal_ambiguous"


def test_a_comma_inside_a_comma_file_groups_thousands() -> None:
    assert decide(["1,234"], None, delimiter=",") == "point"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("£1,234.50", "1234.50"),
        ("EUR 12.00", "12.00"),
        ("１２.５", "12.5"),
        ("(3.20)", "-3.20"),
        ("−4", "-4"),
        ("1e3", "1e3"),
        ("¥1,200", "1200"),
    ],
)
def test_the_same_number_in_many_writings(text: str, value: str) -> None:
    assert read_number(text, "point") == Decimal(value)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_number_with_a_comma_and_grouped_thousands_is_read_back(number: Decimal) -> None:
    text = f"{number:,.2f}".replace(",", " ").replace(".", ",")
    assert read_number(text, "comma") == number


@pytest.mark.parametrize("text", ["", "twelve", "1,2,3", "12 pieces of 3", "--", "1.2.3"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text, "point") is None
