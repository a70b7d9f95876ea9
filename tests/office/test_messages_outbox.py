"""The outbox with a real server: everybody once, refusals with reasons, pauses, recovery."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from beizai.base import clock
from beizai.base.home import Home
from beizai.channels.catcher import Catcher, Mailbox
from beizai.channels.compile import Outgoing
from beizai.channels.driver import Feed, Outcome, Stop, Verdict
from beizai.channels.smtp import SmtpDriver, SmtpServer
from beizai.consent import ledger as consent
from beizai.consent.rules import suppressed_among
from beizai.customers.models import ContactPoint, Customer
from beizai.messages import history, ledger, recovery
from beizai.messages.journal import Done, Journal
from beizai.messages.ledger import Leased
from beizai.messages.models import Group, Lease, Message, State
from beizai.messages.outbox import Result, Task, send
from beizai.sources import register

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=400)


@pytest.fixture
def catcher(home: Home) -> Iterator[Catcher]:
    with Catcher(home.root) as running:
        yield running


def chosen(count: int, campaign_id: int = 1) -> list[int]:
    """A campaign with this many people to write to."""
    source = register.office(NOW)
    first = Customer.objects.count()
    cards = Customer.objects.bulk_create(
        Customer(name=f"C{n}", source=source, created_at=NOW, changed_at=NOW)
        for n in range(first, first + count)
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(
            customer=card,
            channel="email",
            value=f"c{card.pk}@example.test",
            normal=f"c{card.pk}@example.test",
            source=source,
            added_at=NOW,
        )
        for card in cards
    )
    consent.record_many(
        (
            consent.Given(c.pk, "marketing", "granted", "Write.", NOW, source.pk, channel="email")
            for c in cards
        ),
        now=NOW,
    )
    Message.objects.bulk_create(
        Message(
            campaign_id=campaign_id,
            customer_id=card.pk,
            address=f"c{card.pk}@example.test",
            group=Group.TREATED,
            state=State.CHOSEN,
            changed_at=NOW,
        )
        for card in cards
    )
    return [card.pk for card in cards]


def compose(rows: Sequence[Leased], *, at: datetime) -> Mapping[int, Outgoing | str]:
    return {
        row.number: Outgoing(row.number, "tea@shop.example", row.address, b"Subject: Tea\r\n\r\nHello\r\n")
        for row in rows
    }


def task(**changes: object) -> Task:
    given: dict[str, object] = {
        "campaign_id": 1,
        "channel": "email",
        "purpose": "marketing",
        "cap_days": 3,
        "compose": compose,
        "clock": lambda: NOW,
    }
    return Task(**{**given, **changes})  # type: ignore[arg-type]


def states(campaign_id: int = 1) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in Message.objects.filter(campaign_id=campaign_id).values_list("state", flat=True):
        counts[state] = counts.get(state, 0) + 1
    return counts


def sent_by(catcher: Catcher, home: Home, **changes: object) -> Result:
    return send(
        task(**changes), SmtpDriver(SmtpServer("127.0.0.1", catcher.port, "none", connections=3)), home
    )


@dataclass
class Fake:
    """A channel that answers as it is told, by address."""

    answers: Mapping[str, Outcome] = field(default_factory=dict)
    stop_after: int = 10**9
    sent: list[str] = field(default_factory=list)

    async def deliver(self, feed: Feed) -> Stop | None:
        while (mail := await feed.next()) is not None:
            if len(self.sent) >= self.stop_after:
                feed.settle(mail.number, Outcome(Verdict.UNSENT))
                return Stop("no_connection", "Nobody answers.")
            outcome = self.answers.get(mail.rcpt_to, Outcome(Verdict.SENT, 250))
            await feed.intend(mail.number)
            self.sent.append(mail.rcpt_to)
            feed.settle(mail.number, outcome)
        return None


def test_everybody_is_written_to_once_and_the_ledger_says_so(home: Home, catcher: Catcher) -> None:
    ids = chosen(450)
    result = sent_by(catcher, home)
    assert result.stop is None
    assert sorted(Mailbox(home.root).recipients()) == sorted(f"c{i}@example.test" for i in ids)
    assert states() == {"sent": 450}
    row = Message.objects.all()[0]
    assert (row.sent_at, row.attempts, row.lease) == (NOW, 1, None)
    assert not Lease.objects.exists()
    assert not list(recovery.folder_of(home).iterdir())


def test_who_withdrew_since_approval_is_not_written_to_and_keeps_the_group(
    home: Home, catcher: Catcher
) -> None:
    ids = chosen(3)
    words = consent.Given(ids[1], "marketing", "withdrawn", "Stop.", NOW, None)
    consent.record(words, now=NOW)
    consent.suppress("email", f"c{ids[2]}@example.test", "complaint", at=NOW)
    sent_by(catcher, home)
    rows = {row.customer_id: row for row in Message.objects.all()}
    assert [rows[i].state for i in ids] == ["sent", "refused", "refused"]
    assert [rows[i].reason for i in ids[1:]] == ["withdrawn", "suppressed_complaint"]
    assert rows[ids[1]].group == Group.TREATED
    assert Mailbox(home.root).count() == 1


def test_a_mail_that_cannot_be_made_is_refused_with_its_reason(home: Home, catcher: Catcher) -> None:
    chosen(2)
    sent_by(catcher, home, compose=lambda rows, *, at: {row.number: "cannot_compose" for row in rows})
    assert states() == {"refused": 2}


def test_bounces_and_delays_find_their_rows(home: Home) -> None:
    ids = chosen(4)
    to = [f"c{i}@example.test" for i in ids]
    answers = {
        to[0]: Outcome(Verdict.BOUNCED, 550, "5.1.1", "550 5.1.1 no such user"),
        to[1]: Outcome(Verdict.BOUNCED, 554, "5.7.1", "554 5.7.1 spam"),
        to[2]: Outcome(Verdict.LATER, 452, "4.2.2", "452 4.2.2 full"),
    }
    send(task(), Fake(answers), home)
    rows = {row.customer_id: row for row in Message.objects.all()}
    assert [rows[i].state for i in ids] == ["bounced", "bounced", "retry", "sent"]
    assert [rows[i].reason for i in ids[:3]] == ["hard_bounce", "refused_by_policy", "put_off"]
    assert rows[ids[0]].detail == "550 5.1.1 no such user"
    assert dict(suppressed_among("email", to)) == {to[0]: "hard_bounce"}
    assert rows[ids[2]].not_before > clock.machine_now()
    assert send(task(), Fake(), home).counts == {}  # it is not time yet
    Message.objects.filter(state=State.RETRY).update(not_before=NOW)
    send(task(), Fake(), home)
    assert Message.objects.get(customer_id=ids[2]).state == State.SENT


def test_a_server_that_puts_off_for_days_is_given_up(home: Home) -> None:
    (one,) = chosen(1)
    answers = {f"c{one}@example.test": Outcome(Verdict.LATER, 451, "4.7.1", "451 later")}
    for _ in range(7):
        send(task(), Fake(answers), home)
        Message.objects.filter(state=State.RETRY).update(not_before=NOW)
    row = Message.objects.get()
    assert (row.state, row.reason, row.attempts) == ("bounced", "gave_up", 7)


def test_a_channel_that_stops_leaves_the_rest_for_later(home: Home) -> None:
    chosen(300)
    result = send(task(), Fake(stop_after=100), home)
    assert result.stop == Stop("no_connection", "Nobody answers.")
    assert states() == {"sent": 100, "chosen": 200}
    again = Fake()
    send(task(), again, home)
    assert len(again.sent) == 200
    assert states() == {"sent": 300}


def test_a_pause_takes_hold_and_going_on_writes_to_nobody_twice(home: Home, catcher: Catcher) -> None:
    chosen(3000)
    answers = iter([True])
    sent_by(catcher, home, go_on=lambda: next(answers, False))
    assert 0 < states()["sent"] < 3000
    sent_by(catcher, home)
    assert states() == {"sent": 3000}
    assert len(set(Mailbox(home.root).recipients())) == Mailbox(home.root).count() == 3000


def test_two_workers_never_get_the_same_row() -> None:
    chosen(300)
    first = ledger.open_lease("a", "here", now=NOW)
    second = ledger.open_lease("b", "here", now=NOW)
    one, two = ledger.lease(first, 1, now=NOW), ledger.lease(second, 1, now=NOW)
    assert (len(one), len(two)) == (200, 100)
    assert not {row.number for row in one} & {row.number for row in two}


# After a crash


@pytest.fixture
def crashed(home: Home) -> tuple[list[int], Journal]:
    """A worker that leased six rows, sent one, saw one bounce, was about to send two more, and died."""
    chosen(6)
    journal = Journal(recovery.folder_of(home), "dead")
    lease_id = ledger.open_lease("dead", recovery.place_of(home), now=NOW)
    numbers = [row.number for row in ledger.lease(lease_id, 1, now=NOW)]
    for number in numbers[:4]:
        journal.intend(number)
    journal.done(Done(numbers[0], Outcome(Verdict.SENT, 250), NOW))
    journal.done(Done(numbers[1], Outcome(Verdict.BOUNCED, 550, "5.1.1", "no"), NOW))
    return numbers, journal


def test_what_was_intended_and_not_confirmed_is_in_doubt_and_the_rest_goes_on(
    home: Home, crashed: tuple[list[int], Journal]
) -> None:
    numbers, journal = crashed
    assert recovery.recover(home, at=LATER, now=NOW) == 0  # its worker lives
    journal.close(remove=False)
    assert recovery.recover(home, at=LATER, now=NOW) == 2
    found = dict(Message.objects.values_list("id", "state"))
    assert [found[n] for n in numbers] == ["sent", "bounced", "in_doubt", "in_doubt", "chosen", "chosen"]
    assert Message.objects.get(pk=numbers[0]).sent_at == NOW
    assert recovery.recover(home, at=LATER, now=NOW) == 0
    rest = Fake()
    send(task(), rest, home)
    assert len(rest.sent) == 2


def test_a_lease_whose_journal_is_lost_is_in_doubt_as_a_whole(
    home: Home, crashed: tuple[list[int], Journal]
) -> None:
    _, journal = crashed
    journal.close(remove=True)
    assert recovery.recover(home, at=NOW, now=NOW) == 0  # perhaps it only looks so: wait a little
    assert recovery.recover(home, at=NOW, now=NOW + timedelta(minutes=3)) == 6
    assert states() == {"in_doubt": 6}


def test_a_spoilt_journal_puts_all_that_is_not_done_in_doubt(
    home: Home, crashed: tuple[list[int], Journal]
) -> None:
    _, journal = crashed
    journal.close(remove=False)
    journal.path.write_bytes(journal.path.read_bytes().replace(b"I ", b"X ", 1))
    assert recovery.recover(home, at=NOW, now=NOW) == 4
    assert states() == {"sent": 1, "bounced": 1, "in_doubt": 4}


def test_a_driver_with_a_fault_leaves_what_it_began_in_doubt(home: Home) -> None:
    class Faulty(Fake):
        async def deliver(self, feed: Feed) -> Stop | None:
            mail = await feed.next()
            assert mail is not None
            await feed.intend(mail.number)
            raise ZeroDivisionError

    chosen(5)
    stop = send(task(), Faulty(), home).stop
    assert stop is not None
    assert stop.code == "fault"
    assert states() == {"in_doubt": 1, "chosen": 4}


# The contact history


def test_what_was_sent_and_what_bounced_goes_into_the_history_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = chosen(3)
    send(task(), Fake({f"c{ids[0]}@example.test": Outcome(Verdict.BOUNCED, 550, "5.1.1", "no")}), home)
    told: list[str] = []
    real = history.inbox.current()
    monkeypatch.setattr(history.inbox, "current", lambda: real)
    monkeypatch.setattr(real, "put", lambda messages, **_: told.extend(message.id for message in messages))
    assert history.enter(simulated=False) == 3
    assert history.enter(simulated=False) == 0
    assert sorted(id.rsplit(":", 1)[1] for id in told) == ["bounced", "sent", "sent"]
