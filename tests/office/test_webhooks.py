"""Other programs are told what happened: everything once, signed, until they have taken it, and nothing they must not know."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from standardwebhooks.webhooks import Webhook
from webhook_receiver import Receiver, receiving

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.base.home import Home
from beizai.channels import webhook
from beizai.channels.webhook import Allowed, Limits, Ways
from beizai.consent import erasing, ledger, restricting
from beizai.consent.ledger import Given
from beizai.customers import cards
from beizai.customers.cards import NewCard
from beizai.customers.models import AttributeDefinition, Customer, FactChange
from beizai.events import inbox
from beizai.events.flusher import Flusher
from beizai.events.happenings import Happening
from beizai.identity import merging
from beizai.imports import files, undoing
from beizai.imports.models import Import
from beizai.segments import membership
from beizai.sources.models import Source, SourceKind
from beizai.staff.models import AuditEntry, Role, User
from beizai.webhooks import backing_off, endpoints, log, rolls
from beizai.webhooks.delivering import Courier
from beizai.webhooks.endpoints import Wish
from beizai.webhooks.facts import Fact
from beizai.webhooks.models import DeliveryAttempt, SegmentRoll, WebhookDelivery, WebhookEndpoint
from beizai.webhooks.telling import Teller
from beizai.webhooks.writing import write

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUICK = Ways(Allowed.read(["127.0.0.0/8"]), Limits(connect_seconds=1, total_seconds=1))
State = WebhookDelivery.State


@pytest.fixture(autouse=True)
def _this_machine(home: Home, settings: Any) -> None:
    settings.WEBHOOK_HOSTS = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


class Clock:
    """A machine's clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def moves(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def source() -> Source:
    return Source.objects.get_or_create(
        name="Office", defaults={"kind": SourceKind.OFFICE, "created_at": NOW}
    )[0]


def endpoint(receiver: Receiver, *kinds: str, **more: Any) -> WebhookEndpoint:
    return endpoints.add(Wish("ERP", receiver.url, kinds or ("*",), **more), now=NOW)[0]


def card(name: str = "Marie Lin", **given: Any) -> Customer:
    return cards.add(NewCard(name=name, **given), source=source(), now=NOW)


def edit(customer: Customer, *, at: datetime = NOW + timedelta(minutes=5), **changes: Any) -> None:
    kept = Customer.objects.get(pk=customer.pk)
    known = {key: changes.pop(key) for key in list(changes) if key not in cards.FIELDS}
    cards.edit(kept.pk, changes, new_facts=known, revision=kept.revision, source=source(), now=at)


def decide(customer: Customer, decision: str = "granted") -> None:
    given = Given(customer.pk, "marketing", decision, "Yes, write to me", NOW, source().pk, "email")
    ledger.record(given, now=NOW)


def carry(clock: Clock, *, post: Any = webhook.post) -> None:
    """Everything that is due: written down and delivered, as a worker would."""
    teller, courier = Teller(), Courier(post=post, ways=QUICK)
    while teller.tell(now=clock(), at=clock()):
        pass
    courier.deliver_all(clock)
    courier.close()


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("pk").values_list("state", flat=True))


def test_a_new_card_a_change_and_a_decision_are_told_as_the_standard_has_it(
    receiver: Receiver, clock: Clock
) -> None:
    row, secret = endpoints.add(Wish("ERP", receiver.url, ["*"]), now=NOW)
    marie = card(points=[("email", "marie@example.test")])
    edit(marie, country="FR", language="fr")
    decide(marie)
    clock.at = datetime.now(UTC)
    carry(clock)
    created, updated, granted = receiver.told
    assert created == {
        "type": "customer.created",
        "timestamp": "2026-11-22T12:00:00Z",
        "data": {"customer_id": marie.pk, "card_id": marie.pk, "source": "Office"},
    }
    assert updated["data"]["changed"] == ["country", "language"]
    assert (granted["type"], granted["data"]["purpose"]) == ("consent.granted", "marketing")
    for headers, body in receiver.got:
        assert Webhook(secret).verify(body, dict(headers))
    assert states() == ["taken"] * 3
    row.refresh_from_db()
    assert row.taken_at == clock()


