"""Ties: in both directions, proposed by orders, made by codes; nobody is reached through another's mouth."""

from datetime import UTC, date, datetime

import pytest

from beizai.base.errors import Invalid, NotFound
from beizai.base.home import Home
from beizai.customers import cards, named, points, referring, ties
from beizai.customers.models import ContactPoint, Customer, ProposedTie, Tie
from beizai.identity import merging
from beizai.sources import register

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """A home with keys of its own."""


def card(name: str, address: str = "") -> Customer:
    new = cards.NewCard(name=name, postal_address=address)
    return cards.add(new, source=register.office(NOW), now=NOW)


def test_a_friendship_seen_from_both_sides_is_one_tie():
    ada, bo = card("Ada"), card("Bo")
    first = ties.tie(ada.pk, "friend", bo.pk, source=ada.source, now=NOW)
    assert ties.tie(bo.pk, "friend", ada.pk, source=ada.source, now=NOW) == first
    gives = ties.tie(ada.pk, "gives_to", bo.pk, source=ada.source, now=NOW, occasion="New Year")
    assert ties.tie(bo.pk, "gives_to", ada.pk, source=ada.source, now=NOW) != gives
    assert gives.occasion == "New Year"


def test_who_is_known_only_through_another_has_no_contact_points_until_they_come():
    ada = card("Ada")
    aunt = named.add_named(ada.pk, "Aunt Li", "gives_to", source=ada.source, now=NOW)
    assert Tie.objects.get(customer=ada, other=aunt).kind == "gives_to"
    with pytest.raises(Invalid) as refused:
        points.add(aunt, "phone", "+33612345678", source=ada.source, now=NOW)
    assert refused.value.code == "only_named"
    assert not ContactPoint.objects.exists()
    assert named.came(aunt.pk, source=ada.source, now=NOW)
    assert not named.came(aunt.pk, source=ada.source, now=NOW)
    aunt.refresh_from_db()
    assert points.add(aunt, "phone", "+33612345678", source=ada.source, now=NOW).pk


def test_an_order_to_anothers_address_proposes_a_present_once():
    ada, bo = card("Ada Lin"), card("Bo Chen")
    made = named.order_to(ada.pk, "Bo  Chen", order="A-7", source=ada.source, now=NOW)
    assert made is not None
    assert (made.other_id, made.kind, made.evidence) == (bo.pk, "gives_to", "A-7")
    assert named.order_to(ada.pk, "Bo Chen", order="A-8", source=ada.source, now=NOW) is None
    assert named.order_to(ada.pk, "ada lin", order="A-9", source=ada.source, now=NOW) is None
    named.decide(made.pk, accept=True, source=ada.source, now=NOW)
    assert ties.exists(ada.pk, "gives_to", bo.pk)
    assert named.waiting() == []


def test_of_two_of_one_name_the_address_decides_and_a_stranger_becomes_a_named_card():
    ada = card("Ada")
    card("Bo", "1 Tea Street")
    second = card("Bo", "2 Silk Road, Lyon")
    made = named.order_to(
        ada.pk, "Bo", order="1", source=ada.source, now=NOW, postal_address="2 silk road\nLYON"
    )
    assert made is not None
    assert made.other_id == second.pk
    stranger = named.order_to(ada.pk, "Cai", order="2", source=ada.source, now=NOW)
    assert stranger is not None
    named.decide(stranger.pk, accept=True, source=ada.source, now=NOW)
    cai = Customer.objects.get(name="Cai")
    assert (cai.only_named, cai.through_id) == (True, ada.pk)
    refused = named.order_to(ada.pk, "Dai", order="3", source=ada.source, now=NOW)
    assert refused is not None
    named.decide(refused.pk, accept=False, source=ada.source, now=NOW)
    assert not Customer.objects.filter(name="Dai").exists()
    assert ProposedTie.objects.get(pk=refused.pk).accepted is False


def test_a_code_is_read_however_it_is_said_and_nobody_guesses_one():
    ada = card("Ada")
    code = referring.code(ada.pk)
    assert referring.read(code.lower().replace("-", " ")) == ada.pk
    for wrong in ("", "7", code[:-1] + ("0" if code[-1] != "0" else "1"), "2" + code, "x" * 500):
        with pytest.raises(NotFound):
            referring.read(wrong)


def test_a_code_makes_the_tie_with_its_day_and_occasion_once():
    ada, bo = card("Ada"), card("Bo")
    code = referring.code(ada.pk)
    made = referring.redeem(code, bo.pk, source=ada.source, now=NOW, occasion="tea fair")
    assert made is not None
    assert (made.other_id, made.since_on, made.occasion) == (ada.pk, date(2026, 5, 4), "tea fair")
    assert referring.redeem(code, bo.pk, source=ada.source, now=NOW) is None
    with pytest.raises(Invalid):
        referring.redeem(code, ada.pk, source=ada.source, now=NOW)


def test_joined_cards_are_one_person_brought_once_and_by_nobody_they_brought():
    ada, ada_again, bo, cy = card("Ada"), card("Ada"), card("Bo"), card("Cy")
    ties.tie(ada_again.pk, "referred_by", bo.pk, source=ada.source, now=NOW)
    merging.merge([ada_again.pk], ada.pk, now=NOW, by=None)
    with pytest.raises(Invalid) as twice:
        ties.tie(ada.pk, "referred_by", cy.pk, source=ada.source, now=NOW)
    assert twice.value.code == "brought_once"
    with pytest.raises(Invalid) as ring:
        ties.tie(bo.pk, "referred_by", ada.pk, source=ada.source, now=NOW)
    assert ring.value.code == "brought_in_a_ring"
    with pytest.raises(Invalid):
        ties.tie(ada.pk, "referred_by", ada_again.pk, source=ada.source, now=NOW)
