"""The words of this book: what a rule may name, and what its own attributes are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from beizai.campaigns.models import Campaign
from beizai.customers.models import AttributeDefinition, AttributeKind
from beizai.events.models import EventName
from beizai.segments.rule import Vocabulary
from beizai.segments.vocabularies import vocabulary


@dataclass(frozen=True)
class Book:
    """What the fields of the builder may offer."""

    words: Vocabulary
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    campaigns: tuple[tuple[int, str], ...] = ()
    event_names: tuple[str, ...] = ()


def book() -> Book:
    """The words of the book as it is now."""
    own = list(AttributeDefinition.objects.values_list("key", "label", "choices", "kind"))
    begun = Campaign.objects.filter(started_at__isnull=False).order_by("-pk").values_list("pk", "name")[:50]
    names = EventName.objects.filter(call__in=("track", "page", "screen")).exclude(name="")
    return Book(
        words=vocabulary(),
        labels={
            name: words for key, label, _choices, kind in own for name, words in _labels(key, label, kind)
        },
        choices={key: tuple(map(str, choices)) for key, _label, choices, _kind in own},
        campaigns=tuple(begun),
        event_names=tuple(
            dict.fromkeys(names.order_by("-count", "name").values_list("name", flat=True)[:200])
        ),
    )


def _labels(key: str, label: str, kind: str) -> list[tuple[str, str]]:
    """How each name by which a rule compares the attribute is called."""
    if kind != AttributeKind.RECORDS:
        return [(key, label)]
    place = {"what": label}
    return [
        (f"{key}.count", _("%(what)s: how many") % place),
        (f"{key}.last_on", _("%(what)s: last on") % place),
    ]