def test_what_happened_before_an_endpoint_was_made_is_not_told(receiver: Receiver, clock: Clock) -> None:
    card("Before")
    endpoint(receiver)
    after = card("After")
    carry(clock)
    assert [one["data"]["customer_id"] for one in receiver.told] == [after.pk]


def test_an_endpoint_is_told_only_what_it_chose(receiver: Receiver, clock: Clock) -> None:
    endpoint(receiver, "consent.withdrawn")
    marie = card()
    decide(marie)
    decide(marie, "withdrawn")
    carry(clock)
    assert receiver.kinds == ["consent.withdrawn"]


def test_joining_taking_apart_and_erasing_are_told(receiver: Receiver, clock: Clock) -> None:
    endpoint(receiver, "customer.merged", "customer.unmerged", "customer.erased")
    kept, other = card(), card("M. Lin")
    made = merging.merge([other.pk], kept.pk, now=NOW)
    merging.unmerge(made.pk, now=NOW)
    carry(clock)
    erasing.erase(other.pk, "asked by letter", at=NOW)
    carry(clock)
    assert receiver.kinds == ["customer.merged", "customer.unmerged", "customer.erased"]
    merged, _, erased = receiver.told
    assert merged["data"] == {
        "customer_id": kept.pk,
        "card_id": kept.pk,
        "merge_id": made.pk,
        "joined": [other.pk],
    }
    assert (erased["data"]["customer_id"], erased["data"]["numbers"]) == (other.pk, [other.pk])


def test_contact_points_go_only_where_an_owner_chose_so(receiver: Receiver, clock: Clock) -> None:
    owner = User.objects.create(email="wei@example.test", role=Role.OWNER)
    marketer = User.objects.create(email="max@example.test", role=Role.MARKETER)
    wish = Wish("ERP", receiver.url, ["customer.created"], with_contact_points=True)
    with pytest.raises(Forbidden):
        endpoints.add(wish, now=NOW, user=marketer)
    endpoint(receiver, "customer.created")
    endpoints.add(wish, now=NOW, user=owner)
    card(points=[("email", "Marie@Example.test")])
    carry(clock)
    thin, full = sorted(receiver.told, key=lambda one: len(one["data"]))
    assert "Marie" not in json.dumps(thin)
    assert full["data"]["customer"]["contact_points"] == [{"channel": "email", "value": "marie@example.test"}]
    assert AuditEntry.objects.get(action="webhook.added", user=owner).detail["contact_points"] == "yes"


def test_sensitive_attributes_are_never_told_of(receiver: Receiver, clock: Clock) -> None:
    for key, sensitive in (("foot_length", True), ("style", False)):
        AttributeDefinition.objects.create(key=key, label=key, sensitive=sensitive)
    endpoint(receiver, "customer.updated", with_contact_points=True)
    marie = card()
    edit(marie, foot_length="245")
    edit(marie, style="oxford", foot_length="246", at=NOW + timedelta(hours=1))
    carry(clock)
    assert [one["data"]["changed"] for one in receiver.told] == [["fact:style"]]
    assert "foot" not in b"".join(body for _, body in receiver.got).decode()


def test_whose_data_is_only_kept_is_not_told_of(receiver: Receiver, clock: Clock) -> None:
    endpoint(receiver)
    marie = card()
    restricting.restrict(marie.pk, "asked by letter", at=NOW)
    carry(clock)
    assert receiver.kinds == []


