"""Whose card it is, in one rule for every door: a file, an event, a form, a hand at the till.

A number another book gave decides. Without one, an address decides where it stands for one card: it was proved there, or
the shop's own books say so; what somebody only typed on a site stands for nothing until it is proved. Nothing here reads
a table: `deterministic` asks for one person, `meeting` for a whole file, by the same rule.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from beizai.customers.doubles import alike

LIKELY = {"claimed": 0.9, "two_ways": 0.9, "another_number": 0.8, "several": 0.7, "phone_alone": 0.6, "other_name": 0.5, "shared": 0.5}  # fmt: skip
"""How likely a pair is one person, by why it is put before somebody (own choice: the order in which they are looked at)."""

_DIFFERENT = 0.6  # less alike than this are two people (own choice: "Marie Lin", "M. Lin" have 0.75)


class Door(StrEnum):
    """How much an address says that comes in: proved just now (a link was followed), told by the shop's own books or staff,
    or only claimed (typed on a site, where anybody can type anything)."""

    PROVED = "proved"
    TOLD = "told"
    CLAIMED = "claimed"


class Names(StrEnum):
    """How two names compare: the same (both unsaid too), alike, one of them not said, or two people's."""

    SAME = "same"
    ALIKE = "alike"
    UNSAID = "unsaid"
    DIFFER = "differ"


@lru_cache(maxsize=65_536)
def names(one: str, other: str) -> Names:
    """How two names compare, whatever the order of their words, their case and their accents.

    >>> names("Nathalie AUBERT", "Aubert Nathalie"), names("M. Lin", "Marie Lin"), names("Ada Lin", "Ben Okafor"), names("", "Ada")
    (<Names.SAME: 'same'>, <Names.ALIKE: 'alike'>, <Names.DIFFER: 'differ'>, <Names.UNSAID: 'unsaid'>)
    """
    left, right = one.strip(), other.strip()
    if left.casefold() == right.casefold():
        return Names.SAME
    if not left or not right:
        return Names.UNSAID
    likeness = alike(*sorted((left, right)))  # either way round the same
    if likeness == 1.0:
        return Names.SAME
    return Names.DIFFER if likeness < _DIFFERENT else Names.ALIKE


@dataclass(frozen=True)
class Holder:
    """A card that has the address: how its name compares with the comer's; whether the address was proved there, stands for
    it at all (proved, or from the shop's own books), came from the source that asks; and whether the card has another
    number in that source."""

    card_id: int
    names: Names
    verified: bool = False
    stands: bool = True
    own: bool = False
    numbered: bool = False


def are_shared(called: Sequence[str], limit: int) -> bool:
    """Whether cards of these names share what they all have: more than one person can have, or two people among them."""
    if len(called) > limit:
        return True
    return any(
        names(one, other) is Names.DIFFER for place, one in enumerate(called) for other in called[place + 1 :]
    )


def decide(
    holders: Iterable[Holder], *, email: bool, door: Door, shared: bool, crowded: bool = False
) -> int | None:
    """The one card among these the address leads to, or None: nobody guesses.

    An email leads to the card of no other name; a telephone, and whatever several people share, only to the card of the
    same name. Where that leaves several, the one of the same name, else the one it was proved on, else the one this very
    source brought. What very many have (`crowded`) leads to the one card of that name or to none.
    """
    if door is Door.CLAIMED:
        return None
    found = list(holders)
    able = [one for one in found if one.stands and not one.numbered and one.names is not Names.DIFFER]
    if shared or crowded or not (email or door is Door.PROVED):
        able = [one for one in able if one.names is Names.SAME]
    if crowded:
        alone = sum(one.names is Names.SAME for one in found) == 1
        return able[0].card_id if able and alone else None
    narrower: tuple[Callable[[Holder], bool], ...] = (
        lambda one: True,
        lambda one: one.names is Names.SAME,
        lambda one: one.verified,
        lambda one: one.own,
    )
    for fits in narrower:
        left = [one.card_id for one in able if fits(one)]
        if len(left) == 1:
            return left[0]
    return None


def doubt(holder: Holder, *, email: bool, door: Door, shared: bool) -> str:
    """Why this card may be theirs all the same, for a person to look at; "" where it says nothing (a household's phone)."""
    if holder.names is Names.DIFFER:
        return "other_name" if email and not shared else ""
    if door is Door.CLAIMED or not holder.stands:
        return "claimed"
    if holder.numbered:
        return "another_number" if email or holder.names is Names.SAME else ""
    if not email and door is not Door.PROVED and holder.names is not Names.SAME:
        return "" if shared else "phone_alone"
    if shared and holder.names is not Names.SAME:
        return "shared"
    return "several"
