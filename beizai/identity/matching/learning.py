"""What agreeing and disagreeing is worth in this book: learned from the cards themselves, without known doubles.

Fellegi and Sunter 1969: a level's weight is log2(m / u), m how often two cards of one person show it, u how often two of
different people do. m and the share of doubles come from EM (Dempster, Laird, Rubin 1977) over the pairs that the rules
give; pairs no rule gives, and pairs that nothing personal speaks for, are taken as different people, so that
households are not learned as persons. u comes from pairs drawn anywhere, each counted as far as it is
not a double. A field may hang on another (a town on its postcode): then m and u are learned apart for pairs that agree in
that other one, so that nothing is counted twice (a Bayes net in the form of a tree: Friedman, Geiger, Goldszmidt 1997).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from beizai.identity.matching import blocks
from beizai.identity.matching.columns import Cards
from beizai.identity.matching.levels import Levels, levels
from beizai.identity.matching.settings import EXPECTED, Role, Settings

Table = NDArray[np.float64]  # (3, levels): where the field hung on agrees, does not, is not known
Weights = NDArray[np.float64]

_AGREES, _OTHER, _UNKNOWN = 0, 1, 2
_FAITH = 30.0  # pairs that the expected shares of the levels stand for, so that a book without doubles invents none
_MERELY_ALIKE = 4  # of a name: two slips, alike; of a date: only day and month the same
_ROUNDS = 40
_RANDOM_PAIRS = 500_000
_SHARING_PAIRS = 100_000


@dataclass(frozen=True)
class Model:
    """What was learned: per field m and u by level, and how likely two cards drawn anywhere are one person."""

    m: tuple[Table, ...]
    u: tuple[Table, ...]
    parents: tuple[tuple[int, ...], ...]
    personal: tuple[int, ...]
    email: int | None
    doubles: float  # share of all pairs
    rounds: int

    def weight(self, place: int) -> Table:
        """log2(m / u) of a field."""
        return np.log2(self.m[place] / self.u[place])

    @property
    def before(self) -> float:
        """log2 of the odds that two cards drawn anywhere are one person."""
        return float(np.log2(self.doubles / (1 - self.doubles)))


@dataclass(frozen=True)
class Patterns:
    """Pairs with the same levels in all fields, counted together."""

    levels: Levels  # (fields, patterns)
    pairs: NDArray[np.float64]


def learned(cards: Cards, found: list[blocks.Block], settings: Settings) -> Model:
    """The model of this book; of a book with fewer than two cards, the expected shares."""
    return _Learning(cards, found, settings).model()


class _Learning:
    """The counted pairs and the rounds over them."""

    def __init__(self, cards: Cards, found: list[blocks.Block], settings: Settings) -> None:
        self.cards, self.roles = cards, settings.roles
        self.parents = tuple(settings.parents(role) for role in self.roles)
        self.all_pairs = max(len(cards) * (len(cards) - 1) / 2, 1.0)
        left, right, stands_for = blocks.sample(found, settings.training_pairs, settings.seed)
        self.candidates = patterns(levels(cards, settings, left, right), stands_for)
        left, right = blocks.any_two(cards, _RANDOM_PAIRS, settings.seed)
        self.drawn = patterns(levels(cards, settings, left, right), np.ones(len(left)))
        self.sharing = {one: self._sharing(one, settings) for one in sorted(set(self.parents)) if one}
        whole = {block.rule[0] for block in found if not block.left_out and len(block.rule) == 1}
        self.seen_whole = [
            role.rare and bool({role.name, f"{role.name}:ending"} & whole) for role in self.roles
        ]

    def _sharing(self, places: tuple[int, ...], settings: Settings) -> Patterns:
        rule = tuple(self.roles[place].name for place in places)
        left, right = blocks.sharing(self.cards, rule, _SHARING_PAIRS, settings.seed)
        return patterns(levels(self.cards, settings, left, right), np.ones(len(left)))

    def model(self) -> Model:
        """Rounds until the number of doubles no longer moves."""
        expected = tuple(_expected(role) for role in self.roles)
        personal = tuple(place for place, role in enumerate(self.roles) if role.personal)
        email = next((place for place, role in enumerate(self.roles) if role.name == "email"), None)
        model = Model(
            expected, expected, self.parents, personal, email, self._share(0.2 * len(self.cards)), 0
        )
        model = replace(model, u=self._u(model, doubt=False))
        for turn in range(1, _ROUNDS + 1):
            newer = self._round(model, turn)
            settled = abs(newer.doubles - model.doubles) <= 1e-4 * newer.doubles
            model = newer
            if settled and turn > 5:
                break
        return model

    def _share(self, doubles: float) -> float:
        """Of all pairs; never none and never most of them."""
        return min(max(doubles, 1e-3) / self.all_pairs, 0.2)

    def _round(self, model: Model, turn: int) -> Model:
        likely = self.candidates.pairs * probability(model, self.candidates.levels)
        m = tuple(self._m(place, likely) for place in range(len(self.roles)))
        return replace(model, m=m, u=self._u(model), doubles=self._share(float(likely.sum())), rounds=turn)

    def _m(self, place: int, likely: NDArray[np.float64]) -> Table:
        level, expected = self.candidates.levels[place], _expected(self.roles[place])[_UNKNOWN]
        state = states(self.candidates.levels, self.parents[place])
        anyhow = _shares(_counted(level, likely, len(expected)), _FAITH * expected)
        agrees, other = (
            _shares(_counted(level, likely * (state == one), len(expected)), _FAITH * anyhow)
            for one in (_AGREES, _OTHER)
        )
        return np.stack([agrees, other, anyhow])

    def _u(self, model: Model, *, doubt: bool = True) -> tuple[Table, ...]:
        drawn = self._different(model, self.drawn, doubt=doubt)
        candidates = self._different(model, self.candidates, doubt=doubt)
        apart = {one: self._different(model, pairs, doubt=doubt) for one, pairs in self.sharing.items()}
        out = []
        for place, parents in enumerate(self.parents):
            size = model.m[place].shape[1]
            anyhow = _shares(_counted(self.drawn.levels[place], drawn, size), np.full(size, 0.5))
            if self.seen_whole[place]:  # too rare to be drawn by chance; all that share it are candidates
                shared = candidates[self.candidates.levels[place] == 0].sum() if doubt else 0.0
                anyhow[0] = (shared + 0.5) / self.all_pairs
            agrees = anyhow
            if parents:
                counted = _counted(self.sharing[parents].levels[place], apart[parents], size)
                agrees = _shares(counted, 20.0 * anyhow)
            out.append(_sensible(np.stack([agrees, anyhow, anyhow]), model.m[place]))
        return tuple(out)

    def _different(self, model: Model, pairs: Patterns, *, doubt: bool) -> NDArray[np.float64]:
        """How many pairs of each pattern are not one person."""
        return pairs.pairs * (1 - probability(model, pairs.levels)) if doubt else pairs.pairs


def patterns(compared: Levels, pairs: NDArray[np.float64]) -> Patterns:
    """Counts pairs by their levels in all fields (at most 16 fields of at most 15 levels)."""
    code = np.zeros(compared.shape[1], np.uint64)
    for row in compared:
        code = (code << np.uint64(4)) | (row + 1).astype(np.uint64)
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    counted = np.bincount(which, weights=pairs, minlength=len(first)).astype(np.float64)
    return Patterns(compared[:, first], counted)


def states(compared: Levels, parents: tuple[int, ...]) -> NDArray[np.int8]:
    """For each pair whether the fields hung on all agree (perhaps written otherwise), one does not, or is not known."""
    if not parents:
        return np.full(compared.shape[1], _UNKNOWN, np.int8)
    rows = compared[list(parents)]
    known = np.where((rows < 0).any(axis=0), _UNKNOWN, _AGREES)
    return np.where((rows > 1).any(axis=0), _OTHER, known).astype(np.int8)


def strangers(model: Model, compared: Levels, bits: Weights) -> NDArray[np.bool_]:
    """Pairs that nothing personal speaks for: none of it agrees, or it is merely alike and other of it differs.

    Where none of it is known, the same email speaks for one person.
    """
    if not model.personal:
        return np.zeros(compared.shape[1], np.bool_)
    personal = list(model.personal)
    rows, said = compared[personal], bits[personal]
    differs = np.array([model.m[place].shape[1] - 1 for place in personal], np.int8).reshape(-1, 1)
    speaks = ((said > 0) & (rows < _MERELY_ALIKE)).any(axis=0)
    speaks |= (said > 0).any(axis=0) & (rows != differs).all(axis=0)
    if model.email is not None:
        speaks |= (rows < 0).all(axis=0) & (compared[model.email] == 0)
    return np.asarray(~speaks, np.bool_)


def looked_up(table: Table, state: NDArray[np.int8], level: NDArray[np.int8]) -> Weights:
    """The weight of each pair's level; nothing is said by what is not known."""
    padded = np.concatenate([table, np.zeros((3, 1))], axis=1)
    return padded[state, level]


