"""May this customer be written to, and why: one question, asked by every channel."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Q

from beizai.consent import suppression
from beizai.consent.as_one import as_one
from beizai.consent.countries import Law, everywhere, law_of, laws, needs_list
from beizai.consent.models import ConsentEntry, Decision, Purpose
from beizai.consent.pieces import pieces
from beizai.consent.restricting import restricted
from beizai.consent.unfounded import unfounded
from beizai.customers import belonging
from beizai.customers.models import Customer
from beizai.staff.shop import shop

_FEW = 500


class Reason(StrEnum):
    """Why the answer is what it is; the faces put words to it."""

    GRANTED = "granted"
    NO_DECISION = "no_permission"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SERVICE = "service"
    NOT_LAWFUL = "basis_not_lawful"  # the basis does not carry this in the customer's country
    NOT_SEPARATE = "not_separate"  # agreed to in one sentence with other things, where the law wants it apart
    LIST_OUT_OF_DATE = "list_out_of_date"  # the register of people not to be called was not looked at in time
    SUPPRESSED = "suppressed"  # every address or number of theirs on this channel stands on a list
    RESTRICTED = "restricted"  # their data is only kept
    TOPIC = "topic_refused"  # they do not wish to hear of this topic, whatever else they allow
    UNFOUNDED = "no_basis"  # their source has no lawful basis, and none was recorded for them


@dataclass(frozen=True)
class Answer:
    """Yes or no, the reason, and the entry of the ledger it rests on (None: there is none).

    `detail`: the list a suppressed contact point stands on.
    """

    allowed: bool
    reason: Reason
    entry_id: int | None = None
    detail: str = ""


class DecisionRow(NamedTuple):
    """What the rule looks at in one entry (a tuple: a million of them are made to ask of a whole book)."""

    id: int
    decision: str
    at: datetime
    expires_at: datetime | None
    basis: str = "consent"
    separate: bool = True
    topic: str = ""


def judge(
    rows: Iterable[DecisionRow],
    *,
    purpose: str,
    at: datetime,
    channel: str = "email",
    law: Law | None = None,
    list_checked_at: datetime | None = None,
) -> Answer:
    """The answer from the decisions made up to `at` for this channel or for all, under a law (the strictest by default).

    The latest refusal ends everything before it, and wins a tie. After it the latest permission that still carries
    is what the answer rests on. No decision means no contact, but for service mail, which the customer's own
    order asks for and only a refusal stops.
    """
    no, yes = _latest(rows, at)
    if no is not None and not yes:
        return Answer(False, Reason.REFUSED if no.decision == Decision.REFUSED else Reason.WITHDRAWN, no.id)
    law = law or law_of("")
    first: Reason | None = None
    for row in yes:
        reason = _against(row, purpose, at, channel=channel, law=law, list_checked_at=list_checked_at)
        if reason is None:
            return Answer(True, Reason.GRANTED, row.id)
        first = first or reason
    if purpose == Purpose.SERVICE:
        return Answer(True, Reason.SERVICE)
    return Answer(False, first, yes[0].id) if first else Answer(False, Reason.NO_DECISION)


def _topics_refused(rows: Mapping[int, list[DecisionRow]], at: datetime) -> dict[int, Answer]:
    """Those whose last word on the very topic that is asked of was a refusal."""
    found = {}
    for one, mine in rows.items():
        no, yes = _latest((row for row in mine if row.topic), at)
        if no is not None and not yes:
            found[one] = Answer(False, Reason.TOPIC, no.id)
    return found


def _latest(rows: Iterable[DecisionRow], at: datetime) -> tuple[DecisionRow | None, list[DecisionRow]]:
    """The latest refusal, and the permissions that came after it, the latest first."""
    no: DecisionRow | None = None
    yes = []
    for row in rows:
        if row.at > at:
            continue
        if row.decision == "granted":
            yes.append(row)
        elif no is None or _in_turn(row) > _in_turn(no):
            no = row
    if no is not None:
        yes = [row for row in yes if row.at > no.at]
    if len(yes) > 1:
        yes.sort(key=_in_turn, reverse=True)
    return no, yes


def _in_turn(row: DecisionRow) -> tuple[datetime, int]:
    return row.at, row.id


def _against(
    row: DecisionRow,
    purpose: str,
    at: datetime,
    *,
    channel: str,
    law: Law,
    list_checked_at: datetime | None,
) -> Reason | None:
    """Why a permission does not carry, or None."""
    if row.basis not in law.bases(purpose, channel):
        return Reason.NOT_LAWFUL
    if purpose in law.separate and not row.separate:
        return Reason.NOT_SEPARATE
    ends = law.ends_at(row.basis, row.at, row.expires_at)
    if ends is not None and ends <= at:
        return Reason.EXPIRED
    if needs_list(law, purpose, channel, row.basis) and not _fresh(list_checked_at, law, at):
        return Reason.LIST_OUT_OF_DATE
    return None


def _fresh(checked_at: datetime | None, law: Law, at: datetime) -> bool:
    return checked_at is not None and checked_at + timedelta(days=law.list_days) > at


def may_contact(customer_id: int, channel: str, purpose: str, at: datetime, *, topic: str = "") -> Answer:
    """Whether this customer may be written to on this channel for this purpose, why, and by which entry.

    No decision means no contact. A refusal wins a tie: two decisions in the same instant must not mail anyone.
    With a topic, what was said of that topic counts beside what was said of all; a topic refused stays refused until
    that very topic is allowed again.
    """
    return may_contact_many([customer_id], channel, purpose, at, topic=topic)[customer_id]


def may_contact_many(
    customer_ids: Iterable[int], channel: str, purpose: str, at: datetime, *, topic: str = ""
) -> dict[int, Answer]:
    """`may_contact` for many at once, 5,000 to a statement; every id asked is answered, a joined one as its card."""
    suppression.catch_up()
    leads = belonging.cards_of(customer_ids)
    ids = list(dict.fromkeys(leads.values()))
    asked = (
        ids if len(ids) <= _FEW else None
    )  # of many, what holds for few of them is asked of the whole book
    kept_only, looks = restricted(at), suppression.looks(at)
    owners = belonging.leading(asked)
    answers: dict[int, Answer] = {}
    for piece in pieces(ids):
        rows = _rows(piece, owners, channel, purpose, at, topic=topic)
        answers |= _judged(rows, channel, purpose, at, checked=looks.checked_at(channel))
        answers |= _topics_refused(rows, at) if topic else {}
    for customer_id, list_name in suppression.shut(asked, channel, purpose, at, looks=looks).items():
        was = answers.get(customer_id)
        if was is not None and was.allowed:
            answers[customer_id] = Answer(False, Reason.SUPPRESSED, was.entry_id, list_name)
    if purpose == Purpose.SERVICE:
        for customer_id in unfounded(asked, at) & answers.keys():
            if answers[customer_id].allowed:
                answers[customer_id] = Answer(False, Reason.UNFOUNDED)
    for customer_id in kept_only & answers.keys():
        answers[customer_id] = Answer(False, Reason.RESTRICTED, answers[customer_id].entry_id)
    return {number: answers[card] for number, card in leads.items()}


def _rows(
    ids: list[int], owners: Mapping[int, int], channel: str, purpose: str, at: datetime, *, topic: str
) -> dict[int, list[DecisionRow]]:
    """What each of these said; an id nobody decided for has no rows."""
    rows: dict[int, list[DecisionRow]] = {customer_id: [] for customer_id in ids}
    numbers = ids
    if owners:
        numbers = [*ids, *(number for number, card in owners.items() if card in rows)]
    entries = ConsentEntry.objects.filter(
        Q(channel=channel) | Q(channel=""),
        Q(topic="") | Q(topic=topic),
        customer_id__in=numbers,
        purpose=purpose,
        at__lte=at,
    ).values_list("customer_id", *(DecisionRow._fields if topic else DecisionRow._fields[:-1]))
    by: dict[int, int] = {}  # entry -> number, where people have several
    for customer_id, *decision in entries.iterator(chunk_size=10_000):
        card = customer_id if customer_id in rows else owners[customer_id]
        row = DecisionRow(*decision)
        rows[card].append(row)
        if owners:
            by[row.id] = customer_id
    for card, joined_at in belonging.since(rows).items() if owners else ():
        if joined_at <= at and card in rows:
            rows[card] = as_one([(by[row.id], row) for row in rows[card]], joined_at)
    return rows


def _judged(
    rows: Mapping[int, list[DecisionRow]],
    channel: str,
    purpose: str,
    at: datetime,
    *,
    checked: datetime | None,
) -> dict[int, Answer]:
    under = laws_of([one for one, mine in rows.items() if mine and depends_on_law(mine, purpose, (channel,))])
    return {
        one: judge(mine, purpose=purpose, at=at, channel=channel, law=under.get(one), list_checked_at=checked)
        for one, mine in rows.items()
    }


def depends_on_law(rows: Iterable[DecisionRow], purpose: str, channels: Iterable[str]) -> bool:
    """Whether the answer could differ from one country to another."""
    sure = [everywhere(purpose, channel) for channel in channels]
    for row in rows:
        if row.decision == "granted":
            if not row.separate:
                return True
            for bases in sure:
                if row.basis not in bases:
                    return True
    return False


def laws_of(customer_ids: Collection[int]) -> dict[int, Law]:
    """The law that protects each of these customers: their country's, else the shop's."""
    found: dict[int, Law] = {}
    home = shop().country if customer_ids else ""
    for piece in pieces(customer_ids):
        countries: Mapping[int, str] = dict(
            Customer.objects.filter(pk__in=piece).values_list("pk", "country")
        )
        found |= {one: law_of(countries.get(one, ""), home) for one in piece}
    return found


def may_track(customer_id: int, at: datetime) -> Answer:
    """Whether opens and clicks may be kept for this person."""
    return may_contact(customer_id, "email", Purpose.TRACKING, at)


def known_laws() -> list[Law]:
    """Every law there is a file for, by its name."""
    return sorted(laws().values(), key=lambda law: law.name)


suppressed_among = suppression.suppressed_among
