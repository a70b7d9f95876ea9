"""Cards made and completed from a file: what staff wrote by hand stays, every change keeps what was there before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Max

from beizai.base.errors import Invalid
from beizai.base.progress import Progress
from beizai.customers import facts, search
from beizai.customers.models import (
    AttributeDefinition,
    AttributeKind,
    Channel,
    ContactPoint,
    Customer,
    ExternalId,
    FactChange,
    Tag,
)
from beizai.imports import dates, numbers
from beizai.imports.definitions import make_definition
from beizai.imports.entries import Entry
from beizai.imports.newcomers import Arrival
from beizai.imports.slices import reserve, write_slices

_FIELDS = ("name", "given_name", "family_name", "country", "language", "postal_address")
_YES_NO = {"yes", "no", "oui", "non", "true", "false", "是", "否"}


@dataclass(frozen=True)
class Plan:
    """The entries of a file, the headers of its attributes by key, the currency of the book."""

    entries: Sequence[Entry]
    labels: Mapping[str, str]
    currency: str


@dataclass(frozen=True)
class Outcome:
    """What happened to one card."""

    new: bool
    changed: bool


def write_plan(plan: Plan, arrival: Arrival, *, progress: Progress) -> dict[int, Outcome]:
    """Writes every entry onto its card, in short slices; returns what happened to each card. Sets `entry.card`."""
    definitions = _definitions(plan, arrival.import_id)
    outcomes: dict[int, Outcome] = {}

    def write(piece: Sequence[Entry]) -> None:
        outcomes.update(_write(piece, plan, definitions, arrival))

    write_slices(plan.entries, write, progress=progress, what="customers")
    return outcomes


def _write(
    piece: Sequence[Entry], plan: Plan, definitions: Mapping[str, AttributeDefinition], arrival: Arrival
) -> dict[int, Outcome]:
    new = [entry for entry in piece if entry.card is None]
    cards = Customer.objects.in_bulk([entry.card for entry in piece if entry.card is not None])
    for entry, pk in zip(new, reserve(Customer, len(new)), strict=True):
        entry.card = pk
    made = [
        Customer(
            pk=entry.card,
            source=arrival.source,
            import_id=arrival.import_id,
            simulated=arrival.simulated,
            created_at=arrival.now,
            changed_at=arrival.now,
        )
        for entry in new
    ]
    cards |= {card.pk: card for card in made}
    new_ids = {card.pk for card in made}
    changes: list[FactChange] = []
    outcomes: dict[int, Outcome] = {}
    touched: list[Customer] = []
    for entry in piece:
        card = cards[entry.card or 0]
        before = len(changes)
        _fill(card, entry, definitions, arrival, changes, currency=plan.currency, new=card.pk in new_ids)
        outcomes[card.pk] = Outcome(card.pk in new_ids, len(changes) > before)
        if card.pk not in new_ids and len(changes) > before:
            card.changed_at = arrival.now
            touched.append(card)
    Customer.objects.bulk_create(made)
    if touched:
        Customer.objects.bulk_update(
            touched, [*_FIELDS, "birthday_on", "facts", "changed_at"], batch_size=100
        )
    points = _around(piece, arrival, new_ids)
    FactChange.objects.bulk_create([one for one in (*changes, *points) if one.customer_id not in new_ids])
    search.index_many([entry.card for entry in piece if entry.card is not None])
    for one in points:
        outcomes[one.customer_id] = Outcome(outcomes[one.customer_id].new, True)
    return outcomes


def _fill(
    card: Customer,
    entry: Entry,
    definitions: Mapping[str, AttributeDefinition],
    arrival: Arrival,
    changes: list[FactChange],
    *,
    currency: str,
    new: bool,
) -> None:
    """Puts the entry onto the card: all of it on cards no person has edited, only what is missing on the others."""
    by_hand = card.revision > 0 and not new
    said: dict[str, Any] = {name: getattr(entry, name) for name in _FIELDS} | {"birthday_on": entry.birthday}
    for name, value in said.items():
        old = getattr(card, name)
        if value and value != old and not (old and by_hand):
            setattr(card, name, value)
            changes.append(_change(card.pk, name, _json(old), _json(value), arrival))
    for key, text in entry.facts.items():
        value = _parsed(definitions[key], text, currency)
        old = card.facts.get(key, {}).get("v")
        if value is not None and value != old and not (old is not None and by_hand):
            card.facts[key] = {"v": value, "source": arrival.source.pk, "at": arrival.now.isoformat()}
            changes.append(_change(card.pk, f"fact:{key}", old, value, arrival))


def _around(piece: Sequence[Entry], arrival: Arrival, new_ids: set[int]) -> list[FactChange]:
    """Numbers, contact points and tags of the cards; returns the changes to cards that were there before."""
    changes: list[FactChange] = []
    ids = [entry.card for entry in piece if entry.card is not None]
    old_ids = [pk for pk in ids if pk not in new_ids]
    has_number = set(
        ExternalId.objects.filter(source=arrival.source, customer_id__in=old_ids).values_list(
            "customer_id", "value"
        )
    )
    has_point = set(
        ContactPoint.objects.filter(customer_id__in=old_ids).values_list("customer_id", "channel", "normal")
    )
    has_tag = set(Tag.objects.filter(customer_id__in=old_ids).values_list("customer_id", "tag"))
    numbers_new, points_new, tags_new = [], [], []
    for entry in piece:
        pk = entry.card or 0
        if entry.number and (pk, entry.number) not in has_number:
            numbers_new.append(ExternalId(customer_id=pk, source=arrival.source, value=entry.number))
            changes.append(_change(pk, "external", None, entry.number, arrival))
        for channel, value, normal in (
            (Channel.EMAIL, entry.email, entry.email_normal),
            (Channel.PHONE, entry.phone, entry.phone_normal),
        ):
            if normal and (pk, channel.value, normal) not in has_point:
                points_new.append(_point(pk, channel, value, normal, arrival))
                changes.append(_change(pk, f"contact:{channel.value}", None, value, arrival))
        for tag in entry.tags:
            if (pk, tag) not in has_tag:
                tags_new.append(Tag(customer_id=pk, tag=tag, added_at=arrival.now))
                changes.append(_change(pk, f"tag:{tag}"[:60], None, tag, arrival))
    ExternalId.objects.bulk_create(numbers_new)
    ContactPoint.objects.bulk_create(points_new)
    Tag.objects.bulk_create(tags_new)
    return changes


def _point(pk: int, channel: Channel, value: str, normal: str, arrival: Arrival) -> ContactPoint:
    return ContactPoint(
        customer_id=pk,
        channel=channel,
        value=value,
        normal=normal,
        source=arrival.source,
        simulated=arrival.simulated,
        added_at=arrival.now,
    )


def _change(pk: int, field: str, old: Any, new: Any, arrival: Arrival) -> FactChange:
    return FactChange(
        customer_id=pk,
        field=field,
        old=old,
        new=new,
        source=arrival.source,
        import_id=arrival.import_id,
        at=arrival.now,
    )


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _definitions(plan: Plan, import_id: int) -> dict[str, AttributeDefinition]:
    """The definitions of the file's attributes; new ones get the kind their values show."""
    known = {one.key: one for one in AttributeDefinition.objects.filter(key__in=plan.labels)}
    position = (AttributeDefinition.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    for key, label in plan.labels.items():
        if key not in known:
            values = [entry.facts[key] for entry in plan.entries if key in entry.facts]
            known[key] = make_definition(import_id, key, label=label, kind=kind_of(values), position=position)
            position += 1
    return known


def kind_of(values: Iterable[str]) -> AttributeKind:
    """The kind all these values have; text where they have none in common.

    >>> kind_of(["12", "3.5"]), kind_of(["007", "12"]), kind_of(["yes", "no"]), kind_of(["2024-01-05"])
    (AttributeKind.NUMBER, AttributeKind.TEXT, AttributeKind.BOOLEAN, AttributeKind.DATE)
    """
    seen = set(values)
    if not seen:
        return AttributeKind.TEXT
    if all(value.casefold() in _YES_NO for value in seen):
        return AttributeKind.BOOLEAN
    if all(_plain_number(value) for value in seen):
        return AttributeKind.NUMBER
    if all(
        len(value) == 10 and (day := dates.read_day(value, None)) and day.on.isoformat() == value
        for value in seen
    ):
        return AttributeKind.DATE
    return AttributeKind.TEXT


def _plain_number(value: str) -> bool:
    zero_led = value.startswith("0") and value != "0" and not value.startswith("0.")
    return (
        not zero_led
        and len(value) <= 15
        and value.replace(".", "", 1).isdigit()
        and numbers.read_number(value, "point") is not None
    )


def _parsed(definition: AttributeDefinition, text: str, currency: str) -> Any:
    try:
        return facts.parse(definition, text, currency=currency)
    except Invalid:
        return None
