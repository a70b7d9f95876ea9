"""A gift to measure over HTTP: the counter answers alike, the workshop sees measures, the giver's page never does."""

from datetime import UTC, datetime

import pytest

from beizai.appointments.models import GiftOrder, MadeToMeasure
from beizai.consent import ledger
from beizai.customers import cards, facts
from beizai.customers.models import AttributeDefinition
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 7, 0, tzinfo=UTC)


@pytest.fixture
def house(client):
    Shop.objects.create(pk=1, currency="EUR", timezone="Europe/Paris", country="FR", clock_at=NOW)
    AttributeDefinition.objects.create(key="foot_length_mm", label="Foot length", kind="number", unit="mm")
    MadeToMeasure.objects.create(name="Cloth shoes", attribute_keys=["foot_length_mm"])
    user = User.objects.create_user("mei@example.test", None, name="Mei", role="staff")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def zoe():
    one = cards.add(
        cards.NewCard(name="Zoé Marchand", points=[("email", "zoe@example.test")]),
        source=office(NOW),
        now=NOW,
    )
    facts.put(one, "foot_length_mm", 252, source=office(NOW), now=NOW)
    one.save(update_fields=["facts"])
    said = ledger.Given(one.pk, "gifts", "granted", "Others may have shoes made for me.", NOW, None)
    ledger.record(said, now=NOW)


def order(house, giver, **more):
    given = {
        "giver": giver.pk,
        "what": MadeToMeasure.objects.get().pk,
        "receiver_name": "Zoe Marchand",
        "receiver_point": "zoe@example.test",
        "wish": "black, round toe",
        "price": "120",
    }
    return house.post("/gifts/take/", given | more, follow=True)


def ann():
    return cards.add(cards.NewCard(name="Ann"), source=office(NOW), now=NOW)


def test_known_and_unknown_are_answered_with_the_same_page(house):
    giver = ann()
    unknown = order(house, giver).content.decode()
    zoe()
    known = order(house, giver).content.decode()
    said = "We shall see whether it can be made"
    assert said in unknown
    assert said in known
    assert "252" not in unknown + known
    assert GiftOrder.objects.filter(state="taken").count() == 2


def test_the_workshop_sees_the_measures_and_hands_the_gift_over(house):
    zoe()
    order(house, ann())
    gift = GiftOrder.objects.get()
    assert "252" not in house.get(f"/gifts/{gift.pk}/").content.decode()
    house.post(f"/gifts/{gift.pk}/look/")
    page = house.get(f"/gifts/{gift.pk}/").content.decode()
    assert "We can make it." in page
    assert "252 mm" in page
    for step in ("making", "ready", "handed_over"):
        house.post(f"/gifts/{gift.pk}/step/", {"step": step})
    page = house.get(f"/gifts/{gift.pk}/").content.decode()
    assert "Handed over" in page
    assert "252" not in page


def test_who_has_to_come_in_is_not_told_apart(house):
    order(house, ann())
    gift = GiftOrder.objects.get()
    house.post(f"/gifts/{gift.pk}/look/")
    page = house.get(f"/gifts/{gift.pk}/").content.decode()
    assert "once they come in to be measured" in page
    assert "unknown" not in page.lower()


def test_the_giver_is_picked_by_name(house):
    giver = ann()
    assert 'name="customer"' in house.get("/gifts/take/", {"who": "ann"}).content.decode()
    assert "A gift from Ann" in house.get("/gifts/take/", {"customer": giver.pk}).content.decode()


def test_what_cannot_be_taken_is_said_and_nothing_typed_is_lost(house):
    page = order(house, ann(), receiver_point="").content.decode()
    assert "needs a name" in page
    assert "black, round toe" in page
    assert not GiftOrder.objects.exists()


def test_an_analyst_sees_no_gifts(client, house):
    ana = User.objects.create_user("ana@example.test", None, name="Ana", role="analyst")
    client.force_login(ana, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/gifts/").status_code == 403
