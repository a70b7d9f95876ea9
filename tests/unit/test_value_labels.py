"""A label has one meaning, for one customer and over columns, and says since when and until when."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from rules_and_people import AS_OF, person, thresholds

from beizai.value.conditions import Card, Columns, View
from beizai.value.labels import SCALES, STAGES, TIERS, TYPES, code, in_codes, label
from beizai.value.purchases import History, Order, usual_gap
from beizai.value.thresholds import Thresholds

LINES = Thresholds(AS_OF, 10, key_account_minor=3_000, book_gap_days=30.0)


def sale(ago: int, amount: int = 1_000) -> Order:
    return Order(AS_OF - timedelta(days=ago), "sale" if amount >= 0 else "return", amount)


def view(*orders: Order, **card: object) -> View:
    return View(History(orders), Card(**card), LINES, AS_OF)


def columns(of: View) -> Columns:
    gap = usual_gap(of.days)
    return Columns(
        np.array([len(of.days)]),
        np.array([of.silent_days or 0]),
        np.array([of.lines.book_gap_days if gap is None else gap]),
        np.array([of.spent_12m]),
        np.array([of.card.referrals]),
        np.array([of.card.left_contact]),
        np.array([of.card.asked]),
        np.array([of.card.contactable]),
    )


@settings(max_examples=200, deadline=None)
@given(one=person(), lines=thresholds())
def test_a_label_is_the_same_over_columns_as_of_one_customer(one, lines):
    looked = one.view(lines, AS_OF)
    for scale in SCALES.values():
        given_labels = [each for each in scale.codes if in_codes(scale, (each,), columns(looked), lines)[0]]
        assert given_labels == [code(scale, looked)]


@settings(max_examples=100, deadline=None)
@given(one=person(), lines=thresholds())
def test_since_and_until_are_the_ends_of_the_spell(one, lines):
    looked = one.view(lines, AS_OF)
    for scale in SCALES.values():
        found = label(scale, looked)
        known = [day for day in looked.history.days_until(AS_OF)]
        if found.until_on:
            alone = View(
                History(order for order in one.orders if order.on <= AS_OF), looked.card, lines, AS_OF
            )
            assert code(scale, alone.at(found.until_on)) == found.becomes != found.code
            assert code(scale, alone.at(found.until_on - timedelta(days=1))) == found.code
        if found.since_on:
            assert code(scale, looked.at(found.since_on)) == found.code
            assert code(scale, looked.at(found.since_on - timedelta(days=1))) != found.code
            assert known or one.orders


@pytest.mark.parametrize(
    ("looked", "stage", "type_", "tier"),
    [
        (view(), "potential", "not_bought_yet", "potential"),
        (view(contactable=True), "potential", "not_bought_yet", "target"),
        (view(left_contact=True), "target", "not_bought_yet", "potential"),
        (view(asked=True), "target", "not_bought_yet", "interested"),
        (view(sale(3)), "target", "occasional", "small_medium"),
        (view(sale(3), sale(9)), "loyal", "occasional", "small_medium"),
        (view(sale(70), sale(79)), "target", "occasional", "small_medium"),
        (view(sale(3, 3_000)), "target", "key_account", "key_account"),
        (view(sale(400, 9_000)), "target", "occasional", "small_medium"),
        (view(sale(3, 4_000), sale(2, -2_000)), "target", "occasional", "small_medium"),
        (view(referrals=2), "potential", "opinion_leader", "opinion_leader"),
    ],
)
def test_the_first_rule_that_holds_gives_the_label(looked, stage, type_, tier):
    assert [code(scale, looked) for scale in (STAGES, TYPES, TIERS)] == [stage, type_, tier]


def test_a_loyal_customer_turns_when_the_silence_becomes_unusual():
    found = label(STAGES, view(sale(5), sale(15), sale(25)))
    assert (found.code, found.since_on, found.until_on, found.becomes) == (
        "loyal",
        AS_OF - timedelta(days=15),
        AS_OF + timedelta(days=15),
        "target",
    )
    assert [(check.code, check.value, check.threshold, check.holds) for check in found.checks] == [
        ("purchase_days", 3, 2, True),
        ("silent_days_under", 5, 20, True),
    ]


def test_a_key_account_falls_back_when_its_orders_leave_the_year():
    found = label(TYPES, view(sale(100, 2_000), sale(40, 1_500)))
    assert (found.since_on, found.until_on, found.becomes) == (
        AS_OF - timedelta(days=40),
        AS_OF + timedelta(days=265),
        "occasional",
    )


def test_two_tickets_on_one_day_are_one_purchase():
    assert code(STAGES, view(sale(3), sale(3))) == "target"


def test_the_usual_gap_needs_three_purchase_days():
    days = [date(2024, 1, 1), date(2024, 1, 11), date(2024, 1, 16)]
    assert (usual_gap(days), usual_gap(days[:2])) == (7.5, None)
