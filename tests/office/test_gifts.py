"""A gift made to somebody's measures: the giver never sees them, and everybody who is not to be told of is answered alike."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from beizai.appointments import gifts
from beizai.appointments.gifts import Wanted
from beizai.appointments.models import GiftOrder, MadeToMeasure
from beizai.base.errors import Forbidden, Invalid
from beizai.base.personal import holdings
from beizai.consent import ledger
from beizai.customers import cards, facts
from beizai.customers.models import AttributeDefinition, ContactPoint, Customer, Tie
from beizai.sources.register import office
from beizai.staff.models import Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 7, 0, tzinfo=UTC)
KEYS = ["foot_length_mm", "foot_width_mm"]


@pytest.fixture
def house():
    Shop.objects.create(pk=1, currency="EUR", timezone="Europe/Paris", country="FR", clock_at=NOW)
    for key in KEYS:
        AttributeDefinition.objects.create(key=key, label=key, kind="number", unit="mm", sensitive=True)
    return MadeToMeasure.objects.create(name="Cloth shoes", attribute_keys=KEYS, good_for_months=36)


def person(name, email, *, measured_at=None, allows=False):
    one = cards.add(cards.NewCard(name=name, points=[("email", email)]), source=office(NOW), now=NOW)
    if measured_at:
        for key, value in zip(KEYS, (252, 98), strict=True):
            facts.put(one, key, value, source=office(NOW), now=measured_at)
        one.save(update_fields=["facts"])
    if allows:
        said = ledger.Given(one.pk, "gifts", "granted", "Others may have shoes made for me.", NOW, None)
        ledger.record(said, now=NOW)
    return one


def ordered(house, giver, name="Zoé Marchand", point="zoe@example.test"):
    wanted = Wanted(giver.pk, house.pk, name, point, wish="black, round toe")
    return gifts.take(wanted, by=None, now=NOW)


def looked(house, giver, **more):
    return gifts.look(ordered(house, giver, **more).pk, by=None, now=NOW)


def test_it_can_be_made_for_whoever_allows_it_and_was_measured(house):
    zoe = person("Zoé Marchand", "zoe@example.test", measured_at=NOW, allows=True)
    gift = looked(house, person("Ann", "ann@example.test"))
    assert (gift.state, gift.receiver, gift.reason) == ("can_be_made", zoe, "")
    assert gift.consent_id is not None
    assert gifts.sheet(gift.pk, now=NOW).measures == (("foot_length_mm", 252), ("foot_width_mm", 98))


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (None, "unknown"),
        ({"measured_at": NOW}, "no_permission"),
        ({"allows": True}, "not_measured"),
        ({"allows": True, "measured_at": NOW - timedelta(days=1200)}, "too_old"),
    ],
)
def test_everybody_else_has_to_come_in_and_the_giver_hears_the_same(house, card, reason):
    if card is not None:
        person("Zoé Marchand", "zoe@example.test", **card)
    gift = looked(house, person("Ann", "ann@example.test"))
    assert (gift.state, gift.receiver) == ("needs_them", None)
    assert gift.reason == reason
    with pytest.raises(Forbidden, match="no measures"):
        gifts.sheet(gift.pk, now=NOW)


def asked_of_the_book(house, giver) -> tuple[list[str], GiftOrder]:
    """What taking an order asks of the database, in order, without the values; and the order."""
    with CaptureQueriesContext(connection) as asked:
        made = ordered(house, giver)
    said = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    return [re.sub(r"'[^']*'|\b\d+\b", "?", one) for one in said], made


def test_taking_an_order_looks_nobody_up_and_makes_no_card(house):
    ann = person("Ann", "ann@example.test")
    people, points = Customer.objects.count(), ContactPoint.objects.count()
    of_unknown, first = asked_of_the_book(house, ann)
    person("Zoé Marchand", "zoe@example.test", measured_at=NOW, allows=True)
    of_known, second = asked_of_the_book(house, ann)
    assert (
        of_known == of_unknown
    )  # nobody at the counter can tell one from the other, not by the time either takes
    told = " ".join(of_known)
    for table in ("contactpoint", "consententry", "attributedefinition", "searchwords", "facts", "belonging"):
        assert table not in told
    assert (first.state, second.state) == ("taken", "taken")
    assert (first.receiver_id, second.receiver_id) == (None, None)
    assert Customer.objects.count() == people + 1  # Zoé herself, by our own hand
    assert ContactPoint.objects.count() == points + 1
    assert first.number != second.number


def test_a_name_that_does_not_agree_finds_nobody(house):
    person("Paul Marchand", "zoe@example.test", measured_at=NOW, allows=True)
    assert looked(house, person("Ann", "ann@example.test")).reason == "unknown"


def test_nobody_gives_to_themselves_by_this_door(house):
    ann = person("Ann", "ann@example.test", measured_at=NOW, allows=True)
    assert looked(house, ann, name="Ann", point="ann@example.test").reason == "unknown"


def test_a_permission_taken_back_stops_the_making(house):
    zoe = person("Zoé Marchand", "zoe@example.test", measured_at=NOW, allows=True)
    gift = looked(house, person("Ann", "ann@example.test"))
    later = NOW + timedelta(hours=1)
    ledger.record(ledger.Given(zoe.pk, "gifts", "withdrawn", "No more.", later, None), now=later)
    with pytest.raises(Forbidden, match="may not be used any more"):
        gifts.step(gift.pk, "making", source=office(NOW), by=None, now=later + timedelta(hours=1))


def test_from_order_to_hand_over_and_only_then_is_there_a_tie(house):
    zoe = person("Zoé Marchand", "zoe@example.test", measured_at=NOW, allows=True)
    ann = person("Ann", "ann@example.test")
    gift = looked(house, ann)
    for state in ("making", "ready"):
        gifts.step(gift.pk, state, source=office(NOW), by=None, now=NOW)
    assert not Tie.objects.exists()
    with pytest.raises(Forbidden, match="cannot go there"):
        gifts.step(gift.pk, "making", source=office(NOW), by=None, now=NOW)
    done = gifts.step(gift.pk, "handed_over", source=office(NOW), by=None, now=NOW)
    assert (done.receiver_point, done.settled_at) == ("", NOW)
    tie = Tie.objects.get()
    assert (tie.customer_id, tie.other_id, tie.kind) == (ann.pk, zoe.pk, "gives_to")


def test_what_is_given_out_to_the_giver_holds_no_measures_and_to_the_receiver_no_surprise(house):
    zoe = person("Zoé Marchand", "zoe@example.test", measured_at=NOW, allows=True)
    ann = person("Ann", "ann@example.test")
    looked(house, ann)
    (held,) = [each for each in holdings() if each.table == "appointments_giftorder"]
    assert "252" not in str(held.give_out(ann.pk))
    assert held.give_out(zoe.pk) == []
    held.erase(zoe.pk, NOW)
    gift = GiftOrder.objects.get()
    assert (gift.receiver, gift.receiver_name, gift.receiver_point) == (None, "", "")


@pytest.mark.parametrize(
    ("name", "point"), [("", "zoe@example.test"), ("Zoé", ""), ("Zoé", "not an address")]
)
def test_an_order_needs_a_name_and_a_point_that_can_be(house, name, point):
    with pytest.raises(Invalid):
        ordered(house, person("Ann", "ann@example.test"), name=name, point=point)
    assert not GiftOrder.objects.exists()
