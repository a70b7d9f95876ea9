"""Reports over HTTP: the head is the finding, nothing is said before the planned end, nothing is claimed beyond the interval."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from measured_campaign import STARTED, Purchases, sent_campaign

from beizai.measurement import results
from beizai.staff.models import User
from beizai.staff.shop import shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]


def log_in(client, role):
    user = User.objects.create_user(f"{role}@example.test", "a long password", role=role)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def analyst(client):
    return log_in(client, "analyst")


@pytest.fixture
def clock():
    """The home's clock stands where a test puts it."""

    def stand(at):
        the_shop = shop()
        the_shop.clock_at = at
        the_shop.save()

    return stand


def earning_campaign(treated_spend=20000, alone_spend=1000):
    campaign, lot = sent_campaign(200)
    bought = Purchases()
    for place, (customer_id, alone) in enumerate(
        zip(lot.customer_ids.tolist(), lot.held_out.tolist(), strict=True)
    ):
        day = date(2026, 5, 5) + timedelta(days=place % 20)
        bought.add(customer_id, day, (alone_spend if alone else treated_spend) + place)
    bought.bring_in()
    return campaign


def test_before_the_planned_end_there_is_no_verdict(analyst, clock):
    clock(STARTED + timedelta(days=7))
    campaign = earning_campaign()
    page = analyst.get(reverse("report", args=[campaign.pk])).content.decode()
    assert "no verdict before 1 Jun 2026" in page
    assert "No verdict yet" in page
    assert 'class="huge"' not in page


def test_after_it_the_head_is_the_finding_with_its_interval(analyst, clock):
    clock(STARTED + timedelta(days=40))
    campaign = earning_campaign()
    page = analyst.get(reverse("report", args=[campaign.pk])).content.decode()
    assert "“Campaign 1” earned money: about €" in page
    assert "95 in 100 such intervals hold the true figure" in page
    assert "Profit it earned" in page
    assert "probability" not in page


def test_what_cannot_be_told_is_said_so(analyst, clock):
    clock(STARTED + timedelta(days=40))
    campaign = earning_campaign(treated_spend=1000)
    page = analyst.get(reverse("report", args=[campaign.pk])).content.decode()
    assert "may have earned or lost: we cannot tell yet" in page
    assert "Somewhere between" in page
    assert "no effect" in page


def test_what_was_lost_is_said_plainly(analyst, clock):
    clock(STARTED + timedelta(days=40))
    campaign = earning_campaign(treated_spend=1000, alone_spend=20000)
    assert "lost money: about €" in analyst.get(reverse("report", args=[campaign.pk])).content.decode()


def test_a_finished_report_waits_until_it_is_read(analyst, clock):
    clock(STARTED + timedelta(days=40))
    campaign = earning_campaign()
    results.settle_due(STARTED + timedelta(days=40))
    from beizai.office.results.pages import unread

    assert unread() == 1
    analyst.get(reverse("report", args=[campaign.pk]))
    assert unread() == 0
    assert "In 2026 the campaigns earned about" in analyst.get(reverse("key_figures")).content.decode()
    assert "Earned" in analyst.get(reverse("results")).content.decode()


def test_the_report_goes_to_excel_and_names_nobody(client, clock):
    clock(STARTED + timedelta(days=40))
    campaign = earning_campaign()
    assert log_in(client, "analyst").get(reverse("report_excel", args=[campaign.pk])).status_code == 403
    answer = log_in(client, "marketer").get(reverse("report_excel", args=[campaign.pk]))
    assert answer.content[:2] == b"PK"


def test_staff_of_the_till_do_not_see_results(client):
    staff = log_in(client, "staff")
    for name in ("results", "key_figures"):
        assert staff.get(reverse(name)).status_code == 403


def test_an_unknown_report_is_not_in_the_book(analyst):
    assert analyst.get(reverse("report", args=[99])).status_code == 404
    assert analyst.get(reverse("results")).status_code == 200
