"""Kept no longer than said: what goes and what stays, what is spared, how a run that broke off goes on."""

import functools
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from django.db import DatabaseError, transaction

from beizai.base import ids, keeping, personal
from beizai.base.errors import Invalid, NotFound
from beizai.base.home import Home
from beizai.consent import ledger, restricting, retention
from beizai.consent.models import ConsentEntry, EndedProof, RetentionRule, RetentionRun
from beizai.consent.rules import may_contact
from beizai.conversations.models import Conversation
from beizai.customers import cards
from beizai.customers.models import Customer
from beizai.events import batches, book, inbox
from beizai.events.flusher import flush_once
from beizai.events.happenings import Happening
from beizai.events.orders import append_orders
from beizai.identity import anonymous, merging
from beizai.identity.models import AnonymousJoin
from beizai.messages.models import Message, ServiceMail, State
from beizai.sources import register
from beizai.staff.models import AuditEntry, Shop
from beizai.worker import duties
from beizai.worker.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """A home with keys and a lake of its own."""


def card(name: str = "Ann") -> Customer:
    return cards.add(cards.NewCard(name=name), source=register.office(NOON), now=NOON - 9 * YEAR)


def talk(customer: Customer, years: float, *, closed: bool = True) -> Conversation:
    at = NOON - years * YEAR
    return Conversation.objects.create(
        customer=customer, way="call", source=register.office(NOON), opened_at=at, said_at=at,
        closed_at=at if closed else None,
    )  # fmt: skip


def mail(customer: Customer, key: str, years: float) -> ServiceMail:
    at = NOON - years * YEAR
    return ServiceMail.objects.create(
        key=key, kind="reminder", customer_id=customer.pk, address="a@example.test", subject="Soon", state="sent",
        due_at=at, asked_at=at, sent_at=at,
    )  # fmt: skip


def happened(id: str, kind: str, days: int, **who: object) -> None:
    at = NOON - timedelta(days=days)
    told = Happening(id=id, kind=kind, occurred_at=at, received_at=at, props={"url": f"/{id}"}, **who)  # type: ignore[arg-type]
    inbox.current().put([told.message()])
    flush_once()


def events() -> dict[str, list[object]]:
    """kind and day → whose it was."""
    with book.open_book() as opened:
        rows = opened.arrow(
            opened.events.select("kind", "occurred_on", "customer_id", "anonymous_id", "props")
        )
        return {
            f"{row['kind']} {row['occurred_on']}": [row["customer_id"], row["anonymous_id"], row["props"]]
            for row in rows.to_pylist()
        }


def ordered(number: str, on: date, customer: int) -> None:
    shared = {
        "order_id": ids.order_id(1, number), "customer_id": customer, "source_id": 1,
        "occurred_at": datetime(on.year, on.month, on.day, 10), "occurred_on": on, "amount_minor": 500,
        "discount_minor": 0,
    }  # fmt: skip
    more = {
        "number": number,
        "received_at": datetime(2026, 1, 1),
        "kind": "sale",
        "line_count": 1,
        "currency": "EUR",
    }
    batch = batches.open_batch("orders", opened_at=NOON)
    line = shared | {"line_no": 1, "quantity_milli": 1000}
    append_orders(batch.pk, pa.Table.from_pylist([shared | more]), pa.Table.from_pylist([line]))
    batches.enter(batch.pk, at=NOON)


def buyers() -> dict[str, tuple[int | None, int]]:
    with book.open_book() as opened:
        assert set(opened.arrow(opened.lines.select("customer_id")).column(0).to_pylist()) == set(
            opened.arrow(opened.orders.select("customer_id")).column(0).to_pylist()
        )
        rows = opened.arrow(opened.orders.select("number", "customer_id", "amount_minor")).to_pylist()
        return {row["number"]: (row["customer_id"], row["amount_minor"]) for row in rows}


