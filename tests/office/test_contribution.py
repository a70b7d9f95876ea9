"""Contribution of each customer: half-open days, the nearest margin, the ids' own order."""

from datetime import timedelta

import numpy as np
import pytest
from measured_campaign import STARTED, Purchases

from beizai.base.home import Home
from beizai.events.book import open_book
from beizai.products.models import CategoryMargin
from beizai.staff.shop import shop
from beizai.value.contribution import Margins, contribution_by_customer, current_margins

pytestmark = pytest.mark.django_db
MONDAY = STARTED.date()


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def contributions(*ids: int, margins: Margins | None = None, days: int = 7) -> list[float]:
    with open_book() as book:
        found = contribution_by_customer(
            book,
            np.array(ids),
            start_on=MONDAY,
            end_on=MONDAY + timedelta(days=days),
            margins=margins or Margins(500),
        )
    return found.tolist()


def test_the_first_day_counts_and_the_last_does_not() -> None:
    bought = Purchases()
    for days in (-1, 0, 6, 7):
        bought.add(4, MONDAY + timedelta(days=days), 10 ** (days + 2) if days < 3 else days)
    bought.bring_in()
    assert contributions(4) == [(100 + 6) / 2]


def test_each_place_is_its_id_and_who_bought_nothing_has_nothing() -> None:
    bought = Purchases()
    for who in (9, 2, 5):
        bought.add(who, MONDAY, who * 100)
    bought.bring_in()
    assert contributions(9, 1, 2) == [450, 0, 100]
    assert contributions() == []


def test_a_category_without_a_margin_takes_that_of_the_one_above_it() -> None:
    bought = Purchases()
    for number, category in enumerate(("Tea / Green / Longjing", "Tea/Green", "Cups", None)):
        bought.add(number, MONDAY, 1000, category=category)
    bought.bring_in()
    assert contributions(0, 1, 2, 3, margins=Margins(300, {"Tea": 420, "Tea / Green": 450})) == [
        450,
        450,
        300,
        300,
    ]


def test_a_fraction_of_a_cent_is_kept_until_the_end() -> None:
    bought = Purchases()
    for _ in range(1000):
        bought.add(1, MONDAY, 1)
    bought.bring_in()
    assert contributions(1, margins=Margins(333)) == [333.0]


def test_the_margins_of_today_are_those_of_the_shop_and_go_and_come_with_a_campaign() -> None:
    CategoryMargin.objects.create(category="Tea", margin_permille=420)
    found = current_margins(shop())
    assert (found.book_permille, found.categories) == (300, {"Tea": 420})
    assert Margins.from_fields(found.as_fields()) == found
