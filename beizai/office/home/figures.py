"""The four key figures of the home page, each with what it is held against."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.customers.models import BookDay
from beizai.experiments.profit import Profit
from beizai.measurement import book_days
from beizai.measurement.figures import Contactable, Customers, KeyFigures, RecentSales
from beizai.office import wording
from beizai.office.frame import frame
from beizai.office.home.came import CameIn


@dataclass(frozen=True)
class Figure:
    """One figure: its head, what stands beside it, the number, a sentence, what is drawn, and its "why?"."""

    head: str
    figure: str
    words: str
    beside: str = ""
    share: float | None = None
    mark: float | None = None
    shape: tuple[float, ...] = ()
    interval: tuple[float, float, float, float] | None = None
    why: str = ""


def figures(found: KeyFigures, came: CameIn, *, money: bool) -> list[Figure]:
    """Customers, whom we may write to, and for who may see it sales and what campaigns earned."""
    shown = [
        _customers(found.customers, found.as_of.astimezone(frame().zone).date()),
        _contactable(found.contactable),
    ]
    if (day := book_days.latest(frame().today)) is not None and day.filled_by_value is not None:
        shown.append(_filled(day))
    if money:
        shown += [
            _sales(found.sales, came),
            _earned(found.earned.profit, found.earned.year, len(found.earned.campaign_ids)),
        ]
    return shown


def _customers(found: Customers, today: date) -> Figure:
    added = wording.number(found.added_30_days)
    words = ngettext("+%(n)s in 30 days.", "+%(n)s in 30 days.", found.added_30_days) % {"n": added}
    beside, share, mark = "", None, None
    if found.target:
        place = {"target": wording.number(found.target), "day": wording.day(found.target_on)}
        beside = (
            _("target %(target)s by %(day)s") % place if found.target_on else _("target %(target)s") % place
        )
        share, mark = found.count / found.target, _should_be(found, today)
        words = wording.sentences(words, _pace(found))
    return Figure(_("Customers"), wording.number(found.count), words, beside, share, mark)


def _should_be(found: Customers, today: date) -> float | None:
    """Where the count should be today on a straight line to the target, at the pace that is needed from 30 days ago on."""
    if not found.target or not found.target_on or found.target_on <= today:
        return None
    before = found.count - found.added_30_days
    days = (found.target_on - today).days
    return min((before + (found.target - before) * 30 / (30 + days)) / found.target, 1.0)


def _pace(found: Customers) -> str:
    if found.reached_on is None:
        return _("At this pace the target is not reached.")
    if found.target is not None and found.count >= found.target:
        return _("The target is reached.")
    day = {"day": wording.day(found.reached_on)}
    if found.target_on and found.reached_on > found.target_on:
        late = (found.reached_on - found.target_on).days
        words = ngettext(
            "At this pace you reach it on %(day)s, %(n)s day late.",
            "At this pace you reach it on %(day)s, %(n)s days late.",
            late,
        )
        return words % (day | {"n": wording.number(late)})
    return _("At this pace you reach it on %(day)s.") % day


def _contactable(found: Contactable) -> Figure:
    place = {"people": wording.number(found.people), "of": wording.number(found.of)}
    figure = wording.percent(found.share) if found.share is not None else _("nobody yet")
    why = _(
        "They agreed to hear from the shop on at least one channel, have an address there, and the agreement is written down with its words and date."
    )
    return Figure(_("We may write to"), figure, _("%(people)s of %(of)s") % place, share=found.share, why=why)


def _filled(day: BookDay) -> Figure:
    """How much of what is worth knowing the cards say, each card by what it is worth."""
    share = day.filled_by_value or 0.0
    place = {"mean": wording.percent(day.filled), "day": wording.day(day.on)}
    why = _(
        "Of what you ask, by its weight, this share is known and not stale; customers who spend more count for more. Card by card it is %(mean)s, counted on %(day)s."
    )
    since = book_days.days(day.on, limit=60)
    shape = tuple(one.filled_by_value or 0.0 for one in since) if len(since) > 7 else ()
    return Figure(
        _("Known of customers"),
        wording.percent(share),
        _("of what is worth knowing"),
        share=share,
        shape=shape,
        why=why % place,
    )


def _sales(found: RecentSales, came: CameIn) -> Figure:
    if found.change is None:
        words = _("Nothing to compare with: the book does not reach back a year.")
    elif abs(found.change) < 0.005:
        words = _("As much as the same days last year.")
    else:
        share = {"share": wording.percent(abs(found.change))}
        more = _("%(share)s more than the same days last year")
        words = (more if found.change > 0 else _("%(share)s less than the same days last year")) % share
    return Figure(_("Sales, 30 days"), wording.headline(found.sales_minor), words, shape=tuple(came.daily))


def _earned(found: Profit, year: int, campaigns: int) -> Figure:
    head = _("Earned by campaigns, %(year)s") % {"year": year}
    why = _(
        "Profit that would not be there without the mails, measured against customers who were left alone on purpose. Goods, discounts and sending are taken off."
    )
    if not campaigns or found.estimate_minor is None:
        words = (
            _("No campaign has ended this year.")
            if not campaigns
            else _("Cannot tell yet: too few were left alone, or bought.")
        )
        return Figure(head, _("cannot tell yet"), words, why=why)
    middle = round(found.estimate_minor)
    if found.low_minor is None or found.high_minor is None:
        return Figure(
            head,
            wording.headline(middle),
            _("The interval has no limit on one side: too few people."),
            why=why,
        )
    low, high = round(found.low_minor), round(found.high_minor)
    between = {"low": wording.headline(low), "high": wording.headline(high)}
    words = _("very likely between %(low)s and %(high)s") % between
    return Figure(head, wording.headline(middle), words, interval=_line(low, middle, high), why=why)


def _line(low: int, middle: int, high: int) -> tuple[float, float, float, float]:
    """Places in per cent of a line that shows zero and the whole interval."""
    start, end = float(min(low, 0)), float(max(high, 0))
    room = (end - start) * 0.08 or 1
    start, reach = start - room, (end - start) + 2 * room
    low_at, middle_at, high_at, zero_at = (100 * (value - start) / reach for value in (low, middle, high, 0))
    return low_at, middle_at, high_at, zero_at
