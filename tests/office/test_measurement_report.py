"""The report of a campaign: everybody assigned, the fixed window, and a profit whose parts add up."""

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from measured_campaign import ENDED, PAST_FROM, STARTED, Purchases, sent_campaign, usual_purchases

from beizai.base.errors import NotFound
from beizai.base.home import Home
from beizai.events import batches
from beizai.experiments.profit import Reason, Verdict
from beizai.lake import EVENTS
from beizai.measurement.report import report
from beizai.messages.models import Message, State
from beizai.value.contribution import Basis

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def test_what_was_planted_is_found_and_the_parts_add_up_to_the_profit() -> None:
    campaign, lot = sent_campaign(contact_cost=2, fixed_cost_minor=300, planted={"lift": "300 each"})
    usual_purchases(lot, extra=1000).bring_in()
    found = report(campaign.pk, ENDED)
    assert found.profit.verdict is Verdict.EARNED
    assert found.planted_profit_minor == pytest.approx(30 * 1000 * 0.4 - 30 * 2 - 300)
    assert found.profit.low_minor < found.planted_profit_minor < found.profit.high_minor  # type: ignore[operator]
    assert found.adds_up is not None
    assert found.adds_up.profit_minor == pytest.approx(found.profit.estimate_minor, abs=1e-6)
    assert (found.adds_up.contacts_minor, found.adds_up.fixed_minor) == (60, 300)


def test_before_the_planned_end_nothing_is_judged() -> None:
    campaign, lot = sent_campaign()
    usual_purchases(lot, extra=3000).bring_in()
    found = report(campaign.pk, ENDED - timedelta(days=1))
    assert found.profit.verdict is Verdict.CANNOT_TELL
    assert found.profit.reasons == (Reason.BEFORE_PLANNED_END,)
    assert (found.profit.estimate_minor, found.profit.low_minor, found.adds_up) == (None, None, None)
    assert len(found.curve) == 28
    assert report(campaign.pk, ENDED).profit.verdict is Verdict.EARNED


def test_only_the_fixed_window_counts() -> None:
    campaign, lot = sent_campaign()
    bought = usual_purchases(lot)
    treated = min(lot.treated_ids())
    for on in (STARTED.date() - timedelta(days=1), ENDED.date()):
        bought.add(treated, on, 1_000_000)
    bought.bring_in()
    later = report(campaign.pk, ENDED + timedelta(days=50))
    assert later.treated.orders == 30
    assert later.treated.sales_minor < 30 * 700


def test_who_was_refused_after_the_draw_still_counts_in_the_group() -> None:
    campaign, lot = sent_campaign(contact_cost=10)
    usual_purchases(lot).bring_in()
    gone = sorted(lot.treated_ids())[:3]
    Message.objects.filter(customer_id__in=gone).update(state=State.REFUSED, reason="withdrawn", sent_at=None)
    Message.objects.create(
        campaign_id=1, customer_id=900, state=State.REFUSED, reason="refused", changed_at=STARTED
    )
    found = report(campaign.pk, ENDED)
    assert (found.treated.people, found.profit.treated) == (30, 30)
    assert (found.ledger.refused, found.ledger.refused_later) == ({"refused": 1}, {"withdrawn": 3})
    assert found.profit.cost_minor == 27 * 10


def test_who_stood_outside_the_draw_is_projected_apart_and_never_claimed() -> None:
    campaign, lot = sent_campaign(62, spared=frozenset({3, 40}), contact_cost=5)
    usual_purchases(lot, extra=1000).bring_in()
    found = report(campaign.pk, ENDED)
    assert (found.outside.people, found.ledger.outside, found.profit.treated) == (2, 2, 30)
    assert found.outside.cost_minor == 10
    assert found.outside.projected_minor == pytest.approx(found.profit.effect_minor / 30 * 2 - 10)  # type: ignore[operator]
    assert found.profit.cost_minor == 150


