"""The words of this book: what a rule may name, and what its own attributes are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from beizai.campaigns.models import Campaign
from beizai.customers.models import AttributeDefinition
from beizai.segments.rule import Vocabulary
from beizai.segments.vocabularies import vocabulary


@dataclass(frozen=True)
class Book:
    """What the fields of the builder may offer."""

    words: Vocabulary
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    campaigns: tuple[tuple[int, str], ...] = ()


def book() -> Book:
    """The words of the book as it is now."""
    own = list(AttributeDefinition.objects.values_list("key", "label", "choices"))
    begun = Campaign.objects.filter(started_at__isnull=False).order_by("-pk").values_list("pk", "name")[:50]
    return Book(
        words=vocabulary(),
        labels={key: label for key, label, _choices in own},
        choices={key: tuple(map(str, choices)) for key, _label, choices in own},
        campaigns=tuple(begun),
    )
