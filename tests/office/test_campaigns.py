"""Campaigns: planned, approved once, drawn once, started, paused, gone on with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.base.home import Home
from beizai.campaigns import approval, plan, sending
from beizai.campaigns.models import Campaign, CampaignState
from beizai.campaigns.outlook import left_out_twice
from beizai.consent import ledger
from beizai.customers.models import ContactPoint, Customer
from beizai.messages.models import Group, Message, State
from beizai.segments import membership
from beizai.sources import register
from beizai.staff.models import Shop
from beizai.staff.shop import shop

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
MJML = """<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ customer.first_name | default: "friend" }},
<a href="https://shop.example.test/tea">new tea</a>. {{ shop.name }}, {{ shop.postal_address }}
<a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>"""
pytestmark = pytest.mark.django_db


@pytest.fixture
def the_shop(home: Home) -> Shop:
    found = shop()
    found.name, found.postal_address = "Tea House", "1 Leaf Street, York"
    found.sender_address, found.smtp_host, found.smtp_port = "tea@example.test", "127.0.0.1", 2525
    found.save()
    return found


@pytest.fixture
def people(the_shop: Shop) -> list[int]:
    """Forty cards: the first thirty may be written to, five said no, five were never asked."""
    source = register.office(NOW)
    ids = []
    for n in range(40):
        card = Customer.objects.create(name=f"Customer {n}", source=source, created_at=NOW, changed_at=NOW)
        ContactPoint.objects.create(
            customer=card,
            channel="email",
            value=f"c{n}@example.test",
            normal=f"c{n}@example.test",
            source=source,
            added_at=NOW,
        )
        if n < 35:
            decision = "granted" if n < 30 else "refused"
            words = ledger.Given(
                card.pk, "marketing", decision, "Write to me.", NOW, source.pk, channel="email"
            )
            ledger.record(words, now=NOW)
        ids.append(card.pk)
    membership.save("Everyone", {"everyone": {}}, now=NOW)
    return ids


def planned(**words: object) -> Campaign:
    given = {"name": "May", "segment": "Everyone", "subject": "New tea", "mjml": MJML, **words}
    return plan.save(plan.plan_from(given), now=NOW, by=None)


def test_everyone_in_the_segment_has_a_row_and_who_is_not_written_to_a_reason(
    the_shop: Shop, people: list[int]
) -> None:
    campaign = approval.approve(planned().pk, the_shop, at=NOW, by=None)
    rows = Message.objects.filter(campaign_id=campaign.pk)
    assert campaign.state == CampaignState.APPROVED
    assert rows.count() == 40
    assert rows.filter(state=State.CHOSEN, group=Group.TREATED).count() == 15
    assert rows.filter(state=State.HELD_OUT).count() == 15
    assert (
        sorted(rows.filter(state=State.REFUSED).values_list("reason", flat=True))
        == ["no_permission"] * 5 + ["refused"] * 5
    )


def test_what_is_approved_is_never_drawn_again(the_shop: Shop, people: list[int]) -> None:
    campaign = approval.approve(planned().pk, the_shop, at=NOW, by=None)
    with pytest.raises(Forbidden):
        approval.approve(campaign.pk, the_shop, at=NOW, by=None)
    with pytest.raises(Forbidden, match="plan is fixed"):
        plan.save(
            plan.plan_from({"name": "x", "segment": "Everyone", "subject": "y", "mjml": MJML}),
            now=NOW,
            by=None,
            campaign_id=campaign.pk,
        )


def test_an_approval_cut_off_half_way_is_begun_anew_with_the_same_lot(
    the_shop: Shop, people: list[int]
) -> None:
    campaign = planned()
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.APPROVING)
    Message.objects.create(campaign_id=campaign.pk, customer_id=people[0], state=State.CHOSEN, changed_at=NOW)
    approval.approve(campaign.pk, the_shop, at=NOW, by=None)
    assert Message.objects.filter(campaign_id=campaign.pk).count() == 40


def test_who_was_left_alone_twice_running_is_spared_by_the_lot(the_shop: Shop, people: list[int]) -> None:
    for campaign_id, groups in ((901, "hht"), (902, "hth"), (903, "hhh")):
        for customer_id, letter in zip(people, groups, strict=False):
            group = Group.HELD_OUT if letter == "h" else Group.TREATED
            Message.objects.create(
                campaign_id=campaign_id,
                customer_id=customer_id,
                group=group,
                state=State.SENT,
                changed_at=NOW - timedelta(days=30),
            )
    assert left_out_twice(np.array(people), but=0) == {people[0], people[2]}


def test_nobody_may_be_written_to_is_said_and_the_plan_stays_a_draft(the_shop: Shop) -> None:
    membership.save("Everyone", {"everyone": {}}, now=NOW)
    campaign = planned()
    with pytest.raises(Invalid, match="Nobody in the segment"):
        approval.approve(campaign.pk, the_shop, at=NOW, by=None)
    assert Campaign.objects.get().state == CampaignState.DRAFT


def test_a_shop_without_a_sender_cannot_approve(the_shop: Shop, people: list[int]) -> None:
    the_shop.sender_address = ""
    with pytest.raises(Invalid, match="sender"):
        approval.approve(planned().pk, the_shop, at=NOW, by=None)


def test_the_window_counts_from_the_day_sending_began(the_shop: Shop, people: list[int]) -> None:
    campaign = approval.approve(planned(window_days=14).pk, the_shop, at=NOW, by=None)
    started = sending.start(campaign.pk, the_shop, at=NOW, by=None)
    assert str(started.window_ends_on) == "2026-05-18"
    assert sending.pause(campaign.pk, at=NOW, by=None).state == CampaignState.PAUSED
    assert sending.resume(campaign.pk, at=NOW, by=None).state == CampaignState.SENDING
    assert not sending.finish_if_done(campaign.pk, at=NOW)


def test_a_home_that_is_paused_starts_nothing(the_shop: Shop, people: list[int]) -> None:
    campaign = approval.approve(planned().pk, the_shop, at=NOW, by=None)
    the_shop.sending_paused = True
    with pytest.raises(Invalid, match="paused for the whole home"):
        sending.start(campaign.pk, the_shop, at=NOW, by=None)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("subjct", "x", "Did you mean “subject”"),
        ("window_days", 0, "window"),
        ("holdout_permille", 900, "left alone"),
        ("contact_cost", "free", "not a cost"),
        ("checklist", {"prize": ""}, "checklist"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(field: str, value: object, words: str) -> None:
    given = {"name": "May", "segment": "Everyone", "subject": "s", "mjml": "m", field: value}
    with pytest.raises(Invalid, match=words):
        plan.plan_from(given)


def test_a_plan_is_read_with_the_template_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mail.mjml").write_text("<mjml></mjml>", encoding="utf-8")
    (tmp_path / "plan.toml").write_text(
        'name="n"\nsegment="s"\nsubject="u"\nmjml="@mail.mjml"\n', encoding="utf-8"
    )
    assert plan.read_plan(tmp_path / "plan.toml").mjml == "<mjml></mjml>"
    (tmp_path / "bad.toml").write_text(
        'name="n"\nsegment="s"\nsubject="u"\nmjml="@../secret"\n', encoding="utf-8"
    )
    with pytest.raises(NotFound):
        plan.read_plan(tmp_path / "bad.toml")
