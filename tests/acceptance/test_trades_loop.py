"""Every trade goes round the loop on its example: people come in, are known, chosen, written to through the real catcher, and measured."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from beizai.base.home import Home
from beizai.campaigns import approval
from beizai.campaigns import sending as campaigns
from beizai.campaigns.models import Campaign, CampaignState
from beizai.channels.catcher import Mailbox
from beizai.customers.models import Customer, ExternalId, Standing
from beizai.imports.files import bring_in
from beizai.measurement.report import report
from beizai.messages.models import Group, Message
from beizai.segments.models import Segment
from beizai.staff.models import Role, Shop, User
from beizai.staff.shop import shop
from beizai.trades import books, funnels, plans, prospecting, weeks
from beizai.trades.example import filling
from beizai.worker import sending

NOW = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)

# trade, the plan it proposes for this week, and what its mail says
PLANS = (
    ("game_currency", "price", "You asked for a price."),
    ("hair_salon", "due", "your stylist has time"),
    ("shoemaker", "measure", "Feet change"),
    ("online_shop", "second", "after the same first order"),
    ("lender", "risks", "you pay back more than you borrow"),
    ("food_shop", "chocolate", "we pack boxes to order"),
)


def opened(trade: str) -> filling.Added:
    """A shop of this trade on a Monday in February, filled with its example."""
    here = shop()
    here.clock_at, here.currency, here.timezone = NOW, "EUR", "Europe/Paris"
    here.postal_address, here.sender_address = "1 rue Haute, Paris", "shop@example.test"
    here.smtp_host, here.public_url = sending.CATCHER, "https://shop.example.test"
    here.save()
    User.objects.create_user("owner@example.test", "a long password", role=Role.OWNER)
    books.open_book_of(trade, here, now=NOW)
    return filling.add(trade, now=NOW)


def sent(plan: str) -> Campaign:
    """The trade's own plan: opened as a draft, approved, sent by the sending worker through the catcher."""
    draft = plans.draft(plan, shop(), now=NOW, by=None)
    approval.approve(draft.pk, shop(), at=NOW, by=None)
    campaigns.start(draft.pk, shop(), at=NOW, by=None)
    sending.send_all()
    draft.refresh_from_db()
    return draft


def sold_after(campaign: Campaign, folder: Path, *, days: int) -> int:
    """Some of those who were written to buy: their orders come in as a file of the same source."""
    treated = Message.objects.filter(campaign_id=campaign.pk, group=Group.TREATED).order_by("pk")
    some = list(treated.values_list("customer_id", flat=True)[:4])
    numbers = dict(ExternalId.objects.filter(customer_id__in=some).values_list("customer_id", "value"))
    path = folder / "after.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("Order", "Date", "Customer", "Quantity", "Unit price"))
        rows.writerows(
            (f"A{n}", f"{NOW + timedelta(days=days):%Y-%m-%d %H:%M}", numbers[customer], 1, "40.00")
            for n, customer in enumerate(some)
        )
    later = NOW + timedelta(days=days + 1)
    Shop.objects.update(clock_at=later)
    wish = filling.imports.Wish(dates="ymd", decimal="point")
    return bring_in(path, kind="orders", source=filling.SOURCE, now=later, wish=wish, simulated=True).orders


@pytest.mark.parametrize(("trade", "plan", "words"), PLANS)
def test_a_trade_s_loop(home: Home, tmp_path: Path, trade: str, plan: str, words: str) -> None:
    added = opened(trade)

    assert Standing.objects.exclude(type="").count() == added.customers
    ranking = prospecting.ranking(shop(), NOW)
    assert len(ranking.prospects) + ranking.buyers == added.customers

    line = next(one for one in weeks.week(shop(), NOW).lines if one.plan == plan)
    assert line.customers > 5
    campaign = sent(plan)
    assert Segment.objects.get(pk=campaign.segment_id).name == line.segment
    assert campaign.state == CampaignState.SENT
    assert campaign.simulated

    progress = campaigns.progress(campaign.pk)
    assert progress.sent + progress.bounced > 0
    assert progress.held_out > 0
    assert progress.sent + progress.bounced + progress.held_out + progress.refused == line.customers
    box = Mailbox(home.root)
    assert box.count() == progress.sent
    page = box.read(box.newest()[0].id).part("plain")
    assert words in " ".join(page.split())

    assert sold_after(campaign, tmp_path, days=5) > 0
    found = report(campaign.pk, NOW + timedelta(days=campaign.window_days + 1))
    assert found.profit.verdict in ("cannot_tell", "earned", "lost")
    assert not Customer.objects.filter(simulated=False).exists()


def test_the_lender_s_funnel_counts_registrations_and_what_one_costs(home: Home) -> None:
    added = opened("lender")
    found = funnels.funnel(shop(), NOW)
    assert found is not None
    counts = [one.customers for one in found.steps]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == added.customers
    assert found.steps[0].cost_minor == 640
    assert found.steps[3].name == "First small purchase"
    first = found.steps[3].cost_minor
    assert first is not None
    assert first > 640


def test_the_shop_has_six_steps_from_lead_to_loyal(home: Home) -> None:
    opened("online_shop")
    found = funnels.funnel(shop(), NOW)
    assert found is not None
    assert len(found.steps) == 6
    assert 0 < found.steps[5].customers < found.steps[4].customers < found.steps[2].customers


def test_the_salon_s_day_and_the_shoe_house_s_branches_are_filled(home: Home) -> None:
    added = opened("hair_salon")
    assert added.appointments > 10
    filling.remove(now=NOW)
    books.open_book_of("shoemaker", shop(), now=NOW)
    filling.add("shoemaker", now=NOW)
    assert Customer.objects.exclude(branch=None).values("branch").distinct().count() == 3
