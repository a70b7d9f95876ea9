"""May this customer be written to, and why: one question, asked by every channel."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from django.db.models import Q

from beizai.base import contact_points, home
from beizai.consent.models import ConsentEntry, Decision, Purpose, Suppression


class Reason(StrEnum):
    """Why the answer is what it is; the faces put words to it."""

    GRANTED = "granted"
    NO_DECISION = "no_permission"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SERVICE = "service"


@dataclass(frozen=True)
class Answer:
    """Yes or no, the reason, and the entry of the ledger it rests on (None: there is none)."""

    allowed: bool
    reason: Reason
    entry_id: int | None = None


@dataclass(frozen=True)
class DecisionRow:
    """What the rule looks at in one entry."""

    id: int
    decision: str
    at: datetime
    expires_at: datetime | None


def judge(rows: Iterable[DecisionRow], *, purpose: str, at: datetime) -> Answer:
    """The answer from the decisions made up to `at` for this channel or for all.

    The latest decision holds; a refusal wins a tie. No decision means no contact, but for
    service mail, which the customer's own order asks for.
    """
    known = [row for row in rows if row.at <= at]
    if not known:
        service = purpose == Purpose.SERVICE
        return Answer(service, Reason.SERVICE if service else Reason.NO_DECISION)
    last = max(known, key=lambda row: (row.at, row.decision != Decision.GRANTED, row.id))
    if last.decision == Decision.REFUSED:
        return Answer(False, Reason.REFUSED, last.id)
    if last.decision == Decision.WITHDRAWN:
        return Answer(False, Reason.WITHDRAWN, last.id)
    if last.expires_at is not None and last.expires_at <= at:
        return Answer(False, Reason.EXPIRED, last.id)
    return Answer(True, Reason.GRANTED, last.id)


def may_contact(customer_id: int, channel: str, purpose: str, at: datetime) -> Answer:
    """Whether this customer may be written to on this channel for this purpose, why, and by which entry.

    No decision means no contact. A refusal wins a tie: two decisions in the same instant must not mail anyone.
    """
    return may_contact_many([customer_id], channel, purpose, at)[customer_id]


def may_contact_many(
    customer_ids: Iterable[int], channel: str, purpose: str, at: datetime
) -> dict[int, Answer]:
    """`may_contact` for many at once, 5,000 to a statement; every id asked is answered."""
    answers: dict[int, Answer] = {}
    for chunk in _chunks(customer_ids, 5000):
        rows: dict[int, list[DecisionRow]] = {customer_id: [] for customer_id in chunk}
        found = ConsentEntry.objects.filter(
            Q(channel=channel) | Q(channel=""), customer_id__in=chunk, purpose=purpose, at__lte=at
        ).values_list("customer_id", "id", "decision", "at", "expires_at")
        for customer_id, entry_id, decision, decided_at, expires_at in found.iterator(chunk_size=10_000):
            rows[customer_id].append(DecisionRow(entry_id, decision, decided_at, expires_at))
        for customer_id, decisions in rows.items():
            answers[customer_id] = judge(decisions, purpose=purpose, at=at)
    return answers


def may_track(customer_id: int, at: datetime) -> Answer:
    """Whether opens and clicks may be kept for this person."""
    return may_contact(customer_id, "email", Purpose.TRACKING, at)


def suppressed_among(channel: str, normals: Iterable[str]) -> Mapping[str, str]:
    """Which of these contact points nobody may write to, each with the reason it was put on the list."""
    key = home.current().key("suppression")
    found: dict[str, str] = {}
    for chunk in _chunks(normals, 5000):
        by_hash = {contact_points.suppression_hash(key, channel, normal): normal for normal in chunk}
        rows = Suppression.objects.filter(channel=channel, normal_hash__in=list(by_hash)).values_list(
            "normal_hash", "reason"
        )
        for normal_hash, reason in rows:
            found[by_hash[normal_hash]] = reason
    return found


_T = TypeVar("_T")


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
