"""How long what is held of people is kept, and what then becomes of it: each room says so for what it holds."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from beizai.base.errors import Invalid

AT_ONCE = 100  # so many rows go in one short transaction
_LOOKED_THROUGH = 50_000  # so many numbers are looked through in one step
Mark = int | str


class Fate(StrEnum):
    """What becomes of what has been kept long enough."""

    DELETED = "deleted"
    EMPTIED = "emptied"  # the row stays for counting, what names somebody goes
    ANONYMOUS = "anonymous"  # it stays, and nobody can say any more whose it was


class Stays(StrEnum):
    """Why something has no age of its own."""

    AS_THE_CARD = "as_the_card"  # as long as the person is in the book
    PROOF = "proof"  # what shows that we kept to the law, by the number of the card alone
    MADE_ANEW = "made_anew"  # a copy that is thrown away and made again


@dataclass(frozen=True)
class Due:
    """What is older than a time, and the oldest of all that is held (None: nothing is, or it is not told)."""

    count: int
    oldest_at: datetime | None = None


@dataclass(frozen=True)
class Found:
    """What the next step takes out. `after`: where the one after it begins; None: there is no other."""

    marks: Sequence[Mark]
    after: Mark | None


@dataclass(frozen=True)
class Keeping:
    """How long one kind is kept (`keep_days`, None: for ever, unless the shop says otherwise) and what becomes of it.

    `counted_from` is the moment its age is counted from, as a code. `due(before, spared)` counts what is older and not of the customers
    spared; `find(before, spared, after)` gives the next few of it, `after` "" at first; `take(marks, before, spared)` takes these out and
    returns how many went; done twice is done once. `in_office`: taking out is one short transaction of the office database.
    """

    kind: str
    what: str
    fate: Fate
    counted_from: str
    keep_days: int | None
    due: Callable[[datetime, Collection[int]], Due]
    find: Callable[[datetime, Collection[int], Mark], Found]
    take: Callable[[Sequence[Mark], datetime, Collection[int]], int]
    in_office: bool = True
    least_days: int = 1


_others: dict[str, Keeping] = {}


def keep(keeping: Keeping) -> Keeping:
    """Registers a kind that is no table with a customer's id, such as files; the same kind twice is a mistake of ours."""
    if keeping.kind in _others and _others[keeping.kind].what != keeping.what:
        raise Invalid("“{kind}” is registered twice.", kind=keeping.kind)
    _others[keeping.kind] = keeping
    return keeping


def others() -> tuple[Keeping, ...]:
    """Every kind registered by itself."""
    return tuple(_others[name] for name in sorted(_others))


def by_age(
    kind: str,
    what: str,
    rows: Callable[[], Any],
    *,
    age: str,
    counted_from: str,
    keep_days: int | None,
    fate: Fate = Fate.DELETED,
    owner: str | tuple[str, ...] = "customer_id",
    out: Callable[[Any], object] | None = None,
    least_days: int = 1,
) -> Keeping:
    """A kind that is rows of one table of the office: those of `rows` (a query of all that may go at some time) by their field `age`.

    `owner` is the field with the customer's number (several, or "": there is none); `out` does what becomes of a query of rows, deleting where
    none is given. Rows need a whole number as their key.
    """

    owners = (owner,) if isinstance(owner, str) and owner else tuple(owner)

    def due(before: datetime, spared: Collection[int]) -> Due:
        older = rows().filter(**{f"{age}__lt": before})
        for field in owners if spared else ():
            older = older.exclude(**{f"{field}__in": sorted(spared)})
        return Due(older.count(), rows().order_by(age).values_list(age, flat=True).first())

    def find(before: datetime, spared: Collection[int], after: Mark) -> Found:
        first = rows().filter(pk__gt=int(after or 0)).order_by("pk").values_list("pk", flat=True).first()
        if first is None:
            return Found((), None)
        last = first + _LOOKED_THROUGH - 1
        older = rows().filter(pk__range=(first, last), **{f"{age}__lt": before}).order_by("pk")
        chosen = list(older.values_list("pk", *owners)[:AT_ONCE])
        marks = [key for key, *whose in chosen if not any(one in spared for one in whose)]
        return Found(marks, chosen[-1][0] if len(chosen) == AT_ONCE else last)

    def take(marks: Sequence[Mark], before: datetime, spared: Collection[int]) -> int:
        still = rows().filter(pk__in=list(marks), **{f"{age}__lt": before})
        count = int(still.count())
        if count:
            (out or _delete)(still)
        return count

    return Keeping(kind, what, fate, counted_from, keep_days, due, find, take, least_days=least_days)


def _delete(rows: Any) -> None:
    rows.delete()
