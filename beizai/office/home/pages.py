"""The first page of the morning, and its boxes for books in which counting takes a moment."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.campaigns import sending
from beizai.campaigns.models import Campaign, CampaignState
from beizai.customers import targets
from beizai.measurement.advice import advice
from beizai.measurement.figures import key_figures
from beizai.office import reasons, wording
from beizai.office.frame import frame
from beizai.office.home import came, figures, loop, trade_week, week
from beizai.office.home.kept import Kept
from beizai.office.permissions import needs, person
from beizai.office.webhooks import words as webhooks
from beizai.staff.models import User
from beizai.staff.roles import May, may

_figures = Kept(key_figures)
_advice = Kept(advice)
_came = Kept(came.came_in)
_trade = trade_week.Spoken()
_aims = Kept(lambda _now: targets.followed())


@needs()
def home(request: HttpRequest) -> HttpResponse:
    """Where the book stands and what is worth doing."""
    reader, now = person(request), frame().now
    inline = "all" in request.GET
    shown = {box: get(now) if inline else ready(now) for box, get, ready in _boxes()}
    todos = None if shown["week"] is None else week.todos(shown["week"], reader)
    context: dict[str, Any] = {
        "today": now,
        "head": wording.sentences(greeting(reader.name), "" if todos is None else worth(len(todos))),
        "todos": todos,
        "knots": loop.knots(reader),
        "figures": _shown_figures(shown, reader) if may(reader, May.SEE_CUSTOMERS) else [],
        "came": shown["came"],
        "has_trade": (sees_week := trade_week.has_one() and may(reader, May.SEE_SEGMENTS)),
        "trade_week": trade_week.shown(shown["trade"], reader) if sees_week and shown["trade"] else None,
        "aims": _of_reader(shown["aims"], reader),
        "sending": _sending() if may(reader, May.SEE_CAMPAIGNS) else [],
        "sees_money": may(reader, May.SEE_VALUE),
        "not_told": webhooks.trouble() if may(reader, May.CHANGE_SETTINGS) else "",
    }
    return render(request, "office/home.html", context)


def _boxes() -> list[tuple[str, Any, Any]]:
    return [
        (name, kept.get, kept.ready)
        for name, kept in (
            ("figures", _figures),
            ("week", _advice),
            ("trade", _trade),
            ("came", _came),
            ("aims", _aims),
        )
    ]


def _shown_figures(shown: dict[str, Any], reader: User) -> list[figures.Figure] | None:
    if shown["figures"] is None or shown["came"] is None:
        return None
    return figures.figures(shown["figures"], shown["came"], money=may(reader, May.SEE_VALUE))


@needs(May.SEE_CUSTOMERS)
def figures_fragment(request: HttpRequest) -> HttpResponse:
    """The key figures, counted now."""
    now = frame().now
    found = figures.figures(_figures.get(now), _came.get(now), money=may(person(request), May.SEE_VALUE))
    return render(request, "office/home_figures.html", {"figures": found})


@needs()
def week_fragment(request: HttpRequest) -> HttpResponse:
    """What to do this week, looked up now."""
    return render(
        request, "office/home_week.html", {"todos": week.todos(_advice.get(frame().now), person(request))}
    )


def _of_reader(found: list[targets.Aim] | None, reader: User) -> list[targets.Aim] | None:
    """Who sees results sees every target; who works at a branch, that branch."""
    if found is None or may(reader, May.SEE_RESULTS):
        return found
    return [one for one in found if one.scope == "branch" and one.number == reader.branch_id]


@needs(May.SEE_CUSTOMERS)
def aims_fragment(request: HttpRequest) -> HttpResponse:
    """How many customers branches, sources and staff have of those wanted, counted now."""
    found = _of_reader(_aims.get(frame().now), person(request))
    return render(request, "office/home_aims.html", {"aims": found})


@needs(May.SEE_SEGMENTS)
def trade_fragment(request: HttpRequest) -> HttpResponse:
    """What the trade says of this week, counted now."""
    found = trade_week.shown(_trade.get(frame().now), person(request))
    return render(request, "office/home_trade.html", {"trade_week": found})


@needs(May.SEE_VALUE)
def came_fragment(request: HttpRequest) -> HttpResponse:
    """What came in, counted now."""
    return render(request, "office/home_came.html", {"came": _came.get(frame().now)})


def greeting(name: str) -> str:
    """A word of the hour; with the first name where it is known."""
    hour = frame().now.astimezone(frame().zone).hour
    first = name.split(" ", maxsplit=1)[0] if frame().language != "zh-hans" else name
    if not first:
        return _("Good morning.") if hour < 12 else _("Good afternoon.") if hour < 18 else _("Good evening.")
    named = (
        _("Good morning, %(name)s.")
        if hour < 12
        else _("Good afternoon, %(name)s.")
        if hour < 18
        else _("Good evening, %(name)s.")
    )
    return named % {"name": first}


def worth(count: int) -> str:
    """How much there is to do, in a sentence."""
    if not count:
        return _("Nothing waits for you.")
    words = ngettext(
        "%(n)s thing is worth doing this week.", "%(n)s things are worth doing this week.", count
    )
    return words % {"n": wording.number(count)}


def _sending() -> list[dict[str, Any]]:
    """The campaigns that are sending or stand still, with how far they are."""
    running = Campaign.objects.filter(state__in=(CampaignState.SENDING, CampaignState.PAUSED)).order_by(
        "-started_at"
    )[:3]
    lines = []
    for campaign in running:
        found = sending.progress(campaign.pk)
        done, total = (
            found.sent + found.bounced + found.in_doubt,
            found.sent + found.bounced + found.in_doubt + found.left,
        )
        lines.append(
            {
                "campaign": campaign,
                "found": found,
                "done": done,
                "total": total,
                "share": done / total if total else 1.0,
                "pause": reasons.pause(campaign.pause_reason),
            }
        )
    return lines
