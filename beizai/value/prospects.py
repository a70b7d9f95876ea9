"""Whom of those who have not bought to look after first: points for purchasing power, likely frequency, the buyers around them.

The scheme is data: each criterion gives points by steps of a number, by the answer chosen, or by words in a text. The points of a
person are the plain sum, score = sum_j p_j(x_j); what is not known gives none, and the largest such gap is worth asking first.
(A judgement scorecard, as credit and sales scoring begin before there are outcomes: Thomas, Edelman & Crook, Credit Scoring and
Its Applications, SIAM 2002, ch. 1.) Where enough of those who asked have bought, `value.learning` corrects the points.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PARTS = ("power", "frequency", "buyers")


@dataclass(frozen=True)
class Criterion:
    """One thing that counts, and how much.

    `key` is an attribute's (`is_fact`) or a count's. `steps`: (from this number on, points), rising. `answers`: points by the
    answer. `words`: (words, points), the first found in the text counts. A number below every step, another answer and a text without any
    of the words give 0.
    """

    key: str
    part: str
    is_fact: bool
    steps: tuple[tuple[float, int], ...] = ()
    answers: Mapping[str, int] | None = None
    words: tuple[tuple[tuple[str, ...], int], ...] = ()

    @property
    def most(self) -> int:
        """The most it can give.

        >>> Criterion("age", "power", True, steps=((18, 2), (30, 5))).most
        5
        """
        given = [points for _, points in self.steps] + list((self.answers or {}).values())
        return max([0, *given, *(points for _, points in self.words)])

    def points(self, value: Any) -> int | None:
        """The points of a value; None where it is not known.

        >>> Criterion("age", "power", True, steps=((18, 2), (30, 5))).points(25)
        2
        """
        if value is None or value == "":
            return None
        if self.steps:
            number = float(value) if isinstance(value, int | float) else 0.0
            return max((points for least, points in self.steps if number >= least), default=0, key=abs)
        if self.answers is not None:
            said = value if isinstance(value, list) else [value]
            return max((self.answers.get(str(one), 0) for one in said), default=0)
        text = str(value).casefold()
        return next((points for words, points in self.words if any(one in text for one in words)), 0)


@dataclass(frozen=True)
class Scheme:
    """The criteria of a book. Who came in fewer than `wait_days` ago and has not bought may still decide: nothing is learnt from them."""

    criteria: tuple[Criterion, ...]
    wait_days: int = 30

    @property
    def most(self) -> int:
        return sum(one.most for one in self.criteria)


@dataclass(frozen=True)
class Person:
    """Somebody of the book: what is known by key, whether they bought, how long the card is in the book."""

    customer_id: int
    values: Mapping[str, Any]
    bought: bool = False
    days: int = 0


@dataclass(frozen=True)
class Part:
    """One criterion of one person: what was found (None: not known), and the points it gave of how many."""

    key: str
    part: str
    is_fact: bool
    value: Any
    points: float | None
    most: int


@dataclass(frozen=True)
class Chance:
    """How likely somebody who may still decide becomes a buyer, with its 90 % interval."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Prospect:
    """Somebody who has not bought, with their place, points and reasons. `ask`: the gap that could change most."""

    customer_id: int
    rank: int
    points: float
    parts: tuple[Part, ...]
    ask: str | None
    chance: Chance | None = None

    def of(self, part: str) -> float:
        """The points of one of the three parts."""
        return sum(one.points or 0 for one in self.parts if one.part == part)


def parts_of(scheme: Scheme, person: Person, factors: Sequence[float] = ()) -> tuple[Part, ...]:
    """The reasons of one person; `factors` scale each criterion's points, as learnt."""
    by = factors or [1.0] * len(scheme.criteria)
    return tuple(
        _part(one, person.values.get(one.key), factor)
        for one, factor in zip(scheme.criteria, by, strict=True)
    )


def _part(one: Criterion, value: Any, factor: float) -> Part:
    points = one.points(value)
    return Part(one.key, one.part, one.is_fact, value, None if points is None else points * factor, one.most)


def ranked(
    scheme: Scheme,
    people: Iterable[Person],
    *,
    factors: Sequence[float] = (),
    chances: Mapping[int, Chance] | None = None,
) -> list[Prospect]:
    """Those who have not bought, the most promising first; who has as many points stands by the number of the card.

    >>> asks = Criterion("asked", "frequency", False, steps=((1, 3), (3, 8)))
    >>> [one.customer_id for one in ranked(Scheme((asks,)), [Person(1, {"asked": 1}), Person(2, {"asked": 4})])]
    [2, 1]
    """
    drawn = []
    for person in people:
        if not person.bought:
            parts = parts_of(scheme, person, factors)
            drawn.append((sum(one.points or 0 for one in parts), person.customer_id, parts))
    drawn.sort(key=lambda one: (-one[0], one[1]))
    found = chances or {}
    return [
        Prospect(who, rank, points, parts, _gap(parts), found.get(who))
        for rank, (points, who, parts) in enumerate(drawn, 1)
    ]


def _gap(parts: Iterable[Part]) -> str | None:
    unknown = [one for one in parts if one.is_fact and one.points is None]
    return max(unknown, key=lambda one: one.most).key if unknown else None
