"""What the trade says of this week: whom, how many, what to do, with the trade's own plan; and the journeys, step by step."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from beizai.office import wording
from beizai.office.frame import frame
from beizai.office.home.kept import Kept
from beizai.staff.models import User
from beizai.staff.roles import May, may
from beizai.trades import books, plans, weeks
from beizai.trades.weeks import Journey, Week


@dataclass(frozen=True)
class Line:
    """One thing to do, with the ways on from it."""

    head: str
    do: str
    customers: int
    people: str
    url: str
    plan: str
    plan_name: str
    ranked: bool


@dataclass(frozen=True)
class Walk:
    """A journey in words: its name and its steps, each with its day and way."""

    name: str
    segment: str
    steps: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Shown:
    """What stands on the page."""

    lines: tuple[Line, ...]
    walks: tuple[Walk, ...]


def has_one() -> bool:
    """Whether a trade's book is open here."""
    return bool(books.opened(frame().shop))


class Spoken:
    """The week of the shop's trade, counted and kept for each language it is read in."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept[Week]] = {
            language: Kept(partial(_week, language=language)) for language in books.LANGUAGES
        }

    def get(self, now: datetime) -> Week:
        """Counted, where it is not kept."""
        return self._kept[frame().language].get(now)

    def ready(self, now: datetime) -> Week | None:
        """What is kept, or quickly had."""
        return self._kept[frame().language].ready(now)


def _week(now: datetime, *, language: str) -> Week:
    return weeks.week(frame().shop, now, language=language)


def shown(found: Week, reader: User) -> Shown:
    """In the reader's words; segments are called as the shop called them."""
    named = {one.key: one.name for one in plans.plans(frame().shop, language=frame().language)}
    drafts = may(reader, May.EDIT_CAMPAIGNS)
    lines = tuple(
        Line(
            one.head,
            one.do,
            one.customers,
            ngettext("%(n)s customer", "%(n)s customers", one.customers)
            % {"n": wording.number(one.customers)},
            f"/segments/{one.segment_id}/",
            (one.plan or "") if drafts else "",
            named.get(one.plan or "", ""),
            one.ranked and may(reader, May.SEE_VALUE),
        )
        for one in found.lines
    )
    return Shown(lines, tuple(_walk(one) for one in found.journeys))


def _walk(one: Journey) -> Walk:
    steps = tuple((_when(step.day, step.on), ways().get(step.by, step.by), step.do) for step in one.steps)
    return Walk(one.name, one.segment, steps)


def _when(day: int, on: object) -> str:
    if on is not None:
        return wording.day(on)  # type: ignore[arg-type]
    if not day:
        return _("at once")
    return ngettext("after %(n)s day", "after %(n)s days", day) % {"n": wording.number(day)}


def ways() -> dict[str, str]:
    """How a step is taken."""
    return {
        "email": pgettext("step of a journey", "by email"),
        "sms": pgettext("step of a journey", "by text message"),
        "phone": pgettext("step of a journey", "by telephone"),
        "letter": pgettext("step of a journey", "by letter"),
        "messenger": pgettext("step of a journey", "by messenger"),
    }