def weights(model: Model, compared: Levels) -> Weights:
    """(fields, pairs): what each level says for (+) or against (-) one person, in bits."""
    return np.stack(
        [
            looked_up(model.weight(place), states(compared, model.parents[place]), compared[place])
            for place in range(len(compared))
        ]
    )


def probability(model: Model, compared: Levels) -> NDArray[np.float64]:
    """That two cards are one person, as it is taken while learning: rarity of the very values not yet looked at."""
    bits = weights(model, compared)
    return np.where(
        strangers(model, compared, bits), 0.0, odds_to_probability(model.before + bits.sum(axis=0))
    )


def odds_to_probability(bits: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp2(-np.clip(bits, -1000, 1000)))


def _expected(role: Role) -> Table:
    return np.tile(np.array(list(EXPECTED[role.kind].values())), (3, 1))


def _sensible(u: Table, m: Table) -> Table:
    """u where chance or a household has bent it: the same never speaks against, to differ never for one person.

    And a slip lies between the two: strangers of one town mistype it as well.
    """
    same, differs = np.minimum(u[:, :1], m[:, :1]), np.maximum(u[:, -1:], m[:, -1:])
    between = np.clip(u[:, 1:-1], same * m[:, 1:-1] / m[:, :1], differs * m[:, 1:-1] / m[:, -1:])
    return np.concatenate([same, between, differs], axis=1)


def _counted(level: NDArray[np.int8], pairs: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    known = level >= 0
    return np.bincount(level[known], weights=pairs[known], minlength=size).astype(np.float64)


def _shares(counted: NDArray[np.float64], faith: NDArray[np.float64]) -> NDArray[np.float64]:
    whole: NDArray[np.float64] = counted + faith
    return np.asarray(whole / whole.sum(), np.float64)
