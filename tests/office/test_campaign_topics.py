"""A campaign names its topic, and who refused that topic is not written to, with the reason."""

from datetime import UTC, datetime, timedelta

import pytest

from beizai.base.errors import NotFound
from beizai.base.home import Home
from beizai.campaigns import approval, plan
from beizai.consent import ledger
from beizai.consent.models import Preference, Topic
from beizai.consent.rules import Reason, may_contact
from beizai.customers.models import ContactPoint, Customer
from beizai.identity import merging
from beizai.messages.arbitration import arbitrate
from beizai.messages.models import Group, Message, State
from beizai.segments import membership
from beizai.sources import register
from beizai.staff.models import Shop
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
MJML = """<mjml><mj-body><mj-section><mj-column><mj-text>Hello
<a href="https://shop.example.test/boots">boots</a>. {{ shop.name }}, {{ shop.postal_address }}
<a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text></mj-column></mj-section></mj-body></mjml>"""


@pytest.fixture(autouse=True)
def the_shop(home: Home) -> Shop:
    found = shop()
    found.name, found.postal_address = "Boots", "1 Leaf Street, York"
    found.sender_address, found.smtp_host = "boots@example.test", "catcher"
    found.save()
    Topic.objects.create(name="Boots")
    Topic.objects.create(name="Care", position=1)
    return found


def customer(name: str) -> Customer:
    source = register.office(NOW)
    card = Customer.objects.create(name=name, source=source, created_at=NOW, changed_at=NOW)
    point = f"{name.lower()}@example.test"
    ContactPoint.objects.create(
        customer=card, channel="email", value=point, normal=point, source=source, added_at=NOW
    )
    said(card, "granted", days_ago=30)
    return card


def said(card: Customer, decision: str, *, topic: str = "", days_ago: float = 0) -> None:
    channel = "" if topic else "email"
    at = NOW - timedelta(days=days_ago)
    given = ledger.Given(
        card.pk, "marketing", decision, "Write.", at, register.office(NOW).pk, channel=channel, topic=topic
    )
    ledger.record(given, now=NOW)


def answer(card: Customer, topic: str = "") -> str:
    return str(may_contact(card.pk, "email", "marketing", NOW, topic=topic).reason)


def test_a_topic_refused_stays_refused_until_that_very_topic_is_allowed() -> None:
    ann = customer("Ann")
    said(ann, "withdrawn", topic="Boots", days_ago=20)
    assert (answer(ann), answer(ann, "Boots"), answer(ann, "Care")) == ("granted", Reason.TOPIC, "granted")
    said(ann, "granted", days_ago=10)  # news by email once more, on a form that named no topic
    assert answer(ann, "Boots") == Reason.TOPIC
    said(ann, "granted", topic="Boots", days_ago=5)
    assert answer(ann, "Boots") == "granted"


def test_who_allows_nothing_is_not_written_to_whatever_the_topic() -> None:
    ann = customer("Ann")
    said(ann, "withdrawn", days_ago=1)
    assert answer(ann, "Boots") == "withdrawn"


def test_the_answer_names_the_refusal_it_rests_on() -> None:
    ann = customer("Ann")
    said(ann, "refused", topic="Boots", days_ago=3)
    found = may_contact(ann.pk, "email", "marketing", NOW, topic="Boots")
    assert found.entry_id is not None
    assert found.entry_id > (may_contact(ann.pk, "email", "marketing", NOW).entry_id or 0)


def test_the_ledger_of_a_campaign_says_who_refused_its_topic(the_shop: Shop) -> None:
    ann, ben, eve = customer("Ann"), customer("Ben"), customer("Eve")
    said(ann, "withdrawn", topic="Boots")
    said(eve, "withdrawn", topic="Care")
    membership.save("Everyone", {"everyone": {}}, now=NOW)
    wanted = {"name": "May", "segment": "Everyone", "subject": "Boots", "mjml": MJML, "topic": "boots"}
    campaign = plan.save(plan.plan_from(wanted | {"holdout_permille": 0}), now=NOW, by=None)
    assert campaign.topic == "Boots"
    approval.approve(campaign.pk, the_shop, at=NOW, by=None)
    rows = dict(Message.objects.values_list("customer_id", "reason"))
    assert rows == {ann.pk: "topic_refused", ben.pk: "", eve.pk: ""}


def test_a_topic_nobody_can_choose_is_refused_by_the_plan() -> None:
    membership.save("Everyone", {"everyone": {}}, now=NOW)
    wanted = {"name": "May", "segment": "Everyone", "subject": "Boots", "mjml": MJML, "topic": "Hats"}
    with pytest.raises(NotFound, match="Hats"):
        plan.save(plan.plan_from(wanted), now=NOW, by=None)


def test_how_often_somebody_wishes_mail_holds_for_all_their_joined_cards() -> None:
    ann, again = customer("Ann"), customer("Anna")
    Preference.objects.create(customer_id=again.pk, frequency="monthly", changed_at=NOW)
    Message.objects.create(
        campaign_id=1, customer_id=ann.pk, state=State.SENT, group=Group.TREATED,
        sent_at=NOW - timedelta(days=10), changed_at=NOW,
    )  # fmt: skip
    merging.merge([again.pk], ann.pk, now=NOW, by=None)
    found = arbitrate([ann.pk], channel="email", purpose="marketing", at=NOW, cap_days=3)
    assert found[ann.pk].reason == "written_lately"
