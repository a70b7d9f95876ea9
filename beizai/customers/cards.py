"""The card: made once, changed with its history, never overwritten by somebody who looked at an old one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from beizai.base.errors import Invalid, NotFound
from beizai.customers import access, belonging, facts, history, points, search
from beizai.customers.models import Customer, Standing
from beizai.sources.models import Source
from beizai.staff.models import User

FIELDS = (
    "name",
    "given_name",
    "family_name",
    "country",
    "language",
    "birthday_on",
    "postal_address",
    "branch_id",
)

_SAME = object()


@dataclass(frozen=True)
class NewCard:
    """A customer as they are first written down. `points`: (channel, value) as given."""

    name: str = ""
    given_name: str = ""
    family_name: str = ""
    country: str = ""
    language: str = ""
    birthday_on: date | None = None
    postal_address: str = ""
    branch_id: int | None = None
    points: Sequence[tuple[str, str]] = ()
    simulated: bool = False


def add(
    new: NewCard, *, source: Source, now: datetime, user: User | None = None, country: str = ""
) -> Customer:
    """Makes a card with its contact points and search words. Invalid where nothing says who it is.

    `country` is where a phone number without a country code is dialled.
    """
    given = [(channel, value) for channel, value in new.points if value.strip()]
    if not (new.name.strip() or new.given_name.strip() or new.family_name.strip() or given):
        raise Invalid("A card needs a name, an email or a phone number.", hint="Enter at least one of them.")
    columns = {field: getattr(new, field) for field in FIELDS}
    if not columns["name"]:
        columns["name"] = " ".join(part for part in (new.given_name.strip(), new.family_name.strip()) if part)
    with transaction.atomic():
        customer = Customer.objects.create(
            **columns,
            source=source,
            made_by=user,
            simulated=new.simulated,
            created_at=now,
            changed_at=now,
        )
        for channel, value in given:
            points.add(
                customer,
                channel,
                value,
                source=source,
                now=now,
                user=user,
                country=country,
                simulated=new.simulated,
            )
        Standing.objects.create(customer=customer, as_of=now)
        access.at_home(customer, now)
        search.index_one(customer.pk)
    return customer


def get(customer_id: int) -> Customer:
    """The card of this number, or NotFound; the number of a card that was joined to another leads to that one."""
    number = belonging.card_of(customer_id)
    found = Customer.objects.filter(pk=number).select_related("source", "branch").first()
    if found is None:
        raise NotFound("There is no card {n}.", hint="Search by name, email or phone.", n=customer_id)
    return found


def edit(
    customer_id: int,
    changes: Mapping[str, Any],
    *,
    new_facts: Mapping[str, Any] | None = None,
    revision: int,
    source: Source,
    now: datetime,
    user: User | None = None,
) -> Customer:
    """Changes columns and facts (parsed values) of a card and keeps what it said before.

    `revision` is the one the editor saw: Invalid where somebody else has changed the card since.
    """
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise Invalid(
            "A card has no “{name}”.", hint="It has {fields}.", name=min(unknown), fields=", ".join(FIELDS)
        )
    customer_id = belonging.card_of(customer_id)
    with transaction.atomic():
        customer = _held(customer_id, revision)
        changed = []
        for field, value in changes.items():
            old = _set(customer, field, value)
            changed.append(old is not _SAME)
            if old is not _SAME:
                history.write(customer_id, field, old, _plain(value), source=source, user=user, now=now)
        changed += [
            facts.put(customer, key, value, source=source, now=now, user=user)
            for key, value in (new_facts or {}).items()
        ]
        if any(changed):
            touch(customer, now)
            search.index_one(customer_id)
        if "branch_id" in changes:
            access.at_home(customer, now)
    return customer


def touch(customer: Customer, now: datetime) -> None:
    """The card was changed by a person: its revision grows, so that an import that is undone leaves it alone."""
    customer.revision += 1
    customer.changed_at = now
    customer.save()


def touched(customer_id: int, now: datetime) -> None:
    """`touch` for what stands beside the card's own row (a tag, a note, a contact point)."""
    with transaction.atomic():
        touch(Customer.objects.select_for_update().get(pk=customer_id), now)


def _held(customer_id: int, revision: int) -> Customer:
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("There is no card {n}.", hint="Search by name, email or phone.", n=customer_id)
    if customer.revision != revision:
        raise Invalid(
            "Somebody has changed this card since you opened it.",
            hint="Look at what stands there now, then make your change again.",
            code="stale_card",
        )
    return customer


def _set(customer: Customer, field: str, value: Any) -> Any:
    """Sets a column and returns what stood there, or the sentinel where nothing changes."""
    old = getattr(customer, field)
    if old == value:
        return _SAME
    setattr(customer, field, value)
    return _plain(old)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
