"""Who of a campaign's people is written to, and who is not and why: one row of the ledger and one reason for each."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from django.db.models import Q

from beizai.base.contact_points import normal_email
from beizai.base.errors import Invalid
from beizai.consent.models import Purpose
from beizai.consent.preferring import wished_days
from beizai.consent.rules import Answer, Reason, may_contact_many, suppressed_among
from beizai.customers import belonging
from beizai.customers.models import ContactPoint, Customer
from beizai.messages.models import Message, State
from beizai.sources.register import stopped

_AT_ONCE = 5_000
_OF_AGE_YEARS = 18


class Refusal(StrEnum):
    """Why somebody is not written to, in the order in which it is looked at; the reasons of the consent room
    (no_permission, refused, withdrawn, expired) come first, and "suppressed_" is followed by why."""

    NO_CUSTOMER = "no_customer"
    SOURCE_STOPPED = "source_stopped"
    MINOR = "minor"
    COMPLAINT = "complaint_open"
    SUPPRESSED = "suppressed_"
    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    DUPLICATE_ADDRESS = "duplicate_address"
    WRITTEN_LATELY = "written_lately"


@dataclass(frozen=True)
class _Question:
    """What is asked of everybody."""

    channel: str
    purpose: str
    at: datetime
    cap_days: int
    campaign_id: int
    topic: str = ""

    @property
    def marketing(self) -> bool:
        return self.purpose == Purpose.MARKETING


@dataclass(frozen=True)
class Eligibility:
    """Whether somebody may be written to now: the address and the entry it rests on, or the first reason against it."""

    eligible: bool
    reason: str = ""
    address: str = ""
    consent_id: int | None = None


_complaining: list[Callable[[Collection[int]], set[int]]] = []


def ask_who_complains(ask: Callable[[Collection[int]], set[int]]) -> None:
    """The room of conversations says who has a complaint open: nobody sells to them until it is closed."""
    _complaining[:] = [ask]


def arbitrate(
    customer_ids: Iterable[int],
    *,
    channel: str,
    purpose: str,
    at: datetime,
    cap_days: int,
    campaign_id: int = 0,
    topic: str = "",
) -> dict[int, Eligibility]:
    """Every one of these customers judged at this instant; the first reason that holds is given.

    Two customers with one address: the older card is written to. Cards joined to another are judged as that one, and
    one person is written to once. `cap_days` 0 means no cap; service mail has
    none. What the campaign itself did does not count against the cap. `topic`: what it is about, where it says so. Statements read 5,000 customers at a time.
    """
    found: dict[int, Eligibility] = {}
    taken: set[str] = set()
    leads = belonging.cards_of(customer_ids)
    rest = iter(sorted(leads))
    while chunk := list(islice(rest, _AT_ONCE)):
        asked = _Question(channel, purpose, at, cap_days, campaign_id, topic)
        found.update(_judged({number: leads[number] for number in chunk}, asked, taken))
    return found


def _judged(leads: Mapping[int, int], asked: _Question, taken: set[str]) -> dict[int, Eligibility]:
    ids = sorted(set(leads.values()))
    whose = belonging.spread(ids)
    answers = may_contact_many(ids, asked.channel, asked.purpose, asked.at, topic=asked.topic)
    births = dict(Customer.objects.filter(pk__in=ids).values_list("id", "birthday_on"))
    halted = _of_stopped_sources(ids)
    complaining = _complaining[0](ids) if _complaining and asked.marketing else set()
    addresses = _addresses(whose, asked.channel)
    suppressed = suppressed_among(
        asked.channel, {one for many in addresses.values() for one in many}, purpose=asked.purpose
    )
    lately = _written_lately(whose, asked) if asked.marketing else set()
    written = _written_by_this(whose, asked)
    found = {}
    for customer_id, card in leads.items():
        verdict = _of_person(card, answers[card], births, asked)
        if verdict is None and card in halted:
            verdict = Eligibility(False, Refusal.SOURCE_STOPPED)
        if verdict is None and card in complaining:
            verdict = Eligibility(False, Refusal.COMPLAINT)
        verdict = verdict or _of_address(addresses.get(card, []), suppressed, asked.channel, taken)
        if verdict.eligible and card in lately:
            verdict = Eligibility(False, Refusal.WRITTEN_LATELY, verdict.address)
        if verdict.eligible and written.get(card, customer_id) != customer_id:
            verdict = Eligibility(False, Refusal.DUPLICATE_ADDRESS, verdict.address)
        if verdict.eligible:
            taken.add(verdict.address)
            verdict = Eligibility(True, "", verdict.address, answers[card].entry_id)
        found[customer_id] = verdict
    return found


def _of_stopped_sources(ids: list[int]) -> set[int]:
    """Those of a source or import whose first mails failed too often."""
    held = stopped()
    if not held:
        return set()
    rows = Customer.objects.filter(pk__in=ids, source_id__in={source for source, _ in held})
    return {
        pk
        for pk, source, brought in rows.values_list("pk", "source_id", "import_id")
        if (source, None) in held or (source, brought) in held
    }


def _of_person(
    customer_id: int, answer: Answer, births: Mapping[int, date | None], asked: _Question
) -> Eligibility | None:
    """The reason that lies in the person, or None."""
    if customer_id not in births:
        return Eligibility(False, Refusal.NO_CUSTOMER)
    if not answer.allowed and answer.reason is not Reason.SUPPRESSED:  # the address tells which list
        return Eligibility(False, answer.reason, consent_id=answer.entry_id)
    born = births[customer_id]
    if asked.marketing and born is not None and _years(born, asked.at.date()) < _OF_AGE_YEARS:
        return Eligibility(False, Refusal.MINOR)
    return None


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _of_address(
    addresses: list[str], suppressed: Mapping[str, str], channel: str, taken: set[str]
) -> Eligibility:
    """The first address that can be used, or why none can."""
    if not addresses:
        return Eligibility(False, Refusal.NO_ADDRESS)
    open_ones = [address for address in addresses if address not in suppressed]
    if not open_ones:
        return Eligibility(False, Refusal.SUPPRESSED + suppressed[addresses[0]], addresses[0])
    valid = next((address for address in open_ones if _valid(address, channel)), None)
    if valid is None:
        return Eligibility(False, Refusal.INVALID_ADDRESS, open_ones[0])
    if valid in taken:
        return Eligibility(False, Refusal.DUPLICATE_ADDRESS, valid)
    return Eligibility(True, "", valid)


def _valid(address: str, channel: str) -> bool:
    if channel != "email":
        return bool(address)
    try:
        return normal_email(address) == address
    except Invalid:
        return False


def _addresses(whose: Mapping[int, int], channel: str) -> dict[int, list[str]]:
    """The contact points in use of each card, those proved to work first, then the newest."""
    rows = ContactPoint.objects.filter(customer_id__in=list(whose), channel=channel, ended_at=None)
    found: dict[int, list[tuple[bool, datetime, int, str]]] = {}
    for customer_id, normal, verified_at, added_at, key in rows.values_list(
        "customer_id", "normal", "verified_at", "added_at", "id"
    ).iterator(chunk_size=_AT_ONCE):
        point = (verified_at is not None, added_at, key, normal)
        found.setdefault(whose[customer_id], []).append(point)
    return {
        customer_id: [point[3] for point in sorted(points, reverse=True)]
        for customer_id, points in found.items()
    }


def _written_by_this(whose: Mapping[int, int], asked: _Question) -> dict[int, int]:
    """The number under which this campaign has written, or is about to write, to a card that has several."""
    several = [number for number, card in whose.items() if number != card]
    if not several or not asked.campaign_id:
        return {}
    numbers = {*several, *(whose[number] for number in several)}
    begun = (State.SENT, State.IN_DOUBT, State.BOUNCED, State.COMPLAINED, State.RETRY, State.LEASED)
    rows = Message.objects.filter(campaign_id=asked.campaign_id, customer_id__in=numbers, state__in=begun)
    found: dict[int, int] = {}
    for number, _state in sorted(rows.values_list("customer_id", "state"), key=_gone_out_first):
        found.setdefault(whose[number], number)
    return found


def _gone_out_first(row: tuple[int, str]) -> tuple[bool, int]:
    number, state = row
    return state in (State.LEASED, State.RETRY), number


def _written_lately(whose: Mapping[int, int], asked: _Question) -> set[int]:
    """Whose card was written to, or perhaps was, by another campaign, under whatever number: within the cap, or
    within the days they wish for themselves."""
    found = _written_within(whose, asked.cap_days, asked) if asked.cap_days else set()
    for days, wishing in wished_days(set(whose)).items():
        if days > asked.cap_days:
            cards = {whose[number] for number in wishing}
            theirs = {number: card for number, card in whose.items() if card in cards}
            found |= _written_within(theirs, days, asked)
    return found


def _written_within(whose: Mapping[int, int], days: int, asked: _Question) -> set[int]:
    since = asked.at - timedelta(days=days)
    perhaps = Q(state=State.IN_DOUBT, changed_at__gt=since)
    rows = Message.objects.filter(Q(sent_at__gt=since) | perhaps, customer_id__in=list(whose))
    numbers = rows.exclude(campaign_id=asked.campaign_id).values_list("customer_id", flat=True)
    return {whose[number] for number in numbers}
