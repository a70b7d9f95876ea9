"""Who sees and takes out what: exports by two people, cards looked at, an analyst without contact points, a customer's rights."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from beizai.base import clock
from beizai.base.home import Home
from beizai.consent import ledger, restricting
from beizai.customers import cards
from beizai.customers.models import Customer
from beizai.sources import register
from beizai.staff.models import AuditEntry, ExportRequest, User
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
EMAIL, PHONE, STREET = "secret.ann@example.test", "+33612345678", "7 rue Cachée"


def user(name: str, role: str) -> Client:
    made = User.objects.create_user(f"{name}@example.test", None, name=name, role=role)
    client = Client()
    client.force_login(made, backend=BACKEND)
    return client


@pytest.fixture
def ann(home: Home) -> Customer:
    here = shop()
    here.name, here.export_limit, here.clock_at = "Shoes", 1, NOW
    here.save()
    source = register.office(NOW)
    new = cards.NewCard(name="Ann Lee", points=[("email", EMAIL), ("phone", PHONE)], postal_address=STREET)
    card = cards.add(new, source=source, now=NOW)
    cards.add(cards.NewCard(name="Bob"), source=source, now=NOW)
    ledger.record(
        ledger.Given(card.pk, "marketing", "granted", "Yes.", NOW, source.pk, channel="email"), now=NOW
    )
    return card


def paths(card: Customer) -> list[str]:
    """Every address of the office that a card's number or nothing at all makes whole."""
    found: list[str] = []

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> None:
        for one in patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLResolver):
                walk(one.url_patterns, route)
            elif "account" not in route and "logout" not in route:
                whole = re.sub(r"<int:\w+>", str(card.pk), route)
                whole = re.sub(r"<slug:kind>", "json", whole)
                if "<" not in whole and "^" not in whole:
                    found.append(f"/{whole}")

    walk(get_resolver().url_patterns, "")
    return found


def test_an_analyst_finds_no_contact_point_on_any_page_or_in_any_export(ann: Customer) -> None:
    analyst = user("ana", "analyst")
    analyst.raise_request_exception = False
    asked = paths(ann)
    assert len(asked) > 60
    for path in [*asked, "/customers/?q=Ann", f"/search/?q={EMAIL}", f"/customers/{ann.pk}/?show=all"]:
        answer = analyst.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        shown = (
            body.replace(f'value="{EMAIL}"'.encode(), b"").replace(EMAIL.encode(), b"")
            if EMAIL in path
            else body
        )
        for point in (EMAIL, "612345678", STREET):
            assert point.encode() not in shown, path
    for path in ("/customers/export/", f"/customers/{ann.pk}/rights/json/", f"/customers/{ann.pk}/rights/"):
        assert analyst.get(path).status_code == 403


def test_looking_at_a_card_is_written_down_once_a_person_and_day(ann: Customer) -> None:
    wei, max_ = user("wei", "owner"), user("max", "marketer")
    for client in (wei, wei, max_):
        assert client.get(f"/customers/{ann.pk}/").status_code == 200
    seen = AuditEntry.objects.filter(action="customer.seen", customer_id=ann.pk)
    assert sorted(seen.values_list("user__name", flat=True)) == ["max", "wei"]
    assert "Card looked at" in wei.get("/settings/audit/").content.decode()


def test_few_cards_leave_at_once_and_many_only_with_a_second_person(ann: Customer) -> None:
    wei, max_ = user("wei", "owner"), user("max", "marketer")
    page = wei.get("/customers/export/?as=csv")
    assert EMAIL not in page.content.decode()
    assert "max" in page.content.decode()
    wei.post("/settings/exports/", {"address": "/customers/export/?as=csv", "rows": "2"})
    asked = ExportRequest.objects.get()
    take = f"/customers/export/?as=csv&release={asked.pk}"
    assert wei.get(take).status_code == 403
    assert wei.post(f"/settings/exports/{asked.pk}/release/").status_code == 403
    assert max_.post(f"/settings/exports/{asked.pk}/release/").status_code == 302
    assert max_.get(take).status_code == 403
    assert wei.get(f"/customers/export/?release={asked.pk}").status_code == 403
    assert EMAIL in wei.get(take).content.decode()
    assert wei.get(take).status_code == 403
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"export.asked", "export.released", "customers.exported"} <= actions


def test_an_owner_alone_types_the_number_and_waits_ten_minutes(
    ann: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wei = user("wei", "owner")
    ask = {"address": "/customers/export/?as=csv", "rows": "2"}
    wei.post("/settings/exports/", ask | {"typed": "3"})
    assert not ExportRequest.objects.exists()
    wei.post("/settings/exports/", ask | {"typed": "2"})
    take = f"/customers/export/?as=csv&release={ExportRequest.objects.get().pk}"
    assert wei.get(take).status_code == 403
    later = clock.machine_now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "machine_now", lambda: later)
    assert "Take it out now" in wei.get("/settings/exports/").content.decode()
    assert EMAIL in wei.get(take).content.decode()


def test_an_export_called_back_never_leaves(ann: Customer) -> None:
    wei, max_ = user("wei", "owner"), user("max", "marketer")
    wei.post("/settings/exports/", {"address": "/customers/export/", "rows": "2"})
    number = ExportRequest.objects.get().pk
    max_.post(f"/settings/exports/{number}/release/")
    max_.post(f"/settings/exports/{number}/back/")
    assert wei.get(f"/customers/export/?release={number}").status_code == 403


def test_a_customer_is_given_all_that_is_held_restricted_and_erased(ann: Customer) -> None:
    wei = user("wei", "owner")
    here = f"/customers/{ann.pk}/rights/"
    found = json.loads(wei.get(f"{here}json/").content)
    assert any(part["table"] == "customers_contactpoint" and part["rows"] for part in found["data"])
    assert wei.get(f"{here}xlsx/").content[:2] == b"PK"
    assert json.loads(wei.get(f"{here}proof/").content)["entries"][0]["text"] == "Yes."
    wei.post(f"{here}restrict/", {"reason": "Letter.", "on": "1"})
    assert ann.pk in restricting.restricted(NOW)
    assert "only kept" in wei.get(here).content.decode()
    assert wei.post(f"{here}erase/", {"typed": "Bob", "reason": "Letter."}).status_code == 400
    certificate = wei.post(f"{here}erase/", {"typed": "Ann Lee", "reason": "Letter."}, follow=True)
    assert "is erased" in certificate.content.decode()
    assert EMAIL not in certificate.content.decode()
    assert not Customer.objects.filter(pk=ann.pk).exists()
