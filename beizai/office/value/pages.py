"""Who brings the sales and who is who: counted as of any day, each figure with its why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from beizai.base import clock
from beizai.events.book import open_book
from beizai.office import labels
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.tabs import tabs
from beizai.office.value import funnel, pictures
from beizai.office.wording import day, money, number, percent
from beizai.staff.roles import May
from beizai.trades import books
from beizai.value import kept
from beizai.value.care import CARE
from beizai.value.customers import customers, thresholds_of
from beizai.value.pyramid import Pyramid, pyramid
from beizai.value.rfm import FIFTHS, grid
from beizai.value.thresholds import Thresholds


@dataclass(frozen=True, eq=False)
class Counted:
    """All customers as of a day: the table of `value.customers`, of everybody and of those who bought."""

    table: pa.Table
    buyers: pa.Table
    lines: Thresholds
    on: date


def counted(request: HttpRequest) -> Counted:
    """The customers as of the day asked for; without one as they stand now."""
    on = asked_day(request)
    table = _table(on)
    bought = np.asarray(table["purchase_days"].to_numpy()) > 0
    return Counted(table, table.filter(pa.array(bought)), thresholds_of(table), on)


def asked_day(request: HttpRequest) -> date:
    """The day asked for, today at the latest."""
    try:
        asked = date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return frame().today
    return min(asked, frame().today)


def _table(on: date) -> pa.Table:
    """Counted anew for a day that is over; today's is kept until orders come or go."""
    here = frame()
    if on < here.today:
        at = clock.start_of(on + timedelta(days=1), here.shop.timezone) - timedelta(microseconds=1)
        with open_book(at) as book:
            return customers(book, at)
    with open_book(here.now) as book:
        found = kept.latest(on)
        if found is None or found.is_stale(book) or found.as_of > here.now:
            found = kept.keep(book, here.now)
    return found.table


@require_safe
@needs(May.SEE_VALUE)
def value(request: HttpRequest) -> HttpResponse:
    """The pyramid: the curve, the six tiers, the grid."""
    found = counted(request)
    seen = pyramid(_whole(found.buyers, "spent_12m_minor"))
    people, sales = by_label(found.table, "tier")
    context = _page(request, found, "pyramid") | _grid(found) | {
        "head": _pyramid_head(seen),
        "pyramid": seen,
        "curve": pictures.curve_picture(seen),
        "curve_table": pictures.curve_table(seen),
        "pyramid_facts": _pyramid_facts(seen, found),
        "tiers": pictures.tier_rows(people, sales),
        "key_minor": found.lines.key_account_minor,
        "bands": _bands(seen),
    }  # fmt: skip
    return render(request, "office/value/pyramid.html", context)


def _pyramid_head(seen: Pyramid) -> str:
    if seen.top_fifth is None:
        return _("Nothing was sold in the last 12 months") if seen.customers else _("Nobody has bought yet")
    return _("The top fifth of your customers brings %(share)s of the sales") % {
        "share": percent(seen.top_fifth)
    }


def _pyramid_facts(seen: Pyramid, found: Counted) -> list[tuple[str, str]]:
    return [
        (_("Customers who bought"), number(seen.customers)),
        (_("Their sales, 12 months"), money(seen.total_minor)),
        (_("As of"), day(found.on)),
        (_("Gini coefficient"), number(seen.gini, 2) if seen.gini is not None else _("not known")),
    ]


def _bands(seen: Pyramid) -> list[tuple[str, int, float | None]]:
    names = (_("the best 15%"), _("the next 35%"), _("the other half"))
    return [(name, count, share) for name, (count, share) in zip(names, seen.bands, strict=True)]


@require_safe
@needs(May.SEE_VALUE)
def rfm(request: HttpRequest) -> HttpResponse:
    """The grid alone, with the lines where its fifths part."""
    found = counted(request)
    shown = _grid(found)
    quiet = int(str(shown.get("quiet", 0)))
    head = _("How lately, how often, how much")
    if quiet:
        words = ngettext("%(n)s regular has gone quiet", "%(n)s regulars have gone quiet", quiet)
        head = words % {"n": number(quiet)}
    context = _page(request, found, "rfm") | shown | {"head": head, "parting": _parting(found.lines)}
    return render(request, "office/value/rfm.html", context)


def _grid(found: Counted) -> dict[str, Any]:
    """The grid of those who bought."""
    if not found.buyers.num_rows:
        return {"heat": [], "quiet": 0}
    r, f = (np.asarray(found.buyers[name].to_numpy(), dtype=np.int8) for name in ("r", "f"))
    cells = grid(r, f, _whole(found.buyers, "spent_12m_minor"))
    return {
        "heat": pictures.heat(cells, found.lines),
        "frequency_heads": pictures.frequency_heads(found.lines),
        "quiet": pictures.quiet_regulars(cells),
    }


def _parting(lines: Thresholds) -> list[tuple[int, str, str, str]]:
    """For each fifth from the best on: the days, the number of days, the money."""
    if len(lines.recency_limits) < FIFTHS - 1:
        return []
    frequencies = pictures.frequency_heads(lines)
    return [
        (fifth, pictures.recency_words(lines, fifth), frequencies[fifth - 1], _money_words(lines, fifth))
        for fifth in range(FIFTHS, 0, -1)
    ]


