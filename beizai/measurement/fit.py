"""How well the book fits the shop's position: who the buyers are, by the attributes its text names, and how many are those it means."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import numpy as np

from beizai.base.clock import civil_date
from beizai.base.errors import Invalid, NotFound
from beizai.customers import facts
from beizai.customers.models import AttributeDefinition, AttributeKind, Customer, Position
from beizai.segments import membership
from beizai.segments.models import Segment
from beizai.staff.models import User
from beizai.staff.shop import shop

COUNTRY, AGE = "country", "age"
OTHER = "other"
FEWEST = 5  # of a sensitive attribute, smaller groups are not shown
MOST_GROUPS = 8
MOST_ATTRIBUTES = 6
_LONGEST = 4_000
_AT_ONCE = 5_000
_AGES = ((0, 18), (18, 25), (25, 35), (35, 45), (45, 55), (55, 65), (65, 200))


@dataclass(frozen=True)
class Group:
    """Buyers alike in one thing. `low`, `high`: the bounds of a range; else `value` says what they have in common."""

    value: str
    people: int
    spent_minor: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Picture:
    """The buyers by one attribute: groups with their share, and of how many it is known."""

    key: str
    definition: AttributeDefinition | None  # None: country or age, which every card has a place for
    groups: tuple[Group, ...]
    known: int


@dataclass(frozen=True)
class Fit:
    """The buyers of the last twelve months, pictured; and, where a segment says whom the shop means, how many of them are."""

    buyers: int
    spent_minor: int
    pictures: tuple[Picture, ...]
    meant: int | None = None
    meant_spent_minor: int | None = None
    meant_in_book: int | None = None


def latest() -> Position | None:
    """The position as it was written last."""
    return Position.objects.select_related("user").order_by("-pk").first()


def write(
    *,
    for_whom: str,
    category: str,
    against: str,
    attributes: Sequence[str],
    segment: str,
    now: datetime,
    user: User | None,
) -> Position:
    """Keeps a position with who and when; the earlier ones stay. Invalid where it says for whom in no word, or names what is not there."""
    texts = [text.strip() for text in (for_whom, category, against)]
    if not texts[0]:
        raise Invalid("A position says for whom the shop is.", hint="Write it in a sentence.")
    if max(map(len, texts)) > _LONGEST:
        raise Invalid("The text is too long.", hint="At most {limit} characters.", limit=_LONGEST)
    known = {one.key for one in facts.definitions()} | {COUNTRY, AGE}
    if unknown := sorted(set(attributes) - known):
        raise NotFound("There is no attribute “{key}”.", hint="See the list of attributes.", key=unknown[0])
    if segment and not Segment.objects.filter(name=segment).exists():
        raise NotFound("There is no segment “{name}”.", hint="See the list of segments.", name=segment)
    return Position.objects.create(
        for_whom=texts[0],
        category=texts[1],
        against=texts[2],
        attributes=list(dict.fromkeys(attributes))[:MOST_ATTRIBUTES],
        segment=segment,
        user=user,
        at=now,
    )


def fit(position: Position, as_of: datetime) -> Fit:
    """Looks at every buyer of the last twelve months; a million cards take some seconds."""
    definitions = {one.key: one for one in facts.definitions(retired=True)}
    keys = [key for key in position.attributes if key in definitions or key in (COUNTRY, AGE)]
    told: dict[str, list[tuple[Any, int]]] = {key: [] for key in keys}
    today = civil_date(as_of, shop().timezone)
    ids: list[int] = []
    spent: list[int] = []
    for number, country, born, said, minor in _buyers():
        ids.append(number)
        spent.append(minor)
        for key in keys:
            value = said.get(key, {}).get("v") if key in definitions else _own(key, country, born, today)
            if value is not None:
                told[key].append((value, minor))
    pictures = tuple(_picture(key, definitions.get(key), told[key]) for key in keys)
    found = Fit(len(ids), sum(spent), pictures)
    return _with_meant(found, position.segment, ids, spent, as_of)


def _buyers() -> Iterator[tuple[int, str, date | None, Mapping[str, Any], int]]:
    rows = Customer.objects.filter(standing__spent_12m_minor__gt=0).order_by("pk")
    last = 0
    while chunk := list(
        rows.filter(pk__gt=last).values_list(
            "pk", "country", "birthday_on", "facts", "standing__spent_12m_minor"
        )[:_AT_ONCE]
    ):
        yield from chunk
        last = chunk[-1][0]


def _own(key: str, country: str, born: date | None, today: date) -> Any:
    """Country and age; an attribute of the shop with such a key goes before."""
    if key == COUNTRY:
        return country or None
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _picture(key: str, definition: AttributeDefinition | None, told: list[tuple[Any, int]]) -> Picture:
    kind = definition.kind if definition else ""
    if key == AGE and definition is None:
        groups = _ranges(told, _AGES)
    elif kind in (AttributeKind.NUMBER, AttributeKind.MEASURE, AttributeKind.MONEY):
        groups = _ranges(told, _fifths([float(value) for value, _ in told]))
    else:
        groups = _named(told, kind)
    if definition is not None and facts.is_sensitive(definition):
        groups = _without_small(groups)
    return Picture(key, definition, tuple(groups), len(told))


def _named(told: list[tuple[Any, int]], kind: str) -> list[Group]:
    people: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    for value, minor in told:
        for word in _words(value, kind):
            people[word] += 1
            spent[word] += minor
    shown = sorted(people, key=lambda word: (-people[word], word))
    groups = [Group(word, people[word], spent[word]) for word in shown[:MOST_GROUPS]]
    rest = shown[MOST_GROUPS:]
    if rest:
        groups.append(Group(OTHER, sum(people[word] for word in rest), sum(spent[word] for word in rest)))
    return groups


def _words(value: Any, kind: str) -> list[str]:
    if kind == AttributeKind.CHOICES and isinstance(value, list):
        return [str(one) for one in value]
    if kind == AttributeKind.RECORDS and isinstance(value, list):
        return [str(len(value))]
    if kind == AttributeKind.PHOTO:
        return ["yes"]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if kind == AttributeKind.DATE:
        return [str(value)[:4]]
    return [str(value).strip()]


def _fifths(values: list[float]) -> tuple[tuple[float, float], ...]:
    """Ranges that each hold about a fifth; fewer where many are equal."""
    if not values:
        return ()
    cuts = sorted({float(cut) for cut in np.quantile(values, [0, 0.2, 0.4, 0.6, 0.8, 1], method="lower")})
    if len(cuts) == 1:
        return ((cuts[0], cuts[0]),)
    return tuple(pairwise(cuts))


def _ranges(told: list[tuple[Any, int]], bounds: Sequence[tuple[float, float]]) -> list[Group]:
    found = []
    for place, (low, high) in enumerate(bounds):
        last = place == len(bounds) - 1
        inside = [minor for value, minor in told if low <= value < high or (last and value == high)]
        if inside:
            found.append(Group("", len(inside), sum(inside), low, high))
    return found


def _without_small(groups: list[Group]) -> list[Group]:
    large = [group for group in groups if group.people >= FEWEST and group.value != OTHER]
    small = [group for group in groups if group not in large]
    people = sum(group.people for group in small)
    if people < FEWEST:
        return large
    return [*large, Group(OTHER, people, sum(group.spent_minor for group in small))]


def _with_meant(found: Fit, segment: str, ids: list[int], spent: list[int], as_of: datetime) -> Fit:
    named = Segment.objects.filter(name=segment).first() if segment else None
    if named is None:
        return found
    members = membership.members(named.pk, as_of=as_of)
    inside = np.isin(np.array(ids, dtype=np.int64), members)
    return Fit(
        found.buyers,
        found.spent_minor,
        found.pictures,
        int(inside.sum()),
        int(np.array(spent, dtype=np.int64)[inside].sum()) if ids else 0,
        len(members),
    )
