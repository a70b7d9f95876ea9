"""What a card says of a customer: typed by its definition, each with its source and its time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from beizai.base.errors import NotFound
from beizai.customers import history
from beizai.customers.answers import parse, records, several
from beizai.customers.models import AttributeDefinition, AttributeKind, Customer, Family
from beizai.sources.models import Source
from beizai.staff.models import User

__all__ = [
    "Known",
    "confirm",
    "definition",
    "definitions",
    "holds_since",
    "is_sensitive",
    "known",
    "parse",
    "put",
    "records",
    "several",
]

_MONTH_DAYS = 30.4375


@dataclass(frozen=True)
class Known:
    """One fact as it stands: its definition, its value (None: not known), where it came from, when."""

    definition: AttributeDefinition
    value: Any
    source_id: int | None
    at: datetime | None

    def is_stale(self, now: datetime) -> bool:
        """Whether it was told longer ago than its definition allows, so that it is to be asked again."""
        since = holds_since(self.definition, now)
        return self.value is not None and self.at is not None and since is not None and self.at < since


def holds_since(one: AttributeDefinition, now: datetime) -> datetime | None:
    """What was told before this time is stale now; None where answers hold for good."""
    months = one.ask_again_months
    return now - timedelta(days=months * _MONTH_DAYS) if months else None


def is_sensitive(one: AttributeDefinition) -> bool:
    """Whether it may never stand in a subject, an ad or an export: where it is marked, and always for photos and credit."""
    return one.sensitive or one.kind == AttributeKind.PHOTO or one.family == Family.CREDIT


def definitions(*, retired: bool = False) -> list[AttributeDefinition]:
    """What is asked of customers, in its order; with those no longer asked where `retired`."""
    rows = AttributeDefinition.objects.all()
    return list(rows if retired else rows.filter(retired_at=None))


def definition(key: str) -> AttributeDefinition:
    """The definition of this key, or NotFound."""
    found = AttributeDefinition.objects.filter(key=key).first()
    if found is None:
        raise NotFound(
            "There is no attribute “{key}”.",
            hint="Attributes are defined under Customers, Attributes.",
            key=key,
        )
    return found


def put(
    customer: Customer, key: str, value: Any, *, source: Source, now: datetime, user: User | None = None
) -> bool:
    """Writes a parsed value into `facts` of a card held for update, with its history; None takes it out. True: it changed."""
    old = customer.facts.get(key, {}).get("v")
    if old == value and (value is not None or key not in customer.facts):
        return False
    if value is None:
        customer.facts.pop(key, None)
    else:
        customer.facts[key] = {"v": value, "source": source.pk, "at": now.isoformat()}
    history.write(customer.pk, f"fact:{key}", old, value, source=source, user=user, now=now)
    return True


def confirm(customer_id: int, key: str, *, source: Source, now: datetime, user: User | None = None) -> None:
    """They said it again: the fact is as fresh as today. NotFound where the card does not have it."""
    with transaction.atomic():
        customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
        fact = customer.facts.get(key) if customer else None
        if customer is None or fact is None:
            raise NotFound("The card does not say this.", hint="Write down what they told.")
        value = fact["v"]
        customer.facts[key] = {"v": value, "source": source.pk, "at": now.isoformat()}
        history.write(customer_id, f"fact:{key}", value, value, source=source, user=user, now=now)
        customer.changed_at = now
        customer.revision += 1
        customer.save(update_fields=["facts", "changed_at", "revision"])


def known(customer: Customer, asked: Iterable[AttributeDefinition] | None = None) -> list[Known]:
    """Everything that may be known of a customer, in the definitions' order, known or not.

    What is no longer asked is there only where the card has it. `asked` spares reading the definitions for each of many cards.
    """
    rows = []
    for one in definitions(retired=True) if asked is None else asked:
        fact = customer.facts.get(one.key)
        if fact is None and one.retired_at is not None:
            continue
        at = datetime.fromisoformat(fact["at"]) if fact and fact.get("at") else None
        rows.append(Known(one, fact["v"] if fact else None, fact.get("source") if fact else None, at))
    return rows
