"""Who is calling: the card of a userId, what identify says of it, and whether a person may be kept with an event."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import transaction

from beizai.base.errors import BeizaiError, Invalid
from beizai.consent.models import Purpose
from beizai.consent.rules import Reason, may_contact_many
from beizai.customers import facts, history, points, search
from beizai.customers.models import AttributeDefinition, Customer, ExternalId, FactChange, Standing
from beizai.events.calls import Call
from beizai.identity import anonymous, deterministic, merging
from beizai.identity.deterministic import Point
from beizai.sources.models import Source
from beizai.staff.models import Shop

_AT_ONCE = 200  # cards to a transaction: under 50 ms
_SAID_NO = frozenset({Reason.REFUSED, Reason.WITHDRAWN, Reason.RESTRICTED})
_COLUMNS = {"name": "name", "firstName": "given_name", "lastName": "family_name", "language": "language"}
_LONGEST = {"name": 200, "given_name": 100, "family_name": 100, "language": 10}
_POINTS = {"email": "email", "phone": "phone"}
_RESERVED = frozenset({*_COLUMNS, *_POINTS, "birthday", "address", "id", "avatar", "createdAt", "username"})


def known(source_id: int, user_ids: Iterable[str]) -> dict[str, int]:
    """The customers of these numbers of a source."""
    rows = ExternalId.objects.filter(source_id=source_id, value__in=sorted(set(user_ids)))
    return dict(rows.values_list("value", "customer_id"))


def make(new: Mapping[str, datetime], *, source: Source) -> dict[str, int]:
    """Cards of which nothing is known yet but their number in the source, since when; one for each number.

    Who is given a card by somebody else in the same moment has that one.
    """
    made: dict[str, int] = {}
    rest = iter(new.items())
    while some := dict(islice(rest, _AT_ONCE)):
        made |= _make(some, source)
    return made


def _make(new: Mapping[str, datetime], source: Source) -> dict[str, int]:
    with transaction.atomic():
        cards = Customer.objects.bulk_create(
            Customer(source=source, simulated=source.simulated, created_at=at, changed_at=at)
            for at in new.values()
        )
        numbers = [
            ExternalId(source=source, value=number, customer=card)
            for number, card in zip(new, cards, strict=True)
        ]
        ExternalId.objects.bulk_create(numbers, ignore_conflicts=True)
        found = known(source.pk, new)
        mine = set(found.values())
        Customer.objects.filter(pk__in=[card.pk for card in cards if card.pk not in mine]).delete()
        ours = [card for card in cards if card.pk in mine]
        Standing.objects.bulk_create(Standing(customer=card, as_of=card.created_at) for card in ours)
        search.index_many(card.pk for card in ours)
    return found


def refusing(customer_ids: Iterable[int], at: datetime) -> set[int]:
    """Those who said that they are not to be followed."""
    answers = may_contact_many(set(customer_ids), "email", Purpose.TRACKING, at)
    return {one for one, answer in answers.items() if answer.reason in _SAID_NO}


def identify(call: Call, customer_id: int, *, source: Source, shop: Shop, in_browser: bool) -> bool:
    """Writes what identify says on the card: each fact with its source and time, nothing over what is newer.

    True where the card must be indexed anew, which is for the caller to do.

    What another source said stays, unless a program (not a page, which anybody can imitate) says something newer of
    an attribute. An address is added unproved: nobody is joined with the card that may already have it, the two are put before
    a person. Invalid (code "bad_trait") where a trait cannot be what it should; then nothing is written.
    """
    said = _said(call.details, shop)
    with transaction.atomic():
        customer = Customer.objects.select_for_update().get(pk=customer_id)
        at, changed = call.occurred_at, False
        for column, value in said.columns.items():
            changed |= _column(customer, column, value, source=source, at=at)
        for key, value in said.facts.items():
            if _may_write(customer.facts.get(key), source, at, in_browser=in_browser):
                changed |= facts.put(customer, key, value, source=source, now=at)
        added = [
            points.add(customer, channel, value, source=source, now=at, country=shop.country)
            for channel, value in said.points
        ]
        if changed:
            customer.changed_at = max(customer.changed_at, at)
            customer.save()
            merging.refresh([customer.pk], now=at)
        claimed = [Point(one.channel, one.normal) for one in added if one.added_at == at]
        deterministic.propose(customer.pk, deterministic.same_card(points=claimed), now=at)
    return changed or bool(said.points)


def join(call: Call, customer_id: int) -> None:
    """Visits under the anonymous id are this customer's, from what was said at that time."""
    other = call.anonymous_id if call.kind != "alias" else call.previous_id
    if other and other != call.user_id:
        anonymous.join(other, customer_id, call.occurred_at)


class _Said:
    """The traits of an identify by where they are written."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.points: list[tuple[str, str]] = []


def _said(traits: Mapping[str, Any], shop: Shop) -> _Said:
    said = _Said()
    try:
        _read_reserved(traits, said, shop.country)
        others = {key: value for key, value in traits.items() if key not in _RESERVED and value is not None}
        for definition in AttributeDefinition.objects.filter(key__in=list(others)[:500]):
            value = facts.parse(definition, _text(others[definition.key]), currency=shop.currency)
            if value is not None:
                said.facts[definition.key] = value
    except BeizaiError as error:
        raise Invalid("{why}", why=str(error), code="bad_trait") from None
    return said


def _read_reserved(traits: Mapping[str, Any], said: _Said, country: str) -> None:
    for trait, column in _COLUMNS.items():
        if text := _text(traits.get(trait))[: _LONGEST[column]]:
            said.columns[column] = text
    if "name" not in said.columns:
        both = " ".join(said.columns[one] for one in ("given_name", "family_name") if one in said.columns)
        said.columns |= {"name": both} if both else {}
    if text := _text(traits.get("birthday")):
        said.columns["birthday_on"] = _day(text)
    for trait, channel in _POINTS.items():
        if text := _text(traits.get(trait)):
            points.normal(channel, text, country)
            said.points.append((channel, text))
    address = traits.get("address")
    if isinstance(address, dict):
        _read_address(address, said)


def _read_address(address: Mapping[str, Any], said: _Said) -> None:
    parts = [_text(address.get(part)) for part in ("street", "postalCode", "city", "state", "country")]
    if any(parts):
        said.columns["postal_address"] = "\n".join(part for part in parts if part)
    if len(parts[-1]) == 2 and parts[-1].isascii() and parts[-1].isalpha():
        said.columns["country"] = parts[-1].upper()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Invalid("“{text}” is not a date.", text=text[:40], hint="Write it as 2026-03-31.") from None


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("\x00", "").strip()


def _column(customer: Customer, column: str, value: Any, *, source: Source, at: datetime) -> bool:
    old = getattr(customer, column)
    if old == value:
        return False
    if old:
        last = FactChange.objects.filter(customer=customer, field=column).order_by("-at", "-pk").first()
        owner, since = (last.source_id, last.at) if last else (customer.source_id, customer.created_at)
        if owner != source.pk or since > at:
            return False
    setattr(customer, column, value)
    plain = [one.isoformat() if isinstance(one, date) else one for one in (old, value)]
    history.write(customer.pk, column, plain[0] or None, plain[1], source=source, now=at)
    return True


def _may_write(fact: Mapping[str, Any] | None, source: Source, at: datetime, *, in_browser: bool) -> bool:
    if fact is None or not fact.get("at"):
        return fact is None
    if in_browser and fact.get("source") != source.pk:
        return False
    return datetime.fromisoformat(fact["at"]) <= at
