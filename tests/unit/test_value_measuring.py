"""Counting all customers at once gives each what counting them alone gives."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from beizai.value.measuring import NEVER, Sales, measured
from beizai.value.purchases import History, Order

START = date(2023, 1, 1)
AS_OF = START + timedelta(days=400)


def days_since_1970(day: date) -> int:
    return (day - date(1970, 1, 1)).days


ORDERS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3, 900_000_000_000]),
        st.integers(0, 410),
        st.sampled_from(["sale", "sale", "return"]),
        st.integers(-500, 5_000),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(ORDERS)
def test_counting_all_at_once_equals_counting_each_alone(rows):
    sales = Sales(
        *(np.array([row[column] for row in rows], dtype=np.int64) for column in (0,)),
        np.array([days_since_1970(START) + row[1] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.int64),
        np.array([row[2] == "sale" for row in rows], dtype=np.bool_),
    )
    found = measured(sales, as_of_day=days_since_1970(AS_OF))
    seen = [row for row in rows if row[1] <= 400]
    assert found.customer_id.tolist() == sorted({row[0] for row in seen})
    for at, customer in enumerate(found.customer_id.tolist()):
        own = History(
            Order(START + timedelta(days=ago), kind, amount)
            for who, ago, kind, amount in rows
            if who == customer
        )
        alone = own.measures(AS_OF)
        assert found.purchase_days[at] == alone.purchase_days
        assert found.purchase_days_12m[at] == alone.purchase_days_12m
        assert found.spent_minor[at] == alone.spent_minor
        assert found.spent_12m_minor[at] == alone.spent_12m_minor
        gap = found.usual_gap_days[at]
        assert alone.usual_gap_days is None if np.isnan(gap) else gap == alone.usual_gap_days
        for number, day in ((found.first_day[at], alone.first_on), (found.last_day[at], alone.last_on)):
            assert number == (NEVER if day is None else days_since_1970(day))