def test_what_waits_is_emptied_when_its_person_is_erased(receiver: Receiver, clock: Clock) -> None:
    endpoint(receiver, with_contact_points=True)
    marie = card(points=[("email", "marie@example.test")])
    Teller().tell(now=NOW, at=NOW)
    erasing.erase(marie.pk, "asked by letter", at=NOW)
    assert not WebhookDelivery.objects.filter(body__contains="marie").exists()
    carry(clock)
    assert receiver.kinds == ["customer.erased"]
    with pytest.raises(Forbidden):
        log.resend(WebhookDelivery.objects.get(state=State.EMPTIED).pk, at=NOW)


def test_a_card_that_vanished_after_it_was_written_down_is_not_sent(receiver: Receiver, clock: Clock) -> None:
    """As when an erasure ends in the moment between."""
    endpoint(receiver, "customer.created")
    marie = card()
    Teller().tell(now=NOW, at=NOW)
    Customer.objects.filter(pk=marie.pk).delete()
    carry(clock)
    assert (receiver.got, states()) == ([], ["emptied"])


def test_what_is_refused_is_tried_again_for_three_days_with_the_same_id(
    receiver: Receiver, clock: Clock
) -> None:
    endpoint(receiver, "customer.created")
    card()
    receiver.answers = [500, 503]
    carry(clock)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert timedelta(seconds=5) <= row.due_at - NOW <= timedelta(seconds=6)
    carry(clock)
    assert len(receiver.got) == 1
    clock.moves(seconds=10)
    carry(clock)
    clock.moves(minutes=7)
    carry(clock)
    assert (states(), len(set(receiver.ids)), len(receiver.got)) == (["taken"], 1, 3)
    assert list(DeliveryAttempt.objects.order_by("pk").values_list("status", flat=True)) == [500, 503, 204]


def test_an_endpoint_that_takes_nothing_for_three_days_is_switched_off(
    receiver: Receiver, clock: Clock
) -> None:
    row = endpoint(receiver, "customer.created")
    card()
    receiver.otherwise = 500
    for _ in range(80):
        carry(clock)
        clock.moves(hours=1.5)
    row.refresh_from_db()
    assert (row.state, row.off_because, states()) == ("off", "failing", ["given_up"])
    assert len(receiver.got) == 10
    assert timedelta(hours=75) <= _spread() <= timedelta(hours=100)


def _spread() -> timedelta:
    times = list(DeliveryAttempt.objects.order_by("at").values_list("at", flat=True))
    return times[-1] - times[0]


def test_a_success_forgets_the_failures_before(receiver: Receiver, clock: Clock) -> None:
    row = endpoint(receiver, "customer.created")
    card()
    receiver.answers = [500, 500]
    for _ in range(3):
        carry(clock)
        clock.moves(hours=1)
    row.refresh_from_db()
    assert (row.failures, row.failing_since) == (0, None)


def test_gone_switches_an_endpoint_off_at_once(receiver: Receiver, clock: Clock) -> None:
    row = endpoint(receiver, "customer.created")
    card()
    receiver.otherwise = 410
    carry(clock)
    row.refresh_from_db()
    assert (row.state, row.off_because, states()) == ("off", "gone", ["given_up"])
    card("Another")
    carry(clock)
    assert len(receiver.got) == 1


def test_a_receiver_that_asks_for_a_pause_gets_it(receiver: Receiver, clock: Clock) -> None:
    row = endpoint(receiver, "customer.created")
    card(), card("Another")
    receiver.answers, receiver.headers = [429], {"retry-after": "600"}
    carry(clock)
    row.refresh_from_db()
    before = len(receiver.got)
    assert row.rests_until == NOW + timedelta(seconds=600)
    clock.moves(seconds=599)
    carry(clock)
    assert len(receiver.got) == before
    clock.moves(seconds=2)
    carry(clock)
    clock.moves(seconds=2)
    carry(clock)
    assert states() == ["taken", "taken"]


def test_a_redirect_is_not_followed_and_tried_again(receiver: Receiver, clock: Clock) -> None:
    endpoint(receiver, "customer.created")
    card()
    receiver.answers, receiver.headers = [302], {"location": receiver.url}
    carry(clock)
    assert (len(receiver.got), states()) == (1, ["waiting"])


