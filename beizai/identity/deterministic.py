"""Whose card is this, for certain: by a number another book gave them, or by an address that is proved to be theirs alone.

What several people share (a family's phone) says nothing; what somebody only claims is proposed, never believed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from beizai.customers.belonging import in_pieces
from beizai.customers.doubles import alike
from beizai.customers.models import ContactPoint, Customer, ExternalId
from beizai.identity import cards, proposals, rules
from beizai.identity.models import SharedPoint
from beizai.staff.models import User

_SAME_NAME = 0.6  # less alike than this are two people (own choice: "Marie Lin", "M. Lin" have 0.75)
_LIKELY = {"claimed": 0.9, "another_number": 0.9, "shared": 0.5}


class Because(StrEnum):
    """Why it is that card."""

    NUMBER = "number"
    VERIFIED_POINT = "verified_point"
    NOTHING = ""


@dataclass(frozen=True)
class Point:
    """An address or number in its normal form; `verified`: that it is theirs was proved just now (a link was followed)."""

    channel: str
    normal: str
    verified: bool = False


@dataclass(frozen=True)
class Maybe:
    """A card it may be too, which a person should look at: "claimed" (an address proved to be that card's),
    "another_number" (two numbers lead to two cards), "shared"."""

    card_id: int
    reason: str


@dataclass(frozen=True)
class Same:
    """The card (None: none for certain), why, and the others it may be."""

    card_id: int | None
    because: Because
    maybe: tuple[Maybe, ...] = ()


def same_card(
    *, external_ids: Iterable[tuple[int, str]] = (), points: Iterable[Point] = (), name: str = ""
) -> Same:
    """The card of somebody who comes with these numbers (source, value) and contact points.

    A number decides. Without one a contact point does, where it was proved now, was proved on the card, is on one
    card alone and not known as shared; and where a name is given, the names are not two people's.
    """
    asked = list(points)
    numbered = _by_number(external_ids)
    owners = {point: _owners(point) for point in asked}
    proved = [card for point in asked if (card := _proved(point, owners[point], name)) is not None]
    found = next(iter([*numbered, *proved]), None)
    because = Because.NUMBER if numbered else Because.VERIFIED_POINT if proved else Because.NOTHING
    others = [Maybe(card, "another_number") for card in numbered]
    others += [Maybe(card, _why(point)) for point in asked for card in owners[point]]
    first = {one.card_id: one for one in reversed(others) if one.card_id != found}
    return Same(found, because, tuple(first[card] for card in sorted(first)))


def propose(card_id: int, found: Same, *, now: datetime) -> int:
    """Puts the other cards it may be before a person; returns how many."""
    mine = cards.card_of(card_id)
    pairs = [
        proposals.Found(mine, one.card_id, _LIKELY[one.reason], {one.reason: {"level": "same", "bits": 0.0}})
        for one in found.maybe
        if one.card_id != mine
    ]
    return proposals.add(pairs, rule="deterministic", now=now)


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
        shared |= {normal for normal, names in on_cards.items() if len(names) > limit or _differ(names)}
    return shared


def mark(channel: str, normal: str, *, shared: bool, now: datetime, by: User | None = None) -> None:
    """A person says whether a contact point is used by several people."""
    SharedPoint.objects.update_or_create(
        channel=channel, normal=normal, defaults={"shared": shared, "user": by, "at": now}
    )


def _by_number(external_ids: Iterable[tuple[int, str]]) -> list[int]:
    found: list[int] = []
    for source_id, value in external_ids:
        rows = ExternalId.objects.filter(source_id=source_id, value=value)
        found += rows.values_list("customer_id", flat=True)[:1]
    return list(dict.fromkeys(cards.cards_of(found).values()))


@dataclass(frozen=True)
class _Owner:
    card_id: int
    verified: bool


def _owners(point: Point) -> dict[int, _Owner]:
    rows = ContactPoint.objects.filter(channel=point.channel, normal=point.normal, ended_at=None)
    said = list(rows.order_by("pk").values_list("customer_id", "verified_at")[:50])
    leads = cards.cards_of(number for number, _ in said)
    found: dict[int, _Owner] = {}
    for number, verified_at in said:
        before = found.get(leads[number])
        verified = verified_at is not None or (before is not None and before.verified)
        found[leads[number]] = _Owner(leads[number], verified)
    return found


def _proved(point: Point, owners: dict[int, _Owner], name: str) -> int | None:
    if not point.verified or len(owners) != 1 or is_shared(point.channel, point.normal):
        return None
    owner = next(iter(owners.values()))
    other = Customer.objects.filter(pk=owner.card_id).values_list("name", flat=True).first() or ""
    return owner.card_id if owner.verified and not _differ([name, other]) else None


def _why(point: Point) -> str:
    return "shared" if is_shared(point.channel, point.normal) else "claimed"


def _names_on(channel: str, normals: list[str]) -> dict[str, list[str]]:
    """The names of the cards that have each of these contact points; a joint card counts once."""
    rows = list(
        ContactPoint.objects.filter(channel=channel, normal__in=normals, ended_at=None).values_list(
            "normal", "customer_id", "customer__name"
        )
    )
    leads = cards.cards_of(number for _, number, _ in rows)
    found: dict[str, dict[int, str]] = {}
    for normal, number, name in rows:
        found.setdefault(normal, {}).setdefault(leads[number], name)
    return {normal: list(names.values()) for normal, names in found.items()}


def _differ(names: Iterable[str]) -> bool:
    """Whether two of these names are two people's; no name contradicts nobody."""
    said = [name for name in names if name.strip()]
    return any(alike(said[0], other) < _SAME_NAME for other in said[1:])
