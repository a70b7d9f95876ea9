"""Cards made and completed from a file: what staff wrote by hand stays, every change keeps what was there before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Max

from beizai.base.errors import Invalid
from beizai.base.progress import Progress
from beizai.customers import belonging, facts, search
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
from beizai.imports import person_statements
from beizai.imports.definitions import make_definition
from beizai.imports.desk import Desk
from beizai.imports.entries import Entry, known_entries
from beizai.imports.models import CardBefore
from beizai.imports.newcomers import Arrival
from beizai.imports.slices import insert_objects, rewrite, write_slices

_FOUND_BY = (
    "name",
    "given_name",
    "family_name",
    "contact:",
    "external",
)  # a card's search words are of these
_FIELDS = ("name", "given_name", "family_name", "country", "language", "postal_address")


def complete_known(
    desk: Desk,
    definitions: Mapping[str, AttributeDefinition],
    arrival: Arrival,
    *,
    currency: str,
    progress: Progress,
) -> dict[int, bool]:
    """Completes the cards the book has already, in short slices; returns for each card whether it changed."""
    outcomes: dict[int, bool] = {}

    def write(piece: Sequence[Entry]) -> None:
        for card, changed in _write(piece, definitions, arrival, currency=currency).items():
            outcomes[card] = outcomes.get(card, False) or changed

    write_slices(list(known_entries(desk)), write, progress=progress, what="known customers")
    return outcomes


def definitions_of(desk: Desk, labels: Mapping[str, str], import_id: int) -> dict[str, AttributeDefinition]:
    """The definitions of the file's attributes; new ones get the kind their values show."""
    known = {one.key: one for one in AttributeDefinition.objects.filter(key__in=labels)}
    position = (AttributeDefinition.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    if known.keys() >= labels.keys():
        return known
    shown = {name: kinds for name, *kinds in desk.rows(person_statements.FACT_KINDS)}
    for key, label in labels.items():
        if key not in known:
            kind = _kind(*shown.get(f"attribute_{desk.mapped.attributes[key]}", (False, False, False)))
            known[key] = make_definition(import_id, key, label=label, kind=kind, position=position)
            position += 1
    return known


def _kind(yes_no: bool, numeric: bool, dated: bool) -> AttributeKind:
    """The kind all values of an attribute have; text where they have none in common."""
    if yes_no:
        return AttributeKind.BOOLEAN
    if numeric:
        return AttributeKind.NUMBER
    return AttributeKind.DATE if dated else AttributeKind.TEXT


def _write(
    piece: Sequence[Entry], definitions: Mapping[str, AttributeDefinition], arrival: Arrival, *, currency: str
) -> dict[int, bool]:
    cards = Customer.objects.in_bulk([entry.card for entry in piece])
    piece = [entry for entry in piece if entry.card in cards]  # taken out since it was read
    changes: list[FactChange] = []
    touched: dict[int, Customer] = {}
    before_all = {pk: CardBefore(import_id=arrival.import_id, customer_id=pk, facts=dict(card.facts), changed_at=card.changed_at)
                  for pk, card in cards.items()}  # fmt: skip
    for entry in piece:
        before = len(changes)
        _fill(cards[entry.card], entry, definitions, arrival, changes, currency=currency)
        if len(changes) > before:
            cards[entry.card].changed_at = arrival.now
            touched[entry.card] = cards[entry.card]
    if touched:
        _rewrite(touched, changes)
        _keep_before(before_all, touched, changes)
    changes += _around(piece, arrival)
    insert_objects(changes)
    changed = {change.customer_id for change in changes}
    search.index_many(sorted({one.customer_id for one in changes if one.field.startswith(_FOUND_BY)}))
    return {entry.card: entry.card in changed for entry in piece}


def _rewrite(touched: Mapping[int, Customer], changes: Sequence[FactChange]) -> None:
    """Writes what changed, cards with the same columns together: no index of the other columns is touched."""
    columns: dict[int, set[str]] = {pk: {"changed_at"} for pk in touched}
    for change in changes:
        columns[change.customer_id].add("facts" if change.field.startswith("fact:") else change.field)
    alike: dict[tuple[str, ...], list[Customer]] = {}
    for pk, names in columns.items():
        alike.setdefault(tuple(sorted(names)), []).append(touched[pk])
    for written, rows in alike.items():
        rewrite(Customer, written, rows)


def _keep_before(
    before: Mapping[int, CardBefore], touched: Mapping[int, Customer], changes: Sequence[FactChange]
) -> None:
    """Keeps the facts these cards are about to lose, with their sources and times."""
    keys: dict[int, set[str]] = {}
    for change in changes:
        if change.field.startswith("fact:"):
            keys.setdefault(change.customer_id, set()).add(change.field[5:])
    rows = [before[pk] for pk in touched]
    for row in rows:
        row.facts = {key: row.facts.get(key) for key in keys.get(row.customer_id, ())}
    _keep_once(rows)


def _keep_once(rows: Sequence[CardBefore]) -> None:
    """Where an earlier row of the same file led to the card, what was kept then stands, and gains the facts changed now."""
    of_import = CardBefore.objects.filter(import_id=rows[0].import_id)
    kept = {one.customer_id: one for one in of_import.filter(customer__in=[row.customer_id for row in rows])}
    for row in rows:
        if row.customer_id in kept:
            kept[row.customer_id].facts = row.facts | kept[row.customer_id].facts
    rewrite(CardBefore, ["facts"], kept.values())
    insert_objects([row for row in rows if row.customer_id not in kept])


def _fill(
    card: Customer,
    entry: Entry,
    definitions: Mapping[str, AttributeDefinition],
    arrival: Arrival,
    changes: list[FactChange],
    *,
    currency: str,
) -> None:
    """Puts the entry onto the card: all of it on cards no person has edited, only what is missing on the others."""
    by_hand = card.revision > 0
    said: dict[str, Any] = {name: getattr(entry, name) for name in _FIELDS} | {"birthday_on": entry.birthday}
    for name, value in said.items():
        old = getattr(card, name)
        if value and value != old and not (old and by_hand):
            setattr(card, name, value)
            changes.append(_change(card.pk, name, _json(old), _json(value), arrival))
    for key, text in entry.facts.items():
        value = parsed(definitions[key], text, currency)
        old = card.facts.get(key, {}).get("v")
        if value is not None and value != old and not (old is not None and by_hand):
            card.facts[key] = {"v": value, "source": arrival.source.pk, "at": arrival.now.isoformat()}
            changes.append(_change(card.pk, f"fact:{key}", old, value, arrival))


def _around(piece: Sequence[Entry], arrival: Arrival) -> list[FactChange]:
    """Numbers, contact points and tags the cards had not yet; returns the changes."""
    changes: list[FactChange] = []
    whose = belonging.spread(entry.card for entry in piece)  # what a joined card has, its card has
    numbers = ExternalId.objects.filter(source=arrival.source, customer_id__in=list(whose))
    has_number = set(belonging.gathered(numbers.values_list("customer_id", "value"), whose))
    points = ContactPoint.objects.filter(customer_id__in=list(whose))
    has_point = set(belonging.gathered(points.values_list("customer_id", "channel", "normal"), whose))
    tags = Tag.objects.filter(customer_id__in=list(whose))
    has_tag = set(belonging.gathered(tags.values_list("customer_id", "tag"), whose))
    numbers_new, points_new, tags_new = [], [], []
    for entry in piece:
        pk = entry.card
        if entry.number and (pk, entry.number) not in has_number:
            has_number.add((pk, entry.number))
            numbers_new.append(ExternalId(customer_id=pk, source=arrival.source, value=entry.number))
            changes.append(_change(pk, "external", None, entry.number, arrival))
        for channel, value, normal in (
            (Channel.EMAIL, entry.email, entry.email_normal),
            (Channel.PHONE, entry.phone, entry.phone_normal),
        ):
            if normal and (pk, channel.value, normal) not in has_point:
                has_point.add((pk, channel.value, normal))  # two rows of the file may lead to one card
                points_new.append(_point(pk, channel, value, normal, arrival))
                changes.append(_change(pk, f"contact:{channel.value}", None, value, arrival))
        for tag in entry.tags:
            if (pk, tag) not in has_tag:
                has_tag.add((pk, tag))
                tags_new.append(Tag(customer_id=pk, tag=tag, added_at=arrival.now))
                changes.append(_change(pk, f"tag:{tag}"[:60], None, tag, arrival))
    for rows in (numbers_new, points_new, tags_new):
        insert_objects(rows)
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


def parsed(definition: AttributeDefinition, text: str, currency: str) -> Any:
    """The value of a text, or None where it is none of the definition's kind."""
    try:
        return facts.parse(definition, text, currency=currency)
    except Invalid:
        return None
