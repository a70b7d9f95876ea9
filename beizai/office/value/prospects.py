"""Prospects: who has not bought, the most promising first, with the reason of each point and the question to ask next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from beizai.base import clock
from beizai.customers.models import AttributeDefinition, Customer
from beizai.office import people, sight, wording
from beizai.office.frame import frame
from beizai.office.home.kept import Kept
from beizai.office.permissions import needs, person
from beizai.office.tabs import hang, tabs
from beizai.office.value.pages import asked_day
from beizai.staff.models import User
from beizai.staff.roles import May, may
from beizai.trades import plans, prospecting, weeks
from beizai.trades.prospecting import ALIKE, Ranking
from beizai.value.prospects import PARTS, Part, Prospect

hang("value", "prospects", gettext_lazy("Prospects"), "prospects", May.SEE_VALUE, place=40)
_A_PAGE = 30
_now = Kept(lambda at: prospecting.ranking(frame().shop, at))


@dataclass(frozen=True)
class Reason:
    """One criterion in words: what it is, what was found, its points of how many."""

    name: str
    found: str
    points: str
    is_known: bool


@dataclass(frozen=True)
class Row:
    """One of the ranked."""

    rank: int
    customer_id: int
    name: str
    points: str
    bars: tuple[tuple[float, str], ...]
    parts: tuple[tuple[str, str, tuple[Reason, ...]], ...]
    question: str
    chance: str
    between: str
    simulated: bool


@require_safe
@needs(May.SEE_VALUE)
def prospects(request: HttpRequest) -> HttpResponse:
    """The ranking, thirty to a page."""
    reader, on = person(request), asked_day(request)
    found = _ranking(on)
    open_to = sight.sees(reader, [one.customer_id for one in found.prospects])
    shown = [one for one in found.prospects if one.customer_id in open_to]
    start = _whole(request.GET.get("from"))
    page = shown[start : start + _A_PAGE]
    context = {
        "as_of": on,
        "head": _head(len(shown)),
        "subtitle": _ranked_by(found),
        "tabs": tabs(reader, "value", "prospects"),
        "rows": list(_rows(page, found, reader)),
        "part_names": [part_names()[part] for part in PARTS],
        "learnt": _learnt(found) if found.learnt else None,
        "page": _paged(on.isoformat(), start, len(page), len(shown)),
        "scheme": [(_criterion(one.key, one.is_fact), part_names()[one.part], one.most) for one in found.scheme.criteria],
        "plan": _plan() if may(reader, May.EDIT_CAMPAIGNS) else None,
        "limit": prospecting.MOST if found.looked_at >= prospecting.MOST else None,
    }  # fmt: skip
    return render(request, "office/value/prospects.html", context)


def _ranking(on: Any) -> Ranking:
    here = frame()
    if on >= here.today:
        return _now.get(here.now)
    over = clock.start_of(on + timedelta(days=1), here.shop.timezone) - timedelta(microseconds=1)
    return prospecting.ranking(here.shop, over)


def _head(count: int) -> str:
    if not count:
        return _("Everybody in the book has bought")
    return ngettext(
        "%(n)s prospect, the most promising first", "%(n)s prospects, the most promising first", count
    ) % {"n": wording.number(count)}


def _ranked_by(found: Ranking) -> str:
    if found.learns:
        return _("Ranked by what %(n)s buyers of this shop have taught.") % {
            "n": wording.number(found.buyers)
        }
    if found.learnt is not None:
        return _("Ranked by the points of the book: learnt weights would not rank better.")
    return _("Ranked by the points of the book: too few buyers yet to learn from.")


def part_names() -> dict[str, str]:
    """The three parts of a prospect's points."""
    return {
        "power": _("Purchasing power"),
        "frequency": _("How often, likely"),
        "buyers": _("Buyers around them"),
    }


def _criterion(key: str, is_fact: bool) -> str:
    if is_fact or key.startswith(ALIKE):
        one = AttributeDefinition.objects.filter(key=key.removeprefix(ALIKE)).first()
        label = one.label if one else key
        return label if is_fact else _("Buyers with the same answer: %(label)s") % {"label": label}
    return {
        "asked": _("Asked, clicked or talked with you, in a year"),
        "tied_buyers": _("Buyers they know"),
        "brought_by_buyer": _("Brought by a buyer"),
    }.get(key, key)


