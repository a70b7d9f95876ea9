"""The cards of the office as rows for analysis: text folded, facts typed, tags packed, permissions answered."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
from django.db.models import Q, QuerySet

from beizai.base import clock
from beizai.consent.models import CONTACT_PURPOSES, Purpose
from beizai.consent.permitted import Permitted, permitted
from beizai.consent.restricting import restricted
from beizai.customers import belonging
from beizai.customers.models import (
    AttributeDefinition,
    AttributeKind,
    Channel,
    ContactPoint,
    Customer,
    FactChange,
    Tag,
    Tie,
    TieKind,
)
from beizai.segments.attributes import column
from beizai.segments.folding import fold, packed
from beizai.segments.rule.checking import names_of
from beizai.value.cards import left_contact

CHANNELS = tuple(Channel.values)
PURPOSES = tuple(str(purpose) for purpose in CONTACT_PURPOSES)
_ARROW = {
    AttributeKind.TEXT: pa.string(),
    AttributeKind.CHOICE: pa.string(),
    AttributeKind.CHOICES: pa.string(),
    AttributeKind.NUMBER: pa.float64(),
    AttributeKind.MONEY: pa.int64(),
    AttributeKind.DATE: pa.date32(),
    AttributeKind.BOOLEAN: pa.bool_(),
}
_CARD = (
    "pk",
    "created_at",
    "country",
    "language",
    "branch__name",
    "birthday_on",
    "simulated",
    "source__name",
    "facts",
)
_AT_ONCE = 20_000

folded = lru_cache(maxsize=100_000)(fold)


@dataclass(frozen=True)
class Asked:
    """What is asked of the office: as of when, in which zone, of which cards (None: all), with which definitions."""

    at: datetime
    timezone: str
    kinds: Mapping[str, str]
    only: Collection[int] | None = None
    past: bool = False


def definitions() -> dict[str, str]:
    """What rules may compare of the shop's own attributes: name and kind."""
    defined = AttributeDefinition.objects.order_by("key").values_list("key", "kind")
    return {name: str(compared) for key, kind in defined for name, compared in names_of(key, kind).items()}


def schema(kinds: Mapping[str, str]) -> pa.Schema:
    """The columns of the snapshot. Ties are laid beside it (`snapshot.Snapshot`): they change with the other card."""
    fixed = [
        ("customer_id", pa.int64()),
        ("created_on", pa.date32()),
        ("country", pa.string()),
        ("language", pa.string()),
        ("branch", pa.string()),
        ("birthday_on", pa.date32()),
        ("simulated", pa.bool_()),
        ("source", pa.string()),
        ("tags", pa.string()),
        ("left_contact", pa.bool_()),
        ("contactable", pa.bool_()),
        ("referred", pa.bool_()),
    ]
    flags = [(f"has_{channel}", pa.bool_()) for channel in CHANNELS]
    flags += [(f"may_{channel}_{purpose}", pa.bool_()) for channel in CHANNELS for purpose in PURPOSES]
    facts = [(column(key), _ARROW[AttributeKind(kind)]) for key, kind in kinds.items()]
    return pa.schema([*fixed, *flags, *facts])


def table(asked: Asked) -> tuple[pa.Table, datetime | None]:
    """The rows by rising id, and the first time a permission ends by itself."""
    may = {purpose: permitted(purpose, asked.at, customer_ids=asked.only) for purpose in PURPOSES}
    beside = _beside(asked, may)
    wanted = schema(asked.kinds)
    batches = [_batch(rows, asked, beside, wanted) for rows in _chunks(_cards(asked))]
    turns = [answer.turns_at for answer in may.values() if answer.turns_at is not None]
    return pa.Table.from_batches(batches, schema=wanted), min(turns, default=None)


@dataclass(frozen=True)
class _Beside:
    """What other tables say of the cards, by customer."""

    tags: Mapping[int, list[str]]
    points: Mapping[str, set[int]]
    left: set[int]
    referred: set[int]
    may: Mapping[str, Permitted]
    before: Mapping[int, Mapping[str, Any]]  # what the card said then, where it said something else


def _beside(asked: Asked, may: Mapping[str, Permitted]) -> _Beside:
    whose = belonging.leading(asked.only)  # what stands on a joined card is its joint card's
    tags: dict[int, list[str]] = defaultdict(list)
    for customer_id, tag in _of(asked, Tag.objects.filter(added_at__lte=asked.at), whose).values_list(
        "customer_id", "tag"
    ):
        tags[whose.get(customer_id, customer_id)].append(tag)
    points: dict[str, set[int]] = defaultdict(set)
    live = ContactPoint.objects.filter(Q(ended_at=None) | Q(ended_at__gt=asked.at), added_at__lte=asked.at)
    for customer_id, channel in (
        _of(asked, live, whose).values_list("customer_id", "channel").iterator(chunk_size=_AT_ONCE)
    ):
        points[channel].add(whose.get(customer_id, customer_id))
    referred = Tie.objects.filter(kind=TieKind.REFERRED_BY, added_at__lte=asked.at)
    return _Beside(
        tags,
        points,
        set(left_contact(asked.at, only=asked.only)),
        _referred(_of(asked, referred, whose), whose),
        may,
        _before(asked) if asked.past else {},
    )


def _referred(ties: QuerySet[Tie], whose: Mapping[int, int]) -> set[int]:
    pairs = ties.values_list("customer_id", "other_id").iterator(chunk_size=_AT_ONCE)
    found = ((whose.get(comer, comer), whose.get(leader, leader)) for comer, leader in pairs)
    return {comer for comer, leader in found if comer != leader}


