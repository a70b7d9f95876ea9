"""Which cards are laid side by side at all: those that agree in the keys of a rule, each pair once, as many as can be borne."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from beizai.identity.matching.columns import Cards, Spellings
from beizai.identity.matching.settings import Rule, Settings

Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]
_NAMES = "names"


@dataclass(frozen=True)
class Block:
    """One rule over all cards. `keys` is 0 for a card that the rule leaves out: a part unknown, or too many cards alike."""

    rule: Rule
    keys: Keys  # per card
    order: Rows  # cards with a key, those of one key together
    ends: NDArray[np.int64]  # pairs up to and with each place of `order`
    left_out: int  # cards whose key too many share

    @property
    def pairs(self) -> int:
        """How many pairs the rule gives, those of other rules among them."""
        return int(self.ends[-1]) if len(self.ends) else 0

    def pairs_at(self, places: NDArray[np.int64]) -> tuple[Rows, Rows]:
        """The pairs with these numbers, 0 to `pairs` - 1; the earlier card first."""
        at = np.searchsorted(self.ends, places, side="right")
        start = np.where(at > 0, self.ends[at - 1], 0)
        return self.order[at], self.order[at + 1 + places - start]


def blocks(cards: Cards, settings: Settings, among: NDArray[np.bool_] | None = None) -> list[Block]:
    """Of each row of rules the first that the budget bears; `among` keeps only keys that one of these cards has."""
    budget = settings.pairs_per_card * len(cards)
    out: list[Block] = []
    for variants in settings.rules:
        usable = [rule for rule in variants if all(_usable(key, cards) for key in rule)]
        for rule in usable:
            one = block(rule, _keys(rule, cards), settings.largest_block, among)
            if one.pairs <= budget:
                out.append(one)
                break
    return out


def block(rule: Rule, keys: Keys, largest: int, among: NDArray[np.bool_] | None = None) -> Block:
    """The pairs with equal keys (not 0); a key that more than `largest` cards have, or none of `among`, gives none."""
    order = np.argsort(keys, kind="stable")
    order = order[np.searchsorted(keys[order], np.uint64(1)) :]
    if not len(order):
        return Block(rule, keys, order, np.empty(0, np.int64), 0)
    starts = np.flatnonzero(np.append(True, keys[order][1:] != keys[order][:-1]))
    sizes = np.diff(np.append(starts, len(order)))
    kept = sizes <= largest
    if among is not None:
        kept &= np.logical_or.reduceat(among[order], starts)
    left_out = int(sizes[sizes > largest].sum())
    stays = np.repeat(kept, sizes)
    keys = keys.copy()
    keys[order[~stays]] = 0
    ahead = np.repeat(starts + sizes, sizes) - np.arange(len(order)) - 1
    return Block(rule, keys, order[stays], np.cumsum(ahead[stays]), left_out)


def slices(found: list[Block], size: int) -> Iterator[tuple[Rows, Rows]]:
    """All pairs of all rules, each once, at most `size` at a time."""
    for place, block in enumerate(found):
        for start in range(0, block.pairs, size):
            numbers = np.arange(start, min(start + size, block.pairs))
            yield _first_seen(found[:place], *block.pairs_at(numbers))


def sample(found: list[Block], size: int, seed: int) -> tuple[Rows, Rows, NDArray[np.float64]]:
    """About `size` pairs, and for how many pairs each stands; small rules are taken whole, large ones in part."""
    draw = np.random.default_rng(seed)
    left, right, stands_for = [], [], []
    rest, budget = len(found), size
    for block, place in sorted(
        ((block, place) for place, block in enumerate(found)), key=lambda one: one[0].pairs
    ):
        taken = min(block.pairs, budget // rest)
        rest, budget = rest - 1, budget - taken
        numbers = (
            np.arange(block.pairs)
            if taken == block.pairs
            else np.unique(draw.integers(0, block.pairs, size=taken, dtype=np.int64))
        )
        a, b = _first_seen(found[:place], *block.pairs_at(numbers))
        left.append(a)
        right.append(b)
        stands_for.append(np.full(len(a), block.pairs / max(len(numbers), 1)))
    if not left:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    return np.concatenate(left), np.concatenate(right), np.concatenate(stands_for)


def sharing(cards: Cards, rule: Rule, size: int, seed: int) -> tuple[Rows, Rows]:
    """Up to `size` pairs of cards that agree in these fields, however many do."""
    shared = block(rule, _keys(rule, cards), len(cards))
    if shared.pairs <= size:
        return shared.pairs_at(np.arange(shared.pairs))
    draw = np.random.default_rng(seed)
    return shared.pairs_at(np.unique(draw.integers(0, shared.pairs, size=size, dtype=np.int64)))


def any_two(cards: Cards, size: int, seed: int) -> tuple[Rows, Rows]:
    """Up to `size` pairs of any cards: all there are in a small book."""
    total = len(cards)
    if total * (total - 1) // 2 <= size:
        left, right = np.triu_indices(total, 1)
        return left.astype(np.int64), right.astype(np.int64)
    draw = np.random.default_rng(seed)
    a, b = draw.integers(0, total, size=(2, size), dtype=np.int64)
    unlike = a != b
    return np.minimum(a, b)[unlike], np.maximum(a, b)[unlike]


def rule_keys(rule: Rule, cards: Cards) -> Keys | None:
    """One number per card, equal where the cards agree in all parts of the rule, 0 where a part is not known."""
    return _keys(rule, cards) if all(_usable(key, cards) for key in rule) else None


def _usable(key: str, cards: Cards) -> bool:
    if key == _NAMES:
        return {"given_name", "family_name"} <= set(cards.columns)
    return key.partition(":")[0] in cards.columns


def _keys(rule: Rule, cards: Cards) -> Keys:
    keys = np.full(len(cards), np.uint64(0x243F6A8885A308D3))
    known = np.ones(len(cards), np.bool_)
    for key in rule:
        part, there = _part(key, cards)
        keys = _mixed(keys ^ part)
        known &= there
    return np.where(known, keys | np.uint64(1), np.uint64(0))


def _part(key: str, cards: Cards) -> tuple[Keys, NDArray[np.bool_]]:
    if key == _NAMES:
        given, family = cards.columns["given_name"].plain, cards.columns["family_name"].plain
        low, high = np.minimum(given, family), np.maximum(given, family)
        return _mixed(low.astype(np.uint64)) ^ high.astype(np.uint64), low >= 0
    role, _, which = key.partition(":")
    column = cards.columns[role]
    forms = _forms(column.spellings, which)
    codes = np.append(forms, -1)[column.plain]
    return codes.astype(np.int64).astype(np.uint64), codes >= 0


def _forms(spellings: Spellings, which: str) -> Rows:
    """What a key looks at, as a number per spelling; -1 where it is not there."""
    forms = len(spellings.texts)
    if not which:
        return np.arange(forms)
    if which.startswith("first"):
        short = pc.utf8_slice_codeunits(spellings.texts, 0, int(which.removeprefix("first")))
        found = short.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    elif which == "month_day":
        _, month, day = spellings.parts[:forms].T.astype(np.int64)
        found = np.where(month < 0, -1, month * 100 + day)
    else:  # year, ending, local
        found = spellings.parts[:forms, 0]
    return np.asarray(found, np.int64)


def _mixed(keys: Keys) -> Keys:
    """Splitmix64: near numbers become unlike ones."""
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def _first_seen(earlier: list[Block], left: Rows, right: Rows) -> tuple[Rows, Rows]:
    """Without the pairs that an earlier rule gave."""
    for block in earlier:
        new = (block.keys[left] != block.keys[right]) | (block.keys[left] == 0)
        left, right = left[new], right[new]
    return left, right
