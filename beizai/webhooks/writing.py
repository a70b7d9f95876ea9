"""What is told, as it is written down for an endpoint: ids and what changed; people's addresses only where an owner chose so."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beizai.base import home, tokens
from beizai.channels import webhook
from beizai.consent import restricting
from beizai.customers.models import ContactPoint, Customer
from beizai.identity import cards
from beizai.webhooks import kinds
from beizai.webhooks.facts import Fact, body
from beizai.webhooks.models import WebhookDelivery, WebhookEndpoint

_AT_ONCE = 500


def write(endpoint: WebhookEndpoint, facts: Iterable[Fact], *, now: datetime, at: datetime) -> int:
    """Writes down what an endpoint is to be told of these facts; how many. The same fact again is nothing new.

    Left out: what the endpoint did not choose, people no longer in the book, and those whose data is only kept.
    `now` is the home's time, `at` the machine's.
    """
    wanted = [one for one in facts if one.kind in endpoint.kinds]
    people = _People.of([one.customer_id for one in wanted if one.customer_id], endpoint, now)
    key = id_key()
    rows = [_row(endpoint, one, people, key, at) for one in wanted if people.may_be_told(one)]
    WebhookDelivery.objects.bulk_create(rows, batch_size=_AT_ONCE, ignore_conflicts=True)
    return len(rows)


def id_key() -> bytes:
    """The key by which ids are made: another home never makes the same."""
    return tokens.derive_key(home.current().key("signing"), "webhook ids")


def _row(
    endpoint: WebhookEndpoint, fact: Fact, people: "_People", key: bytes, at: datetime
) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        key=fact.key,
        webhook_id=webhook.webhook_id(key, fact.key),
        kind=fact.kind,
        customer_id=fact.customer_id,
        body=body(fact, people.about(fact)),
        due_at=at,
        made_at=at,
    )


@dataclass(frozen=True)
class _People:
    """What must be known of the people some facts are about."""

    there: Mapping[int, Customer]
    card: Mapping[int, int]
    silent: Collection[int]
    points: Mapping[int, Sequence[Mapping[str, str]]]
    with_contact_points: bool

    @classmethod
    def of(cls, numbers: Collection[int], endpoint: WebhookEndpoint, now: datetime) -> "_People":
        card = cards.cards_of(numbers)
        wanted = {*card, *card.values()}
        columns = ("name", "given_name", "family_name", "language", "country", "simulated")
        there = {one.pk: one for one in Customer.objects.filter(pk__in=wanted).only(*columns)}
        points = _points(set(card.values())) if endpoint.with_contact_points else {}
        silent = restricting.restricted(now) if numbers else frozenset[int]()
        return cls(there, card, silent, points, endpoint.with_contact_points)

    def may_be_told(self, fact: Fact) -> bool:
        number = fact.customer_id
        if number is None or fact.kind == kinds.ERASED:
            return True
        return number in self.there and number not in self.silent and self.card[number] not in self.silent

    def about(self, fact: Fact) -> Mapping[str, Any]:
        """The card a number belongs to now, and, where an owner chose so, who it is."""
        if fact.customer_id is None or fact.kind == kinds.ERASED:
            return {}
        card = self.card[fact.customer_id]
        found: dict[str, Any] = {"card_id": card}
        who = self.there.get(card) or self.there[fact.customer_id]
        if who.simulated:
            found["simulated"] = True
        if self.with_contact_points:
            found["customer"] = {
                "name": who.name,
                "given_name": who.given_name,
                "family_name": who.family_name,
                "language": who.language,
                "country": who.country,
                "contact_points": list(self.points.get(card, ())),
            }
        return found


def _points(numbers: Collection[int]) -> dict[int, list[Mapping[str, str]]]:
    found: dict[int, list[Mapping[str, str]]] = {}
    rows = ContactPoint.objects.filter(customer_id__in=numbers, ended_at=None).order_by("pk")
    for customer_id, channel, value in rows.values_list("customer_id", "channel", "normal"):
        found.setdefault(customer_id, []).append({"channel": channel, "value": value})
    return found
