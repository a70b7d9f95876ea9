"""What somebody chooses for themselves: by which channels, of which topics, how often, when, in which language."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from beizai.base.errors import Invalid, NotFound
from beizai.consent import ledger
from beizai.consent.models import DayPart, Decision, Frequency, Preference, Purpose, Topic
from beizai.consent.rules import may_contact
from beizai.customers import cards
from beizai.customers.models import ContactPoint, Customer
from beizai.sources.models import Source

DAYS = {Frequency.WEEKLY: 7, Frequency.MONTHLY: 30, Frequency.QUARTERLY: 91}
CHANNELS = ("email", "sms", "messenger", "phone", "letter")


@dataclass(frozen=True)
class Choices:
    """What somebody has chosen. `channels`: those there is an address for, and whether offers may come by it."""

    channels: Mapping[str, bool]
    topics: Mapping[str, bool]
    tracking: bool
    frequency: str = ""
    day_part: str = ""
    language: str = ""


def chosen(customer_id: int, at: datetime) -> Choices:
    """What holds now. NotFound where there is no such card (any more)."""
    card = Customer.objects.filter(pk=customer_id).first()
    if card is None:
        raise NotFound("This link is not known here.")
    kept = Preference.objects.filter(pk=customer_id).first()
    return Choices(
        channels={one: _may(customer_id, one, at) for one in _reached_by(card)},
        topics={name: _topic(customer_id, name, at) for name in Topic.objects.values_list("name", flat=True)},
        tracking=may_contact(customer_id, "email", Purpose.TRACKING, at).allowed,
        frequency=kept.frequency if kept else "",
        day_part=kept.day_part if kept else "",
        language=card.language,
    )


def choose(
    customer_id: int,
    wished: Choices,
    *,
    words: Mapping[str, str],
    at: datetime,
    source: Source,
    address: str = "",
    form_version: str = "1",
    text_language: str = "",
) -> int:
    """Writes down what differs from what holds; returns how many decisions that were.

    `words`: the sentence each box stood beside, by its channel, "topic:NAME" or "tracking". Only what was
    shown can be chosen. Invalid where a wish is none of those there are.
    """
    if wished.frequency not in Frequency.values or wished.day_part not in DayPart.values:
        raise Invalid("This wish is not one of those there are.", hint="Choose one from the list.")
    now = chosen(customer_id, at)
    decisions = _differences(now, wished)
    with transaction.atomic():
        for key, granted, purpose, channel, topic in decisions:
            ledger.record(
                ledger.Given(
                    customer_id, purpose, Decision.GRANTED if granted else Decision.WITHDRAWN, words[key], at,
                    source.pk, channel=channel, topic=topic, language=text_language, form="preferences",
                    form_version=form_version, address=address,
                ),
                now=at,
            )  # fmt: skip
        Preference.objects.update_or_create(
            customer_id=customer_id,
            defaults={"frequency": wished.frequency, "day_part": wished.day_part, "changed_at": at},
        )
        _speak(customer_id, wished.language, source, at)
    return len(decisions)


def nothing_more(customer_id: int, *, words: str, at: datetime, source: Source, address: str = "") -> None:
    """No advertising any more, by any channel."""
    ledger.record(
        ledger.Given(
            customer_id, Purpose.MARKETING, Decision.WITHDRAWN, words, at, source.pk,
            form="preferences", form_version="1", address=address,
        ),
        now=at,
    )  # fmt: skip


def wished_days(customer_ids: Collection[int]) -> dict[int, set[int]]:
    """How many days those who wish for fewer mails want between two: days → customers."""
    wishes = Preference.objects.exclude(frequency=Frequency.AS_IT_COMES)
    if len(customer_ids) < 500:
        wishes = wishes.filter(pk__in=list(customer_ids))
    found: dict[int, set[int]] = {}
    asked = set(customer_ids)
    for customer_id, frequency in wishes.values_list("pk", "frequency"):
        if customer_id in asked:
            found.setdefault(DAYS[Frequency(frequency)], set()).add(customer_id)
    return found


def _differences(now: Choices, wished: Choices) -> list[tuple[str, bool, str, str, str]]:
    """(key of the words, granted, purpose, channel, topic) of each box that was changed."""
    found = [
        (channel, wanted, str(Purpose.MARKETING), channel, "")
        for channel, wanted in wished.channels.items()
        if channel in now.channels and now.channels[channel] != wanted
    ]
    found += [
        (f"topic:{name}", wanted, str(Purpose.MARKETING), "", name)
        for name, wanted in wished.topics.items()
        if name in now.topics and now.topics[name] != wanted
    ]
    if now.tracking != wished.tracking:
        found.append(("tracking", wished.tracking, str(Purpose.TRACKING), "email", ""))
    return found


def _may(customer_id: int, channel: str, at: datetime) -> bool:
    return may_contact(customer_id, channel, Purpose.MARKETING, at).allowed


def _topic(customer_id: int, name: str, at: datetime) -> bool:
    """A topic is wanted where something they allowed includes it and nothing they said of it is against it."""
    return any(
        may_contact(customer_id, channel, Purpose.MARKETING, at, topic=name).allowed for channel in CHANNELS
    )


def _reached_by(card: Customer) -> Iterable[str]:
    have = set(
        ContactPoint.objects.filter(customer=card, ended_at=None).values_list("channel", flat=True).distinct()
    )
    return [one for one in CHANNELS if one in have or (one == "letter" and card.postal_address)]


def _speak(customer_id: int, language: str, source: Source, at: datetime) -> None:
    card = cards.get(customer_id)
    if language and language != card.language:
        cards.edit(customer_id, {"language": language}, revision=card.revision, source=source, now=at)
