"""Home over HTTP: the loop, the figures against the target, what to do, and nothing a role may not see."""

from datetime import UTC, date, datetime

import pytest

from beizai.consent.models import ConsentEntry
from beizai.customers import cards
from beizai.customers.models import Standing
from beizai.office.home import figures, kept, pages
from beizai.office.home.figures import _line
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 7, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    for box in (pages._figures, pages._advice, pages._came):
        monkeypatch.setattr(box, "_answer", None)
    monkeypatch.setattr(kept, "_size", None)


def home_of(client, role="owner", **shop):
    Shop.objects.create(pk=1, currency="EUR", timezone="Europe/Paris", clock_at=NOW, **shop)
    user = User.objects.create_user("wei@example.test", None, name="Wei Lin", role=role)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.get("/").content.decode()


def buyers(count):
    for number in range(count):
        one = cards.add(
            cards.NewCard(name=f"Ann {number}", points=[("email", f"a{number}@example.test")]),
            source=office(NOW),
            now=NOW,
        )
        Standing.objects.filter(pk=one.pk).update(last_order_on=date(2026, 4, 1))


def test_an_empty_book_begins_with_a_file(client):
    page = home_of(client)
    assert "Good morning, Wei. Nothing waits for you." in page
    assert "No file yet: bring one in" in page
    assert page.count('<li class="ask"') == 1


def test_customers_stand_against_the_target(client):
    buyers(4)
    page = home_of(client, customer_target=40, customer_target_on=date(2026, 12, 31))
    assert "target 40 by 31 Dec 2026" in page
    assert "At this pace you reach it on 9 Jan 2027, 9 days late." in page


def test_who_was_never_asked_is_advised_and_the_link_shows_them(client):
    buyers(3)
    page = home_of(client)
    assert "1 thing is worth doing this week." in page
    assert "Ask 3 buyers for permission to write" in page
    assert not ConsentEntry.objects.exists()
    found = client.get("/customers/?bought=60&write=no&reach=email").content.decode()
    assert "3 match" in found


def test_staff_see_neither_money_nor_campaigns(client):
    buyers(1)
    page = home_of(client, role="staff")
    assert "Sales, 30 days" not in page
    assert "/campaigns/" not in page
    assert "We may write to" in page
    assert client.get("/home/came/").status_code == 403


def test_a_large_book_counts_after_the_page_stands(client, monkeypatch):
    monkeypatch.setattr(kept, "SMALL_BOOK", 2)
    buyers(4)
    page = home_of(client)
    assert 'data-load="/home/figures/"' in page
    assert "Ask 4 buyers" not in page
    assert "Ask 4 buyers" in client.get("/home/week/").content.decode()
    assert "We may write to" in client.get("/home/figures/").content.decode()
    assert "Ask 4 buyers" in client.get("/").content.decode()  # kept from then on
    assert "Counting" not in client.get("/?all=1").content.decode()


@pytest.mark.parametrize(("low", "middle", "high"), [(-100, 1400, 2900), (1120, 4870, 8590), (-50, -20, -10)])
def test_the_interval_always_shows_zero(low, middle, high):
    places = _line(low, middle, high)
    assert all(0 <= place <= 100 for place in places)
    assert (places[3] < places[0]) == (low > 0)


def test_the_pace_is_said_when_the_target_is_out_of_reach():
    from beizai.measurement.figures import Customers

    assert figures._pace(Customers(5, 0, 10, None, None)) == "At this pace the target is not reached."
