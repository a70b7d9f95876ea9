"""Cards that may be of one person: the same email or phone, or nearly the same name."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import Q

from beizai.base.contact_points import search_words
from beizai.base.errors import Invalid
from beizai.customers import belonging, points, search
from beizai.customers.models import ContactPoint, Customer

_NEAR = 0.86  # names this alike are shown; a wrong letter in ten keeps 0.9 (own choice)
_LOOKED_AT = 200


@dataclass(frozen=True)
class Double:
    """A card that may be the same person, and why: "same_email", "same_phone", "near_name"."""

    customer: Customer
    reasons: tuple[str, ...]


def possible(
    *,
    name: str = "",
    given: Sequence[tuple[str, str]] = (),
    country: str = "",
    besides: int | None = None,
    limit: int = 5,
    among: Q | None = None,
) -> list[Double]:
    """Cards that may be this person, those with most in common first.

    `given`: (channel, value) as typed. `among`: a condition on the cards that may be shown (see `access.Sight.within`).
    """
    reasons: dict[int, list[str]] = {}
    for channel, value in given:
        for customer_id in _owners(channel, value, country):
            reasons.setdefault(customer_id, []).append(f"same_{channel}")
    for customer_id in _near(name):
        reasons.setdefault(customer_id, []).append("near_name")
    reasons.pop(belonging.card_of(besides) if besides else 0, None)
    order = sorted(reasons, key=lambda found: (-len(reasons[found]), reasons[found] == ["near_name"], found))[
        :limit
    ]
    shown = Customer.objects.filter(among if among is not None else Q())
    cards = shown.select_related("standing").in_bulk(order)
    return [Double(cards[found], tuple(dict.fromkeys(reasons[found]))) for found in order if found in cards]


def _owners(channel: str, value: str, country: str) -> list[int]:
    try:
        normal = points.normal(channel, value, country)
    except Invalid:
        return []  # half typed
    rows = ContactPoint.objects.filter(channel=channel, normal=normal, ended_at=None)
    numbers = list(rows.values_list("customer_id", flat=True)[:20])
    return list(dict.fromkeys(belonging.cards_of(numbers).values()))


def _near(name: str) -> list[int]:
    """Cards whose name is alike: they share the first three letters of each of two words, or a whole single word."""
    words = sorted(search_words(name), key=len, reverse=True)
    whole = [word for word in words if len(word) > 1][:3]
    if not whole:
        return []
    beginnings = " ".join(word if len(whole) == 1 else word[:3] for word in whole[:2])
    found = Customer.objects.filter(pk__in=search.first_ids(beginnings, _LOOKED_AT)).values_list("pk", "name")
    return [customer_id for customer_id, other in found if alike(name, other) >= _NEAR]


def alike(one: str, other: str) -> float:
    """How alike two names are, 0 to 1, whatever the order of their words (Ratcliff and Obershelp's measure).

    >>> alike("Paul Fournier", "FOURNIER Paul")
    1.0
    """
    return SequenceMatcher(None, _key(one), _key(other), autojunk=False).ratio()


def _key(name: str) -> str:
    pieces = (max(search_words(piece), key=len, default="") for piece in name.split())
    return " ".join(sorted(piece for piece in pieces if piece))
