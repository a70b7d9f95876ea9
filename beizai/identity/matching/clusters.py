"""Who ends up on one card: pairs joined into people, never two who speak against each other or were told apart by hand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from beizai.identity.matching.blocks import block, slices
from beizai.identity.matching.pairs import Matcher

Places = NDArray[np.int64]
_ALL_AGAINST_ALL = 300  # cards; in a larger group only the pairs that were found are held against each other


@dataclass(frozen=True)
class Person:
    """The cards of one person, in order of their ids, and how likely the least likely pair that joins them is."""

    ids: tuple[int, ...]
    probability: float


@dataclass(frozen=True)
class People:
    """What matching comes to: groups to merge, and pairs that a person should look at (rows of the pairs' table)."""

    merge: list[Person]
    review: pa.Table


@dataclass(frozen=True)
class _Links:
    """The pairs that join, in order of their left card."""

    left: Places
    right: Places
    likely: NDArray[np.float64]

    def of(self, card: int) -> Places:
        """The numbers of the pairs with this card on the left."""
        return np.arange(np.searchsorted(self.left, card), np.searchsorted(self.left, card + 1))


def people(matcher: Matcher, pairs: pa.Table, *, apart: Iterable[tuple[int, int]] = ()) -> People:
    """Joins the pairs from `merge_from` on; what is likely but not joined is for review.

    A joins B and B joins C puts A with C, unless A and C speak against each other (`conflict_bits`) or any two of the
    group are in `apart` (told apart by a person): then the likeliest pairs are joined first and the rest is for review.
    """
    ids = matcher.cards.ids
    left, right = (np.searchsorted(ids, pairs[name].to_numpy()) for name in ("left_id", "right_id"))
    likely = pairs["probability"].to_numpy()
    told_apart = {tuple(sorted(pair)) for pair in apart}
    places = _places(ids, told_apart)
    sure = likely >= matcher.settings.merge_from
    group = _groups(left[sure], right[sure], len(ids))
    by_left = np.flatnonzero(sure)[np.argsort(left[sure], kind="stable")]
    links = _Links(left[by_left], right[by_left], likely[by_left])
    conflicts = _conflicts(matcher, group) | {(a, b) for a, b in places if group[a] == group[b]}
    for members, forbidden in _in_conflict(group, conflicts):
        _join_anew(group, members, links, forbidden)
    joined = group[left] == group[right]
    settled = np.array([(a, b) in places for a, b in zip(left, right, strict=True)] if places else False)
    by = joined & sure
    return People(
        _merged(ids, group, left[by], right[by], likely[by]), pairs.filter(pa.array(~joined & ~settled))
    )


def one_to_one(pairs: pa.Table, *, merge_from: float) -> pa.Table:
    """Where each card of one list may have at most one in the other: the likeliest pairs first, each card once."""
    pairs = pairs.sort_by(
        [("probability", "descending"), ("left_id", "ascending"), ("right_id", "ascending")]
    )
    taken: set[int] = set()
    keep = []
    for left, right, likely in zip(
        *(pairs[name].to_pylist() for name in ("left_id", "right_id", "probability")), strict=True
    ):
        free = likely >= merge_from and left not in taken and right not in taken
        keep.append(free)
        if free:
            taken |= {left, right}
    return pairs.filter(pa.array(keep, pa.bool_()))


def _places(ids: NDArray[np.int64], pairs: set[tuple[int, ...]]) -> set[tuple[int, int]]:
    known = set(ids[np.isin(ids, list({one for pair in pairs for one in pair}))].tolist()) if pairs else set()
    return {
        (int(np.searchsorted(ids, a)), int(np.searchsorted(ids, b)))
        for a, b in pairs
        if a in known and b in known
    }


def _groups(left: Places, right: Places, cards: int) -> NDArray[np.int64]:
    graph = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=(cards, cards))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _conflicts(matcher: Matcher, group: NDArray[np.int64]) -> set[tuple[int, int]]:
    """Pairs within groups of three and more that speak against each other."""
    sizes = np.bincount(group)[group]
    keys = np.where(sizes > 2, group + 1, 0).astype(np.uint64)
    found: set[tuple[int, int]] = set()
    for left, right in slices([block((), keys, _ALL_AGAINST_ALL)], matcher.settings.slice_pairs):
        against = matcher.evidence(left, right) <= matcher.settings.conflict_bits
        found |= set(zip(left[against].tolist(), right[against].tolist(), strict=True))
    return found


def _in_conflict(
    group: NDArray[np.int64], conflicts: set[tuple[int, int]]
) -> Iterator[tuple[Places, set[tuple[int, int]]]]:
    """The members of each group that has conflicts, and these."""
    by_group: dict[int, set[tuple[int, int]]] = {}
    for a, b in sorted(conflicts):
        by_group.setdefault(int(group[a]), set()).add((a, b))
    order = np.argsort(group, kind="stable")
    grouped = group[order]
    for number, forbidden in by_group.items():
        yield order[np.searchsorted(grouped, number) : np.searchsorted(grouped, number + 1)], forbidden


def _join_anew(group: Places, members: Places, links: _Links, conflicts: set[tuple[int, int]]) -> None:
    """Joins the members again, the likeliest pair first, none in conflict together; numbers the parts anew."""
    own = np.concatenate([links.of(member) for member in members.tolist()])
    part = {int(member): {int(member)} for member in members}
    for at in own[np.lexsort((links.right[own], links.left[own], -links.likely[own]))]:
        a, b = part[int(links.left[at])], part[int(links.right[at])]
        if a is not b and not any((min(x, y), max(x, y)) in conflicts for x in a for y in b):
            a |= b
            part |= dict.fromkeys(b, a)
    following = int(group.max()) + 1
    for number, together in enumerate({id(one): one for one in part.values()}.values()):
        group[sorted(together)] = following + number


def _merged(
    ids: NDArray[np.int64], group: NDArray[np.int64], left: Places, right: Places, likely: NDArray[np.float64]
) -> list[Person]:
    """Groups of two and more, by their smallest id."""
    members: dict[int, set[int]] = {}
    least: dict[int, float] = {}
    for a, b, probability in zip(left.tolist(), right.tolist(), likely.tolist(), strict=True):
        number = int(group[a])
        members.setdefault(number, set()).update((a, b))
        least[number] = min(least.get(number, 1.0), probability)
    whole = [Person(tuple(ids[sorted(places)].tolist()), least[number]) for number, places in members.items()]
    return sorted(whole, key=lambda person: person.ids)
