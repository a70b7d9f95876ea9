"""Segments: the list, the builder with its live count, the people in one, taking them to Excel, taking a segment out."""

import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from beizai.base import clock
from beizai.base.errors import BeizaiError, Invalid
from beizai.campaigns.models import Campaign
from beizai.customers import export as sheets
from beizai.office import exports, refusals
from beizai.office.customers.taking_out import head_words
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.segments import looking, nodes
from beizai.office.segments.book import Book, book
from beizai.office.segments.nodes import Node
from beizai.office.segments.showing import shown
from beizai.office.wording import number
from beizai.segments import membership
from beizai.segments import rule as rules
from beizai.segments.models import Segment, SegmentVersion
from beizai.segments.rule import Rule
from beizai.staff import audit
from beizai.staff.roles import May, may

_PAGE = 50
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Draft:
    """A rule as it stands in the form: its nodes, the rule they make or why they make none, and the day it is asked for."""

    root: Node
    rule: Rule | None
    wrong: BeizaiError | None
    as_of: datetime
    on: date
    json: str


# ---- the list


@require_safe
@needs(May.SEE_SEGMENTS)
def segments(request: HttpRequest) -> HttpResponse:
    """All segments; how many are in each is counted after the page stands."""
    used = dict(
        Campaign.objects.exclude(segment_id=None).values_list("segment_id").annotate(Count("id")).order_by()
    )
    rows = [{"segment": one, "used": used.get(one.pk, 0)} for one in Segment.objects.order_by("name")[:500]]
    return render(request, "office/segments/list.html", {"rows": rows, "count": Segment.objects.count()})


@require_safe
@needs(May.SEE_SEGMENTS)
def how_many(request: HttpRequest, segment: int) -> HttpResponse:
    """The number of people in a segment, for the list."""
    try:
        return HttpResponse(number(membership.count(segment, as_of=frame().now)))
    except Invalid as error:
        return HttpResponse(refusals.said(error.phrase))


# ---- the builder


@needs(May.EDIT_SEGMENTS)
def new(request: HttpRequest) -> HttpResponse:
    """A new rule; the customers' list and the grid of value lead here with theirs (`?rule=`)."""
    words = book()
    if request.method == "POST":
        return _posted(request, words, None)
    root = Node("all", {}, (nodes.new_condition(),))
    if given := request.GET.get("rule", ""):
        root = _opened(given, words)
    return render(
        request, "office/segments/builder.html", _builder(request, _draft(root, words, ""), words, None)
    )


def _opened(text: str, words: Book) -> Node:
    found = rules.to_json(rules.read(text))
    return nodes.from_json(found, words.words, frame().shop.currency)


@needs(May.SEE_SEGMENTS)
def segment(request: HttpRequest, segment: int) -> HttpResponse:
    """A segment open in the builder: what is changed is a copy until it is saved as a new version."""
    found, words = membership.segment(segment), book()
    if request.method == "POST":
        return _posted(request, words, found)
    version = request.GET.get("version", "")
    rule = membership.rule_of(found, int(version) if version.isdigit() else None)
    root = nodes.from_json(rules.to_json(rule), words.words, frame().shop.currency)
    draft = _draft(root, words, request.GET.get("as_of", ""))
    return render(request, "office/segments/builder.html", _builder(request, draft, words, found))


def _posted(request: HttpRequest, words: Book, found: Segment | None) -> HttpResponse:
    """What a button of the builder asks for. Without a script every button comes here."""
    action = request.POST.get("do", "")
    root = nodes.edited(nodes.from_post(request.POST), action)
    if action == "text":
        root = _from_text(request, root, words)
    draft = _draft(root, words, request.POST.get("as_of", ""))
    if action in ("save", "save_as") and draft.rule is not None:
        try:
            return _saved(request, draft, found, action)
        except BeizaiError as error:
            draft = replace(draft, wrong=error)
    if request.headers.get("X-Fragment") == "1":
        return render(request, "office/segments/group.html", {"part": shown(draft.root, words)})
    return render(request, "office/segments/builder.html", _builder(request, draft, words, found))


