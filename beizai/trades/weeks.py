"""What a trade says is worth doing this week, for how many; and what to do step by step, with the days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from beizai.segments import membership
from beizai.segments.models import Segment
from beizai.staff.models import Shop
from beizai.trades import books, plans
from beizai.trades.books import Trade
from beizai.value.customers import civil

AHEAD_DAYS = 120  # a journey to a feast is shown so long before it


@dataclass(frozen=True)
class Line:
    """One thing to do: for whom, how many they are, what to do; `plan` is the trade's own campaign for it."""

    head: str
    do: str
    segment: str
    segment_id: int
    customers: int
    plan: str | None = None
    ranked: bool = False  # the ranking of prospects helps


@dataclass(frozen=True)
class Step:
    """One step of a journey: on a day (`on`), or so many days after somebody came into the segment (`day`)."""

    day: int
    on: date | None
    by: str
    do: str

    @property
    def when(self) -> str:
        """The day in plain words of no language."""
        return self.on.isoformat() if self.on else f"+{self.day}"


@dataclass(frozen=True)
class Journey:
    """What to do step by step; to be gone by hand."""

    name: str
    segment: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Week:
    """The week of a trade: what to do, and the journeys to be."""

    trade: str
    lines: tuple[Line, ...]
    journeys: tuple[Journey, ...]


def week(shop: Shop, at: datetime, *, language: str = "") -> Week:
    """What the book the shop names first says, in the reader's language or the shop's; empty where no book is open."""
    opened = books.opened(shop)
    language = language or books.language_of(shop)
    if not opened:
        return Week("", (), ())
    chosen, today = opened[0], civil(at)
    return Week(
        books.text(chosen.label, language),
        tuple(_lines(chosen, language, shop, at)),
        tuple(_journeys(chosen, language, shop, today)),
    )


def _lines(chosen: Trade, language: str, shop: Shop, at: datetime) -> Iterator[Line]:
    proposed = {one.key: one for one in plans.plans(shop)}
    own = books.language_of(shop)  # segments are called as the shop called them
    segments = dict(Segment.objects.values_list("name", "pk"))
    for table in chosen.week:
        name = books.said_name(chosen, table["segment"], own)
        if name not in segments or not is_in(table.get("between"), civil(at)):
            continue
        customers = membership.count(segments[name], as_of=at)
        if not customers:
            continue
        said = books.said(table, language)
        plan = proposed.get(table.get("campaign", ""))
        yield Line(
            said["head"],
            said["do"],
            name,
            segments[name],
            customers,
            plan.key if plan else None,
            bool(table.get("prospects")),
        )


def plan_for_prospects(shop: Shop) -> str | None:
    """The campaign the trade proposes to those who have not bought, by its key."""
    opened = books.opened(shop)
    return next(
        (
            table["campaign"]
            for table in (opened[0].week if opened else ())
            if table.get("prospects") and "campaign" in table
        ),
        None,
    )


def is_in(between: list[str] | None, today: date) -> bool:
    """Whether a day lies between two days of the year, both counted; over the turn of the year too.

    >>> is_in(["01-15", "02-14"], date(2026, 2, 14)), is_in(["12-20", "01-06"], date(2026, 1, 2)), is_in(None, date(2026, 5, 1))
    (True, True, True)
    """
    if not between:
        return True
    first, last = between
    day = f"{today:%m-%d}"
    return first <= day <= last if first <= last else day >= first or day <= last


def _journeys(chosen: Trade, language: str, shop: Shop, today: date) -> Iterator[Journey]:
    for table in chosen.journeys:
        feast = next_on(table["before"], today) if "before" in table else None
        if feast is not None and feast - today > timedelta(days=AHEAD_DAYS):
            continue
        steps = tuple(
            Step(
                step["day"],
                feast + timedelta(days=step["day"]) if feast else None,
                step["by"],
                books.text(step["do"], language),
            )
            for step in table["steps"]
        )
        name = books.said_name(chosen, table["segment"], books.language_of(shop))
        yield Journey(books.text(table["name"], language), name, steps)


def next_on(day: str, today: date) -> date:
    """The next time a day of the year comes round.

    >>> next_on("02-14", date(2026, 11, 22))
    datetime.date(2027, 2, 14)
    """
    month, number = (int(part) for part in day.split("-"))
    found = date(today.year, month, number)
    return found if found >= today else date(today.year + 1, month, number)
