"""The conditions a marketer may put together to say whom they mean.

Every condition is true or false of a customer, never in between: what is not known fulfils no comparison, not even "is not"
(that a value is missing is asked with `not_known`, or by putting Not around). Days are civil dates of the shop's zone;
`as_of` is the day the question is asked for.
"""

import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

Scalar = str | int | float | bool | date
Value = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True)
class Window:
    """Which days count. Empty: all until `as_of`.

    `within_days` n: the n days that end with as_of (1 is that day alone). `older_than_days` n: n days ago and earlier, so that the two
    meet without a day in both. `since` and `until` are dates, both counted.
    """

    within_days: int | None = None
    older_than_days: int | None = None
    since: date | None = None
    until: date | None = None

    def bounds(self, as_of_on: date) -> tuple[date | None, date]:
        """The first day (None: from the beginning) and the last, both counted; the first may be after the last.

        >>> Window(within_days=2).bounds(date(2026, 3, 1))
        (datetime.date(2026, 2, 28), datetime.date(2026, 3, 1))
        """
        firsts = [self.since] if self.since else []
        lasts = [as_of_on] + ([self.until] if self.until else [])
        if self.within_days is not None:
            firsts.append(as_of_on - timedelta(days=self.within_days - 1))
        if self.older_than_days is not None:
            lasts.append(as_of_on - timedelta(days=self.older_than_days))
        return (max(firsts) if firsts else None, min(lasts))


ALWAYS = Window()
TOLD_KINDS = ("visited", "tracked")  # events that have a name and properties of their own


@dataclass(frozen=True)
class Everyone:
    """Everybody with a card."""


@dataclass(frozen=True)
class Attribute:
    """What is known of a customer, compared by its type. Text is compared without regard to case and outer blanks.

    Where several answers are possible: has_any, has_all, has_none of those named.
    """

    name: str
    op: str
    value: Value = None


@dataclass(frozen=True)
class Orders:
    """A count or sum of a customer's orders in a window.

    measure: orders (tickets), purchase_days (days with a sale), spent_minor (net of returns), average_minor (sales divided by tickets;
    not known without one), returns (tickets).
    """

    measure: str
    op: str
    value: int | tuple[int, int]
    window: Window = ALWAYS


@dataclass(frozen=True)
class Bought:
    """Bought a product (its number) or anything of a category or below it, on at least so many tickets."""

    product: str | None = None
    category: str | None = None
    at_least: int = 1
    window: Window = ALWAYS


@dataclass(frozen=True)
class NeverBought:
    """Did not buy this product, this category, or anything at all, in the window."""

    product: str | None = None
    category: str | None = None
    window: Window = ALWAYS


@dataclass(frozen=True)
class Recency:
    """Days since the last purchase day; not known of those who never bought."""

    op: str
    days: int | tuple[int, int]


@dataclass(frozen=True)
class Silence:
    """Days since the last purchase in tenths of the customer's own usual gap; not known under three purchase days."""

    op: str
    gap_tenths: int


@dataclass(frozen=True)
class Labelled:
    """The stage, type or tier is one of these."""

    kind: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Scored:
    """The fifth in R, F or M, 5 the best; not known of those who never bought."""

    score: str
    op: str
    value: int | tuple[int, int]


@dataclass(frozen=True)
class MayContact:
    """We may write on this channel for this purpose."""

    channel: str
    purpose: str


@dataclass(frozen=True)
class Member:
    """In another segment, by its name, as that is now written."""

    segment: str


@dataclass(frozen=True)
class Tagged:
    """Carries this tag."""

    tag: str


@dataclass(frozen=True)
class From:
    """The card came from this source."""

    source: str


@dataclass(frozen=True)
class Referred:
    """Was brought by another customer."""


@dataclass(frozen=True)
class Brought:
    """How many customers they brought."""

    op: str
    value: int | tuple[int, int]


@dataclass(frozen=True)
class Happened:
    """An event (opened, clicked, visited, sent, ...) at least so many times; what machines did is not counted.

    What a site or a program told (`TOLD_KINDS`) may be asked for by its `name`, and by one property of it (`detail`): a number is compared
    with a number, a text is or is not the text. An event without the property, or with another type of it, does not count.
    """

    kind: str
    at_least: int = 1
    campaign_id: int | None = None
    window: Window = ALWAYS
    name: str | None = None
    detail: str | None = None
    op: str | None = None
    value: int | float | str | None = None


@dataclass(frozen=True)
class All:
    """All of these hold; of none, everybody."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Any:
    """Any of these holds; of none, nobody."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Not:
    """This does not hold."""

    part: "Rule"


Leaf = (
    Everyone
    | Attribute
    | Orders
    | Bought
    | NeverBought
    | Recency
    | Silence
    | Labelled
    | Scored
    | MayContact
    | Member
    | Tagged
    | From
    | Referred
    | Brought
    | Happened
)
Rule = Leaf | All | Any | Not
LEAVES = typing.get_args(Leaf)


def parts(rule: Rule) -> tuple[Rule, ...]:
    """What a group holds; nothing for a single condition."""
    match rule:
        case All(inner) | Any(inner):
            return inner
        case Not(inner):
            return (inner,)
        case _:
            return ()


def walk(rule: Rule) -> Iterator[tuple[Rule, int]]:
    """Every part with its depth (the whole is 1), in reading order, without recursion."""
    waiting: list[tuple[Rule, int]] = [(rule, 1)]
    while waiting:
        here, depth = waiting.pop()
        yield here, depth
        waiting.extend((part, depth + 1) for part in reversed(parts(here)))


def leaves(rule: Rule) -> tuple[Leaf, ...]:
    """The single conditions in reading order, each once."""
    return tuple(dict.fromkeys(part for part, _ in walk(rule) if isinstance(part, LEAVES)))


def replace_members(rule: Rule, lookup: Callable[[str], Rule]) -> Rule:
    """The rule with each `Member` put in full, as `lookup` gives it."""
    match rule:
        case Member(segment):
            return lookup(segment)
        case All(inner):
            return All(tuple(replace_members(part, lookup) for part in inner))
        case Any(inner):
            return Any(tuple(replace_members(part, lookup) for part in inner))
        case Not(inner):
            return Not(replace_members(inner, lookup))
        case _:
            return rule
