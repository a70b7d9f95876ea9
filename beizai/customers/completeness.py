"""How well a card is filled in, and which question is worth asking next: of whom, and why."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Avg, QuerySet

from beizai.customers import belonging, facts
from beizai.customers.models import AttributeDefinition, ContactPoint, Customer, Standing

NAME, REACH, BIRTHDAY = "name", "reach", "birthday_on"
# What every card has a place for, with how much it helps to know it (an attribute's weight is 0 to 10).
OWN: Mapping[str, int] = {NAME: 2, REACH: 3, BIRTHDAY: 1}
STALE_COUNTS = 0.5  # a stale answer is worth half of asking for a missing one
_AT_ONCE = 5_000
_WALKED_AT_ONCE = 500


@dataclass(frozen=True)
class Gap:
    """One thing worth asking a customer: what, why ("missing" or "stale"), and how much it would help.

    `score` is the attribute's weight (half of it for a stale answer) times what the customer is worth, in minor units.
    `definition` is None for what every card has a place for (name, a way to reach them, birthday).
    """

    key: str
    reason: str
    weight: int
    score: float
    definition: AttributeDefinition | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Completeness:
    """The share of a card, by weight, that is known and not stale; and the gaps, the most useful question first."""

    share: float
    gaps: tuple[Gap, ...]

    @property
    def next_question(self) -> Gap | None:
        return self.gaps[0] if self.gaps else None


@dataclass(frozen=True)
class Asked:
    """The question that would help most of one customer."""

    customer: Customer
    worth_minor: int
    share: float
    gap: Gap


def of(
    customer: Customer,
    *,
    reachable: bool,
    worth_minor: float,
    now: datetime,
    asked: Sequence[AttributeDefinition] | None = None,
) -> Completeness:
    """How complete a card is. `reachable`: it has a contact point in use; `worth_minor`: see `worth`."""
    held = {NAME: bool(customer.name), REACH: reachable, BIRTHDAY: customer.birthday_on is not None}
    gaps = [
        Gap(key, "missing", OWN[key], OWN[key] * worth_minor) for key, is_held in held.items() if not is_held
    ]
    total, have = sum(OWN.values()), float(sum(OWN[key] for key, is_held in held.items() if is_held))
    for known in facts.known(customer, facts.definitions() if asked is None else asked):
        weight = 0 if known.definition.retired_at else known.definition.weight
        total += weight
        if known.value is None:
            gaps.append(_gap(known, "missing", weight * worth_minor))
        elif known.is_stale(now):
            have += weight * STALE_COUNTS
            gaps.append(_gap(known, "stale", weight * STALE_COUNTS * worth_minor))
        else:
            have += weight
    useful = sorted((gap for gap in gaps if gap.weight), key=lambda gap: -gap.score)
    return Completeness(have / total, tuple(useful))


def _gap(known: facts.Known, reason: str, score: float) -> Gap:
    one = known.definition
    return Gap(one.key, reason, 0 if one.retired_at else one.weight, score, one, known.at)


def worth(spent_12m_minor: int, floor: float) -> float:
    """What a customer counts for: what they spent in twelve months, and at least a tenth of the book's mean, so that
    somebody who has not bought yet is asked something too."""
    return max(float(spent_12m_minor), floor, 1.0)


def floor_minor() -> float:
    """A tenth of what a card spent in twelve months on average."""
    return float(Standing.objects.aggregate(mean=Avg("spent_12m_minor"))["mean"] or 0) / 10


def next_questions(
    limit: int, *, now: datetime, of_cards: Callable[[QuerySet[Standing]], QuerySet[Standing]] | None = None
) -> list[Asked]:
    """The questions that would help most in the whole book, one per customer, the best first.

    Cards are looked at by falling worth, and no longer than one further down could still be among the best: a book of a
    million is asked in the time of its first thousands.
    """
    asked, floor = facts.definitions(), floor_minor()
    heaviest = max([one.weight for one in asked] + list(OWN.values()))
    rows = belonging.listed(Standing.objects.all(), "customer_id")
    rows = rows.order_by("-spent_12m_minor", "customer_id").select_related("customer")
    best: list[Asked] = []
    walk = _walk(rows if of_cards is None else of_cards(rows))
    while chunk := list(islice(walk, _WALKED_AT_ONCE)):
        if len(best) == limit and worth(chunk[0].spent_12m_minor, floor) * heaviest <= best[-1].gap.score:
            break
        best += _asked_of(chunk, asked, floor, now)
        best = sorted(best, key=lambda one: (-one.gap.score, one.customer.pk))[:limit]
    return best


def _walk(rows: QuerySet[Standing]) -> Iterator[Standing]:
    """Rows by falling spending, page by page: nothing is held open meanwhile."""
    after: Standing | None = None
    while True:
        page = rows
        if after is not None:
            same = rows.filter(spent_12m_minor=after.spent_12m_minor, customer_id__gt=after.customer_id)
            page = same | rows.filter(spent_12m_minor__lt=after.spent_12m_minor)
        found = list(page[:_WALKED_AT_ONCE])
        yield from found
        if len(found) < _WALKED_AT_ONCE:
            return
        after = found[-1]


def _asked_of(
    chunk: list[Standing], asked: list[AttributeDefinition], floor: float, now: datetime
) -> Iterator[Asked]:
    reachable = with_points([row.customer_id for row in chunk])
    for row in chunk:
        value = worth(row.spent_12m_minor, floor)
        found = of(
            row.customer, reachable=row.customer_id in reachable, worth_minor=value, now=now, asked=asked
        )
        if found.next_question is not None:
            yield Asked(row.customer, row.spent_12m_minor, found.share, found.next_question)


def with_points(ids: Iterable[int]) -> set[int]:
    """Which of these cards have a contact point in use."""
    whose = belonging.spread(ids)
    live = ContactPoint.objects.filter(customer_id__in=list(whose), ended_at=None)
    return {whose[number] for number in live.values_list("customer_id", flat=True)}


@dataclass(frozen=True)
class Filled:
    """How complete the book is: the mean share of a card, the same weighted by worth, and how many cards know each thing."""

    cards: int
    mean: float
    by_worth: float
    known: Mapping[str, int]


def of_the_book(now: datetime) -> Filled | None:
    """Every card looked at, 5,000 at a time; None of an empty book. A million cards take about a minute."""
    floor, marks = floor_minor(), [_Mark.of(one, now) for one in facts.definitions()]
    of_all = sum(OWN.values()) + sum(mark.weight for mark in marks)
    cards, shares, weighted, weight = 0, 0.0, 0.0, 0.0
    known: dict[str, int] = dict.fromkeys([*OWN, *(mark.key for mark in marks)], 0)
    for rows, reachable in _chunks():
        for pk, name, birthday_on, said, spent in rows:
            have = 0.0
            for key, is_held in ((NAME, name), (REACH, pk in reachable), (BIRTHDAY, birthday_on)):
                if is_held:
                    have += OWN[key]
                    known[key] += 1
            for mark in marks:
                fact = said.get(mark.key)
                if fact is not None and fact["v"] is not None:
                    known[mark.key] += 1
                    have += mark.weight * (STALE_COUNTS if mark.is_stale(fact) else 1)
            value = worth(spent or 0, floor)
            share = have / of_all
            cards, shares = cards + 1, shares + share
            weighted, weight = weighted + share * value, weight + value
    return Filled(cards, shares / cards, weighted / weight, known) if cards else None


@dataclass(frozen=True)
class _Mark:
    """What of a definition counts for a whole book: its weight, and the time before which an answer is stale, as text."""

    key: str
    weight: int
    stale_before: str

    @classmethod
    def of(cls, one: AttributeDefinition, now: datetime) -> "_Mark":
        held = facts.holds_since(one, now)
        return cls(one.key, one.weight, held.isoformat()[:19] if held else "")

    def is_stale(self, fact: Mapping[str, Any]) -> bool:
        """Times on cards are UTC in ISO form, so the texts compare as the times do."""
        at = fact.get("at")
        return bool(self.stale_before and at) and str(at)[:19] < self.stale_before


_Row = tuple[int, str, Any, Mapping[str, Any], int | None]


def _chunks() -> Iterator[tuple[list[_Row], set[int]]]:
    """The cards by rising number, with whom of them has a contact point in use."""
    last = 0
    columns = ("pk", "name", "birthday_on", "facts", "standing__spent_12m_minor")
    cards = belonging.listed(Customer.objects.order_by("pk"))
    through_joined = with_points(set(belonging.leading().values()))
    while rows := list(cards.filter(pk__gt=last).values_list(*columns)[:_AT_ONCE]):
        points = ContactPoint.objects.filter(
            customer_id__gt=last, customer_id__lte=rows[-1][0], ended_at=None
        )
        yield rows, set(points.values_list("customer_id", flat=True)) | through_joined
        last = rows[-1][0]
