"""Sources: where customers came from, on what ground, what they cost and what they brought."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from beizai.base.errors import BeizaiError
from beizai.imports.models import Import
from beizai.measurement import source_figures
from beizai.measurement.source_figures import SourceFigures
from beizai.office import refusals
from beizai.office.charts.bars import Bar, mirrored
from beizai.office.frame import frame
from beizai.office.home.kept import Kept
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies
from beizai.office.sources import words
from beizai.office.sources.forms import BasisForm, SourceForm
from beizai.office.tabs import hang, tabs
from beizai.office.wording import number, percent
from beizai.sources import register
from beizai.sources.models import Source, SourceStop
from beizai.staff import audit
from beizai.staff.roles import May

hang("collection", "sources", gettext_lazy("Sources"), "sources", May.IMPORT, place=20)
_counted = Kept(source_figures.of_all)


@dataclass(frozen=True)
class Line:
    """One source of the list."""

    source: Source
    kind: str
    basis: str
    badge: str
    figures: SourceFigures | None
    stopped: bool
    bars: tuple[Bar, Bar] | None = None


@require_safe
@needs(May.IMPORT)
def sources(request: HttpRequest) -> HttpResponse:
    """All sources, those that brought most first; counted after the page stands where the book is large."""
    found = _counted.get(frame().now) if "all" in request.GET else _counted.ready(frame().now)
    fragment = request.headers.get("X-Fragment") == "1"
    if fragment and found is None:
        found = _counted.get(frame().now)
    context = {
        "lines": lines(found),
        "counted": found is not None,
        "head": _head(found),
        "tabs": tabs(person(request), "collection", "sources"),
    }
    page = "office/sources/table.html" if fragment else "office/sources/list.html"
    return render(request, page, context)


def lines(found: dict[int, SourceFigures] | None) -> list[Line]:
    """The sources in words and figures; without figures by name."""
    held = {source_id for source_id, _import in register.stopped()}
    every = list(Source.objects.order_by("name"))
    figures = [found.get(one.pk) or SourceFigures(one) for one in every] if found is not None else []
    bars = mirrored(
        _shares([one.records for one in figures]), _shares([one.contribution_minor for one in figures])
    )
    rows = [
        Line(
            one,
            words.kinds().get(one.kind, one.kind),
            *words.basis(one),
            figures[place] if figures else None,
            one.pk in held,
            bars[place] if figures else None,
        )
        for place, one in enumerate(every)
    ]
    return sorted(rows, key=lambda row: -(row.figures.contribution_minor if row.figures else 0))


def _shares(values: list[int]) -> list[float]:
    total = sum(max(value, 0) for value in values) or 1
    return [max(value, 0) / total for value in values]


def _head(found: dict[int, SourceFigures] | None) -> str:
    """The finding: which source brought most of what is left of the sales."""
    total = sum(max(one.contribution_minor, 0) for one in found.values()) if found else 0
    if not found or not total:
        return _("Where customers come from")
    best = max(found.values(), key=lambda one: one.contribution_minor)
    return _("“%(name)s” brought %(share)s of what customers were worth in 12 months") % {
        "name": best.source.name,
        "share": percent(best.contribution_minor / total),
    }


@require_safe
@needs(May.IMPORT)
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    """One source: its figures as steps, month by month, its ground, its imports, its stops."""
    one = register.get(source_id)
    found = _counted.get(frame().now).get(source_id) or SourceFigures(one)
    months = source_figures.by_month(source_id, frame().today)
    basis, badge = words.basis(one)
    context = {
        "source": one,
        "kind": words.kinds().get(one.kind, one.kind),
        "figures": found,
        "steps": _steps(found),
        "months": _columns(months),
        "came": sum(count for _month, count in months),
        "basis": basis,
        "badge": badge,
        "basis_form": BasisForm(initial={"basis": one.basis, "evidence": one.basis_evidence}),
        "stops": [(stop, words.stop(stop)) for stop in one.stops.order_by("-pk")[:20]],
        "imports": Import.objects.filter(source=one).order_by("-pk")[:10],
    }
    return render(request, "office/sources/source.html", context)


def _steps(found: SourceFigures) -> list[tuple[str, str, int]]:
    """Cards, those who may be written to, those who bought: each as a bar in per cent of the cards."""
    of = found.records or 1
    return [
        (label, number(count), round(100 * count / of))
        for label, count in (
            (_("Cards"), found.records),
            (_("May be written to"), found.usable),
            (_("Became buyers"), found.buyers),
        )
    ]


def _columns(months: list[tuple[date, int]]) -> list[dict[str, object]]:
    most = max((count for _month, count in months), default=0) or 1
    return [
        {
            "month": month,
            "count": count,
            "x": 8.0 * place + 3,
            "height": 96 * count / most,
            "y": 100 - 96 * count / most,
        }
        for place, (month, count) in enumerate(months)
    ]


@needs(May.IMPORT)
def edit(request: HttpRequest, source_id: int | None = None) -> HttpResponse:
    """A new source, or what an old one is called and cost."""
    found = register.get(source_id) if source_id else None
    form = SourceForm(request.POST or None, source=found)
    if request.method == "POST" and form.is_valid():
        kept = form.keep()
        audit.record("source.saved", at=frame().now, user=person(request), source=kept.name)
        messages.success(request, _("“%(name)s” is kept.") % {"name": kept.name})
        return redirect("source", kept.pk)
    return render(request, "office/sources/edit.html", {"form": form, "source": found})


@require_POST
@needs(May.IMPORT)
def say_basis(request: HttpRequest, source_id: int) -> HttpResponse:
    """Writes down on what ground its people may be written to."""
    form = BasisForm(request.POST)
    if form.is_valid():
        data, now = form.cleaned_data, frame().now
        try:
            register.say_basis(source_id, data["basis"], data["evidence"], now=now, user=person(request))
        except BeizaiError as error:
            messages.error(request, refusals.in_words(error))
            return redirect("source", source_id)
        audit.record("source.basis", at=now, user=person(request), source_id=source_id, basis=data["basis"])
        messages.success(request, _("The basis is written down."))
    return redirect("source", source_id)


@require_POST
@needs(May.IMPORT, May.APPROVE_CAMPAIGNS)
def lift(request: HttpRequest, source_id: int) -> HttpResponse:
    """Lets writing to a stopped list go on; who did so is written down."""
    stop = SourceStop.objects.filter(source_id=source_id, pk=_whole(request.POST.get("stop"))).first()
    if stop is not None:
        register.lift(stop.pk, now=frame().now, user=person(request))
        audit.record("source.stop_lifted", at=frame().now, user=person(request), source_id=source_id)
        forget_tallies()
        messages.success(request, _("They may be written to again."))
    return redirect("source", source_id)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0
