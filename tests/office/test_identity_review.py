"""Who somebody is, for certain or perhaps; the pairs that wait, and what becomes of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from beizai.base.errors import Invalid, NotFound
from beizai.base.home import Home
from beizai.consent import ledger
from beizai.customers import cards as book_cards
from beizai.customers import doubles, points
from beizai.customers.cards import NewCard
from beizai.customers.models import ContactPoint, Customer, ExternalId
from beizai.identity import cards, deterministic, looking, merging, proposals, rules
from beizai.identity.deterministic import Because, Point, same_card
from beizai.identity.models import Merge, Proposal
from beizai.messages.arbitration import arbitrate
from beizai.messages.models import Message, State
from beizai.sources import register

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def card(name: str = "Marie Lin", email: str = "", *, verified: bool = False, **given: object) -> int:
    new = NewCard(name=name, points=(("email", email),), **given)
    made = book_cards.add(new, source=register.office(NOW), now=NOW)
    if verified:
        ContactPoint.objects.filter(customer=made).update(verified_at=NOW)
    return made.pk


def allow(number: int, *, at: datetime = NOW, decision: str = "granted") -> None:
    given = ledger.Given(number, "marketing", decision, "Yes.", at, register.office(NOW).pk, channel="email")
    ledger.record(given, now=NOW + timedelta(days=30))


def test_a_number_of_another_book_decides() -> None:
    number = card()
    ExternalId.objects.create(customer_id=number, source=register.office(NOW), value="C-1")
    found = same_card(external_ids=[(register.office(NOW).pk, "C-1")])
    assert (found.card_id, found.because) == (number, Because.NUMBER)
    assert same_card(external_ids=[(register.office(NOW).pk, "C-2")]).card_id is None


def test_a_number_of_a_joined_card_is_the_kept_cards() -> None:
    kept, other = card(), card("M. Lin")
    ExternalId.objects.create(customer_id=other, source=register.office(NOW), value="C-1")
    merging.merge([other], kept, now=NOW)
    assert same_card(external_ids=[(register.office(NOW).pk, "C-1")]).card_id == kept


def test_a_proved_address_that_is_one_cards_alone_decides() -> None:
    number = card(email="m@example.test", verified=True)
    assert same_card(points=[Point("email", "m@example.test", verified=True)]).card_id == number


def test_who_claims_anothers_proved_address_gets_no_card_but_a_proposal() -> None:
    owner, claimer = card(email="m@example.test", verified=True), card("Somebody Else")
    found = same_card(points=[Point("email", "m@example.test")])
    assert found.card_id is None
    assert [one.card_id for one in found.maybe] == [owner]
    assert deterministic.propose(claimer, found, now=NOW) == 1
    assert not Merge.objects.exists()
    assert Proposal.objects.get().state == Proposal.State.OPEN


def test_a_familys_phone_joins_nobody() -> None:
    for name in ("Ada Lin", "Benjamin Okafor"):
        made = Customer.objects.get(pk=card(name))
        points.add(made, "phone", "+33612345678", source=register.office(NOW), now=NOW)
    ContactPoint.objects.update(verified_at=NOW)
    assert deterministic.is_shared("phone", "+33612345678")
    assert same_card(points=[Point("phone", "+33612345678", verified=True)]).card_id is None


def test_a_person_says_whether_an_address_is_shared() -> None:
    number = card(email="info@example.test", verified=True)
    deterministic.mark("email", "info@example.test", shared=True, now=NOW)
    assert same_card(points=[Point("email", "info@example.test", verified=True)]).card_id is None
    deterministic.mark("email", "info@example.test", shared=False, now=NOW)
    assert same_card(points=[Point("email", "info@example.test", verified=True)]).card_id == number


def test_an_address_on_more_cards_than_one_person_has_is_shared() -> None:
    for _ in range(4):
        card("Marie Lin", "m@example.test")
    assert deterministic.shared_among("email", ["m@example.test", "x@example.test"]) == {"m@example.test"}


def pair(**other: object) -> Proposal:
    one, two = card(country="FR"), card("Marie Linn", **other)
    proposals.add(
        [proposals.Found(two, one, 0.8, {"family_name": {"level": "one_slip", "bits": 4.0}})],
        rule="test", now=NOW,
    )  # fmt: skip
    return Proposal.objects.get()


def test_joining_a_pair_keeps_the_older_card_unless_told_otherwise() -> None:
    found = pair()
    made = proposals.join(found.pk, now=NOW)
    assert made.card_id == found.left_id
    found.refresh_from_db()
    assert (found.state, found.merge_id) == (Proposal.State.JOINED, made.pk)
    merging.unmerge(made.pk, now=NOW)
    found.refresh_from_db()
    assert found.state == Proposal.State.APART


def test_the_newer_card_may_be_kept() -> None:
    found = pair()
    assert proposals.join(found.pk, keep=found.right_id, now=NOW).card_id == found.right_id


def test_who_was_told_apart_is_never_proposed_again() -> None:
    found = pair()
    proposals.keep_apart(found.pk, now=NOW)
    assert proposals.add([proposals.Found(found.left_id, found.right_id, 0.9, {})], rule="test", now=NOW) == 0
    assert not proposals.waiting().exists()
    with pytest.raises(Invalid):
        proposals.join(found.pk, now=NOW)
    with pytest.raises(NotFound):
        proposals.join(10**9, now=NOW)


def test_a_pair_put_off_waits_elsewhere() -> None:
    found = pair()
    proposals.put_off(found.pk, now=NOW)
    assert not proposals.waiting().exists()
    assert proposals.waiting(later=True).get() == found
    assert proposals.of_card(found.left_id) == [found]


def test_what_differs_is_marked_side_by_side() -> None:
    lines = {line.field: line for line in proposals.side_by_side(pair(country="DE"))}
    assert lines["name"].differs
    assert (lines["country"].left, lines["country"].right, lines["country"].differs) == ("FR", "DE", True)
    assert not lines["source"].differs


def test_the_book_is_looked_through_for_doubles() -> None:
    names = ["Ada Okafor", "Benjamin Weiss", "Chloé Martin", "Dora Novak", "Émile Roux", "Fatima Zahra"]
    ids = [
        card(
            name, f"{place}@example.test", birthday_on=date(1980 + place, 1 + place, 3 + place), country="FR"
        )
        for place, name in enumerate(names)
    ]
    twin = card("Ada Okafor", "0@example.test", birthday_on=date(1980, 1, 3), country="FR")
    found = looking.look(now=NOW)
    assert (found.cards, found.joined) == (7, 0)
    best = proposals.waiting()[0]
    assert (best.left_id, best.right_id) == (ids[0], twin)
    rules.change(merge_above=0.9)
    assert looking.look(now=NOW, join=True).joined == 1
    assert cards.card_of(twin) == ids[0]
    assert looking.look(now=NOW).cards == 6


def test_a_campaign_writes_to_one_person_once_under_whatever_number() -> None:
    kept, other = card(email="a@example.test"), card("M. Lin", email="b@example.test")
    for number in (kept, other):
        allow(number, at=NOW - timedelta(days=1))
    merging.merge([other], kept, now=NOW)
    asked = {"channel": "email", "purpose": "marketing", "at": NOW, "cap_days": 7}
    found = arbitrate([kept, other], campaign_id=5, **asked)
    assert [found[number].eligible for number in (kept, other)] == [True, False]
    Message.objects.create(campaign_id=5, customer_id=other, state=State.SENT, sent_at=NOW, changed_at=NOW)
    assert arbitrate([kept], campaign_id=5, **asked)[kept].reason == "duplicate_address"
    assert arbitrate([kept], campaign_id=6, **asked)[kept].reason == "written_lately"


def test_a_joined_card_is_no_double_of_its_own() -> None:
    kept, other = card(email="a@example.test"), card("Marie Lin", email="a@example.test")
    merging.merge([other], kept, now=NOW)
    found = doubles.possible(name="Marie Lin", given=[("email", "a@example.test")])
    assert [one.customer.pk for one in found] == [kept]
