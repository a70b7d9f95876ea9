"""The rule builder over HTTP: it works by plain posts, keeps what is typed, counts live, explains one by one."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from beizai.customers import search
from beizai.customers.models import Customer
from beizai.segments import membership
from beizai.segments.models import Segment
from beizai.sources import register
from beizai.staff.models import AuditEntry, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def log_in(client, role):
    client.force_login(
        User.objects.create_user(f"{role}@example.test", "a long password", role=role), backend=BACKEND
    )
    return client


@pytest.fixture
def marketer(client):
    return log_in(client, "marketer")


@pytest.fixture
def french():
    now = datetime.now(UTC) - timedelta(days=2)
    source = register.office(now)
    people = [
        Customer.objects.create(name=name, country=country, source=source, created_at=now, changed_at=now)
        for name, country in (("Anne Roux", "FR"), ("Ben Stone", "GB"), ("Chloé Petit", "FR"))
    ]
    search.index_many([one.pk for one in people])
    return people


RULE = {"attribute": {"name": "country", "op": "is", "value": "FR"}}
FORM = {
    "r.kind": "all",
    "r.n": "1",
    "r.0.kind": "attribute",
    "r.0.name": "country",
    "r.0.op": "is",
    "r.0.value": "FR",
}


def test_a_segment_is_made_by_plain_posts(marketer, french):
    page = marketer.post(reverse("segment_new"), {**FORM, "do": "count"}).content.decode()
    assert '<p class="huge">2</p>' in page
    answer = marketer.post(reverse("segment_new"), {**FORM, "do": "save", "name": "French"})
    found = Segment.objects.get()
    assert answer.url == reverse("segment", args=[found.pk])
    assert membership.count(found.pk, as_of=datetime.now(UTC)) == 2


def test_a_condition_is_put_in_and_taken_out_without_losing_the_others(marketer):
    page = marketer.post(reverse("segment_new"), {**FORM, "do": "condition:r"}).content.decode()
    assert 'name="r.1.measure"' in page
    assert 'value="FR"' in page
    page = marketer.post(reverse("segment_new"), {**FORM, "do": "remove:r.0"}).content.decode()
    assert 'name="r.0.kind"' not in page


def test_the_live_count_is_a_fragment(marketer, french):
    page = marketer.post(reverse("segment_count"), FORM, headers={"X-Fragment": "1"}).content.decode()
    assert '<p class="huge">2</p>' in page
    assert "<html" not in page
    assert '<li data-path="r.0">2</li>' in page


def test_a_rule_that_cannot_be_is_told_with_its_hint_and_nothing_is_lost(marketer):
    wrong = {**FORM, "r.0.kind": "recency", "r.0.op": "at_least", "r.0.days": "soon"}
    page = marketer.post(reverse("segment_new"), {**wrong, "do": "count"}).content.decode()
    assert "“soon” is not a whole number" in page
    assert 'value="soon"' in page


def test_the_text_form_can_be_edited(marketer):
    page = marketer.post(
        reverse("segment_new"), {**FORM, "do": "text", "json": json.dumps({"any": [RULE, {"referred": {}}]})}
    )
    assert 'name="r.1.kind"' in page.content.decode()
    page = marketer.post(
        reverse("segment_new"), {**FORM, "do": "text", "json": "{"}, follow=True
    ).content.decode()
    assert "not JSON" in page
    assert 'value="FR"' in page


def test_a_saved_rule_gets_a_new_version_and_the_old_one_stays(marketer, french):
    found = membership.save("French", RULE, now=datetime.now(UTC))
    marketer.post(reverse("segment", args=[found.pk]), {**FORM, "r.0.value": "GB", "do": "save"})
    found.refresh_from_db()
    assert found.current_version == 2
    assert membership.count(found.pk, as_of=datetime.now(UTC), version=1) == 2


def test_why_somebody_is_in_or_not_is_told(marketer, french):
    page = marketer.post(reverse("segment_new"), {**FORM, "do": "why", "who": "ben"}).content.decode()
    assert "Ben Stone is not in: 1 of 1 conditions does not fit" in page
    page = marketer.post(reverse("segment_new"), {**FORM, "do": "why", "who": "anne"}).content.decode()
    assert "Anne Roux is in" in page


def test_none_of_these_is_explained_the_right_way_round(marketer, french):
    none = {**FORM, "r.kind": "none"}
    page = marketer.post(reverse("segment_new"), {**none, "do": "why", "who": "ben"}).content.decode()
    assert "Ben Stone is in" in page
    page = marketer.post(reverse("segment_new"), {**none, "do": "why", "who": "anne"}).content.decode()
    assert "Anne Roux is not in" in page


def test_the_customers_list_leads_here_with_its_rule(marketer):
    page = marketer.get(
        reverse("segment_new"), {"rule": json.dumps({"tier": {"one_of": ["key_account"]}})}
    ).content.decode()
    assert 'value="key_account" checked' in page
    assert marketer.get(reverse("segment_new"), {"rule": "nonsense"}).status_code == 400


def test_a_rule_a_thousand_levels_deep_is_a_message(marketer):
    deep = '{"not": ' * 1000 + json.dumps(RULE) + "}" * 1000
    answer = marketer.post(reverse("segment_new"), {**FORM, "do": "text", "json": deep}, follow=True)
    assert "levels deep" in answer.content.decode()


def test_members_are_listed_and_taken_to_excel_with_a_line_in_the_record(marketer, french):
    found = membership.save("French", RULE, now=datetime.now(UTC))
    assert "Anne Roux" in marketer.get(reverse("segment_members", args=[found.pk])).content.decode()
    answer = marketer.get(reverse("segment_export", args=[found.pk]))
    assert answer.content[:2] == b"PK"
    assert AuditEntry.objects.get(action="segment.exported").detail["rows"] == 2


def test_an_analyst_sees_numbers_for_names_and_takes_nothing_out(client, french):
    analyst = log_in(client, "analyst")
    found = membership.save("French", RULE, now=datetime.now(UTC))
    page = analyst.get(reverse("segment_members", args=[found.pk])).content.decode()
    assert "Anne Roux" not in page
    assert f"#{french[0].pk}" in page
    assert analyst.get(reverse("segment_export", args=[found.pk])).status_code == 403


def test_staff_of_the_till_do_not_see_segments(client):
    staff = log_in(client, "staff")
    for name in ("segments", "segment_new"):
        assert staff.get(reverse(name)).status_code == 403
    assert staff.post(reverse("segment_count"), FORM).status_code == 403


def test_a_segment_goes_and_nobody_is_touched(marketer, french):
    found = membership.save("French", RULE, now=datetime.now(UTC))
    marketer.post(reverse("segment_remove", args=[found.pk]))
    assert not Segment.objects.exists()
    assert Customer.objects.count() == 3