def test_one_that_hangs_does_not_hold_the_others(receiver: Receiver, clock: Clock) -> None:
    with receiving() as slow:
        slow.hangs.set()
        endpoint(slow, "customer.created")
        endpoint(receiver, "customer.created")
        for number in range(9):
            card(f"Card {number}")
        while Teller().tell(now=NOW, at=NOW):
            pass
        courier = Courier(ways=QUICK)
        for _ in range(40):  # two seconds at most; the slow one is asked for one each
            courier.go_round(clock)
            if len(receiver.got) == 9:
                break
        assert len(receiver.got) == 9
        courier.deliver_all(clock)
        courier.close()
        assert set(DeliveryAttempt.objects.exclude(problem="").values_list("problem", flat=True)) == {
            "too_slow"
        }


def test_while_a_secret_is_changed_both_are_good_and_then_the_new_one_alone(
    receiver: Receiver, clock: Clock
) -> None:
    clock.at = datetime.now(UTC)
    row, old = endpoints.add(Wish("ERP", receiver.url, ["customer.created"]), now=NOW)
    new = endpoints.rotate(row.pk, now=NOW, at=clock())
    card()
    carry(clock)
    headers, body = receiver.got[0]
    assert Webhook(old).verify(body, dict(headers)) == Webhook(new).verify(body, dict(headers))
    clock.moves(hours=25)
    assert endpoints.secrets_in_use(endpoints.get(row.pk), clock()) == [new]
    assert old not in row.secret
    assert "whsec_" not in endpoints.get(row.pk).secret


