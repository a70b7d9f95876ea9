"""Ties in the office: read from both ends, proposed, made by codes; the page a friend arrives at."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beizai.base.home import Home
from beizai.customers import cards, named, referring
from beizai.customers.models import Customer, Tie
from beizai.events import inbox
from beizai.office.customers import tying
from beizai.sources import register
from beizai.staff.models import Role, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(home: Home) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("owner@example.test", "tea and gifts 1", role=Role.OWNER))
    return client


def card(name: str) -> Customer:
    now = timezone.now()
    return cards.add(cards.NewCard(name=name), source=register.office(now), now=now)


def test_a_tie_is_entered_from_either_end_with_its_day_and_occasion(owner):
    ada, bo = card("Ada Lin"), card("Bo Chen")
    more = {"customer": bo.pk, "since_on": "2026-02-17", "occasion": "New Year"}
    owner.post(reverse("customer_ties", args=[ada.pk]), {"kind": "-gives_to"} | more)
    tie = Tie.objects.get()
    assert (tie.customer_id, tie.other_id, tie.kind, tie.occasion) == (bo.pk, ada.pk, "gives_to", "New Year")
    assert "Gets presents from" in owner.get(reverse("customer", args=[ada.pk])).content.decode()
    page = owner.get(reverse("customer", args=[bo.pk])).content.decode()
    assert "Gives presents to" in page
    assert "New Year" in page


def test_somebody_without_a_card_is_named_and_takes_no_address(owner):
    ada = card("Ada Lin")
    owner.post(reverse("customer_ties", args=[ada.pk]), {"kind": "gives_to", "somebody": "Aunt Li"})
    aunt = Customer.objects.get(name="Aunt Li")
    assert "known only through others" in owner.get(reverse("customer_ties", args=[ada.pk])).content.decode()
    point = {"channel": "phone", "value": "+33612345678"}
    refused = owner.post(reverse("customer_points", args=[aunt.pk]), point)
    assert "known only through another" in refused.content.decode()
    owner.post(reverse("customer_came", args=[aunt.pk]))
    assert owner.post(reverse("customer_points", args=[aunt.pk]), point).status_code == 302
    nobody = owner.post(reverse("customer_ties", args=[ada.pk]), {"kind": "referred_by", "somebody": "X"})
    assert "choose the card" in nobody.content.decode()


def test_a_proposed_tie_waits_and_is_decided(owner):
    ada = card("Ada Lin")
    made = named.order_to(ada.pk, "Bo", order="Order A-7", source=ada.source, now=timezone.now())
    assert made is not None
    page = owner.get(reverse("ties")).content.decode()
    assert "Order A-7" in page
    owner.post(reverse("tie_decide", args=[made.pk]), {"accept": "1"})
    assert Tie.objects.get().other.name == "Bo"
    assert "Order A-7" not in owner.get(reverse("ties")).content.decode()


def test_a_friends_link_is_counted_and_its_page_names_nobody(owner, monkeypatch):
    ada = card("Ada Lin")
    code = referring.code(ada.pk)
    told = []

    class Inbox:
        def submit(self, messages):
            told.extend(messages)

            class Done:
                def result(self, timeout):
                    return 1

            return Done()

    monkeypatch.setattr(inbox, "current", Inbox)
    page = Client().get(f"/r/{code}", headers={"accept-language": "fr"})
    assert page.status_code == 200
    assert code in page.content.decode()
    assert "Ada" not in page.content.decode()
    assert "Set-Cookie" not in page.headers
    (message,) = told
    assert f'"referral": {ada.pk},' in message.rows["events"][0]["props"]
    assert Client().get(f"/r/{code[:-1]}").status_code == 404
    assert tying.visits(ada.pk) == 0


def test_a_code_at_a_new_card_makes_the_tie_and_a_wrong_one_is_said(owner):
    ada = card("Ada Lin")
    add = reverse("customer_add")
    owner.post(add, {"name": "Bo Chen", "brought_by": referring.code(ada.pk).lower()})
    tie = Tie.objects.get()
    assert (tie.kind, tie.other_id, tie.customer.name) == ("referred_by", ada.pk, "Bo Chen")
    answer = owner.post(add, {"name": "Cai Wu", "brought_by": "NONE-123456"}, follow=True)
    assert "This code is nobody" in answer.content.decode()
    assert Customer.objects.filter(name="Cai Wu").exists()
