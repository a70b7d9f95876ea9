"""Finding the cards of one person: every likely pair with its probability, and what each field says for or against."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beizai.identity.matching.blocks import Block, Rows, blocks, slices
from beizai.identity.matching.columns import Cards, cards_of
from beizai.identity.matching.learning import Model, learned, odds_to_probability, states, strangers, weights
from beizai.identity.matching.levels import Levels, levels
from beizai.identity.matching.settings import EXPECTED, Kind, Level, Settings

Progress = Callable[[int, int], None]
_USUAL_SHARERS = 3  # cards one person may have; a phone on more cards than that is a shared one


@dataclass(frozen=True)
class _Scored:
    """Pairs as places among the cards, with what was found of them; levels and bits are (fields, pairs)."""

    left: Rows
    right: Rows
    likely: NDArray[np.float64]
    compared: Levels
    bits: NDArray[np.float32]

    def only(self, keep: NDArray[np.bool_]) -> "_Scored":
        return _Scored(
            self.left[keep], self.right[keep], self.likely[keep], self.compared[:, keep], self.bits[:, keep]
        )


@dataclass(frozen=True)
class Matcher:
    """A book read, its blocks formed, its weights learned: ready to say of any two cards how likely they are one person."""

    cards: Cards
    settings: Settings
    found: list[Block]
    model: Model

    @classmethod
    def of(cls, table: pa.Table, settings: Settings, *, among: Iterable[int] | None = None) -> "Matcher":
        """Reads and learns. `among`: only pairs with at least one of these cards are looked for later."""
        cards = cards_of(table, settings)
        everywhere = blocks(cards, settings)
        model = learned(cards, everywhere, settings)
        if among is None:
            return cls(cards, settings, everywhere, model)
        wanted = np.isin(cards.ids, np.fromiter(among, np.int64))
        return cls(cards, settings, blocks(cards, settings, wanted), model)

    def pairs(self, *, among: Iterable[int] | None = None, progress: Progress | None = None) -> pa.Table:
        """All pairs of the blocks from `review_from` on, the most likely first; see `find_pairs`."""
        wanted = None if among is None else np.isin(self.cards.ids, np.fromiter(among, np.int64))
        kept: list[_Scored] = []
        total, done = sum(block.pairs for block in self.found), 0
        for left, right in slices(self.found, self.settings.slice_pairs):
            touched = slice(None) if wanted is None else wanted[left] | wanted[right]
            scored = self._scored(left[touched], right[touched])
            kept.append(scored.only(scored.likely >= self.settings.review_from))
            done = min(done + self.settings.slice_pairs, total)
            if progress is not None:
                progress(done, total)
        return self._table(kept)

    def scored(self, left_ids: Iterable[int], right_ids: Iterable[int]) -> pa.Table:
        """These very pairs in the order given, however unlikely, in the form of `find_pairs`."""
        left, right = (
            np.searchsorted(self.cards.ids, np.fromiter(ids, np.int64)) for ids in (left_ids, right_ids)
        )
        return self._table([self._scored(left, right)], ordered=False)

    def evidence(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """All bits for and against, of pairs given as places among the cards."""
        return np.asarray(self._scored(left, right).bits.sum(axis=0), np.float64)

    def _scored(self, left: Rows, right: Rows) -> _Scored:
        compared = levels(self.cards, self.settings, left, right)
        bits = weights(self.model, compared)
        for place in range(len(bits)):
            self._weigh_rarity(place, compared, left, bits)
        likely = odds_to_probability(self.model.before + bits.sum(axis=0))
        strange = strangers(self.model, compared, bits)
        likely = np.where(strange, np.minimum(likely, self._at_most(bits)), likely)
        return _Scored(left, right, likely, compared, bits.astype(np.float32))

    def _at_most(self, bits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of two that nothing personal speaks for: for review at most, and left where it speaks against."""
        settings = self.settings
        against = bits[list(self.model.personal)].sum(axis=0) <= settings.personal_conflict_bits
        return np.where(against, settings.review_from / 2, (settings.review_from + settings.merge_from) / 2)

    def _weigh_rarity(self, place: int, compared: Levels, left: Rows, bits: NDArray[np.float64]) -> None:
        """Where two values are the same, how rare this one is decides: two Zwettlers say more than two Smiths."""
        role, model = self.settings.roles[place], self.model
        agreeing = 2 if Level.WRITTEN_OTHERWISE in EXPECTED[role.kind] else 1
        at = np.flatnonzero((compared[place] >= 0) & (compared[place] < agreeing))
        column = self.cards.columns[role.name]
        state = states(compared[:, at], model.parents[place])
        m, u = (table[place][:, :agreeing].sum(axis=1) for table in (model.m, model.u))
        others = column.counts[column.plain[left[at]]] - (_USUAL_SHARERS if role.rare else 1)
        chance = np.maximum(others, 0) / len(self.cards)
        chance += u[state] if role.rare else np.maximum(u[state] - u[1], 0)
        bits[place, at] = np.log2(m[state] / chance)

    def _table(self, kept: list[_Scored], *, ordered: bool = True) -> pa.Table:
        whole = _joined(kept, len(self.settings.roles))
        order = (
            np.lexsort((whole.right, whole.left, -whole.likely)) if ordered else np.arange(len(whole.left))
        )
        columns = {
            "left_id": pa.array(self.cards.ids[whole.left[order]]),
            "right_id": pa.array(self.cards.ids[whole.right[order]]),
            "probability": pa.array(whole.likely[order]),
        }
        for place, role in enumerate(self.settings.roles):
            columns[f"{role.name}_level"] = _named(role.kind, whole.compared[place, order])
            columns[f"{role.name}_weight"] = pa.array(whole.bits[place, order])
        return pa.table(columns)


def find_pairs(table: pa.Table, settings: Settings, *, among: Iterable[int] | None = None) -> pa.Table:
    """The likely doubles of a book, the most likely first; each pair once, the smaller id left.

    `table` has the id column (whole numbers) and the columns `settings` names, as text or dates. The result has left_id,
    right_id, probability (from `review_from` on), and per compared field `<role>_level` (a `Level`) and `<role>_weight`
    (bits for or against). The same table gives the same result, in whatever order its rows stand. `among` restricts it to
    pairs with at least one of these cards.
    """
    among = None if among is None else list(among)
    return Matcher.of(table, settings, among=among).pairs(among=among)


def _joined(kept: list[_Scored], fields: int) -> _Scored:
    return _Scored(
        np.concatenate([np.empty(0, np.int64), *(one.left for one in kept)]),
        np.concatenate([np.empty(0, np.int64), *(one.right for one in kept)]),
        np.concatenate([np.empty(0, np.float64), *(one.likely for one in kept)]),
        np.concatenate([np.empty((fields, 0), np.int8), *(one.compared for one in kept)], axis=1),
        np.concatenate([np.empty((fields, 0), np.float32), *(one.bits for one in kept)], axis=1),
    )


def _named(kind: Kind, compared: NDArray[np.int8]) -> pa.DictionaryArray:
    names = [str(level) for level in (*EXPECTED[kind], Level.MISSING)]
    places = np.where(compared < 0, len(names) - 1, compared).astype(np.int8)
    return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(names))