def _money_words(lines: Thresholds, fifth: int) -> str:
    cuts = lines.monetary_cuts
    if fifth == FIFTHS:
        return _("over %(amount)s") % {"amount": money(cuts[-1])}
    return _("up to %(amount)s") % {"amount": money(cuts[fifth - 1])}


@require_safe
@needs(May.SEE_VALUE)
def stages(request: HttpRequest) -> HttpResponse:
    """Stages, types and tiers: how many, what they bring, what to do."""
    found = counted(request)
    scales = [_scale(found, kind) for kind in ("stage", "type", "tier")]
    loyal = next((row["customers"] for row in scales[0]["rows"] if row["code"] == "loyal"), 0)
    share = loyal / found.table.num_rows if found.table.num_rows else 0.0
    head = _("%(n)s of your customers are loyal, %(share)s of all cards") % {
        "n": number(loyal),
        "share": percent(share),
    }
    return render(
        request,
        "office/value/stages.html",
        _page(request, found, "stages")
        | {"head": head, "scales": scales, "funnel": funnel.steps(at_of(found)), "trade_care": trade_care()},
    )


def trade_care() -> list[tuple[str, list[str]]]:
    """What the trade's book says each type gets."""
    said, names = books.care(frame().shop, language=frame().language), labels.types()
    return [(name, said[code]) for code, name in names.items() if code in said]


def at_of(found: Counted) -> datetime:
    """The time the counted stand for: now, or the end of a day that is over."""
    here = frame()
    if found.on >= here.today:
        return here.now
    return clock.start_of(found.on + timedelta(days=1), here.shop.timezone) - timedelta(microseconds=1)


def _scale(found: Counted, kind: str) -> dict[str, Any]:
    people, sales = by_label(found.table, kind)
    names, rules, care = labels.LABELS_OF[kind](), labels.rules()[kind], labels.care()
    total = sum(max(one, 0) for one in sales.values()) or 1
    rows = [
        {
            "code": code,
            "name": name,
            "rule": rules[code],
            "care": [care[one] for one in CARE[kind][code]],
            "customers": people.get(code, 0),
            "share": max(sales.get(code, 0), 0) / total,
            "facts": [(_("Customers"), number(people.get(code, 0))), (_("As of"), day(found.on))],
        }
        for code, name in names.items()
    ]
    titles = {
        "stage": (
            _("Stages"),
            _("Stage"),
            _("How far a customer has come with you. Whether you may write to them is a separate mark."),
        ),
        "type": (_("Types"), _("Type"), _("What a customer is to you.")),
        "tier": (_("Tiers"), _("Tier"), _("The six layers of the pyramid, from the top.")),
    }
    name, one, text = titles[kind]
    return {"key": kind, "name": name, "one": one, "text": text, "rows": rows}


def by_label(table: pa.Table, kind: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How many customers carry each label, and what they spent in 12 months."""
    if not table.num_rows:
        return {}, {}
    summed = (
        table.group_by(kind).aggregate([("customer_id", "count"), ("spent_12m_minor", "sum")]).to_pylist()
    )
    people = {row[kind]: int(row["customer_id_count"]) for row in summed}
    return people, {row[kind]: int(row["spent_12m_minor_sum"] or 0) for row in summed}


@require_safe
@needs(May.SEE_VALUE)
def cell(request: HttpRequest, r: int, f: int) -> HttpResponse:
    """The people of one cell: as a rule in the segment builder, where they are counted and named."""
    rule = {
        "all": [
            {"rfm": {"score": "r", "op": "is", "value": r}},
            {"rfm": {"score": "f", "op": "is", "value": f}},
        ]
    }
    return redirect(f"{reverse('segment_new')}?{urlencode({'rule': json.dumps(rule)})}")


def _page(request: HttpRequest, found: Counted, tab: str) -> dict[str, Any]:
    return {
        "as_of": found.on,
        "subtitle": _subtitle(found, compared=tab == "pyramid"),
        "tabs": tabs(person(request), "value", tab),
    }


def _subtitle(found: Counted, *, compared: bool) -> str:
    people = found.buyers.num_rows
    place = {"n": number(people), "from": day(found.on - timedelta(days=364)), "to": day(found.on)}
    words = (
        ngettext(
            "%(n)s customer who bought, %(from)s to %(to)s.",
            "%(n)s customers who bought, %(from)s to %(to)s.",
            people,
        )
        % place
    )
    if not compared:
        return words
    return _("%(words)s In four other shops it was 54 to 75%%; yours is counted, not assumed.") % {
        "words": words
    }


def _whole(table: pa.Table, name: str) -> np.typing.NDArray[np.int64]:
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


urlpatterns = [
    path("value/", value, name="value"),
    path("value/rfm/", rfm, name="value_rfm"),
    path("value/rfm/<int:r>/<int:f>/", cell, name="value_cell"),
    path("value/stages/", stages, name="value_stages"),
]
