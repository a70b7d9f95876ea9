"""What a card says of a customer: typed by its definition, each with its source and its time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from beizai.base import money
from beizai.base.errors import Invalid, NotFound
from beizai.customers import history
from beizai.customers.models import AttributeDefinition, AttributeKind, Customer
from beizai.sources.models import Source
from beizai.staff.models import User

_TRUE = {"yes", "true", "1", "y", "oui", "是"}
_FALSE = {"no", "false", "0", "n", "non", "否"}
_LONGEST = 2000


@dataclass(frozen=True)
class Known:
    """One fact as it stands: its definition, its value (None: not known), where it came from, when."""

    definition: AttributeDefinition
    value: Any
    source_id: int | None
    at: datetime | None


def parse(definition: AttributeDefinition, text: str, *, currency: str) -> Any:
    """The value of this text by the definition's kind, as JSON keeps it; "" is None (not known). Invalid says what is wrong."""
    stripped = text.strip()
    if not stripped:
        return None
    if len(stripped) > _LONGEST:
        raise Invalid(
            "{label} is too long.", hint="At most {limit} characters.", label=definition.label, limit=_LONGEST
        )
    return _PARSERS[AttributeKind(definition.kind)](definition, stripped, currency)


def _text(_definition: AttributeDefinition, text: str, _currency: str) -> str:
    return text


def _number(definition: AttributeDefinition, text: str, _currency: str) -> int | float:
    try:
        value = Decimal(text.replace(" ", "").replace("\u202f", "").replace(",", "."))
    except InvalidOperation:
        raise Invalid(
            "“{text}” is not a number.", hint="Write {label} with digits.", text=text, label=definition.label
        ) from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
        raise Invalid("“{text}” is out of reach.", hint="Numbers have at most 15 digits.", text=text)
    return int(value) if value == value.to_integral_value() else float(value)


def _money(_definition: AttributeDefinition, text: str, currency: str) -> int:
    return money.to_minor(text.replace(" ", "").replace(",", "."), currency)


def _date(definition: AttributeDefinition, text: str, _currency: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid(
            "“{text}” is not a date.", hint="Write {label} as 2026-03-31.", text=text, label=definition.label
        ) from None


def _choice(definition: AttributeDefinition, text: str, _currency: str) -> str:
    if text not in definition.choices:
        raise Invalid(
            "“{text}” is not one of the answers to {label}.",
            hint="Answers: {answers}.",
            text=text,
            label=definition.label,
            answers=", ".join(definition.choices),
        )
    return text


def _boolean(definition: AttributeDefinition, text: str, _currency: str) -> bool:
    folded = text.casefold()
    if folded not in _TRUE | _FALSE:
        raise Invalid(
            "“{text}” is neither yes nor no.",
            hint="Answer {label} with yes or no.",
            text=text,
            label=definition.label,
        )
    return folded in _TRUE


_PARSERS: dict[AttributeKind, Callable[[AttributeDefinition, str, str], Any]] = {
    AttributeKind.TEXT: _text,
    AttributeKind.NUMBER: _number,
    AttributeKind.MONEY: _money,
    AttributeKind.DATE: _date,
    AttributeKind.CHOICE: _choice,
    AttributeKind.BOOLEAN: _boolean,
}


def definition(key: str) -> AttributeDefinition:
    """The definition of this key, or NotFound."""
    found = AttributeDefinition.objects.filter(key=key).first()
    if found is None:
        raise NotFound(
            "There is no attribute “{key}”.",
            hint="Attributes are defined under Settings, Attributes.",
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


def known(customer: Customer) -> list[Known]:
    """Everything that may be known of a customer, in the definitions' order, known or not."""
    rows = []
    for one in AttributeDefinition.objects.all():
        fact = customer.facts.get(one.key)
        at = datetime.fromisoformat(fact["at"]) if fact and fact.get("at") else None
        rows.append(Known(one, fact["v"] if fact else None, fact.get("source") if fact else None, at))
    return rows
