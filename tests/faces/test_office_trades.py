"""The trade in the office: its week on the home page, who has not bought with the reasons, its plans as drafts, the example."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from beizai.campaigns.models import Campaign
from beizai.customers.models import Customer
from beizai.staff.models import User
from beizai.staff.shop import shop
from beizai.trades import books
from beizai.trades.example import filling
from beizai.worker.models import Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]


def enter(client, role):
    user = User.objects.create_user(f"{role}@example.test", "a long password", role=role)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def filled(trade="game currency"):
    now = datetime.now(UTC)
    books.open_book_of(trade, shop(), now=now)
    return filling.add(trade, now=now)


def test_an_empty_book_ranks_nobody_and_has_its_words(client):
    page = enter(client, "owner").get(reverse("prospects")).content.decode()
    assert "Everybody in the book has bought" in page


def test_the_ranking_gives_reasons_and_the_next_question(client):
    filled()
    page = enter(client, "owner").get(reverse("prospects")).content.decode()
    assert "32 prospects, the most promising first" in page
    assert "Spends on the game in a month" in page
    assert "Buyers around them" in page
    assert "SIMULATED" in page
    assert "points" in page
    assert client.get(reverse("prospects") + "?from=30").content.decode().count("Write down") == 2
    assert client.get(reverse("prospects") + "?from=abc&as_of=2020-01-01").status_code == 200


def test_an_analyst_sees_the_ranking_without_names_or_answers(client):
    filled()
    page = enter(client, "analyst").get(reverse("prospects")).content.decode()
    someone = Customer.objects.exclude(name="").first()
    assert someone is not None
    assert someone.name not in page
    assert "<li><span>Occupation</span>known" in page
    assert "<li><span>Occupation</span>engineer" not in page


def test_staff_of_a_shop_do_not_see_the_ranking(client):
    assert enter(client, "staff").get(reverse("prospects")).status_code == 403
    assert client.get(reverse("trade")).status_code == 403
    assert client.post(reverse("trade_plan", args=["price"])).status_code == 403


def test_the_week_of_the_trade_stands_on_the_home_page_and_its_plan_becomes_a_draft(client):
    filled()
    page = enter(client, "owner").get(reverse("home")).content.decode()
    assert "This week in your trade" in page
    assert "Asked a price and has not bought" in page
    assert "From the price asked to the first purchase" in page
    answer = client.post(reverse("trade_plan", args=["price"]))
    draft = Campaign.objects.get()
    assert answer.url == reverse("campaign_words", args=[draft.pk])
    words = client.get(answer.url).content.decode()
    assert "Your price, and how the hand-over works" in words


def test_the_card_and_the_types_say_the_care_of_the_trade(client):
    filled()
    enter(client, "owner")
    assert "Name a buyer they know" in client.get(reverse("value_stages")).content.decode()
    open_one = Customer.objects.filter(standing__type="not_bought_yet").first()
    assert open_one is not None
    assert "Name a buyer they know" in client.get(reverse("customer", args=[open_one.pk])).content.decode()


def test_a_shop_sees_its_funnel_with_the_cost_of_each_step(client):
    filled("lender")
    page = enter(client, "owner").get(reverse("value_stages")).content.decode()
    assert "How far they have come" in page
    assert "First small purchase" in page
    assert "Has read the risks" in page


def test_a_book_is_opened_and_its_example_asked_for_in_the_settings(client):
    enter(client, "owner")
    page = client.get(reverse("trade")).content.decode()
    assert "Open the book of a trade first" in page
    assert client.post(reverse("trade"), {"trade": "food_shop"}).status_code == 302
    assert shop().trade == "food_shop"
    assert client.post(reverse("trade"), {"trade": "no such thing"}).status_code == 404
    page = client.get(reverse("trade")).content.decode()
    assert "Bring in the example" in page
    assert client.post(reverse("trade_example")).status_code == 302
    assert Job.objects.get(kind="example").arguments["what"] == "add"
    assert client.get(reverse("trade_example")).status_code == 405
