"""Example customers are invented alike from a seed, stand marked in every room they came through, and go out again whole."""

from datetime import UTC, datetime

import pytest

from beizai.base.errors import Invalid, NotFound
from beizai.campaigns.models import Campaign
from beizai.consent.models import ConsentEntry
from beizai.conversations.models import Conversation
from beizai.customers.models import ContactPoint, Customer, ExternalId, Tie
from beizai.events.book import open_book
from beizai.imports.models import Import
from beizai.segments.models import Segment
from beizai.staff.shop import shop
from beizai.trades import books, funnels, plans, prospecting, weeks
from beizai.trades.example import filling
from beizai.trades.models import Example

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]


def filled() -> filling.Added:
    books.open_book_of("game currency", shop(), now=NOW)
    return filling.add("game currency", now=NOW)


def orders() -> int:
    with open_book() as book:
        return int(book.orders.count().execute())


def test_the_example_is_simulated_in_every_room_and_goes_out_whole() -> None:
    added = filled()
    assert Customer.objects.count() == added.customers == 80
    assert not Customer.objects.filter(simulated=False).exists()
    assert not ContactPoint.objects.filter(simulated=False).exists()
    assert not ContactPoint.objects.exclude(normal__endswith="example.test").exists()
    assert not ConsentEntry.objects.filter(simulated=False).exists()
    assert not Conversation.objects.filter(simulated=False).exists()
    assert not Import.objects.filter(simulated=False).exists()
    assert orders() == added.orders > 300
    assert Tie.objects.count() == added.ties > 20

    with pytest.raises(Invalid, match="example in this home already"):
        filling.add("game currency", now=NOW)
    removed = filling.remove(now=NOW)
    assert (removed.customers, removed.orders, removed.erased) == (80, added.orders, ())
    for model in (Customer, ContactPoint, Tie, Conversation, ExternalId):
        assert not model._default_manager.exists(), model
    assert orders() == 0
    with pytest.raises(NotFound):
        filling.remove(now=NOW)


def test_the_ranking_of_a_filled_home_says_why_and_what_to_ask() -> None:
    filled()
    found = prospecting.ranking(shop(), NOW)
    assert len(found.prospects) == 32
    assert found.buyers == 48
    points = [one.points for one in found.prospects]
    assert points == sorted(points, reverse=True)
    first = found.prospects[0]
    assert {part.part for part in first.parts} == {"power", "frequency", "buyers"}
    assert first.points > 40
    assert any(one.ask for one in found.prospects)
    assert found.learnt is not None, "48 bought and over 20 did not: weights can be learnt, and are compared"
    document = prospecting.in_document(found, NOW, 3)
    assert len(document["prospects"]) == 3
    deciding = sum(one.chance is not None for one in found.prospects)
    assert 0 < deciding < 32, "a chance is said of who may still decide alone"


def test_a_ranking_as_of_then_knows_nothing_of_later() -> None:
    filled()
    early = prospecting.ranking(shop(), datetime(2025, 5, 1, tzinfo=UTC))
    assert early.looked_at == 0


def test_the_week_counts_whom_it_names_and_its_plan_opens_as_a_draft() -> None:
    filled()
    week = weeks.week(shop(), NOW)
    asked = next(one for one in week.lines if one.plan == "price")
    assert asked.customers == 32
    assert asked.ranked
    assert week.journeys[0].steps[1].day == 3
    made = plans.draft("price", shop(), now=NOW, by=None)
    assert made.state == "draft"
    assert made.simulated
    assert Segment.objects.get(pk=made.segment_id).name == asked.segment
    with pytest.raises(NotFound):
        plans.draft("nothing of the kind", shop(), now=NOW, by=None)
    assert Campaign.objects.count() == 1


def test_a_shop_of_its_own_customers_keeps_them_when_the_example_goes() -> None:
    added = filled()
    mine = Customer.objects.create(
        name="Ada", source=Example.objects.get().source, created_at=NOW, changed_at=NOW
    )
    filling.remove(now=NOW)
    assert added.customers == 80
    assert list(Customer.objects.all()) == [mine]


def test_a_trade_without_steps_has_no_funnel() -> None:
    books.open_book_of("game currency", shop(), now=NOW)
    assert funnels.funnel(shop(), NOW) is None
