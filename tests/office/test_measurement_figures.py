"""What finished campaigns earned together, and the figures of the home page."""

from datetime import UTC, date, datetime, timedelta

import pytest
from measured_campaign import ENDED, STARTED, Purchases, sent_campaign, usual_purchases

from beizai.base import contact_points, home
from beizai.base.home import Home
from beizai.consent import ledger
from beizai.consent.models import Suppression
from beizai.customers.models import ContactPoint, Customer
from beizai.experiments.profit import Verdict
from beizai.measurement.figures import Contactable, contactable, key_figures
from beizai.measurement.models import Result
from beizai.measurement.report import report
from beizai.measurement.results import earned_in_year, mark_read, settle_due
from beizai.sources import register
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def card(name: str, *decisions: str, address: str = "", day: int = 1) -> Customer:
    """A customer with an address and the decisions made on following days."""
    source = register.office(STARTED)
    found = Customer.objects.create(name=name, source=source, created_at=STARTED, changed_at=STARTED)
    if address:
        ContactPoint.objects.create(
            customer=found, channel="email", value=address, normal=address, source=source, added_at=STARTED
        )
    for n, decision in enumerate(decisions):
        at = STARTED + timedelta(days=day + n)
        words = ledger.Given(found.pk, "marketing", decision, "Write to me.", at, source.pk, channel="email")
        ledger.record(words, now=at)
    return found


def test_the_year_is_the_plain_sum_of_what_finished_campaigns_earned() -> None:
    bought = Purchases()
    for number in (1, 2):
        _, lot = sent_campaign(number=number)
        more = usual_purchases(lot, extra=300 * number, seed=number)
        bought.orders += [{**row, "order_id": hash((number, row["order_id"])) >> 1} for row in more.orders]
        bought.lines += [{**row, "order_id": hash((number, row["order_id"])) >> 1} for row in more.lines]
    bought.bring_in()
    assert settle_due(ENDED) == [1, 2]
    assert settle_due(ENDED) == []
    year = earned_in_year(ENDED)
    reports = [report(number, ENDED) for number in (1, 2)]
    assert (year.year, year.campaign_ids, year.running) == (2026, (1, 2), 0)
    assert year.profit.estimate_minor == pytest.approx(sum(one.profit.estimate_minor or 0 for one in reports))
    assert year.profit.held_out == 60


def test_a_running_campaign_is_not_in_the_sum() -> None:
    sent_campaign()
    assert settle_due(ENDED - timedelta(days=1)) == []
    year = earned_in_year(ENDED - timedelta(days=1))
    assert (year.campaign_ids, year.running, year.profit.verdict) == ((), 1, Verdict.CANNOT_TELL)


def test_a_look_into_the_past_does_not_replace_what_is_kept() -> None:
    campaign, lot = sent_campaign()
    usual_purchases(lot, extra=500).bring_in()
    report(campaign.pk, ENDED + timedelta(days=9))
    kept = Result.objects.get()
    report(campaign.pk, ENDED)
    assert Result.objects.get().as_of == kept.as_of


def test_a_report_read_is_no_longer_new() -> None:
    campaign, lot = sent_campaign()
    usual_purchases(lot).bring_in()
    settle_due(ENDED)
    mark_read(campaign.pk, ENDED)
    assert Result.objects.filter(read_at=None).count() == 0


def test_only_who_agreed_last_and_can_be_reached_may_be_written_to() -> None:
    card("yes", "granted", address="a@example.test")
    card("yes then no", "granted", "refused", address="b@example.test")
    card("no then yes", "refused", "granted", address="c@example.test")
    card("yes without address", "granted")
    card("never asked", address="d@example.test")
    card("gone", "granted", address="e@example.test")
    key = home.current().key("suppression")
    hashed = contact_points.suppression_hash(key, "email", "e@example.test")
    Suppression.objects.create(channel="email", normal_hash=hashed, reason="hard_bounce", at=STARTED)
    assert contactable(STARTED + timedelta(days=9), of=6) == Contactable(2, 6)
    assert contactable(STARTED, of=6).people == 0


def test_a_refusal_in_the_same_instant_wins() -> None:
    found = card("both", "granted", address="a@example.test")
    at = STARTED + timedelta(days=1)
    ledger.record(ledger.Given(found.pk, "marketing", "refused", "No.", at, None, channel=""), now=at)
    assert contactable(STARTED + timedelta(days=9), of=1).people == 0


def test_sales_are_held_against_the_same_weekdays_last_year() -> None:
    now = datetime(2026, 5, 31, 12, tzinfo=UTC)
    bought = Purchases()
    for on, amount in ((date(2026, 5, 31), 700), (date(2026, 5, 2), 500), (date(2026, 5, 1), 9_000)):
        bought.add(1, on, amount)
    for on, amount in ((date(2025, 6, 1), 600), (date(2025, 5, 3), 400), (date(2025, 4, 1), 9_000)):
        bought.add(1, on, amount)
    bought.bring_in()
    sales = key_figures(now).sales
    assert (sales.sales_minor, sales.last_year_minor) == (1200, 1000)
    assert sales.change == pytest.approx(0.2)


def test_a_book_that_does_not_reach_back_says_nothing_of_last_year() -> None:
    bought = Purchases()
    bought.add(1, STARTED.date(), 700)
    bought.bring_in()
    sales = key_figures(STARTED + timedelta(days=1)).sales
    assert (sales.sales_minor, sales.last_year_minor, sales.change) == (700, None, None)


def test_an_empty_book_has_figures_too() -> None:
    found = key_figures(STARTED)
    assert (found.customers.count, found.contactable.share, found.sales.sales_minor) == (0, None, 0)
    assert found.earned.profit.verdict is Verdict.CANNOT_TELL


def test_the_target_is_reached_at_the_pace_of_the_last_month() -> None:
    the_shop = shop()
    the_shop.customer_target = 4
    the_shop.save()
    for name in ("a", "b"):
        card(name)
    found = key_figures(STARTED + timedelta(days=1)).customers
    assert (found.count, found.added_30_days, found.reached_on) == (2, 2, date(2026, 6, 4))
