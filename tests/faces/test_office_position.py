"""The position of the shop beside who really buys."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.customers import cards
from beizai.customers.models import AttributeDefinition, Customer, Position, Standing
from beizai.measurement import fit
from beizai.segments import membership
from beizai.sources import register
from beizai.staff.models import Role, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


def buyer(name: str, spent: int, country: str = "", **told: object) -> Customer:
    source = register.office(NOW)
    made = cards.add(cards.NewCard(name=name, country=country), source=source, now=NOW)
    Standing.objects.filter(pk=made.pk).update(spent_12m_minor=spent, purchase_days=1)
    return cards.edit(made.pk, {}, new_facts=told, revision=made.revision, source=source, now=NOW)


def position(*attributes: str, segment: str = "") -> Position:
    said = {"for_whom": "People who give presents", "category": "", "against": ""}
    return fit.write(**said, attributes=attributes, segment=segment, now=NOW, user=None)


def test_the_buyers_are_pictured_by_what_the_position_names(home: Home):
    AttributeDefinition.objects.create(key="likes", label="Likes", kind="choices", choices=["Tea", "Silk"])
    AttributeDefinition.objects.create(key="foot", label="Foot", kind="measure", unit="mm")
    for number in range(10):
        buyer(f"B{number}", 100, "FR", likes=["Tea", "Silk"] if number < 3 else ["Tea"], foot=230 + number)
    buyer("Nobody", 0, "DE", likes=["Silk"])
    found = fit.fit(position("likes", "foot", "country"), NOW)
    likes, foot, country = found.pictures
    assert (found.buyers, found.spent_minor) == (10, 1000)
    assert [(group.value, group.people, group.spent_minor) for group in likes.groups] == [
        ("Tea", 10, 1000),
        ("Silk", 3, 300),
    ]
    assert sum(group.people for group in foot.groups) == 10
    assert [(group.value, group.people) for group in country.groups] == [("FR", 10)]


def test_small_groups_of_a_sensitive_attribute_are_not_shown(home: Home):
    AttributeDefinition.objects.create(
        key="skin", label="Skin", kind="choice", choices=["dry", "rare"], sensitive=True
    )
    for number in range(6):
        buyer(f"B{number}", 100, skin="dry")
    buyer("One", 100, skin="rare")
    (skin,) = fit.fit(position("skin"), NOW).pictures
    assert [(group.value, group.people) for group in skin.groups] == [("dry", 6)]


def test_those_the_shop_means_are_counted_among_buyers_and_sales(home: Home):
    buyer("Ada", 300, "FR")
    buyer("Bo", 100, "DE")
    rule = {"attribute": {"name": "country", "op": "is", "value": "FR"}}
    membership.save("French", rule, now=NOW)
    found = fit.fit(position(segment="French"), NOW)
    assert (found.meant, found.meant_spent_minor, found.meant_in_book) == (1, 300, 1)


def test_a_position_says_for_whom():
    with pytest.raises(Invalid):
        fit.write(for_whom=" ", category="", against="", attributes=(), segment="", now=NOW, user=None)


def test_it_is_written_in_the_office_and_the_earlier_ones_stay(home: Home):
    client = Client()
    client.force_login(User.objects.create_user("owner@example.test", "tea and gifts 1", role=Role.OWNER))
    assert "For whom is the shop?" in client.get(reverse("position")).content.decode()
    buyer("Ada", 300, "FR")
    for words in ("Tourists", "People who give presents"):
        sent = {
            "for_whom": words,
            "category": "Tea",
            "against": "the airport",
            "attributes": ["country", "age"],
        }
        assert client.post(reverse("position_write"), sent).status_code == 302
    page = client.get(reverse("position")).content.decode()
    assert "Tourists" in page
    assert "France" in page
    assert Position.objects.count() == 2


def test_home_shows_how_much_is_known_of_the_customers(home: Home):
    from beizai.measurement import book_days
    from beizai.staff.shop import now

    client = Client()
    client.force_login(User.objects.create_user("owner@example.test", "tea and gifts 1", role=Role.OWNER))
    buyer("Ada", 300, "FR")
    assert "Known of customers" not in client.get("/?all=1").content.decode()
    book_days.count(now())
    assert "Known of customers" in client.get("/?all=1").content.decode()
