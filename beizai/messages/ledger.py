"""The ledger as a worker uses it: rows leased in batches, settled from its journal, given back when it stops.

Every statement touches at most 200 rows and commits by itself, some ten milliseconds each, so that nobody in the
office waits; the worker pauses between two of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from beizai.channels.driver import Verdict
from beizai.messages import bounces
from beizai.messages.journal import Done
from beizai.messages.models import Lease, Message, State

AT_ONCE = 200
_BACK_OFF = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)


@dataclass(frozen=True)
class Leased:
    """A row in a worker's hands."""

    number: int
    customer_id: int
    address: str
    attempts: int


def open_lease(journal: str, place: str, *, now: datetime) -> int:
    """Enters the journal a worker is about to write; rows are leased under its number. `now` is the machine's time."""
    return Lease.objects.create(journal=journal, place=place, taken_at=now, seen_at=now).pk


def keep_lease(lease_id: int, *, now: datetime) -> None:
    """Says that the worker is alive."""
    Lease.objects.filter(pk=lease_id).update(seen_at=now)


def close_lease(lease_id: int) -> None:
    """Ends a lease under which no row is left."""
    Lease.objects.filter(pk=lease_id).delete()


def lease(lease_id: int, campaign_id: int, *, now: datetime, limit: int = AT_ONCE) -> list[Leased]:
    """Takes the next rows of a campaign: those to be written to, and those the server put off long enough ago.

    Two workers never get the same row. `now` is the machine's time, by which the server's delays are counted.
    """
    due = Q(state=State.CHOSEN) | Q(state=State.RETRY, not_before__lte=now)
    with transaction.atomic():
        rows = Message.objects.filter(due, campaign_id=campaign_id).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        taken = [Leased(*row) for row in rows.values_list("id", "customer_id", "address", "attempts")[:limit]]
        numbers = [row.number for row in taken]
        Message.objects.filter(pk__in=numbers).update(state=State.LEASED, lease=lease_id)
    return taken


def refuse(lease_id: int, reasons: Mapping[int, str], *, at: datetime) -> None:
    """Settles rows that are not written to after all, each with its reason. They still count in their group."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for number, reason in reasons.items():
        by_reason[reason].append(number)
    if not by_reason:
        return
    with transaction.atomic():
        for reason, numbers in by_reason.items():
            _mine(lease_id, numbers).update(state=State.REFUSED, reason=reason, changed_at=at, lease=None)


def readdress(lease_id: int, addresses: Mapping[int, str]) -> None:
    """Enters the addresses of people who have a new one since approval."""
    for number, address in addresses.items():
        _mine(lease_id, [number]).update(address=address)


def settle(lease_id: int, dones: Sequence[Done], *, now: datetime) -> None:
    """Enters what became of leased rows, in one transaction. Saying it twice changes nothing. Give it at most 200.

    `now` is the machine's time, from which a delay asked for by the server is counted.
    """
    groups: dict[tuple[Verdict, datetime], list[int]] = defaultdict(list)
    single: list[Done] = []
    for done in dones:
        if done.outcome.verdict in (Verdict.SENT, Verdict.UNSENT):
            groups[done.outcome.verdict, done.at.replace(microsecond=0)].append(done.number)
        else:
            single.append(done)
    with transaction.atomic():
        for (verdict, at), numbers in groups.items():
            _settle_many(lease_id, numbers, verdict, at)
        for done in single:
            _settle_one(lease_id, done, now)


def _mine(lease_id: int, numbers: Iterable[int]) -> QuerySet[Message]:
    return Message.objects.filter(pk__in=list(numbers), lease=lease_id)


def _settle_many(lease_id: int, numbers: list[int], verdict: Verdict, at: datetime) -> None:
    rows = _mine(lease_id, numbers)
    if verdict is Verdict.SENT:
        rows.update(
            state=State.SENT,
            reason="",
            detail="",
            sent_at=at,
            changed_at=at,
            attempts=F("attempts") + 1,
            lease=None,
            in_history=False,
        )
    else:
        rows.update(state=State.CHOSEN, lease=None)


def _settle_one(lease_id: int, done: Done, now: datetime) -> None:
    row = _mine(lease_id, [done.number]).first()
    if row is None:
        return
    outcome, tries = done.outcome, row.attempts + 1
    row.attempts, row.changed_at, row.lease, row.detail = tries, done.at, None, outcome.words[:300]
    match outcome.verdict:
        case Verdict.DOUBT:
            row.state, row.reason = State.IN_DOUBT, "connection_lost"
        case Verdict.LATER if tries <= len(_BACK_OFF):
            row.state, row.reason, row.not_before = State.RETRY, "put_off", now + _BACK_OFF[tries - 1]
        case _:
            bounces.bounced(row, outcome, at=done.at)
    row.save()


def doubt(lease_id: int, numbers: Sequence[int], *, at: datetime, reason: str) -> None:
    """Marks rows of which nobody knows whether they were sent. They are never sent again by themselves."""
    with transaction.atomic():
        _mine(lease_id, numbers).update(state=State.IN_DOUBT, reason=reason, changed_at=at, lease=None)


def numbers_under(lease_id: int, limit: int = AT_ONCE) -> list[int]:
    """Rows still under a lease."""
    return list(Message.objects.filter(lease=lease_id).order_by("id").values_list("id", flat=True)[:limit])


def give_back(lease_id: int, numbers: Sequence[int]) -> None:
    """Puts rows back that were leased and not begun."""
    with transaction.atomic():
        _mine(lease_id, numbers).update(state=State.CHOSEN, lease=None)


def delivered(mails: Iterable[tuple[int, int]]) -> dict[tuple[int, int], datetime]:
    """When each of these mails (campaign, customer) was handed over, as far as it was."""
    wanted = set(mails)
    by_campaign: dict[int, list[int]] = defaultdict(list)
    for campaign_id, customer_id in wanted:
        by_campaign[campaign_id].append(customer_id)
    found: dict[tuple[int, int], datetime] = {}
    for campaign_id, ids in by_campaign.items():
        for start in range(0, len(ids), 5_000):
            rows = Message.objects.filter(campaign_id=campaign_id, customer_id__in=ids[start : start + 5_000])
            for customer_id, sent_at in rows.values_list("customer_id", "sent_at"):
                if sent_at is not None:
                    found[campaign_id, customer_id] = sent_at
    return found


def slices(items: Iterable[Done], size: int = AT_ONCE) -> Iterable[list[Done]]:
    """Pieces that one transaction can take."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
