"""What a joint card shows, written into the kept card's row; what each card says by itself is kept beside it.

So every list, mail and segment reads a joint card as it reads any other, and taking apart puts back what stood there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from beizai.customers import access
from beizai.customers.belonging import in_pieces
from beizai.customers.models import AttributeDefinition, Customer, FactChange
from beizai.identity import rules
from beizai.identity.models import MatchRules, OwnCard
from beizai.identity.rules import COLUMNS
from beizai.identity.survivorship import Survives, Value, survivor
from beizai.staff.models import Branch

_STEP = 1000  # a form opened before a card was joined must not fit one opened after


@dataclass(frozen=True)
class Field:
    """One field of a joint card: what it shows, and what each of its cards says."""

    name: str
    value: Any
    values: tuple[Value, ...]
    rule: Survives


@dataclass
class Group:
    """The cards of one group as they stand in the book, each with those joined to it."""

    root: int
    below: Mapping[int, list[int]]
    cards: dict[int, Customer] = field(default_factory=dict)
    own: dict[int, OwnCard] = field(default_factory=dict)


def said(card: Customer) -> dict[str, Any]:
    """What a row says, as JSON keeps it: the columns, and the facts under their keys."""
    columns = {name: _plain(getattr(card, name)) for name in COLUMNS}
    return columns | {f"fact:{key}": dict(fact) for key, fact in card.facts.items()}


def load(root: int, below: Mapping[int, list[int]]) -> Group:
    """The rows of a group, locked until the transaction ends."""
    ids = [root, *(number for several in below.values() for number in several)]
    group = Group(root, below)
    for piece in _pieces(ids):
        rows = Customer.objects.select_for_update().filter(pk__in=piece).order_by("pk")
        group.cards |= {card.pk: card for card in rows}
        group.own |= OwnCard.objects.in_bulk(piece)
    return group


def absorb(group: Group) -> None:
    """Takes what was written on joint cards since they were last put together over to the kept card's own."""
    for number, own in group.own.items():
        card = group.cards.get(number)
        if card is None:
            continue
        now = said(card)
        _take_back(own, now)
        later = list(FactChange.objects.filter(customer_id=number, pk__gt=own.change_id).order_by("pk"))
        by_hand = {row.field for row in later if row.import_id is None and _is_field(row.field)}
        brought = {row.field: row.pk for row in later if row.import_id is not None and _is_field(row.field)}
        changed = {name for name in now.keys() | own.shown.keys() if now.get(name) != own.shown.get(name)}
        own.brought += [
            {"change": pk, "field": name, "old": own.own.get(name), "new": now.get(name)}
            for name, pk in sorted(brought.items())
            if name in changed
        ]
        for name in changed | by_hand:
            _put(own.own, name, now.get(name))
        own.by_hand = sorted({*own.by_hand, *by_hand})
        own.shown = now


def _take_back(own: OwnCard, now: Mapping[str, Any]) -> None:
    """An import that wrote on the joint card was undone since: the card's own says again what it said before."""
    numbers = [one["change"] for one in own.brought]
    standing = set(
        FactChange.objects.filter(pk__in=numbers, import_id__isnull=False).values_list("pk", flat=True)
    )
    for one in reversed(own.brought):
        if one["change"] not in standing and own.own.get(one["field"]) == one["new"]:
            _put(own.own, one["field"], one["old"])
            _put(own.shown, one["field"], now.get(one["field"]))
    own.brought = [one for one in own.brought if one["change"] in standing]


def _put(said_of: dict[str, Any], name: str, value: Any) -> None:
    if value is None and name.startswith("fact:"):
        said_of.pop(name, None)
    else:
        said_of[name] = value


def _is_field(name: str) -> bool:
    return name in COLUMNS or name.startswith("fact:")


def put_together(group: Group, *, now: datetime) -> set[int]:
    """Works out anew what each card of the group shows and writes the rows that change; which those are."""
    found = rules.rules()
    kinds = dict(AttributeDefinition.objects.values_list("key", "kind"))
    times = Times.of(group.cards)
    changed = set()
    for number in _from_the_leaves(group):
        card = group.cards.get(number)
        if card is None:
            continue
        if group.below.get(number):
            own = group.own.get(number) or _begin(group, number)
            joint = joint_fields(group, number, found, kinds, times)
            own.shown = {one.name: one.value for one in joint if not _absent(one)}
            if _write(card, own.shown, now=now):
                changed.add(number)
                own.raised += _STEP
                card.revision += _STEP
                card.save()
                access.at_home(card, now)
            own.change_id = _last_change(number)
            own.save()
        elif number in group.own:
            own = group.own.pop(number)
            _write(card, own.own, now=now)
            changed.add(number)
            card.revision = max(card.revision - own.raised, 0)
            card.save()
            access.at_home(card, now)
            own.delete()
    return changed