def _of(asked: Asked, rows: QuerySet[Any], whose: Mapping[int, int] | None = None) -> QuerySet[Any]:
    return rows if asked.only is None else rows.filter(customer_id__in=[*asked.only, *(whose or ())])


def _before(asked: Asked) -> dict[int, dict[str, Any]]:
    """What the cards said then: the old value of the first change after it."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    later = _of(asked, FactChange.objects.filter(at__gt=asked.at)).order_by("-at", "-pk")
    for customer_id, field, old in later.values_list("customer_id", "field", "old").iterator(
        chunk_size=_AT_ONCE
    ):
        found[customer_id][field] = old
    return found


def _cards(asked: Asked) -> Iterator[tuple[Any, ...]]:
    cards = Customer.objects.order_by("pk").exclude(pk__in=restricted(asked.at))
    if asked.only is not None:
        cards = cards.filter(pk__in=list(asked.only))
    cards = belonging.listed(cards)
    has_letter = ~Q(postal_address="")
    return cards.annotate(letter=has_letter).values_list(*_CARD, "letter").iterator(chunk_size=_AT_ONCE)


def _chunks(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    chunk: list[tuple[Any, ...]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _batch(cards: list[tuple[Any, ...]], asked: Asked, beside: _Beside, wanted: pa.Schema) -> pa.RecordBatch:
    ids, created, country, language, branch, birthday, simulated, source, facts, letter = zip(
        *cards, strict=True
    )
    zone = clock.zone(asked.timezone)
    then = [_said(card, asked, beside.before.get(card[0], {})) for card in cards] if asked.past else None
    if then is not None:
        country, language, birthday, facts = zip(*then, strict=True)
    columns: dict[str, list[Any]] = {
        "customer_id": list(ids),
        "created_on": [at.astimezone(zone).date() for at in created],
        "country": [folded(text) or None for text in country],
        "language": [folded(text) or None for text in language],
        "branch": [folded(text) if text else None for text in branch],
        "birthday_on": list(birthday),
        "simulated": list(simulated),
        "source": list(source),
        "tags": [packed(beside.tags[one]) if one in beside.tags else "" for one in ids],
        "left_contact": [one in beside.left for one in ids],
        "referred": [one in beside.referred for one in ids],
    }
    for channel in CHANNELS:
        points = beside.points.get(channel, set())
        columns[f"has_{channel}"] = [one in points for one in ids]
        for purpose in PURPOSES:
            columns[f"may_{channel}_{purpose}"] = [beside.may[purpose].may(one, channel) for one in ids]
    columns["has_letter"] = [
        has or bool(address) for has, address in zip(columns["has_letter"], letter, strict=True)
    ]
    marketing = [columns[f"may_{channel}_{Purpose.MARKETING}"] for channel in CHANNELS]
    columns["contactable"] = [any(answers) for answers in zip(*marketing, strict=True)]
    for key, kind in asked.kinds.items():
        columns[column(key)] = [typed(kind, said(key, said_of)) for said_of in facts]
    return pa.RecordBatch.from_pydict(columns, schema=wanted)


def said(name: str, facts: Mapping[str, Any]) -> Any:
    """What the card says by this name of a rule: the fact, how many records there are, or the date of the latest.

    >>> said("perms.last_on", {"perms": {"v": [{"on": "2026-01-31"}]}})
    '2026-01-31'
    """
    key, _, part = name.partition(".")
    value = facts.get(key, {}).get("v")
    if part:
        records = value if isinstance(value, list) else []
        days = [row["on"] for row in records if isinstance(row, dict) and row.get("on")]
        return (max(days) if part == "last_on" else len(records)) if days else None
    return True if isinstance(value, dict) else value


def typed(kind: str, value: Any) -> Any:
    """A fact as it is compared: text folded, dates as dates; what does not fit its kind is not known."""
    if value is None or value == "":
        return None
    try:
        read: Callable[[Any], Any] = _TYPED.get(kind, _folded_text)
        return read(value)
    except (ValueError, TypeError):
        return None


def _folded_text(value: Any) -> str:
    return folded(str(value))


def _several(value: Any) -> str | None:
    return packed([str(one) for one in value]) or None if isinstance(value, list) else None


def _yes_or_no(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_TYPED: Mapping[str, Callable[[Any], Any]] = {
    AttributeKind.NUMBER: float,
    AttributeKind.MONEY: int,
    AttributeKind.DATE: date.fromisoformat,
    AttributeKind.BOOLEAN: _yes_or_no,
    AttributeKind.CHOICES: _several,
}


def _said(card: tuple[Any, ...], asked: Asked, before: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the card said then. A card made later, for orders of before, is taken as it was first known: as it stands."""
    _, created, country, language, _, birthday, _, _, facts, _ = card
    if created > asked.at:
        return country, language, birthday, facts
    then = {key: fact for key, fact in facts.items() if not _later(fact, asked.at)}
    for field, old in before.items():
        if field.startswith("fact:"):
            then[field.removeprefix("fact:")] = {"v": old}
    born = before.get("birthday_on", birthday)
    return (
        before.get("country", country) or "",
        before.get("language", language) or "",
        date.fromisoformat(born) if isinstance(born, str) and born else born or None,
        then,
    )


def _later(fact: Mapping[str, Any], at: datetime) -> bool:
    when = fact.get("at")
    return isinstance(when, str) and datetime.fromisoformat(when) > at