def test_what_is_older_goes_and_nothing_younger_or_still_open() -> None:
    ann = card()
    young, still_open = talk(ann, 2.9), talk(ann, 8, closed=False)
    talk(ann, 3.1)
    mail(ann, "old", 1.2), mail(ann, "new", 1)
    assert retention.carry_out(NOON) == {"conversations": 1, "service_mails": 1}
    assert set(Conversation.objects.all()) == {young, still_open}
    assert ServiceMail.objects.get().key == "new"
    assert Customer.objects.get() == ann


def test_what_the_next_run_will_take_out_is_said_beforehand_and_is_what_goes() -> None:
    ann = card()
    for years in (1, 4, 5):
        talk(ann, years)
    happened("a", "visited", 500, anonymous_id="x")
    happened("b", "visited", 50, anonymous_id="x")
    before = {one.rule.kind: one.due for one in retention.outlook(NOON)}
    assert before["conversations"].count == 2
    assert before["conversations"].oldest_at == NOON - 5 * YEAR
    assert before["site_visits"].count == 1
    assert Conversation.objects.count() == 3
    assert retention.carry_out(NOON) == {kind: due.count for kind, due in before.items() if due.count}
    assert not any(one.due.count for one in retention.outlook(NOON))


def test_the_shop_says_how_long_and_each_change_is_in_the_audit_log() -> None:
    ann = card()
    talk(ann, 1)
    retention.keep_for("conversations", 300, at=NOON)
    assert retention.carry_out(NOON) == {"conversations": 1}
    talk(ann, 8)
    retention.keep_for("conversations", None, at=NOON)
    assert retention.carry_out(NOON) == {}
    retention.back_to_default("conversations", at=NOON)
    assert not RetentionRule.objects.exists()
    assert retention.carry_out(NOON) == {"conversations": 1}
    assert AuditEntry.objects.filter(action="retention.set").count() == 3
    assert [one.detail for one in AuditEntry.objects.filter(action="retention.carried_out")] == [
        {"rows": {"conversations": 1}}
    ] * 2
    with pytest.raises(Invalid):
        retention.keep_for("audit_log", 30, at=NOON)
    with pytest.raises(NotFound):
        retention.keep_for("gossip", 30, at=NOON)


def test_of_whom_the_data_is_only_kept_nothing_is_taken_out_also_of_joined_cards() -> None:
    ann, second, bo = card(), card("Anna"), card("Bo")
    merging.merge([second.pk], ann.pk, now=NOON - YEAR)
    for one in (ann, second, bo):
        talk(one, 5)
        happened(f"v{one.pk}", "visited", 600 + one.pk, customer_id=one.pk, anonymous_id=f"d{one.pk}")
    AnonymousJoin.objects.create(anonymous_id="phone", customer_id=ann.pk, at=NOON - 5 * YEAR)
    happened("nameless", "visited", 590, anonymous_id="phone")
    ordered("1", date(2015, 1, 1), ann.pk), ordered("2", date(2015, 1, 1), bo.pk)
    retention.keep_for("orders", 3650, at=NOON)
    restricting.restrict(ann.pk, "A dispute about order 1.", at=NOON)
    assert retention.outlook(NOON)
    assert retention.carry_out(NOON) == {"conversations": 1, "orders": 1, "site_visits": 1}
    assert set(Conversation.objects.values_list("customer_id", flat=True)) == {ann.pk, second.pk}
    assert buyers() == {"1": (ann.pk, 500), "2": (None, 500)}
    restricting.lift(ann.pk, "Told by letter.", at=NOON + timedelta(days=1))
    assert retention.carry_out(NOON + timedelta(days=1)) == {
        "conversations": 2,
        "orders": 1,
        "site_visits": 3,
    }


def test_orders_are_kept_with_their_customer_unless_the_shop_says_otherwise() -> None:
    ann = card()
    ordered("old", date(2010, 3, 1), ann.pk), ordered("new", date(2026, 3, 1), ann.pk)
    assert retention.carry_out(NOON) == {}
    assert buyers() == {"old": (ann.pk, 500), "new": (ann.pk, 500)}
    retention.keep_for("orders", 3650, at=NOON)
    assert retention.carry_out(NOON) == {"orders": 1}
    assert buyers() == {"old": (None, 500), "new": (ann.pk, 500)}
    assert Customer.objects.filter(pk=ann.pk).exists()


