"""Sources and targets in the office."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beizai.base.home import Home
from beizai.customers import cards
from beizai.customers.models import CustomerTarget
from beizai.sources import register
from beizai.sources.models import Source, SourceKind, SourceStop
from beizai.staff.models import AuditEntry, Role, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
def owner(home: Home) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("owner@example.test", "tea and gifts 1", role=Role.OWNER))
    return client


NEW = {
    "name": "Tea fair",
    "kind": "exchange",
    "owner": "Mei",
    "cost": "250",
    "cost_per_record": "0.50",
    "stop_percent": "5",
}


def test_a_source_is_added_with_its_cost_and_stands_in_the_list(owner):
    answer = owner.post(reverse("source_new"), NEW, follow=True)
    one = Source.objects.get(name="Tea fair")
    assert (one.kind, one.cost_minor, one.cost_per_record_minor, one.stop_permille) == (
        "exchange",
        25_000,
        50,
        50,
    )
    assert "no basis: only who agreed" in answer.content.decode()
    assert "Tea fair" in owner.get(reverse("sources")).content.decode()
    assert owner.get(reverse("source_edit", args=[one.pk])).status_code == 200


def test_no_source_of_harvested_addresses_can_be_made(owner):
    page = owner.post(reverse("source_new"), NEW | {"kind": "harvested"})
    assert page.status_code == 200
    assert not Source.objects.filter(name="Tea fair").exists()


def test_a_basis_needs_its_evidence(owner):
    one = register.source("Partner", SourceKind.EXCHANGE, now=NOW)
    owner.post(reverse("source_basis", args=[one.pk]), {"basis": "consent", "evidence": ""})
    assert not register.has_basis(one.pk)
    owner.post(reverse("source_basis", args=[one.pk]), {"basis": "consent", "evidence": "Their form, 3 May"})
    assert register.has_basis(one.pk)
    assert "Their form, 3 May" in owner.get(reverse("source", args=[one.pk])).content.decode()


def test_a_stopped_list_says_why_and_is_let_go_on_by_a_person(owner):
    one = register.source("Bought", SourceKind.PURCHASED, now=NOW)
    stop = SourceStop.objects.create(source=one, reason="bounced", written=100, failed=12, stopped_at=NOW)
    page = owner.get(reverse("source", args=[one.pk])).content.decode()
    assert "12 of the first 100 mails bounced" in page
    assert "stopped" in owner.get(reverse("sources")).content.decode()
    owner.post(reverse("source_lift", args=[one.pk]), {"stop": stop.pk})
    assert not register.is_stopped(one.pk, None)
    assert AuditEntry.objects.filter(action="source.stop_lifted").exists()


def test_targets_are_set_for_sources_and_staff(owner):
    me = User.objects.get()
    now = timezone.now()
    cards.add(cards.NewCard(name="Ann"), source=register.office(now), now=now, user=me)
    owner.post(reverse("targets"), {"of": f"user:{me.pk}", "customers": "40", "by_on": "2026-12-31"})
    assert CustomerTarget.objects.get().customers == 40
    assert "1 of 40" in owner.get(reverse("targets")).content.decode()
    wrong = owner.post(reverse("targets"), {"of": f"user:{me.pk}", "customers": "many"})
    assert "not a whole number" in wrong.content.decode()
    owner.post(reverse("targets"), {"of": f"user:{me.pk}", "customers": ""})
    assert not CustomerTarget.objects.exists()
