"""What to do this week: only what is there to do, with its numbers, and what it should bring where that is known."""

from datetime import timedelta

import pytest
from measured_campaign import ENDED, STARTED, sent_campaign, usual_purchases

from beizai.base.home import Home
from beizai.consent import ledger
from beizai.customers.models import ContactPoint, Customer, Standing
from beizai.imports.models import Import
from beizai.measurement.advice import Advice, Code, advice
from beizai.measurement.report import report
from beizai.measurement.results import mark_read
from beizai.segments.models import Segment, SegmentVersion
from beizai.sources import register

pytestmark = pytest.mark.django_db
TODAY = ENDED.date()


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def buyer(*, last_days_ago: int, gap: float | None, decision: str = "", address: bool = True) -> int:
    source = register.office(STARTED)
    found = Customer.objects.create(source=source, created_at=STARTED, changed_at=STARTED)
    Standing.objects.create(
        customer=found, as_of=ENDED, last_order_on=TODAY - timedelta(days=last_days_ago), usual_gap_days=gap
    )
    if address:
        ContactPoint.objects.create(
            customer=found,
            channel="email",
            value=f"c{found.pk}@example.test",
            normal=f"c{found.pk}@example.test",
            source=source,
            added_at=STARTED,
        )
    if decision:
        words = ledger.Given(
            found.pk, "marketing", decision, "Write to me.", STARTED, source.pk, channel="email"
        )
        ledger.record(words, now=STARTED)
    return found.pk


def advised(code: Code) -> Advice:
    return next(one for one in advice(ENDED) if one.code is code)


def test_where_there_is_nothing_to_do_nothing_is_said() -> None:
    assert advice(ENDED) == ()


def test_regulars_gone_quiet_are_to_be_written_to_those_who_agreed() -> None:
    for _ in range(3):
        buyer(last_days_ago=80, gap=40, decision="granted")
    buyer(last_days_ago=80, gap=40, decision="refused")
    buyer(last_days_ago=79, gap=40, decision="granted")  # not yet twice the usual gap
    buyer(last_days_ago=400, gap=10, decision="granted")  # gone for more than a year
    buyer(last_days_ago=80, gap=None, decision="granted")  # no rhythm known
    found = advised(Code.WRITE_TO_SILENT)
    assert (found.count, found.numbers["silent"], found.numbers["usual_gap_days"]) == (3, 4, 40)
    assert (found.numbers["share"], found.numbers["held_out"]) == (0.5, 1)
    assert found.expected is None


def test_what_it_should_bring_rests_on_the_latest_campaign_of_its_kind() -> None:
    for _ in range(4):
        buyer(last_days_ago=80, gap=40, decision="granted")
    segment = Segment.objects.create(name="Silent", current_version=1, created_at=STARTED, changed_at=STARTED)
    rule = {"all": [{"silence": {"op": "at_least", "gaps": 2}}]}
    SegmentVersion.objects.create(segment=segment, number=1, rule=rule, saved_at=STARTED)
    campaign, lot = sent_campaign(segment_id=segment.pk, segment_version=1)
    usual_purchases(lot, extra=800).bring_in()
    earned = report(campaign.pk, ENDED).profit
    expected = advised(Code.WRITE_TO_SILENT).expected
    assert expected is not None
    assert expected.campaign_id == campaign.pk
    assert expected.estimate_minor == pytest.approx(earned.estimate_minor / 30 * 2)  # type: ignore[operator]
    assert expected.low_minor == pytest.approx(earned.low_minor / 30 * 2)  # type: ignore[operator]


def test_buyers_who_were_never_asked_are_to_be_asked() -> None:
    buyer(last_days_ago=5, gap=None)
    buyer(last_days_ago=60, gap=None)
    buyer(last_days_ago=61, gap=None)
    buyer(last_days_ago=5, gap=None, decision="refused")
    buyer(last_days_ago=5, gap=None, address=False)
    assert advised(Code.ASK_PERMISSION).count == 2


def test_rows_kept_aside_are_to_be_looked_at() -> None:
    for number, (state, rejected, days) in enumerate(
        [("in_book", 3, 2), ("in_book", 0, 1), ("undone", 9, 1), ("in_book", 7, 40)]
    ):
        Import.objects.create(
            kind="orders",
            state=state,
            source=register.office(STARTED),
            batch_id=number,
            file_name=f"{number}.csv",
            rejected=rejected,
            started_at=ENDED - timedelta(days=days),
        )
    found = advised(Code.LOOK_AT_KEPT_ASIDE)
    assert (found.count, found.numbers["files"], len(found.refers_to)) == (3, 1, 1)


def test_a_finished_report_waits_until_it_is_read() -> None:
    campaign, lot = sent_campaign()
    usual_purchases(lot).bring_in()
    report(campaign.pk, ENDED)
    assert advised(Code.READ_REPORTS).refers_to == (campaign.pk,)
    mark_read(campaign.pk, ENDED)
    assert advice(ENDED) == ()
