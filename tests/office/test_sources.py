"""Sources: on what ground, at what cost, what they brought, and when writing to one is stopped."""

from datetime import UTC, date, datetime

import pytest

from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.campaigns import stopping
from beizai.campaigns.models import Campaign
from beizai.consent import ledger as consent
from beizai.consent.permitted import permitted
from beizai.consent.rules import may_contact_many
from beizai.customers import cards
from beizai.customers.models import Customer, Standing
from beizai.measurement import source_figures
from beizai.messages.arbitration import arbitrate
from beizai.messages.models import Message, State
from beizai.sources import register
from beizai.sources.models import Source, SourceKind, SourceStop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """A home with keys of its own."""


def person(source: Source, number: int, import_id: int | None = 7, *, agreed: bool = True) -> int:
    points = (("email", f"c{number}@example.test"),)
    made = cards.add(cards.NewCard(name=f"C{number}", points=points), source=source, now=NOW)
    Customer.objects.filter(pk=made.pk).update(import_id=import_id)
    if agreed:
        said = consent.Given(made.pk, "marketing", "granted", "Yes.", NOW, source.pk, channel="email")
        consent.record(said, now=NOW)
    return made.pk


def test_there_is_no_kind_for_harvested_addresses():
    assert not {kind for kind in SourceKind.values if "harvest" in kind or "scrap" in kind or "crawl" in kind}


@pytest.mark.parametrize(("kind", "known"), [("orders", True), ("purchased", False), ("customers", False)])
def test_who_came_themselves_needs_no_further_basis(kind, known):
    one = register.source("A source", SourceKind(kind), now=NOW)
    assert register.has_basis(one.pk) is known


def test_a_basis_is_said_with_its_evidence_and_can_be_taken_back():
    one = register.source("Partner", SourceKind.EXCHANGE, now=NOW)
    with pytest.raises(Invalid):
        register.say_basis(one.pk, "consent", "  ", now=NOW)
    with pytest.raises(Invalid):
        register.say_basis(one.pk, "hope", "none", now=NOW)
    register.say_basis(one.pk, "consent", "Partner's form, version 3", now=NOW)
    assert register.has_basis(one.pk)
    register.say_basis(one.pk, "", "", now=NOW)
    assert not register.has_basis(one.pk)


def campaign() -> Campaign:
    return Campaign.objects.create(name="First", created_at=NOW, started_at=NOW, state="sending")


def sent(campaign_id: int, people: list[int], failed: int, state: str = State.BOUNCED) -> None:
    for place, number in enumerate(people):
        Message.objects.create(
            campaign_id=campaign_id,
            customer_id=number,
            state=state if place < failed else State.SENT,
            sent_at=NOW,
            changed_at=NOW,
        )


def test_an_import_whose_first_mails_fail_too_often_is_stopped_and_nobody_else_of_it_is_written_to():
    lists = register.source("Bought list", SourceKind.PURCHASED, now=NOW)
    people = [person(lists, number) for number in range(24)]
    other = person(lists, 100, import_id=8)
    sent(campaign().pk, people[:20], failed=2)
    (stop,) = stopping.look(NOW)
    assert (stop.import_id, stop.written, stop.failed, stop.reason) == (7, 20, 2, "bounced")
    verdicts = arbitrate([people[-1], other], channel="email", purpose="marketing", at=NOW, cap_days=0)
    assert verdicts[people[-1]].reason == "source_stopped"
    assert verdicts[other].eligible
    assert stopping.look(NOW) == []


def test_a_campaign_knows_the_stops_its_mails_brought_about_and_whom_it_left_out():
    lists = register.source("Bought list", SourceKind.PURCHASED, now=NOW)
    people = [person(lists, number) for number in range(24)]
    first, other = campaign(), campaign()
    sent(first.pk, people[:20], failed=2)
    sent(other.pk, [person(lists, 100, import_id=8)], failed=1)
    stopping.look(NOW)
    refused = {"campaign_id": first.pk, "state": State.REFUSED, "changed_at": NOW}
    for number in people[20:22]:
        Message.objects.create(customer_id=number, reason="source_stopped", **refused)
    Message.objects.create(customer_id=people[22], reason="no_permission", **refused)
    (found,) = stopping.of_campaign(first)
    assert (found.stop.source, found.stop.failed, found.left_out) == (lists, 2, 2)
    assert stopping.of_campaign(other) == []


