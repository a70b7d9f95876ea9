"""Whose card is this, for certain: by a number another book gave them, or by an address that is proved to be theirs alone.

What several people share (a family's phone) says nothing; what somebody only claims is proposed, never believed.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Case, F, Q, QuerySet, SmallIntegerField, Value, When

from beizai.customers import belonging
from beizai.customers.belonging import in_pieces
from beizai.customers.models import Channel, ContactPoint, Customer, ExternalId
from beizai.identity import cards, proposals, rules, same
from beizai.identity.models import SharedPoint
from beizai.identity.same import Door, Holder
from beizai.sources.models import Source, SourceKind
from beizai.staff.models import User

RULE = "deterministic"
_LOOKED_AT = 50  # cards of one address
# Where people type themselves and nobody of the house looks: what they say of their address is a claim.
_TYPED = (SourceKind.EDGE, SourceKind.REGISTRATION, SourceKind.NEWSLETTER, SourceKind.SURVEY, SourceKind.CONTEST, SourceKind.CHAT)  # fmt: skip
_told: list[Callable[[], Iterable[int]]] = []


class Because(StrEnum):
    """Why it is that card."""

    NUMBER = "number"
    VERIFIED_POINT = "verified_point"
    KNOWN_POINT = "known_point"
    NOTHING = ""


@dataclass(frozen=True)
class Point:
    """An address or number in its normal form; `verified`: that it is theirs was proved just now (a link was followed);
    `told`: the shop's own books or staff say it is."""

    channel: str
    normal: str
    verified: bool = False
    told: bool = False

    @property
    def door(self) -> Door:
        """How much it says."""
        return Door.PROVED if self.verified else Door.TOLD if self.told else Door.CLAIMED


@dataclass(frozen=True)
class Maybe:
    """A card it may be too, which a person should look at, and why: a key of `same.LIKELY`."""

    card_id: int
    reason: str


@dataclass(frozen=True)
class Same:
    """The card (None: none for certain), why, and the others it may be."""

    card_id: int | None
    because: Because
    maybe: tuple[Maybe, ...] = ()


def tell(sources_of_pages: Callable[[], Iterable[int]]) -> None:
    """The room that hands out keys for pages says which sources they write for: what comes by them is a claim."""
    _told[:] = [sources_of_pages]


def same_card(
    *,
    external_ids: Iterable[tuple[int, str]] = (),
    points: Iterable[Point] = (),
    name: str = "",
    source_id: int | None = None,
    besides: int | None = None,
) -> Same:
    """The card of somebody who comes with these numbers (source, value) and contact points, by the rule of `same`.

    A number decides, whatever an address says: the contradiction is among the maybes. `source_id` is the source that
    asks; `besides` a card that is not meant (the comer's own).
    """
    numbers = list(external_ids)
    numbered = _by_number(numbers)
    asked = [_Asked.of(point, name, source_id, bool(numbers) and not numbered, besides) for point in points]
    led = [card for one in asked if (card := one.decided) is not None]
    found = next(iter([*numbered, *led]), None)
    others = [Maybe(card, "two_ways") for card in [*numbered, *led]]
    others += [maybe for one in asked for maybe in one.doubts()] if found is None or not numbered else []
    first = {one.card_id: one for one in reversed(others) if one.card_id != found}
    because = Because.NUMBER if numbered else Because.NOTHING
    if not numbered and found is not None:
        proved = any(one.point.verified and one.decided == found for one in asked)
        because = Because.VERIFIED_POINT if proved else Because.KNOWN_POINT
    return Same(found, because, tuple(first[card] for card in sorted(first)))


def propose(card_id: int, found: Same, *, now: datetime) -> int:
    """Puts the other cards it may be before a person; returns how many."""
    mine = cards.card_of(card_id)
    pairs = [pair(mine, one.card_id, one.reason) for one in found.maybe if one.card_id != mine]
    return proposals.add(pairs, rule=RULE, now=now)


def pair(one: int, other: int, reason: str) -> proposals.Found:
    """Two cards for a person to look at, and why."""
    return proposals.Found(one, other, same.LIKELY[reason], {reason: {"level": "same", "bits": 0.0}})


def entered(customer: Customer, *, now: datetime) -> int:
    """Somebody has written down this card by hand: those it may be the same as wait for a person; how many."""
    rows = ContactPoint.objects.filter(customer=customer, ended_at=None).values_list("channel", "normal")
    points = [Point(channel, normal, told=True) for channel, normal in rows]
    found = same_card(points=points, name=customer.name, source_id=customer.source_id, besides=customer.pk)
    doubts = found.maybe if found.card_id is None else (Maybe(found.card_id, "several"), *found.maybe)
    return propose(customer.pk, Same(None, Because.NOTHING, doubts), now=now)


def is_shared(channel: str, normal: str) -> bool:
    """Whether several people use this contact point: somebody said so, or more cards have it than one person can."""
    return normal in shared_among(channel, [normal])


def shared_among(channel: str, normals: Collection[str]) -> set[str]:
    """Which of these contact points are shared: said so by a person, on many cards, or on cards of different names."""
    limit = rules.rules().shared_by
    shared: set[str] = set()
    for piece in in_pieces(sorted(set(normals)), 500):
        said = dict(
            SharedPoint.objects.filter(channel=channel, normal__in=piece).values_list("normal", "shared")
        )
        on_cards = _names_on(channel, [normal for normal in piece if normal not in said])
        shared |= {normal for normal, is_so in said.items() if is_so}
        shared |= {normal for normal, called in on_cards.items() if same.are_shared(called, limit)}
    return shared


