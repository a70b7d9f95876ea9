"""Whether a rule speaks of what this book knows: its attributes, tags, sources, segments, categories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from beizai.base.errors import Invalid, Phrase
from beizai.segments.rule import tree
from beizai.segments.rule.tree import Rule, walk
from beizai.segments.rule.values import BARE_OPS, COMPARISONS, DATE_OPS, DAYS_OPS, SET_OPS, TEXT_OPS, near


class AttributeKind(StrEnum):
    """How an attribute is compared."""

    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"


KINDS_SAID: Mapping[AttributeKind, Phrase] = {
    AttributeKind.TEXT: Phrase("text"),
    AttributeKind.CHOICE: Phrase("choice"),
    AttributeKind.CHOICES: Phrase("choice of several"),
    AttributeKind.NUMBER: Phrase("number"),
    AttributeKind.MONEY: Phrase("money"),
    AttributeKind.DATE: Phrase("date"),
    AttributeKind.BOOLEAN: Phrase("boolean"),
}
OPS_OF_KIND: Mapping[AttributeKind, tuple[str, ...]] = {
    AttributeKind.TEXT: (*TEXT_OPS, *BARE_OPS),
    AttributeKind.CHOICE: ("is", "is_not", "one_of", "none_of", *BARE_OPS),
    AttributeKind.CHOICES: (*SET_OPS, *BARE_OPS),
    AttributeKind.NUMBER: (*COMPARISONS, *BARE_OPS),
    AttributeKind.MONEY: (*COMPARISONS, *BARE_OPS),
    AttributeKind.DATE: (*DATE_OPS, *DAYS_OPS, *BARE_OPS),
    AttributeKind.BOOLEAN: ("is", *BARE_OPS),
}
STANDARD: Mapping[str, AttributeKind] = {
    "country": AttributeKind.TEXT,
    "language": AttributeKind.TEXT,
    "branch": AttributeKind.TEXT,
    "birthday_on": AttributeKind.DATE,
    "created_on": AttributeKind.DATE,
    "simulated": AttributeKind.BOOLEAN,
    "has_email": AttributeKind.BOOLEAN,
    "has_phone": AttributeKind.BOOLEAN,
    "has_sms": AttributeKind.BOOLEAN,
    "has_letter": AttributeKind.BOOLEAN,
    "has_messenger": AttributeKind.BOOLEAN,
}
"""What every card has, beside the attributes the shop defined."""


def names_of(key: str, kind: str) -> dict[str, AttributeKind]:
    """By which names a rule compares one attribute of the shop: a measure as a number, a picture by whether there is one,
    records by how many there are and by the date of the latest.

    >>> [*names_of("perms", "records")]
    ['perms.count', 'perms.last_on']
    """
    match kind:
        case "records":
            return {f"{key}.count": AttributeKind.NUMBER, f"{key}.last_on": AttributeKind.DATE}
        case "measure":
            return {key: AttributeKind.NUMBER}
        case "photo":
            return {key: AttributeKind.BOOLEAN}
        case _:
            return {key: AttributeKind(kind)}


@dataclass(frozen=True)
class Vocabulary:
    """The words of this book. A set that is None is not checked."""

    attributes: Mapping[str, AttributeKind] = field(default_factory=lambda: STANDARD)
    tags: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    segments: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    products: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    events: frozenset[str] | None = None


def check(rule: Rule, vocabulary: Vocabulary) -> None:
    """Refuses a rule that names what the book does not know, or compares it in a way its type has no meaning for."""
    for part, _ in walk(rule):
        _check_part(part, vocabulary)


def _check_part(part: Rule, known: Vocabulary) -> None:
    match part:
        case tree.Attribute():
            _check_attribute(part, known.attributes)
        case tree.Tagged(tag):
            _one_of(tag, known.tags, Phrase("tag"))
        case tree.From(source):
            _one_of(source, known.sources, Phrase("source"))
        case tree.Member(segment):
            _one_of(segment, known.segments, Phrase("segment"))
        case tree.MayContact(channel, purpose):
            _one_of(channel, known.channels, Phrase("channel"))
            _one_of(purpose, known.purposes, Phrase("purpose"))
        case tree.Bought() | tree.NeverBought():
            _one_of(part.category, known.categories, Phrase("category"))
            _one_of(part.product, known.products, Phrase("product"))
        case tree.Happened():
            _one_of(part.kind, known.events, Phrase("kind of event"))


def _one_of(found: str | None, known: frozenset[str] | None, what: Phrase) -> None:
    if found is not None and known is not None and found not in known:
        raise Invalid(
            "There is no {what} “{found}” in this book.", hint=near(found, known), what=what, found=found
        )


def _check_attribute(part: tree.Attribute, known: Mapping[str, AttributeKind]) -> None:
    if part.name not in known:
        raise Invalid(
            "There is no attribute “{name}” in this book.", hint=near(part.name, known), name=part.name
        )
    kind = known[part.name]
    if part.op not in OPS_OF_KIND[kind]:
        raise Invalid(
            "“{op}” does not go with “{name}”, which is a {kind}.",
            hint=near(part.op, OPS_OF_KIND[kind]),
            op=part.op,
            name=part.name,
            kind=KINDS_SAID[kind],
        )
    if not _fits(kind, part):
        raise Invalid(
            "“{value}” cannot be a value of “{name}”, which is a {kind}.",
            value=part.value,
            name=part.name,
            kind=KINDS_SAID[kind],
        )


def _fits(kind: AttributeKind, part: tree.Attribute) -> bool:
    if part.op in (*BARE_OPS, *DATE_OPS, *DAYS_OPS):
        return True
    values = part.value if isinstance(part.value, tuple) else (part.value,)
    match kind:
        case AttributeKind.BOOLEAN:
            return all(isinstance(value, bool) for value in values)
        case AttributeKind.TEXT | AttributeKind.CHOICE | AttributeKind.CHOICES:
            return all(isinstance(value, str) for value in values)
        case AttributeKind.MONEY:
            return all(isinstance(value, int) and not isinstance(value, bool) for value in values)
        case _:
            return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