def joint_fields(
    group: Group, number: int, found: MatchRules, kinds: Mapping[str, str], times: "Times"
) -> list[Field]:
    """Every field of a card with all that was joined to it, by the rules."""
    own = group.own[number]
    members = [number, *beneath(group.below, number)]
    sets = {
        one: group.own[one].own if one in group.own else said(group.cards[one])
        for one in members
        if one in group.cards
    }
    names = [*COLUMNS, *sorted({name for one in sets.values() for name in one if name.startswith("fact:")})]
    fields = []
    for name in names:
        values = tuple(
            _value(one, name, whole[name], times, kept=one == number)
            for one, whole in sets.items()
            if name in whole
        )
        rule = rules.survives(name, found)
        best = survivor(values, rule, source_order=found.source_order, joins=rules.may_join(name, kinds))
        shown = _as_kept(name, best, own.own.get(name))
        if name in own.by_hand:
            shown = own.own.get(name)
        fields.append(Field(name, shown, values, rule))
    return fields


@dataclass(frozen=True)
class Times:
    """When, from where and by whom each column of each card was last written."""

    changes: Mapping[tuple[int, str], tuple[datetime, int, bool]]
    made: Mapping[int, tuple[datetime, int]]

    @classmethod
    def of(cls, cards: Mapping[int, Customer]) -> "Times":
        changes: dict[tuple[int, str], tuple[datetime, int, bool]] = {}
        for piece in _pieces(cards):
            rows = FactChange.objects.filter(customer_id__in=piece).order_by("pk")
            for number, name, at, source, user in rows.values_list(
                "customer_id", "field", "at", "source_id", "user_id"
            ):
                if _is_field(name):
                    changes[number, name] = (at, source, user is not None)
        return cls(changes, {number: (card.created_at, card.source_id) for number, card in cards.items()})


def _value(number: int, name: str, said_of: Any, times: Times, *, kept: bool) -> Value:
    at, source, by_hand = times.changes.get((number, name), (*times.made[number], False))
    if name.startswith("fact:"):
        fact = said_of or {}
        at = datetime.fromisoformat(fact["at"]) if fact.get("at") else at
        return Value(fact.get("v"), at, fact.get("source") or source, by_hand, kept, number, fact)
    return Value(said_of, at, source, by_hand, kept, number)


def _as_kept(name: str, best: Value | None, own: Any) -> Any:
    if not name.startswith("fact:"):
        return best.value if best is not None else own
    if best is None:
        return own
    if best.whole is not None and best.whole.get("v") == best.value:
        return best.whole
    at = best.at.isoformat() if best.at else None
    return {"v": best.value, "source": best.source_id, "at": at}


def _absent(one: Field) -> bool:
    return one.name.startswith("fact:") and one.value is None


def _begin(group: Group, number: int) -> OwnCard:
    own = said(group.cards[number])
    group.own[number] = OwnCard(customer_id=number, own=own, shown=dict(own), change_id=_last_change(number))
    return group.own[number]


def _write(card: Customer, shown: Mapping[str, Any], *, now: datetime) -> bool:
    """Sets the row to what it shows, without saving it; whether that changes anything."""
    if said(card) == shown:
        return False
    for name in COLUMNS:
        value = shown.get(name)
        if name == "birthday_on" and value:
            value = date.fromisoformat(value)
        if name == "branch_id" and value and not Branch.objects.filter(pk=value).exists():
            value = None  # it was closed meanwhile
        setattr(card, name, value)
    card.facts = {
        name.removeprefix("fact:"): fact for name, fact in shown.items() if name.startswith("fact:")
    }
    card.changed_at = max(now, card.changed_at)
    return True


def _last_change(number: int) -> int:
    return FactChange.objects.filter(customer_id=number).aggregate(last=Max("pk"))["last"] or 0


def _from_the_leaves(group: Group) -> list[int]:
    return [*reversed(beneath(group.below, group.root)), group.root]


def beneath(below: Mapping[int, list[int]], number: int) -> list[int]:
    """All that were joined to a card, directly or through others, the nearest first."""
    found, waiting = [], list(below.get(number, []))
    while waiting:
        one = waiting.pop(0)
        found.append(one)
        waiting += below.get(one, [])
    return found


def _pieces(ids: Iterable[int]) -> Iterable[list[int]]:
    return in_pieces(ids, 500)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