def test_what_happens_to_messages_is_told_once_though_it_is_carried_twice(
    receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(receiver, "message.*")
    marie = card()
    for kind in ("sent", "bounced"):
        happened = Happening(
            id=f"m:{kind}", kind=kind, occurred_at=NOW, received_at=NOW, customer_id=marie.pk, campaign_id=7
        )
        inbox.current().put([happened.message()])
    flusher = Flusher()
    with monkeypatch.context() as patch:  # it falls over after it was heard, before the inbox let go
        patch.setattr(type(flusher._inbox.store), "settle", _falls_over)
        with pytest.raises(OSError, match="power"):
            flusher.flush_once()
    Flusher().flush_all()
    carry(clock)
    assert sorted(receiver.kinds) == ["message.bounced", "message.sent"]
    assert receiver.told[0]["data"]["campaign_id"] == 7


def _falls_over(*_: object, **__: object) -> None:
    raise OSError("power")


def test_who_enters_and_leaves_a_segment_is_told_and_who_was_in_it_is_not(
    receiver: Receiver, clock: Clock
) -> None:
    before = card("Before", country="FR")
    french = membership.save("French", _french(), now=NOW)
    endpoint(receiver, "segment.*", segments=[french.pk])
    assert rolls.is_due(NOW)
    rolls.count(now=NOW, at=NOW)
    assert not rolls.is_due(NOW)
    after = card("After", country="FR")
    edit(before, country="DE")
    later = NOW + timedelta(hours=1)
    assert rolls.count(now=later, at=later) == 1
    carry(clock)
    clock.at = later
    carry(clock)
    assert [(one["type"], one["data"]["customer_ids"]) for one in receiver.told] == [
        ("segment.entered", [after.pk]),
        ("segment.left", [before.pk]),
    ]
    assert receiver.told[0]["data"]["because"] == "people"


def test_without_anybody_asking_for_segments_none_is_counted(receiver: Receiver) -> None:
    french = membership.save("French", _french(), now=NOW)
    row = endpoint(receiver, "segment.*")
    rolls.count(now=NOW, at=NOW)
    endpoints.switch_off(row.pk, now=NOW, at=NOW)
    assert rolls.is_due(NOW)
    rolls.count(now=NOW, at=NOW)
    assert not SegmentRoll.objects.filter(pk=french.pk).exists()
    assert not rolls.is_due(NOW + timedelta(days=1))


def _french() -> dict[str, Any]:
    return {"attribute": {"name": "country", "op": "is", "value": "FR"}}


def test_without_an_endpoint_nothing_is_written_and_nearly_nothing_asked() -> None:
    marie = card()
    happened = Happening(id="m", kind="sent", occurred_at=NOW, received_at=NOW, customer_id=marie.pk)
    inbox.current().put([happened.message()])
    Flusher().flush_all()
    with CaptureQueriesContext(connection) as asked:
        assert Teller().tell(now=NOW, at=NOW) == 0
        assert not rolls.is_due(NOW)
    assert len(asked) <= 3
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize("anybody", [False, True])
def test_an_import_writes_and_asks_nothing_of_webhooks(
    receiver: Receiver, tmp_path: Path, anybody: bool
) -> None:
    if anybody:
        endpoint(receiver)
    file = tmp_path / "people.csv"
    file.write_text("number,name,email\n1,Ada,ada@example.test\n", encoding="utf-8")
    with CaptureQueriesContext(connection) as asked:
        files.bring_in(file, kind="customers", source="Partner", now=NOW)
    assert Customer.objects.exists()
    assert not [one["sql"] for one in asked if "webhooks_" in one["sql"]]


def test_switched_on_again_it_goes_on_from_now_with_what_waited(receiver: Receiver, clock: Clock) -> None:
    row = endpoint(receiver, "customer.created")
    waited = card("Waited")
    Teller().tell(now=NOW, at=NOW)
    endpoints.switch_off(row.pk, now=NOW, at=NOW)
    card("Meanwhile")
    carry(clock)
    assert receiver.got == []
    endpoints.switch_on(row.pk, now=NOW)
    after = card("After")
    carry(clock)
    assert sorted(one["data"]["customer_id"] for one in receiver.told) == [waited.pk, after.pk]


def test_a_choice_added_later_is_told_from_then_on(receiver: Receiver, clock: Clock) -> None:
    row = endpoint(receiver, "customer.created")
    marie = card()
    decide(marie)
    endpoints.change(row.pk, Wish("ERP", receiver.url, ["customer.created", "consent.*"]), now=NOW)
    decide(marie, "withdrawn")
    carry(clock)
    assert receiver.kinds == ["customer.created", "consent.withdrawn"]


def test_a_delivery_is_sent_again_by_hand_with_its_id(receiver: Receiver, clock: Clock) -> None:
    row = endpoint(receiver, "customer.created")
    card()
    carry(clock)
    log.resend(WebhookDelivery.objects.get().pk, at=NOW)
    carry(clock)
    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1
    endpoints.switch_off(row.pk, now=NOW, at=NOW)
    with pytest.raises(Forbidden):
        log.resend(WebhookDelivery.objects.get().pk, at=NOW)


def test_a_ping_is_answered_at_once_and_never_tried_again(receiver: Receiver, clock: Clock) -> None:
    row = endpoint(receiver, "customer.created")
    _, answer = log.ping(row.pk, at=NOW, ways=QUICK)
    assert answer.taken
    receiver.otherwise = 500
    failed, _ = log.ping(row.pk, at=NOW, ways=QUICK)
    assert failed.state == "given_up"
    assert receiver.kinds == ["ping", "ping"]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://10.0.0.7/", Forbidden),
        ("https://169.254.169.254/latest", Forbidden),
        ("http://shop.example/", Invalid),
        ("nonsense", Invalid),
    ],
)
def test_an_address_inside_is_refused_when_it_is_entered(url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        endpoints.add(Wish("ERP", url, ["*"]), now=NOW)


def test_what_cannot_be_chosen_is_refused(receiver: Receiver) -> None:
    with pytest.raises(Invalid):
        endpoint(receiver, "customer.born")
    with pytest.raises(NotFound):
        endpoint(receiver, "*", segments=[99])
    with pytest.raises(Invalid):
        endpoints.add(Wish(" ", receiver.url, ["*"]), now=NOW)


def test_delays_grow_to_three_days_and_differ_between_deliveries() -> None:
    at, times = NOW, [NOW]
    for tries in range(1, 10):
        again = backing_off.next_try(7, tries, at)
        assert again is not None
        at = again
        times.append(at)
    assert backing_off.next_try(7, 10, at) is None
    assert timedelta(hours=75) <= times[-1] - NOW <= timedelta(hours=91)
    assert len({backing_off.next_try(number, 3, NOW) for number in range(50)}) == 50


def test_a_change_of_many_fields_at_once_is_told_once(receiver: Receiver, clock: Clock) -> None:
    endpoint(receiver, "customer.updated")
    marie = card()
    edit(marie, country="FR", language="fr", given_name="Marie", postal_address="1 rue X")
    assert FactChange.objects.count() >= 4
    carry(clock)
    assert len(receiver.got) == 1


def test_a_customers_file_is_told_in_sets_and_its_undoing_too(
    receiver: Receiver, clock: Clock, tmp_path: Path
) -> None:
    known = card("Known", points=[("email", "known@example.test")])
    endpoint(receiver)
    file = tmp_path / "people.csv"
    rows = [f"P{n},Person {n},p{n}@example.test,FR" for n in range(600)]
    rows.append("K1,Known,known@example.test,FR")
    file.write_text("number,name,email,country\n" + "\n".join(rows) + "\n", encoding="utf-8")
    result = files.bring_in(file, kind="customers", source="Partner", now=NOW)
    carry(clock)
    told = receiver.told
    made = [one["data"] for one in told if one["type"] == "customer.imported"]
    assert sorted(len(one["customer_ids"]) for one in made if one["cards"] == "made") == [100, 500]
    assert [one["customer_ids"] for one in made if one["cards"] == "changed"] == [[known.pk]]
    assert len(receiver.got) == len(set(receiver.ids)) < 10
    undoing.undo(Import.objects.get(pk=result.import_id), now=NOW)
    carry(clock)
    assert receiver.told[-1]["data"]["customers_taken_out"] == 600
    assert receiver.kinds.count("import.undone") == 1


def test_a_file_brought_in_before_is_not_told(receiver: Receiver, clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("number,name,email\n1,Ada,ada@example.test\n", encoding="utf-8")
    files.bring_in(file, kind="customers", source="Partner", now=NOW)
    endpoint(receiver)
    carry(clock)
    assert receiver.got == []


def test_who_is_gone_is_left_out_of_a_set_before_it_is_sent(receiver: Receiver, clock: Clock) -> None:
    row = endpoint(receiver, "segment.entered")
    stays, goes = card("Stays"), card("Goes")
    fact = Fact("segment.entered:1:2:1", "segment.entered", NOW, None, {"customer_ids": [stays.pk, goes.pk]})
    assert write(row, [fact, fact], now=NOW, at=NOW) == 2
    erasing.erase(goes.pk, "asked by letter", at=NOW)
    carry(clock)
    assert [one["data"]["customer_ids"] for one in receiver.told] == [[stays.pk]]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_row_written_by_a_slow_hand_is_not_passed_over(receiver: Receiver, clock: Clock) -> None:
    """A number is given out before it can be seen: a later one is there first."""
    endpoint(receiver, "customer.created")
    source()  # so that the two do not wait for each other over it
    teller, slow, go_on, written = Teller(), [], threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            slow.append(card("Slow").pk)
            written.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    written.wait(10)
    quick = card("Quick").pk
    for _ in range(3):
        teller.tell(now=NOW, at=NOW)
    assert not WebhookDelivery.objects.exists()
    go_on.set()
    thread.join()
    while teller.tell(now=NOW, at=NOW):
        pass
    assert slow[0] < quick
    assert set(WebhookDelivery.objects.values_list("customer_id", flat=True)) == {slow[0], quick}
