"""From the card to the next thing to do: a time, a conversation, a gift, with the customer filled in; and a campaign's topic."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from beizai.appointments.models import MadeToMeasure, Service
from beizai.campaigns.models import Campaign
from beizai.consent.models import Topic
from beizai.customers import cards
from beizai.office import shell
from beizai.segments import membership
from beizai.sources.register import office
from beizai.staff.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    shell.forget_tallies()


def as_role(role: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(f"{role}@example.test", None, role=role), backend=BACKEND)
    return client


def test_the_card_leads_on_with_the_customer_filled_in() -> None:
    Service.objects.create(name="Cut", minutes=30)
    MadeToMeasure.objects.create(name="Boots", attribute_keys=[])
    ann = cards.add(cards.NewCard(name="Ann Lee"), source=office(NOW), now=NOW)
    staff, analyst = as_role("staff"), as_role("analyst")
    said = staff.get(f"/customers/{ann.pk}/").content.decode()
    ways = (f"/collection/conversations/new/?customer={ann.pk}", f"/day/book/?customer={ann.pk}", f"/gifts/take/?customer={ann.pk}")  # fmt: skip
    for way in ways:
        assert f'href="{way}"' in said
        assert "Ann Lee" in staff.get(way).content.decode()
    seen = analyst.get(f"/customers/{ann.pk}/").content.decode()
    assert not [way for way in ways if way in seen]


def test_a_shop_without_appointments_or_measures_has_no_such_buttons() -> None:
    ann = cards.add(cards.NewCard(name="Ann Lee"), source=office(NOW), now=NOW)
    said = as_role("staff").get(f"/customers/{ann.pk}/").content.decode()
    assert "/day/book/" not in said
    assert "/gifts/take/" not in said


def test_a_campaign_is_given_its_topic_in_the_office() -> None:
    membership.save("Everyone", {"everyone": {}}, now=NOW)
    client = as_role("marketer")
    assert 'name="topic"' not in client.get("/campaigns/new/").content.decode()  # nothing to choose from yet
    Topic.objects.create(name="New boots")
    sent = {
        "name": "May",
        "segment": "Everyone",
        "window_days": "28",
        "contact_cost": "0.02",
        "share": "proposed",
    }
    client.post("/campaigns/new/", sent | {"topic": "New boots"})
    made = Campaign.objects.get()
    assert made.topic == "New boots"
    assert "New boots" in client.get(f"/campaigns/{made.pk}/aim/").content.decode()
    client.post(f"/campaigns/{made.pk}/copy/")
    assert Campaign.objects.order_by("pk").last().topic == "New boots"  # type: ignore[union-attr]
