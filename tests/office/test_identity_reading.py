"""Everything that reads people reads a joint card: orders, visits, value, segments."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from books import Sold, bring_in

from beizai.base.home import Home
from beizai.base.ids import new_event_id
from beizai.customers import belonging, remarks
from beizai.customers import cards as book_cards
from beizai.customers.cards import NewCard
from beizai.events import batches
from beizai.events.book import open_book
from beizai.identity import anonymous, cards, merging
from beizai.lake import EVENTS
from beizai.segments import membership
from beizai.sources import register
from beizai.value import standings
from beizai.value.customers import customers

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
T = [datetime(2026, 2, day, 12, tzinfo=UTC) for day in range(1, 11)]


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def card(name: str, **given: object) -> int:
    new = NewCard(name=name, points=(("email", f"{name}@example.test"),), **given)
    return book_cards.add(new, source=register.office(NOW), now=NOW - timedelta(days=300)).pk


def spent(*, cards_at: datetime | None = None) -> dict[int, int]:
    with open_book(NOW, cards_at=cards_at) as book:
        orders = book.orders
        rows = book.arrow(orders.group_by("customer_id").agg(total=orders.amount_minor.sum())).to_pylist()
    return {row["customer_id"]: row["total"] for row in rows}


def visits() -> dict[str, int | None]:
    with open_book(NOW) as book:
        events = book.events.filter(book.events.kind == "visited")
        rows = book.arrow(events.select("reason", "customer_id")).to_pylist()
    return {row["reason"]: row["customer_id"] for row in rows}


def visit(anonymous_id: str, at: datetime, name: str, *, customer_id: int | None = None) -> None:
    naive = at.replace(tzinfo=None)
    row = {"event_id": new_event_id(at), "kind": "visited", "anonymous_id": anonymous_id, "reason": name}
    times = {"occurred_at": naive, "received_at": naive, "occurred_on": at.date()}
    batch = batches.open_batch("events", opened_at=NOW)
    table = pa.Table.from_pylist([row | times | {"customer_id": customer_id}])
    batches.append_rows(batch.pk, EVENTS, table)
    batches.enter(batch.pk, at=NOW)


def test_orders_of_a_joined_number_are_the_kept_cards_and_part_again() -> None:
    ada, ida, ben = card("Ada"), card("Ida"), card("Ben")
    day = date(2026, 3, 1)
    bring_in([Sold(ada, day, 100), Sold(ida, day, 20), Sold(ben, day, 3), Sold(None, day, 7)], now=NOW)
    made = merging.merge([ida], ada, now=NOW)
    assert spent() == {ada: 120, ben: 3, None: 7}
    bring_in([Sold(ida, day, 1_000)], now=NOW)  # its shop still knows the old number
    assert spent() == {ada: 1_120, ben: 3, None: 7}
    merging.unmerge(made.pk, now=NOW)
    assert spent() == {ada: 100, ida: 1_020, ben: 3, None: 7}


def test_what_was_drawn_before_is_measured_as_it_was_drawn() -> None:
    ada, ida = card("Ada"), card("Ida")
    bring_in([Sold(ada, date(2026, 3, 1), 100), Sold(ida, date(2026, 3, 1), 20)], now=NOW)
    merging.merge([ida], ada, now=NOW)
    assert spent(cards_at=NOW - timedelta(days=1)) == {ada: 100, ida: 20}
    assert cards.mapping(NOW) == {ida: ada}


def test_visits_join_whoever_said_who_they_are_and_two_people_stay_two() -> None:
    ada, ben = card("Ada"), card("Ben")
    visit("device", T[0], "before anybody")
    visit("device", T[2], "as Ada")
    visit("device", T[4], "as Ben")
    visit("other", T[4], "nobody's")
    assert anonymous.join("device", ada, T[1])
    assert anonymous.join("device", ben, T[3])
    assert not anonymous.join("device", ben, T[5])
    assert visits() == {"before anybody": ada, "as Ada": ada, "as Ben": ben, "nobody's": None}
    assert [anonymous.owner_of("device", at) for at in (T[0], T[2], T[4])] == [ada, ada, ben]
    assert anonymous.owner_of("other", T[0]) is None
    assert cards.card_of(ben) == ben


def test_an_earlier_word_that_comes_late_takes_its_place() -> None:
    ada, ben = card("Ada"), card("Ben")
    visit("device", T[2], "between")
    anonymous.join("device", ben, T[3])
    assert visits() == {"between": ben}
    anonymous.join("device", ada, T[1])
    assert visits() == {"between": ada}


def test_a_visit_of_a_joined_card_is_the_kept_cards() -> None:
    ada, ida = card("Ada"), card("Ida")
    anonymous.join("device", ida, T[0])
    visit("device", T[1], "unnamed")
    visit("device", T[1], "named", customer_id=ida)
    made = merging.merge([ida], ada, now=NOW)
    assert visits() == {"unnamed": ada, "named": ada}
    assert anonymous.owner_of("device", T[2]) == ada
    merging.unmerge(made.pk, now=NOW)
    assert visits() == {"unnamed": ida, "named": ida}


def test_value_counts_a_joint_card_once() -> None:
    ada, ida, ben = card("Ada"), card("Ida"), card("Ben")
    bring_in([Sold(ada, date(2026, 3, 1), 100), Sold(ida, date(2026, 3, 2), 20)], now=NOW)
    made = merging.merge([ida], ada, now=NOW)
    with open_book(NOW) as book:
        found = {row["customer_id"]: row["spent_minor"] for row in customers(book, NOW).to_pylist()}
        stands = standings.refresh_one(book, ada, NOW)
    assert found == {ada: 120, ben: 0}
    assert stands.measures.purchase_days == 2
    merging.unmerge(made.pk, now=NOW)
    with open_book(NOW) as book:
        assert customers(book, NOW).num_rows == 3


def test_segments_find_a_joint_card_by_what_any_of_its_cards_has() -> None:
    ada, ida = card("Ada", country="FR"), card("Ida", language="zh")
    remarks.add_tag(ida, "vip", source=register.office(NOW), now=NOW)
    rule = {"all": [
        {"tag": {"name": "vip"}},
        {"attribute": {"name": "country", "op": "is", "value": "FR"}},
        {"attribute": {"name": "language", "op": "is", "value": "zh"}},
    ]}  # fmt: skip
    found = membership.save("Joint", rule, now=NOW)
    later = NOW + timedelta(days=1)
    assert membership.members(found.pk, as_of=later).tolist() == []
    made = merging.merge([ida], ada, now=NOW)
    assert membership.members(found.pk, as_of=later).tolist() == [ada]
    merging.unmerge(made.pk, now=NOW)
    assert membership.members(found.pk, as_of=later).tolist() == []
    assert belonging.spread([ada]) == {ada: ada}