def _rows(page: list[Prospect], found: Ranking, reader: User) -> Iterator[Row]:
    ids = [one.customer_id for one in page]
    called = people.names(reader, ids)
    invented = set(Customer.objects.filter(pk__in=ids, simulated=True).values_list("pk", flat=True))
    defined = {one.key: one for one in AttributeDefinition.objects.all()}
    names = {one.key: _criterion(one.key, one.is_fact) for one in found.scheme.criteria}
    top = max((one.points for one in found.prospects), default=1) or 1
    for one in page:
        parts = tuple(
            (
                title,
                wording.number(one.of(part), 0),
                tuple(_reason(each, names, may(reader, May.SEE_NAMES)) for each in one.parts if each.part == part),
            )
            for part, title in part_names().items()
        )  # fmt: skip
        yield Row(
            one.rank,
            one.customer_id,
            called[one.customer_id],
            wording.number(one.points, 0),
            tuple(
                (max(one.of(part), 0) / top, colour)
                for part, colour in zip(PARTS, ("blue", "teal", "plum"), strict=True)
            ),
            parts,
            _question(defined.get(one.ask or "")),
            wording.percent(one.chance.middle) if one.chance else "",
            _between(one),
            one.customer_id in invented,
        )


def _between(one: Prospect) -> str:
    if one.chance is None:
        return ""
    ends = {"low": wording.percent(one.chance.low), "high": wording.percent(one.chance.high)}
    return _("%(low)s to %(high)s") % ends


def _question(one: AttributeDefinition | None) -> str:
    if one is None:
        return ""
    return one.question or _("%(label)s?") % {"label": one.label}


def _reason(part: Part, names: dict[str, str], sees: bool) -> Reason:
    if part.points is None:
        return Reason(
            names[part.key], _("not known"), _("up to %(n)s") % {"n": wording.number(part.most)}, False
        )
    value = part.value
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    elif value in ("True", "False"):
        value = _("yes") if value == "True" else _("no")
    elif isinstance(value, int | float):
        value = wording.number(value)
    found = str(value) if sees or not part.is_fact else _("known")
    return Reason(
        names[part.key],
        found,
        _("%(n)s of %(most)s") % {"n": wording.number(part.points, 0), "most": wording.number(part.most)},
        True,
    )


def _learnt(found: Ranking) -> dict[str, Any]:
    """What was learnt, told so that it can be doubted."""
    learnt = found.learnt
    if learnt is None:
        return {}
    facts = [
        (_("Buyers, and others who have had the time to decide"), f"{wording.number(learnt.buyers)} + {wording.number(learnt.others)}"),
        (_("A buyer stands above a non-buyer, by the points"), wording.percent(learnt.auc_points)),
        (_("The same, by learnt weights"), wording.percent(learnt.auc_learnt)),
        (_("Better by (log loss a head, with its standard error)"), f"{wording.number(learnt.gain, 3)} ± {wording.number(learnt.se, 3)}"),
    ]  # fmt: skip
    weights = [
        (_criterion(one.key, True), wording.number(factor, 2), wording.number(sd, 2))
        for one, factor, sd in zip(found.scheme.criteria, learnt.factors, learnt.factor_sd, strict=True)
        if one.is_fact
    ]
    return {"facts": facts, "weights": weights if learnt.better else [], "used": learnt.better}


def _plan() -> dict[str, str] | None:
    """The trade's own campaign to who has not bought, if it proposes one."""
    here = frame()
    key = weeks.plan_for_prospects(here.shop)
    found = next((one for one in plans.plans(here.shop, language=here.language) if one.key == key), None)
    return {"key": found.key, "name": found.name} if found else None


@dataclass(frozen=True)
class Shown:
    """Which of them stand on this page, and the addresses beside it."""

    words: str
    back_url: str
    next_url: str
    size: int


def _paged(on: str, start: int, size: int, total: int) -> Shown:
    place = {"from": start + 1 if size else 0, "to": start + size, "total": total}
    words = _("%(from)s to %(to)s of %(total)s") % {key: wording.number(one) for key, one in place.items()}
    back = f"?as_of={on}&from={max(start - _A_PAGE, 0)}" if start else ""
    ahead = f"?as_of={on}&from={start + _A_PAGE}" if start + size < total else ""
    return Shown(words, back, ahead, size)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0


urlpatterns = [path("value/prospects/", prospects, name="prospects")]
