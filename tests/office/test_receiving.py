"""From the events API to cards and book: people, facts, quarantine, and everything once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.consent.ledger import Given, record
from beizai.customers.models import AttributeDefinition, ContactPoint, Customer, ExternalId
from beizai.events import inbox, keys, names, quarantine, receiving, schemas
from beizai.events.arrivals import Told, arrival_of
from beizai.events.book import open_book
from beizai.events.calls.request import digest
from beizai.events.flusher import Flusher
from beizai.events.models import EventName, QuarantinedEvent, WriteKey
from beizai.identity import anonymous

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Shop:
    """A program or page that tells what happens."""

    def __init__(self, name: str = "Shop", *, in_browser: bool = False) -> None:
        self.key: WriteKey = keys.make(name, now=NOW, in_browser=in_browser)[0]

    def tell(self, *events: dict[str, Any], at: datetime = NOW) -> int:
        source = self.key.source_id
        body = json.dumps({"batch": list(events)}).encode()
        told = Told(self.key.pk, source, self.key.in_browser, at, "", body)
        digests = [digest(source, one["messageId"]) for one in events if one.get("messageId")]
        return inbox.current().arrive(arrival_of([told], [digests], at)).result(10)

    def told(self, *events: dict[str, Any], at: datetime = NOW) -> list[dict[str, Any]]:
        self.tell(*events, at=at)
        return in_book()


def in_book() -> list[dict[str, Any]]:
    receiving.receive_all()
    Flusher().flush_all()
    with open_book() as book:
        return book.arrow(book.events.order_by("occurred_at", "event_id")).to_pylist()


def track(event: str = "Bought tea", **given: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": "7"} | given


def identify(user: str = "7", **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "traits": traits}


def test_a_known_number_is_its_card_and_a_new_one_gets_a_card(home: Home) -> None:
    shop = Shop()
    first, second = shop.told(track(properties={"price": 3}), track(userId="8"))
    seven = ExternalId.objects.get(source=shop.key.source, value="7").customer_id
    assert {first["customer_id"], second["customer_id"]} == {seven, seven + 1}
    assert first["kind"] == "tracked"
    assert json.loads(first["props"]) == {"name": "Bought tea", "properties": {"price": 3}}
    assert len(shop.told(track(event="Again"))) == 3
    assert Customer.objects.count() == 2


def test_the_same_event_told_again_is_in_the_book_once(home: Home) -> None:
    shop = Shop()
    event = track(messageId="m1")
    assert shop.tell(event, event, track(messageId="m2")) == 2
    assert shop.tell(event, track(messageId="m3")) == 1
    assert len(in_book()) == 3
    assert shop.tell(event) == 0
    assert len(in_book()) == 3


def test_an_arrival_read_by_a_worker_that_was_killed_is_read_again_to_the_same_effect(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    shop.tell(identify(name="Mei"), track(messageId="a"), track(event="", messageId="b"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(inbox.Inbox, "exchange", killed)
        with pytest.raises(KeyboardInterrupt):
            receiving.receive_once()
    assert len(in_book()) == 2
    assert (Customer.objects.count(), QuarantinedEvent.objects.count()) == (1, 1)


def test_identify_writes_facts_with_source_and_time(home: Home) -> None:
    AttributeDefinition.objects.create(key="shoe_size", label="Shoe size", kind="number")
    shop = Shop()
    shop.told(
        identify(
            name="Mei Lin", email="Mei@Example.com", shoe_size=38, unknown={"a": 1}, birthday="1990-05-01"
        )
    )
    card = Customer.objects.get()
    assert (card.name, str(card.birthday_on)) == ("Mei Lin", "1990-05-01")
    assert card.facts["shoe_size"] == {"v": 38, "source": shop.key.source_id, "at": NOW.isoformat()}
    assert ContactPoint.objects.get().normal == "mei@example.com"


def test_an_older_identify_that_comes_late_changes_nothing(home: Home) -> None:
    AttributeDefinition.objects.create(key="town", label="Town")
    shop = Shop()
    shop.told(identify(town="Paris", name="New"))
    late = identify(town="Lyon", name="Old") | {"timestamp": (NOW - timedelta(days=1)).isoformat()}
    shop.told(late)
    card = Customer.objects.get()
    assert (card.facts["town"]["v"], card.name) == ("Paris", "New")


def test_whoever_claims_anothers_verified_email_stays_another(home: Home) -> None:
    shop = Shop()
    shop.told(identify("1", name="Ann", email="ann@example.com"))
    ContactPoint.objects.update(verified_at=NOW)
    shop.told(identify("2", email="ann@example.com", name="Not Ann"), at=NOW + timedelta(minutes=1))
    ann, other = Customer.objects.order_by("pk")
    assert (ann.name, other.name) == ("Ann", "Not Ann")
    assert ContactPoint.objects.get(customer=other).verified_at is None
    rows = in_book()
    assert {row["customer_id"] for row in rows} == {ann.pk, other.pk}


def test_what_a_page_says_does_not_overwrite_what_another_source_said(home: Home) -> None:
    AttributeDefinition.objects.create(key="town", label="Town")
    shop = Shop()
    shop.told(identify(town="Paris", name="Mei"))
    other = Shop("Page", in_browser=True)
    ExternalId.objects.create(source=other.key.source, value="7", customer=Customer.objects.get())
    other.told(identify(town="Mars", name="Imitated"), at=NOW + timedelta(hours=1))
    card = Customer.objects.get()
    assert (card.facts["town"]["v"], card.name) == ("Paris", "Mei")


def test_a_trait_that_cannot_be_is_kept_aside_and_nothing_of_it_is_written(home: Home) -> None:
    shop = Shop()
    shop.told(identify(name="Mei", email="nonsense"))
    assert QuarantinedEvent.objects.get().reason == "bad_trait"
    assert Customer.objects.get().name == ""


def allowed(yes: bool) -> dict[str, Any]:
    return {"context": {"consent": {"categoryPreferences": {"tracking": yes}}}}


def test_on_a_page_a_person_is_kept_only_where_they_allowed_it_there(home: Home) -> None:
    page = Shop(in_browser=True)
    page.tell(identify(name="Mei") | allowed(True) | {"anonymousId": "visit-1"})
    rows = page.told(
        {"type": "page", "name": "Tea", "userId": "7", "anonymousId": "visit-1"} | allowed(True),
        {"type": "page", "name": "Tea", "userId": "7", "anonymousId": "visit-1"},
        at=NOW + timedelta(minutes=1),
    )
    kept = [(row["kind"], row["customer_id"] is not None, row["anonymous_id"]) for row in rows]
    assert kept == [("identified", True, "visit-1"), ("visited", True, "visit-1"), ("visited", False, None)]
    assert anonymous.owner_of("visit-1", NOW) == Customer.objects.get().pk


def test_who_said_no_to_being_followed_is_not(home: Home) -> None:
    shop = Shop()
    shop.told(identify(name="Mei"))
    card = Customer.objects.get()
    record(Given(card.pk, "tracking", "refused", "No.", NOW, None), now=NOW)
    rows = shop.told(track(), at=NOW + timedelta(minutes=1))
    assert [row["customer_id"] for row in rows] == [card.pk, None]


def test_what_does_not_fit_its_schema_waits_aside_is_mended_and_played_again(home: Home) -> None:
    schemas.save(
        "track", "Bought tea", {"properties": {"price": {"type": "number"}}, "required": ["price"]}, now=NOW
    )
    shop = Shop()
    assert (
        shop.told(track(properties={"price": "3"}, messageId="m"), track("Other"))[0]["props"]
        == '{"name": "Other"}'
    )
    aside = QuarantinedEvent.objects.get()
    assert (aside.reason, aside.name, aside.detail) == (
        "schema",
        "Bought tea",
        "It does not fit: data.price must be number",
    )
    with pytest.raises(Invalid):
        quarantine.replay(aside.pk, now=NOW)
    mended = json.dumps(json.loads(aside.body) | {"properties": {"price": 3}})
    quarantine.replay(aside.pk, mended, now=NOW)
    assert [json.loads(row["props"])["name"] for row in in_book()] == ["Other", "Bought tea"]
    assert not QuarantinedEvent.objects.exists()


def test_a_replay_that_was_killed_before_its_row_went_is_in_the_book_once(home: Home) -> None:
    shop = Shop()
    shop.told(track(timestamp="2090-01-01T00:00:00Z"))
    aside = QuarantinedEvent.objects.get()
    assert aside.reason == "in_future"
    mended = json.dumps(json.loads(aside.body) | {"timestamp": NOW.isoformat()})
    for _ in range(2):
        quarantine.replay(aside.pk, mended, now=NOW)
        aside.save(force_insert=True)
    assert len(in_book()) == 1


def test_all_of_a_kind_are_played_again_after_the_schema_was_changed(home: Home) -> None:
    schema = schemas.save("track", "Bought tea", {"required": ["price"]}, now=NOW)
    shop = Shop()
    shop.told(*(track(messageId=f"m{number}") for number in range(5)))
    assert QuarantinedEvent.objects.count() == 5
    assert quarantine.replay_alike("schema", "Bought tea", now=NOW) == (0, 5)
    schemas.drop(schema.pk)
    assert quarantine.replay_alike("schema", "Bought tea", now=NOW) == (5, 0)
    assert len(in_book()) == 5


def test_a_schema_that_is_none_or_points_elsewhere_is_refused() -> None:
    for broken in ([], {"type": "nonsense"}, {"$ref": "http://127.0.0.1/x"}, {"pattern": "("}):
        with pytest.raises(Invalid):
            schemas.save("track", "A", broken, now=NOW)


def test_a_program_that_invents_names_fills_no_more_than_its_list(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "MOST", 10)
    shop = Shop()
    shop.told(*(track(f"name {number}") for number in range(50)))
    assert EventName.objects.count() == 11
    assert EventName.objects.get(others=True).count == 40
    assert len(in_book()) == 50
