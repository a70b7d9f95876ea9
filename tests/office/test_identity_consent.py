"""What the cards of one person decided, taken as one person's."""

from datetime import UTC, datetime, timedelta

import pytest

from beizai.base.home import Home
from beizai.consent import ledger
from beizai.consent.permitted import permitted
from beizai.consent.rules import may_contact
from beizai.customers import cards as book_cards
from beizai.customers.cards import NewCard
from beizai.identity import merging
from beizai.sources import register

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def card(name: str = "Marie Lin", email: str = "") -> int:
    new = NewCard(name=name, points=(("email", email),))
    return book_cards.add(new, source=register.office(NOW), now=NOW).pk


def allow(number: int, *, at: datetime = NOW, decision: str = "granted") -> None:
    given = ledger.Given(number, "marketing", decision, "Yes.", at, register.office(NOW).pk, channel="email")
    ledger.record(given, now=NOW + timedelta(days=30))


def test_a_refusal_of_any_of_the_cards_wins_until_they_decide_again() -> None:
    kept, other = card(email="a@example.test"), card("M. Lin", email="b@example.test")
    allow(kept, at=NOW - timedelta(days=1))
    allow(other, at=NOW - timedelta(days=9), decision="refused")
    made = merging.merge([other], kept, now=NOW)
    for number in (kept, other):
        assert not may_contact(number, "email", "marketing", NOW).allowed
    assert kept not in permitted("marketing", NOW).allowed["email"]
    later = NOW + timedelta(days=2)
    allow(kept, at=NOW + timedelta(days=1))
    assert may_contact(kept, "email", "marketing", later).allowed
    merging.unmerge(made.pk, now=later)
    assert may_contact(kept, "email", "marketing", later).allowed
    assert not may_contact(other, "email", "marketing", later).allowed