@pytest.mark.parametrize(("written", "failed"), [(19, 19), (40, 2)])
def test_few_mails_or_few_failures_stop_nothing(written, failed):
    lists = register.source("Bought list", SourceKind.PURCHASED, now=NOW)
    sent(campaign().pk, [person(lists, number) for number in range(written)], failed=failed)
    assert stopping.look(NOW) == []


def test_who_was_written_to_before_does_not_count():
    lists = register.source("Old list", SourceKind.CUSTOMERS, now=NOW)
    people = [person(lists, number) for number in range(20)]
    sent(campaign().pk, people, failed=0)
    sent(campaign().pk, people, failed=10)
    assert stopping.look(NOW) == []


def test_a_stop_is_lifted_by_a_person_and_not_set_again_for_the_same_failures():
    lists = register.source("Bought list", SourceKind.PURCHASED, now=NOW)
    people = [person(lists, number) for number in range(30)]
    first = campaign()
    sent(first.pk, people[:20], failed=4, state=State.COMPLAINED)
    (stop,) = stopping.look(NOW)
    assert stop.reason == "disowned"
    register.lift(stop.pk, now=NOW)
    assert not register.is_stopped(lists.pk, 7)
    assert stopping.look(NOW) == []
    sent(first.pk, people[20:], failed=4, state=State.COMPLAINED)
    assert len(stopping.look(NOW)) == 1
    assert SourceStop.objects.count() == 2


def test_a_source_is_counted_by_what_it_brought():
    paid = register.source("Stand at the fair", SourceKind.EVENT, now=NOW)
    Source.objects.filter(pk=paid.pk).update(cost_minor=10_000, cost_per_record_minor=100)
    buyer, _silent = person(paid, 1), person(paid, 2, agreed=False)
    Standing.objects.filter(pk=buyer).update(purchase_days=2)
    found = source_figures.of_all(NOW)[paid.pk]
    assert (found.records, found.usable, found.buyers) == (2, 1, 1)
    assert (found.cost_minor, found.cost_per_record_minor, found.cost_per_usable_minor) == (
        10_200,
        5_100,
        10_200,
    )
    assert source_figures.by_month(paid.pk, date(2026, 5, 4), months=2) == [
        (date(2026, 4, 1), 0),
        (date(2026, 5, 1), 2),
    ]


def test_of_a_source_without_basis_nobody_is_contactable_until_one_is_recorded_for_them():
    lists = register.source("Bought list", SourceKind.PURCHASED, now=NOW)
    cold, agreed, buyer = (person(lists, number, agreed=number == 1) for number in range(3))
    Standing.objects.filter(pk=buyer).update(purchase_days=1)
    came = person(register.source("Stand", SourceKind.EVENT, now=NOW), 9, agreed=False)

    def allowed() -> list[bool]:
        ids = [cold, agreed, buyer, came]
        many = may_contact_many(ids, "email", "service", NOW)
        whole, some = permitted("service", NOW), permitted("service", NOW, customer_ids=ids)
        told = [many[one].allowed for one in ids]
        assert [whole.may(one, "email") for one in ids] == told
        assert [some.may(one, "email") for one in ids] == told
        return told

    assert allowed() == [False, True, True, True]
    assert may_contact_many([cold], "email", "service", NOW)[cold].reason == "no_basis"
    register.say_basis(lists.pk, "legitimate_interest", "Weighed on 3 May.", now=NOW)
    assert allowed() == [True, True, True, True]
    marketing = may_contact_many([cold], "email", "marketing", NOW)[cold]
    assert not marketing.allowed
