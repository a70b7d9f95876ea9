"""The pages of how long it is kept, and of those nobody contacts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from beizai.consent import ledger, own_list, suppression
from beizai.consent.models import ListCheck, RetentionRule, Suppression, SuppressionLift
from beizai.consent.rules import may_contact
from beizai.customers import cards
from beizai.sources import register
from beizai.staff.models import AuditEntry, Role, Shop, User
from beizai.worker import duties
from beizai.worker.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def logged_in(role: str = Role.OWNER) -> Client:
    Shop.objects.update_or_create(
        pk=1, defaults={"timezone": "Europe/Paris", "country": "US", "clock_at": NOW}
    )
    client = Client()
    client.force_login(User.objects.create_user(f"{role}@example.test", role=role, language="en"))
    return client


def ann(phone: str = "+12025550123") -> int:
    card = cards.add(
        cards.NewCard("Ann Lee", points=[("phone", phone)]),
        source=register.office(NOW),
        now=NOW - timedelta(days=20),
    )
    given = ledger.Given(
        card.pk,
        "marketing",
        "granted",
        "Call me.",
        NOW - timedelta(days=9),
        register.office(NOW).pk,
        channel="phone",
    )
    ledger.record(given, now=NOW)
    return card.pk


def test_the_owner_sets_the_days_in_the_table_and_an_empty_field_is_for_ever():
    client = logged_in()
    shown = client.get("/settings/keeping/").content.decode()
    assert 'name="conversations"' in shown
    assert 'value="1095"' in shown
    fields = {"conversations": "300", "site_visits": "", "audit_log": "1095"}
    assert client.post("/settings/keeping/", fields).status_code == 302
    assert dict(RetentionRule.objects.values_list("kind", "keep_days")) == {
        "conversations": 300,
        "site_visits": None,
    }
    assert client.post("/settings/keeping/", {"conversations": "1095"}).status_code == 302
    assert set(RetentionRule.objects.values_list("kind", flat=True)) == {"site_visits"}


@pytest.mark.parametrize("typed", ["soon", "0", "-5", "1e3", "99999999999"])
def test_what_is_no_number_of_days_changes_nothing_and_is_said(typed):
    client = logged_in()
    answer = client.post("/settings/keeping/", {"conversations": typed, "site_visits": "100"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not RetentionRule.objects.exists()


def test_taking_out_now_is_asked_of_the_worker():
    duties.enlist()
    assert logged_in().post("/settings/keeping/run/").status_code == 302
    assert Job.objects.filter(kind="retention").exists()


@pytest.mark.parametrize("path", ["/settings/keeping/", "/settings/lists/", "/settings/lists/new/"])
@pytest.mark.parametrize("role", [Role.MARKETER, Role.STAFF, Role.ANALYST])
def test_only_who_may_change_settings_sees_these_pages(role, path):
    assert logged_in(role).get(path).status_code == 403


def test_a_number_is_put_on_the_list_looked_up_and_taken_off_with_its_reason():
    client, number = logged_in(), ann()
    assert may_contact(number, "phone", "marketing", NOW).allowed
    said = {"channel": "phone", "point": "(202) 555-0123", "why": "On the telephone, today."}
    assert client.post("/settings/lists/add/", said).status_code == 302
    assert may_contact(number, "phone", "marketing", NOW).reason == "suppressed"
    found = client.post("/settings/lists/", {"channel": "phone", "point": "202-555-0123"}).content.decode()
    assert "They asked never to be contacted" in found
    own = Suppression.objects.get()
    off = {"channel": "phone", "point": "202-555-0123", "own": str(own.pk)}
    assert client.post("/settings/lists/take-off/", off | {"why": " "}).status_code == 200
    assert (
        client.post("/settings/lists/take-off/", off | {"point": "202-555-0199", "why": "x"}).status_code
        == 404
    )
    assert client.post("/settings/lists/take-off/", off | {"why": "Letter of today."}).status_code == 302
    assert may_contact(number, "phone", "marketing", NOW).allowed
    assert SuppressionLift.objects.get().reason == "Letter of today."
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["suppression.added", "suppression.looked_up", "suppression.lifted"]
    assert not any("555" in str(one.detail) for one in AuditEntry.objects.all())


def test_who_was_taken_off_stays_off_in_the_night_and_comes_on_again_when_they_ask():
    number = ann()
    normal = own_list.add("phone", "+12025550123", "Asked.", at=NOW - timedelta(days=3))
    suppression.lift("phone", normal, Suppression.objects.get().pk, why="Asked again.", at=NOW)
    suppression.compare_all()
    assert may_contact(number, "phone", "marketing", NOW).allowed
    assert not may_contact(number, "phone", "marketing", NOW - timedelta(days=1)).allowed
    own_list.add("phone", "+12025550123", "Asked once more.", at=NOW)
    assert may_contact(number, "phone", "marketing", NOW).reason == "suppressed"
    assert suppression.suppressed_among("phone", [normal]) == {normal: "do_not_contact"}


def test_a_list_of_others_is_brought_in_with_its_day_and_warned_of_when_it_is_old():
    client, number = logged_in(), ann()
    sent = SimpleUploadedFile("register.csv", b"number\n+1 202 555 0123\n+1 202 555 0177\n")
    fields = {"file": sent, "name": "Register", "channel": "phone", "checked_on": "2026-04-28"}
    assert client.post("/settings/lists/new/", fields).status_code == 302
    assert may_contact(number, "phone", "marketing", NOW).reason == "suppressed"
    shown = client.get("/settings/lists/").content.decode()
    assert "in time" in shown
    found = client.post("/settings/lists/", {"channel": "phone", "point": "+12025550177"}).content.decode()
    assert "Register" in found
    assert "take-off" not in found.partition("Lists of others")[0]
    Shop.objects.update(clock_at=NOW + timedelta(days=40))
    assert "too old" in client.get("/settings/lists/").content.decode()
    assert ListCheck.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "day"),
    [(b"\x00\x01\x02", "2026-04-28"), (b"", "2026-04-28"), (b"+12025550123", "2027-01-01")],
)
def test_a_file_that_names_nobody_or_a_day_ahead_is_refused_at_the_field(content, day):
    client = logged_in()
    sent = SimpleUploadedFile("register.csv", content)
    fields = {"file": sent, "name": "Register", "channel": "phone", "checked_on": day}
    assert client.post("/settings/lists/new/", fields).status_code == 200
    assert not ListCheck.objects.exists()