def test_returns_and_discounts_are_taken_off_and_the_margins_of_approval_are_used() -> None:
    campaign, lot = sent_campaign(10)
    who = min(lot.treated_ids())
    bought, on = Purchases(), STARTED.date()
    bought.add(who, on, 900, discount_minor=100, category="Tea")  # 1000 x 50% - 100
    bought.add(who, on, 800, cost_minor=500, category="Tea")  # 300
    bought.add(who, on, 1000, category="Cups")  # 400
    bought.add(who, on, -800, cost_minor=-500, category="Tea")  # -300
    bought.bring_in()
    found = report(campaign.pk, ENDED)
    assert found.treated.contribution_minor == pytest.approx(400 + 300 + 400 - 300)
    assert (found.treated.orders, found.treated.returns, found.treated.buyers) == (3, 1, 1)
    assert found.treated.sales_minor == 1900
    assert found.rests_on == pytest.approx(
        {Basis.COST: 1600 / 3500, Basis.CATEGORY: 900 / 3500, Basis.BOOK: 1000 / 3500}
    )


def test_the_curve_adds_up_day_by_day_with_its_own_error() -> None:
    campaign, lot = sent_campaign(10)
    one, other = sorted(lot.treated_ids())[:2]
    bought, on = Purchases(), STARTED.date()
    for customer_id, days, amount in ((one, 0, 100), (one, 2, 50), (other, 2, 30)):
        bought.add(customer_id, on + timedelta(days=days), amount)
    bought.bring_in()
    curve = report(campaign.pk, ENDED).curve
    assert [day.treated_sales_minor for day in curve[:4]] == [20, 20, 36, 36]
    assert curve[2].treated_error_minor == pytest.approx(np.std([150, 30, 0, 0, 0], ddof=1) / np.sqrt(5))
    assert curve[27].held_out_sales_minor == 0
    assert (curve[0].on, curve[27].on) == (STARTED.date(), date(2026, 5, 31))


def test_machines_are_told_apart_and_who_is_not_tracked_counts_without_a_name() -> None:
    campaign, lot = sent_campaign(10)
    usual_purchases(lot).bring_in()
    rows = [
        ("opened", 1, "person"),
        ("opened", 1, "person"),
        ("opened", 1, "machine"),
        ("opened", 2, "machine"),
    ]
    rows += [("opened", None, "person"), ("clicked", 1, "person"), ("unsubscribed", 4, None)]
    events = {"campaign_id": 1, "occurred_at": datetime(2026, 5, 5), "occurred_on": date(2026, 5, 5)}
    batch = batches.open_batch("events", opened_at=STARTED)
    kept = [
        events
        | {
            "event_id": n,
            "kind": kind,
            "customer_id": who,
            "verdict": verdict,
            "received_at": datetime(2026, 5, 5),
        }
        for n, (kind, who, verdict) in enumerate(rows)
    ]
    batches.append_rows(batch.pk, EVENTS, pa.Table.from_pylist(kept))
    batches.enter(batch.pk, at=STARTED)
    found = report(campaign.pk, ENDED).responses
    opened = found.opened
    assert (opened.people, opened.machines_only, opened.unnamed, opened.machine_events) == (1, 1, 1, 2)
    assert (found.clicked.people, found.unsubscribed.people, found.complained.people) == (1, 1, 0)


def test_another_campaign_that_reached_either_group_is_named() -> None:
    campaign, lot = sent_campaign(20)
    sent_campaign(20, number=2)
    usual_purchases(lot).bring_in()
    (other,) = report(campaign.pk, ENDED).others
    both = set(Message.objects.filter(campaign_id=2, state=State.SENT).values_list("customer_id", flat=True))
    assert (other.campaign_id, other.name) == (2, "Campaign 2")
    assert (other.treated, other.held_out) == (len(both & lot.treated_ids()), len(both & lot.held_out_ids()))


def test_a_campaign_not_yet_sent_has_an_empty_report() -> None:
    campaign, _ = sent_campaign(10)
    found = report(campaign.pk, STARTED - timedelta(days=1))
    assert (found.window, found.curve, found.profit.verdict) == (None, (), Verdict.CANNOT_TELL)


def test_what_the_past_explains_is_learnt_anew_where_the_outlook_was_not_kept() -> None:
    campaign, lot = sent_campaign(outlook={})
    bought = usual_purchases(lot)
    for customer_id in lot.customer_ids.tolist():
        bought.add(customer_id, PAST_FROM + timedelta(days=170), customer_id * 5)
        bought.add(customer_id, PAST_FROM - timedelta(days=10), customer_id * 100)
    bought.bring_in()
    found = report(campaign.pk, ENDED)
    assert found.adds_up is not None
    assert found.adds_up.past_minor != 0


def test_an_unknown_campaign_is_not_found() -> None:
    with pytest.raises(NotFound):
        report(77, ENDED)