def _from_text(request: HttpRequest, root: Node, words: Book) -> Node:
    try:
        return _opened(request.POST.get("json", ""), words)
    except BeizaiError as error:
        messages.error(request, refusals.in_words(error))
        return root


def _draft(root: Node, words: Book, as_of: str) -> Draft:
    currency = frame().shop.currency
    found = nodes.to_json(root, words.words, currency)
    on = _day(as_of)
    try:
        rule, wrong = rules.from_json(found), None
    except BeizaiError as error:
        rule, wrong = None, error
    return Draft(root, rule, wrong, _moment(on), on, looking.as_text(found))


def _day(text: str) -> date:
    try:
        return min(date.fromisoformat(text), frame().today)
    except ValueError:
        return frame().today


def _moment(on: date) -> datetime:
    """The end of a day that is over; of today, now."""
    here = frame()
    if on >= here.today:
        return here.now
    return clock.start_of(on + timedelta(days=1), here.shop.timezone) - timedelta(microseconds=1)


def _saved(request: HttpRequest, draft: Draft, found: Segment | None, action: str) -> HttpResponse:
    if not may(person(request), May.EDIT_SEGMENTS):
        raise Invalid(_("Your role does not change segments."), hint=_("An owner or a marketer does."))
    assert draft.rule is not None
    typed = " ".join(request.POST.get("name", "").split())
    name = found.name if found and action == "save" else typed
    if (found is None or action == "save_as") and Segment.objects.filter(name=name).exists():
        raise Invalid(
            _("There is a segment “%(name)s” already.") % {"name": name}, hint=_("Names are given once.")
        )
    kept = membership.save(name, draft.rule, now=frame().now, user=person(request))
    messages.success(
        request, _("“%(name)s” is kept as version %(n)s.") % {"name": kept.name, "n": kept.current_version}
    )
    return redirect("segment", kept.pk)


def _builder(request: HttpRequest, draft: Draft, words: Book, found: Segment | None) -> dict[str, Any]:
    """Everything the builder's page shows. Its counting comes in a box of its own, unless a button was pressed."""
    user = person(request)
    context: dict[str, Any] = {
        "segment": found,
        "part": shown(draft.root, words),
        "draft": draft,
        "wrong": draft.wrong,
        "sentence": looking.plain_rule(draft.rule, words) if draft.rule else "",
        "name": request.POST.get("name", found.name if found else request.GET.get("name", "")),
        "version": _version(found),
        "next_version": found.current_version + 1 if found else 1,
        "used": Campaign.objects.filter(segment_id=found.pk).count() if found else 0,
        "who": request.POST.get("who", ""),
    }
    if request.method == "POST" or "full" in request.GET:
        context |= _counted(request, draft, words, found)
    if draft.rule and request.POST.get("do") == "why":
        context["whys"], context["nobody"] = looking.why(
            draft.rule, request.POST.get("who", ""), words, user, as_of=draft.as_of
        )
    return context


def _version(found: Segment | None) -> SegmentVersion | None:
    if found is None:
        return None
    return (
        SegmentVersion.objects.select_related("saved_by")
        .filter(segment=found, number=found.current_version)
        .first()
    )


def _counted(request: HttpRequest, draft: Draft, words: Book, found: Segment | None) -> dict[str, Any]:
    """The live count of a rule that need not be saved."""
    if draft.rule is None:
        return {"counted": True}
    name = found.name if found else ""
    turn = request.POST.get("turn", "0")
    try:
        seen = looking.see(
            draft.rule,
            draft.root,
            words,
            person(request),
            as_of=draft.as_of,
            name=name,
            seed=int(turn) if turn.isdigit() else 0,
        )
    except BeizaiError as error:
        return {"counted": True, "wrong": error}
    return {"counted": True, "seen": seen}


