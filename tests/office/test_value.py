"""Where customers stand, counted from the book and written beside their cards."""

from datetime import UTC, date, datetime, timedelta

import pytest
from books import Sold, bring_in

from beizai.base.home import Home
from beizai.consent import ledger
from beizai.consent.permitted import permitted
from beizai.consent.rules import may_contact
from beizai.customers import cards, ties
from beizai.customers.models import Customer, Standing
from beizai.events import batches
from beizai.events.book import open_book
from beizai.sources import register
from beizai.value import kept, standings
from beizai.value.customers import customers, one, thresholds_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def card(name: str, *points: tuple[str, str]) -> Customer:
    return cards.add(cards.NewCard(name=name, points=points), source=register.office(NOW), now=NOW)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture
def people() -> dict[str, int]:
    """A regular, one gone quiet, one who bought once, one who only left an address, and one who brings others."""
    names = ("Ada", "Ben", "Cleo", "Dora", "Eve")
    made = {name: card(name, ("email", f"{name}@example.test")).pk for name in names}
    bring_in(
        [
            *(Sold(made["Ada"], days_ago(ago), 5_000) for ago in (5, 15, 25, 35)),
            *(Sold(made["Ben"], days_ago(ago)) for ago in (100, 110, 120)),
            Sold(made["Cleo"], days_ago(50), 2_000),
            Sold(made["Cleo"], days_ago(40), -500),
            Sold(None, days_ago(3), 9_999),
        ],
        now=NOW,
    )
    source = register.office(NOW)
    for name in ("Ada", "Ben"):
        ties.tie(made[name], "referred_by", made["Eve"], source=source, now=NOW)
    return made


def rows(as_of: datetime = NOW) -> dict[int, dict]:
    with open_book(as_of) as book:
        return {row["customer_id"]: row for row in customers(book, as_of).to_pylist()}


def test_everybody_with_a_card_stands_somewhere(people):
    found = rows()
    assert set(found) == set(people.values())
    ada, cleo, dora = (found[people[name]] for name in ("Ada", "Cleo", "Dora"))
    assert (ada["purchase_days"], ada["recency_days"], ada["usual_gap_days"]) == (4, 5, 10.0)
    assert (cleo["purchase_days"], cleo["spent_minor"], cleo["recency_days"]) == (1, 1_500, 50)
    assert (dora["purchase_days"], dora["last_on"], dora["r"]) == (0, None, None)
    assert [found[people[name]]["stage"] for name in people] == [
        "loyal",
        "target",
        "target",
        "target",
        "target",
    ]
    assert [found[people[name]]["type"] for name in people] == [
        "key_account",
        "occasional",
        "occasional",
        "not_bought_yet",
        "opinion_leader",
    ]


def test_one_card_is_judged_as_all_are(people):
    with open_book(NOW) as book:
        table = customers(book, NOW)
        for row in table.to_pylist():
            stands = one(book, row["customer_id"], NOW, thresholds_of(table))
            assert {kind: found.code for kind, found in stands.labels.items()} == {
                kind: row[kind] for kind in ("stage", "type", "tier")
            }
            assert (stands.r, stands.f, stands.m) == (row["r"], row["f"], row["m"])
            assert stands.measures.usual_gap_days == row["usual_gap_days"]


def test_the_past_can_be_asked_again(people):
    then = rows(NOW - timedelta(days=95))[people["Ben"]]
    assert (then["recency_days"], then["stage"]) == (5, "loyal")


def test_the_standing_is_written_beside_the_card_and_brought_up_to_date(people):
    standings.refresh(NOW)
    ada = Standing.objects.get(pk=people["Ada"])
    assert (ada.stage, ada.purchase_days, ada.last_order_on, ada.as_of) == ("loyal", 4, days_ago(5), NOW)
    bring_in([Sold(people["Dora"], TODAY, 700)], now=NOW)
    with open_book(NOW) as book:
        standings.refresh_one(book, people["Dora"], NOW)
        assert kept.latest().is_stale(book)
    assert Standing.objects.get(pk=people["Dora"]).spent_minor == 700
    standings.refresh(NOW + timedelta(hours=1))
    assert Standing.objects.filter(as_of=NOW + timedelta(hours=1)).count() == len(people)
    with open_book(NOW) as book:
        assert not kept.latest().is_stale(book)


def test_an_undone_import_leaves_no_trace_in_the_standing(people):
    batch = bring_in([Sold(people["Dora"], TODAY)], now=NOW)
    standings.refresh(NOW)
    batches.undo(batch, at=NOW)
    standings.refresh(NOW)
    assert Standing.objects.get(pk=people["Dora"]).purchase_days == 0


def test_the_permissions_of_the_whole_book_are_those_of_each_card(people):
    source = register.office(NOW)
    said = [
        ("Ada", "email", "granted", 0),
        ("Ada", "", "withdrawn", 1),
        ("Ben", "", "granted", 0),
        ("Ben", "sms", "refused", 0),
    ]
    for name, channel, decision, hour in said:
        at = NOW + timedelta(hours=hour)
        given = ledger.Given(
            people[name], "marketing", decision, "Write to me.", at, source.pk, channel=channel
        )
        ledger.record(given, now=at)
    for at in (NOW, NOW + timedelta(hours=2)):
        for purpose in ("marketing", "service"):
            found = permitted(purpose, at)
            for customer_id in people.values():
                for channel in ("email", "sms", "letter"):
                    assert (
                        found.may(customer_id, channel)
                        == may_contact(customer_id, channel, purpose, at).allowed
                    )


def test_an_empty_book_has_nobody_and_says_so():
    with open_book(NOW) as book:
        table = customers(book, NOW)
    assert table.num_rows == 0
    assert thresholds_of(table).buyers == 0
