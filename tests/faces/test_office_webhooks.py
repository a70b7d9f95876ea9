"""Webhooks in the office: a program told, its secret shown once, tried, its failing said in words, its log narrowed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from webhook_receiver import Receiver, receiving

from beizai.base.home import Home
from beizai.staff.models import AuditEntry, Role, User
from beizai.webhooks import endpoints, log
from beizai.webhooks.endpoints import Wish
from beizai.webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "/settings/webhooks/"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def client(role: str) -> Client:
    found = Client()
    found.force_login(User.objects.create_user(f"{role}@example.test", password="tea and gifts 1", role=role))
    return found


@pytest.fixture
def owner(home: Home, settings: Any) -> Client:
    settings.WEBHOOK_HOSTS = ["127.0.0.0/8"]
    return client(Role.OWNER)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def made(receiver: Receiver) -> WebhookEndpoint:
    return endpoints.add(Wish("ERP", receiver.url, ["*"]), now=NOW)[0]


def test_a_program_is_told_and_its_secret_is_shown_once(owner: Client, receiver: Receiver) -> None:
    given = {
        "name": "ERP",
        "url": receiver.url,
        "customers": ["customer.created"],
        "consents": ["consent.withdrawn"],
    }
    shown = owner.post(f"{HERE}new/", given)
    row = WebhookEndpoint.objects.get()
    assert row.kinds == ["customer.created", "consent.withdrawn"]
    assert "whsec_" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    for page in (HERE, f"{HERE}{row.pk}/", f"{HERE}{row.pk}/edit/", "/settings/audit/"):
        assert "whsec_" not in owner.get(page).content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "https://10.0.0.7/"}, "url"),
        ({"url": "http://shop.example/"}, "url"),
        ({"customers": []}, "customers"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(owner: Client, given: dict[str, Any], field: str) -> None:
    whole = {"name": "ERP", "url": "https://127.0.0.1/", "customers": ["customer.created"]} | given
    answer = owner.post(f"{HERE}new/", whole)
    assert (list(answer.context["form"].errors), WebhookEndpoint.objects.count()) == ([field], 0)


def test_a_ping_says_what_was_answered(owner: Client, receiver: Receiver) -> None:
    row = made(receiver)
    answer = owner.post(f"{HERE}{row.pk}/ping/", follow=True).content.decode()
    assert "answered 204" in answer
    receiver.otherwise = 500
    answer = owner.post(f"{HERE}{row.pk}/ping/", follow=True).content.decode()
    assert "answered 500" in answer
    assert "It is failing" in answer


def test_the_log_is_narrowed_and_a_delivery_goes_out_again(owner: Client, receiver: Receiver) -> None:
    row = made(receiver)
    log.ping(row.pk, at=NOW)
    receiver.otherwise = 500
    failed, _ = log.ping(row.pk, at=NOW)
    page = owner.get(f"{HERE}{row.pk}/", {"state": "given_up"})
    assert [line["row"].pk for line in page.context["lines"]] == [failed.pk]
    found = owner.get(f"{HERE}{row.pk}/", {"id": failed.webhook_id, "kind": "nonsense"})
    assert [line["row"].pk for line in found.context["lines"]] == [failed.pk]
    assert "answered 500" in owner.get(f"{HERE}deliveries/{failed.pk}/").content.decode()
    owner.post(f"{HERE}deliveries/{failed.pk}/again/")
    assert WebhookDelivery.objects.get(pk=failed.pk).state == "waiting"


def test_one_that_switched_itself_off_is_said_at_home_and_switched_on_by_hand(
    owner: Client, receiver: Receiver
) -> None:
    row = made(receiver)
    endpoints.turn_off(row.pk, WebhookEndpoint.Why.FAILING, at=NOW + timedelta(days=3))
    assert "switched themselves off" in owner.get("/").content.decode()
    assert "took nothing for three days" in owner.get(f"{HERE}{row.pk}/").content.decode()
    owner.post(f"{HERE}{row.pk}/switch/", {"to": "on"})
    assert WebhookEndpoint.objects.get().state == "on"
    owner.post(f"{HERE}{row.pk}/switch/", {"to": "off"})
    assert WebhookEndpoint.objects.get().off_because == "by_hand"
    assert AuditEntry.objects.filter(action="webhook.switched_off").exists()


def test_a_new_secret_is_shown_once_and_an_endpoint_goes_only_by_its_name(
    owner: Client, receiver: Receiver
) -> None:
    row = made(receiver)
    assert "whsec_" in owner.post(f"{HERE}{row.pk}/rotate/").content.decode()
    owner.post(f"{HERE}{row.pk}/remove/", {"name": "other"})
    assert WebhookEndpoint.objects.exists()
    owner.post(f"{HERE}{row.pk}/remove/", {"name": "ERP"})
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("role", [Role.MARKETER, Role.STAFF, Role.ANALYST])
def test_nobody_but_an_owner_opens_them(home: Home, receiver: Receiver, role: str) -> None:
    row, other = made_anyway(receiver), client(role)
    for page in (HERE, f"{HERE}new/", f"{HERE}{row.pk}/"):
        assert other.get(page).status_code == 403
    for page in ("ping", "switch", "rotate", "remove", "again"):
        assert other.post(f"{HERE}{row.pk}/{page}/").status_code == 403


def made_anyway(receiver: Receiver) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(name="ERP", url=receiver.url, kinds=["ping"], made_at=NOW)