def mark(channel: str, normal: str, *, shared: bool, now: datetime, by: User | None = None) -> None:
    """A person says whether a contact point is used by several people."""
    SharedPoint.objects.update_or_create(
        channel=channel, normal=normal, defaults={"shared": shared, "user": by, "at": now}
    )


def standing(rows: QuerySet[ContactPoint], source_id: int | None) -> QuerySet[Any, Any]:
    """These contact points with `verified`, `stands` (for their card) and `own` (brought by the source that asks)."""
    typed = Source.objects.filter(Q(kind__in=_TYPED) | Q(pk__in=list(_told[0]()) if _told else []))
    claims = Q(source_id__in=list(typed.values_list("pk", flat=True)), verified_at=None)
    by_file = Q(customer__import_id__isnull=False, added_at=F("customer__created_at"))
    return rows.annotate(
        verified=_says(Q(verified_at__isnull=False)),
        stands=_says(~claims | by_file) if typed else Value(1),
        own=_says(Q(source_id=source_id)) if source_id is not None else Value(0),
    )


def _says(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=SmallIntegerField())


def numbered(source_id: int, card_ids: Iterable[int]) -> set[int]:
    """Which of these cards have a number in a source, under whichever of their own numbers."""
    whose = belonging.spread(card_ids)
    found: set[int] = set()
    for piece in in_pieces(whose, 500):
        rows = ExternalId.objects.filter(source_id=source_id, customer_id__in=piece)
        found |= {whose[number] for number in rows.values_list("customer_id", flat=True)}
    return found


def _by_number(external_ids: Iterable[tuple[int, str]]) -> list[int]:
    found: list[int] = []
    for source_id, value in external_ids:
        rows = ExternalId.objects.filter(source_id=source_id, value=value)
        found += rows.values_list("customer_id", flat=True)[:1]
    return list(dict.fromkeys(cards.cards_of(found).values()))


@dataclass(frozen=True)
class _Asked:
    """One address that was asked about: the cards that have it, and which of them it leads to."""

    point: Point
    holders: tuple[Holder, ...]
    shared: bool
    crowded: bool
    decided: int | None

    @classmethod
    def of(
        cls, point: Point, name: str, source_id: int | None, has_number: bool, besides: int | None
    ) -> "_Asked":
        cards_with, crowded = _cards_with(point, name, source_id)
        holders = tuple(_holders(cards_with, name, source_id, has_number, besides))
        shared = bool(holders) and is_shared(point.channel, point.normal)
        email = point.channel == Channel.EMAIL
        decided = same.decide(holders, email=email, door=point.door, shared=shared, crowded=crowded)
        return cls(point, holders, shared, crowded, decided)

    def doubts(self) -> Iterable[Maybe]:
        email = self.point.channel == Channel.EMAIL
        if self.crowded:
            return
        for one in self.holders:
            reason = same.doubt(one, email=email, door=self.point.door, shared=self.shared)
            if reason:
                yield Maybe(one.card_id, reason)


_Flags = dict[int, list[int]]  # card: verified, stands, own


def _cards_with(point: Point, name: str, source_id: int | None) -> tuple[_Flags, bool]:
    """The cards that have an address, and whether they are more than one person can have: then those of the very name."""
    rows = ContactPoint.objects.filter(channel=point.channel, normal=point.normal, ended_at=None)
    told = standing(rows, source_id).order_by("pk")
    found = _by_card(told[:_LOOKED_AT])
    if len(found) <= rules.rules().shared_by:
        return found, False
    return _by_card(told.filter(customer__name__iexact=name.strip())[:_LOOKED_AT]), True


def _by_card(rows: QuerySet[Any, Any]) -> _Flags:
    said = list(rows.values_list("customer_id", "verified", "stands", "own"))
    leads = cards.cards_of(number for number, *_ in said)
    found: _Flags = {}
    for number, *flags in said:
        before = found.get(leads[number], [0, 0, 0])
        found[leads[number]] = [one or other for one, other in zip(before, flags, strict=True)]
    return found


def _holders(
    found: _Flags, name: str, source_id: int | None, has_number: bool, besides: int | None
) -> Iterable[Holder]:
    own_card = cards.card_of(besides) if besides is not None else None
    called = dict(Customer.objects.filter(pk__in=found).values_list("pk", "name"))
    other_numbers = numbered(source_id, found) if has_number and source_id is not None else set()
    for card, (verified, stands, own) in found.items():
        if card != own_card:
            compared = same.names(name, called.get(card, ""))
            yield Holder(card, compared, bool(verified), bool(stands), bool(own), card in other_numbers)


def _names_on(channel: str, normals: list[str]) -> dict[str, list[str]]:
    """The names of the cards that have each of these contact points; a joint card counts once."""
    rows = list(
        ContactPoint.objects.filter(channel=channel, normal__in=normals, ended_at=None).values_list(
            "normal", "customer_id", "customer__name"
        )
    )
    leads = cards.cards_of(number for _, number, _ in rows)
    joined = [card for number, card in leads.items() if number != card]
    kept = dict(Customer.objects.filter(pk__in=joined).values_list("pk", "name"))
    found: dict[str, dict[int, str]] = {}
    for normal, number, name in rows:
        found.setdefault(normal, {})[leads[number]] = kept.get(leads[number], name)
    return {normal: list(called.values()) for normal, called in found.items()}
