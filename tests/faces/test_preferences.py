"""The preference page: by signed link alone, nothing given away, nothing changed by looking."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from beizai.base.home import Home
from beizai.base.tokens import Token
from beizai.consent import ledger, rules
from beizai.consent.models import ConsentEntry, Preference, Topic
from beizai.customers import cards
from beizai.customers.models import Customer
from beizai.messages.arbitration import arbitrate
from beizai.messages.models import Group, Message, State
from beizai.sources import register
from beizai.staff.shop import shop
from beizai.tracking import links

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
def ann(home: Home) -> Customer:
    here = shop()
    here.name, here.clock_at = "Shoes", NOW
    here.save()
    source = register.office(NOW)
    new = cards.NewCard(name="Ann Lee", language="fr", points=[("email", "ann@example.test")])
    card = cards.add(new, source=source, now=NOW)
    ledger.record(
        ledger.Given(
            card.pk, "marketing", "granted", "Yes.", NOW - timedelta(days=2), source.pk, channel="email"
        ),
        now=NOW,
    )
    return card


def url(home: Home, customer_id: int, purpose: str = "preferences") -> str:
    keys = links.keys(home.key("signing"))
    if purpose == "unsubscribe":
        return (
            "/preferences/" + links.unsubscribe_url(keys, "", Token(3, customer_id)).rsplit("/", 1)[1] + "/"
        )
    return links.preferences_url(keys, "", Token(3, customer_id))


def sent(home: Home, card: Customer, **fields: Any) -> str:
    answer = Client().post(url(home, card.pk), fields)
    assert answer.status_code == 200
    return answer.content.decode()


def allowed(card: Customer, channel: str = "email", **asked: Any) -> bool:
    return rules.may_contact(card.pk, channel, "marketing", NOW, **asked).allowed


def test_the_page_speaks_the_customers_language_and_names_nobody(home: Home, ann: Customer) -> None:
    answer = Client(headers={"accept-language": "zh-CN"}).get(url(home, ann.pk))
    words = answer.content.decode()
    assert "Ce que vous recevez" in words
    assert "Ann" not in words
    assert "example.test" not in words
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"
    assert "您收到的内容" in Client().get(url(home, ann.pk) + "?lang=zh-hans").content.decode()


def test_looking_changes_nothing(home: Home, ann: Customer) -> None:
    before = ConsentEntry.objects.count()
    for method in ("get", "head"):
        getattr(Client(), method)(url(home, ann.pk) + "?nothing=1&by-email=")
    assert ConsentEntry.objects.count() == before
    assert not Preference.objects.exists()


def test_bad_links_are_all_alike(home: Home, ann: Customer) -> None:
    good = url(home, ann.pk)
    forged = good[:-3] + ("AA/" if good[-3:] != "AA/" else "BB/")
    pages = {
        Client().get(address).content.decode().split("</style>")[1]
        for address in (forged, "/preferences/x/", url(home, 999_999), url(home, ann.pk, "unsubscribe"))
    }
    assert len(pages) == 1
    assert Client().post(forged, {"nothing": "1"}).status_code == 404
    assert allowed(ann)


def test_a_box_taken_out_withdraws_with_the_words_that_stood_beside_it(home: Home, ann: Customer) -> None:
    sent(home, ann, frequency="monthly", day_part="evening", language="en")
    entry = ConsentEntry.objects.latest("pk")
    assert (entry.decision, entry.channel, entry.form) == ("withdrawn", "email", "preferences")
    assert "Shoes" in entry.text
    assert not allowed(ann)
    kept = Preference.objects.get(pk=ann.pk)
    assert (kept.frequency, kept.day_part) == ("monthly", "evening")
    assert Customer.objects.get(pk=ann.pk).language == "en"


def test_the_same_wishes_again_write_nothing(home: Home, ann: Customer) -> None:
    sent(home, ann, **{"by-email": "on", "language": "fr"})
    assert ConsentEntry.objects.count() == 1


def test_no_more_at_all_holds_for_every_channel(home: Home, ann: Customer) -> None:
    sent(home, ann, nothing="1")
    assert not any(allowed(ann, channel) for channel in ("email", "phone", "letter"))


def test_a_topic_refused_is_refused_alone(home: Home, ann: Customer) -> None:
    Topic.objects.create(name="Boots")
    Topic.objects.create(name="Care", position=1)
    sent(home, ann, **{"by-email": "on", "topic-1": "on", "language": "fr"})
    assert [allowed(ann), allowed(ann, topic="Boots"), allowed(ann, topic="Care")] == [True, False, True]


def test_who_wants_one_mail_a_month_gets_no_more(home: Home, ann: Customer) -> None:
    Message.objects.create(
        campaign_id=1, customer_id=ann.pk, state=State.SENT, group=Group.TREATED,
        sent_at=NOW - timedelta(days=10), changed_at=NOW,
    )  # fmt: skip

    def reason() -> str:
        return arbitrate([ann.pk], channel="email", purpose="marketing", at=NOW, cap_days=3)[ann.pk].reason

    assert reason() == ""
    sent(home, ann, **{"by-email": "on", "frequency": "monthly", "language": "fr"})
    assert reason() == "written_lately"


def test_a_flood_is_put_off(home: Home, ann: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beizai.office.preferences._PER_HOUR", 2)
    assert [Client().get(url(home, ann.pk)).status_code for _ in range(3)] == [200, 200, 429]


def test_a_wish_that_is_none_is_refused(home: Home, ann: Customer) -> None:
    assert Client().post(url(home, ann.pk), {"frequency": "hourly"}).status_code == 400