@require_POST
@needs(May.SEE_SEGMENTS)
def count(request: HttpRequest) -> HttpResponse:
    """The box beside the builder, asked again while somebody types."""
    words = book()
    root = nodes.from_post(request.POST)
    draft = _draft(root, words, request.POST.get("as_of", ""))
    number_text = request.POST.get("segment", "")
    found = Segment.objects.filter(pk=int(number_text)).first() if number_text.isdigit() else None
    context = {
        "draft": draft,
        "wrong": draft.wrong,
        "segment": found,
        **_counted(request, draft, words, found),
    }
    return render(request, "office/segments/count.html", context)


# ---- the people


@require_safe
@needs(May.SEE_SEGMENTS, May.SEE_CUSTOMERS)
def members(request: HttpRequest, segment: int) -> HttpResponse:
    """Who is in it, fifty to a page."""
    found = membership.segment(segment)
    on = _day(request.GET.get("as_of", ""))
    ids = membership.members(segment, as_of=_moment(on)).tolist()
    after = request.GET.get("after", "")
    start = (
        next((place for place, one in enumerate(ids) if one > int(after)), len(ids)) if after.isdigit() else 0
    )
    page = ids[start : start + _PAGE]
    return render(
        request,
        "office/segments/members.html",
        {
            "segment": found,
            "people": looking.people(person(request), page, on),
            "total": len(ids),
            "first": start + 1,
            "last": start + len(page),
            "next_after": page[-1] if start + len(page) < len(ids) else None,
            "beginning": start == 0,
            "on": on,
        },
    )


@require_safe
@needs(May.SEE_SEGMENTS, May.SEE_CUSTOMERS, May.EXPORT)
def export(request: HttpRequest, segment: int) -> HttpResponse:
    """Everybody in it as a workbook; who took it and how many rows is written down."""
    found, here = membership.segment(segment), frame()
    ids = membership.members(segment, as_of=here.now).tolist()
    stop = exports.stopped(request, len(ids))
    if stop is not None:
        return stop
    sheet = sheets.sheet(
        ids,
        currency=here.shop.currency,
        contact_points=may(person(request), May.SEE_CONTACT_POINTS),
        head=head_words,
    )
    with tempfile.TemporaryDirectory(prefix="beizai-export-") as folder:
        file = Path(folder) / "segment.xlsx"
        written = sheets.write_xlsx(sheet, file, name=_("Customers"))
        content = file.read_bytes()
    audit.record("segment.exported", at=here.now, user=person(request), segment_id=found.pk, rows=written)
    name = f'attachment; filename="segment-{found.pk}-{here.today.isoformat()}.xlsx"'
    return HttpResponse(content, content_type=_EXCEL, headers={"Content-Disposition": name})


@require_POST
@needs(May.EDIT_SEGMENTS)
def remove(request: HttpRequest, segment: int) -> HttpResponse:
    """Takes a segment out that no campaign and no other rule uses."""
    found = membership.segment(segment)
    if Campaign.objects.filter(segment_id=found.pk).exists():
        raise Invalid(
            _("“%(name)s” is used by a campaign.") % {"name": found.name},
            hint=_("What a campaign was sent to must stay to be seen."),
        )
    membership.remove(segment)
    audit.record("segment.removed", at=frame().now, user=person(request), segment_id=segment, name=found.name)
    messages.success(request, _("“%(name)s” is gone. Nobody's card was touched.") % {"name": found.name})
    return redirect("segments")


urlpatterns = [
    path("segments/", segments, name="segments"),
    path("segments/new/", new, name="segment_new"),
    path("segments/count/", count, name="segment_count"),
    path("segments/<int:segment>/", segment, name="segment"),
    path("segments/<int:segment>/number/", how_many, name="segment_number"),
    path("segments/<int:segment>/members/", members, name="segment_members"),
    path("segments/<int:segment>/excel/", export, name="segment_export"),
    path("segments/<int:segment>/remove/", remove, name="segment_remove"),
]
