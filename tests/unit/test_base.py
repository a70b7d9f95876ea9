"""The ground: money, ids, contact points, tokens."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beizai.base import clock, contact_points, ids, money, tokens
from beizai.base.errors import Invalid, NotFound


def test_money_is_exact_in_currencies_of_no_two_and_three_decimals() -> None:
    assert money.to_minor("1234", "JPY") == 1234
    assert money.to_minor("0.015", "EUR") == 2
    assert money.to_minor("1.0005", "KWD") == 1001
    assert money.from_minor(-1, "KWD").as_tuple().exponent == -3


def test_what_is_no_currency_is_refused_with_a_hint() -> None:
    with pytest.raises(Invalid, match="three letters"):
        money.check_currency("Euros")


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**63 - 1))
def test_a_token_names_what_was_signed(campaign: int, recipient: int) -> None:
    key = tokens.derive_key(b"secret", "click")
    token = tokens.Token(campaign, recipient)
    assert tokens.read(key, tokens.sign(key, token)) == token


@given(st.text(max_size=40))
def test_a_forged_token_is_not_known(text: str) -> None:
    with pytest.raises(NotFound):
        tokens.read(tokens.derive_key(b"secret", "click"), text)


def test_a_token_to_open_cannot_unsubscribe() -> None:
    signed = tokens.sign(tokens.derive_key(b"secret", "open"), tokens.Token(1, 2))
    with pytest.raises(NotFound):
        tokens.read(tokens.derive_key(b"secret", "unsubscribe"), signed)


def test_event_ids_sort_by_time() -> None:
    early, late = (ids.new_event_id(datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2))
    assert 0 < early < late < 2**63


@pytest.mark.parametrize(
    ("typed", "normal"),
    [("Ann@Example.TEST", "ann@example.test"), (" a.b+c@sub.example.test ", "a.b+c@sub.example.test")],
)
def test_the_same_address_is_the_same_text(typed: str, normal: str) -> None:
    assert contact_points.normal_email(typed) == normal


@pytest.mark.parametrize(
    "typed", ["", "ann", "ann@", "@example.test", "a b@example.test", "a@b@c.test", "a..b@c.test"]
)
def test_what_no_mail_could_reach_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        contact_points.normal_email(typed)


def test_a_phone_is_read_as_dialled_in_the_shops_country() -> None:
    assert contact_points.normal_phone("06 12 34 56 78", "FR") == "+33612345678"
    assert contact_points.normal_phone("+86 138 0013 8000", "FR") == "+8613800138000"
    with pytest.raises(Invalid, match="not a phone number"):
        contact_points.normal_phone("1.2E+11", "FR")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(Invalid, match="no zone"):
        clock.naive_utc(datetime(2026, 1, 1))


def test_event_ids_differ_even_while_the_clock_stands_still() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert len({ids.new_event_id(at) for _ in range(20_000)}) == 20_000