def test_old_visits_and_clicks_stay_as_numbers_of_nobody() -> None:
    ann = card()
    said(ann, "granted", 6, purpose="tracking")
    happened("v1", "visited", 500, customer_id=ann.pk, anonymous_id="x")
    happened("v2", "visited", 100, customer_id=ann.pk, anonymous_id="x")
    happened("c1", "clicked", 1200, customer_id=ann.pk, campaign_id=3, link_no=2)
    happened("s1", "sent", 1200, customer_id=ann.pk, campaign_id=3)
    assert retention.carry_out(NOON) == {"opens_and_clicks": 1, "site_visits": 1}
    found = events()
    day = lambda days: (NOON - timedelta(days=days)).date()  # noqa: E731
    assert found[f"visited {day(500)}"] == [None, None, None]
    assert found[f"visited {day(100)}"][0] == ann.pk
    assert found[f"clicked {day(1200)}"] == [None, None, None]
    assert found[f"sent {day(1200)}"][0] == ann.pk
    with book.open_book() as opened:
        clicks = opened.events.filter(opened.events.kind == "clicked")
        assert opened.arrow(clicks.select("campaign_id", "link_no")).to_pylist() == [
            {"campaign_id": 3, "link_no": 2}
        ]


def said(
    customer: Customer, decision: str, years: float, channel: str = "email", purpose: str = "marketing"
) -> ConsentEntry:
    at = NOON - years * YEAR
    given = ledger.Given(
        customer.pk,
        purpose,
        decision,
        f"{decision} {years}",
        at,
        register.office(NOON).pk,
        channel=channel,
    )
    return ledger.record(given, now=NOON)


def test_a_proof_goes_years_after_it_ended_and_never_changes_the_answer() -> None:
    ann, bo = card(), card("Bo")
    over = [said(ann, "granted", 8), said(ann, "withdrawn", 7), said(ann, "granted", 6)]
    no = said(ann, "withdrawn", 5, channel="")
    kept = [said(ann, "granted", 2, channel="phone"), said(bo, "granted", 8), said(bo, "withdrawn", 1)]
    answers = [
        may_contact(one.pk, channel, "marketing", NOON) for one in (ann, bo) for channel in ("email", "phone")
    ]
    assert retention.carry_out(NOON) == {"consent_proof": 3}
    assert set(ConsentEntry.objects.all()) == {no, *kept}
    assert answers == [
        may_contact(one.pk, channel, "marketing", NOON) for one in (ann, bo) for channel in ("email", "phone")
    ]
    left = {one.entry_id: one.text_sha256 for one in EndedProof.objects.all()}
    assert left == {one.pk: one.text_sha256 for one in over}


def test_the_database_lets_no_other_entry_of_the_ledger_go() -> None:
    ann = card()
    entry = said(ann, "granted", 1)
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentEntry.objects.filter(pk=entry.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():  # nothing goes before it ended
        EndedProof.objects.create(entry_id=entry.pk, text_sha256="", ended_at=NOON, out_at=NOON - YEAR)
    EndedProof.objects.create(entry_id=5, text_sha256="x", ended_at=NOON - YEAR, out_at=NOON)
    for wrong in (lambda rows: rows.update(text_sha256=""), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            wrong(EndedProof.objects.all())


def test_addresses_of_mails_that_are_over_are_emptied_and_the_rows_stay() -> None:
    for number, (state, years) in enumerate([(State.SENT, 4), (State.SENT, 1), (State.RETRY, 4)]):
        Message.objects.create(
            campaign_id=number,
            customer_id=1,
            state=state,
            address="a@example.test",
            changed_at=NOON - years * YEAR,
        )
    assert retention.carry_out(NOON) == {"message_addresses": 1}
    assert list(Message.objects.order_by("campaign_id").values_list("address", flat=True)) == [
        "", "a@example.test", "a@example.test",
    ]  # fmt: skip


def test_uploads_nobody_brought_in_go_with_their_folder(home: Home) -> None:
    for name, days in (("old", 3), ("new", 1)):
        folder = home.uploads / "incoming" / name
        folder.mkdir(parents=True)
        (folder / "people.csv").write_text("Name\nAnn")
        at = (NOON - timedelta(days=days)).timestamp()
        for path in (folder / "people.csv", folder):
            os.utime(path, (at, at))
    assert retention.carry_out(NOON) == {"uploaded_files": 1}
    assert [path.name for path in (home.uploads / "incoming").iterdir()] == ["new"]


class Killed(BaseException):
    """What a killed process leaves: nothing after it is done."""


def after(work: Callable[..., object], calls: Iterator[int], at: int) -> Callable[..., object]:
    """The work as it is, but the process dies right after it was done for the nth time."""

    def dying(*args: object, **named: object) -> object:
        done = work(*args, **named)
        if next(calls) == at:
            raise Killed
        return done

    return dying


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("step", ["found", "taken", "noted"])
def test_a_run_that_dies_at_any_step_goes_on_and_counts_each_row_once(
    step: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = card()
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    for number in range(5):
        talk(ann, 4 + number), mail(ann, str(number), 4 + number)
    stay = talk(ann, 1)
    calls = iter(range(1000))
    only = {"conversations", "service_mails"}
    kinds = [one for one in personal.keepings() if one.kind in only]
    with monkeypatch.context() as patch:
        changed = {"found": "find", "taken": "take"}.get(step)
        if changed:
            kinds = [
                keeping.Keeping(**{**vars(one), changed: after(getattr(one, changed), calls, at)})
                for one in kinds
            ]
        else:
            patch.setattr(retention, "_noted", after(retention._noted, calls, at))
        patch.setattr(personal, "keepings", lambda: tuple(kinds))
        try:
            retention.carry_out(NOON)
        except Killed:
            assert RetentionRun.objects.get().finished_at is None
    assert retention.carry_out(NOON + timedelta(hours=1)) in ({"conversations": 5, "service_mails": 5}, {})
    assert Conversation.objects.get() == stay
    run = RetentionRun.objects.order_by("pk").first()
    assert run is not None
    assert (run.at, run.taken) == (NOON, {"conversations": 5, "service_mails": 5})
    assert AuditEntry.objects.filter(action="retention.carried_out").count() == 1


def test_it_is_carried_out_once_a_day_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    Shop.objects.create(pk=1, timezone="Europe/Paris")
    duties.enlist()
    talk(card(), 5)
    for hours, due in ((0, True), (9, False), (11, True)):
        monkeypatch.setattr(duties, "now", functools.partial(lambda at: at, NOON + timedelta(hours=hours)))
        duties._keep_no_longer()
        assert Job.objects.filter(kind="retention").exists() == due
        Job.objects.all().delete()
        taken = duties._carry_out_retention({}, lambda *_: None)["taken"] if due else {}
        assert taken == ({"conversations": 1} if hours == 0 else {})


def test_a_book_whose_clock_stands_is_left_alone_until_it_is_moved() -> None:
    ann = card()
    talk(ann, 5)
    said_so = {"zone": "Europe/Paris", "standing": True}
    assert not retention.is_due(NOON, today=NOON.date(), **said_so)
    assert not retention.is_due(NOON, today=NOON.date(), **said_so)
    assert Conversation.objects.exists()
    moved = NOON + timedelta(days=1)
    assert retention.is_due(moved, today=moved.date(), **said_so)


def test_anonymous_visits_of_a_device_are_read_as_before(home: Home) -> None:
    ann = card()
    anonymous.join("x", ann.pk, NOON - 2 * YEAR)
    happened("v", "visited", 30, anonymous_id="x")
    retention.carry_out(NOON)
    assert next(iter(events().values()))[0] == ann.pk
