"""What a form has found out: its pictures, every answer sheet, the files to take out, the draw of its prizes."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from beizai.base.cells import plain_cell
from beizai.base.errors import Forbidden, NotFound
from beizai.forms import drawing, links, matching, pictures, publishing, results
from beizai.forms.definition import Ask, Definition, Question, said
from beizai.forms.figures import Figures, QuestionFigures
from beizai.forms.models import AnswerSheet, PrizeDraw, SheetState
from beizai.identity.cards import cards_of
from beizai.messages.models import ServiceMail
from beizai.office import exports
from beizai.office.charts.columns import columns
from beizai.office.charts.drawing import Chart
from beizai.office.forms import told
from beizai.office.forms.building import whole
from beizai.office.forms.pages import found, head
from beizai.office.frame import frame
from beizai.office.paging import Key, by_key
from beizai.office.permissions import needs, person
from beizai.office.wording import number, percent
from beizai.staff import audit
from beizai.staff.roles import May, may

_MOST_BINS = 11
_TEXTS_SHOWN = 12


@dataclass(frozen=True)
class Bar:
    """One answer: its words, how many chose it, the share."""

    name: str
    count: int
    share: float


@dataclass(frozen=True)
class Answered:
    """One question's result, ready to be shown."""

    text: str
    ask: str
    answered: int
    finding: str = ""
    bars: list[Bar] = field(default_factory=list)
    parts: list[tuple[float, str]] = field(default_factory=list)
    chart: Chart | None = None
    rows: list[tuple[str, int]] = field(default_factory=list)
    texts: list[tuple[str, int]] = field(default_factory=list)
    shown: int = 0
    stopped: int = 0
    share: float = 0.0


def _answered(one: QuestionFigures, form: Definition, started: int) -> Answered:
    question, language = one.question, frame().language
    text = said(question.text, language, form.languages[0])
    common: dict[str, Any] = {
        "text": text, "ask": told.asks()[question.ask.value], "answered": one.answered,
        "shown": one.shown, "stopped": one.stopped, "share": one.shown / started if started else 0.0,
    }  # fmt: skip
    if question.ask in (Ask.CHOICE, Ask.MANY):
        return Answered(**common, bars=_bars(one, form, language))
    if question.ask is Ask.CONSENT:
        share = one.counts["yes"] / one.answered if one.answered else 0.0
        return Answered(**common, bars=[Bar(_("ticked"), one.counts["yes"], share)])
    if question.ask is Ask.NPS:
        return _nps(one, common)
    if question.ask in (Ask.SCALE, Ask.NUMBER):
        return _spread(one, common)
    return Answered(**common, texts=Counter(one.texts).most_common(_TEXTS_SHOWN))


def _bars(one: QuestionFigures, form: Definition, language: str) -> list[Bar]:
    rows = [
        (said(o.text, language, form.languages[0]), one.counts.get(o.key, 0)) for o in one.question.options
    ]
    return [Bar(name, count, count / one.answered if one.answered else 0.0) for name, count in rows]


def _nps(one: QuestionFigures, common: dict[str, Any]) -> Answered:
    nps = one.nps
    rows = [(str(value), one.counts.get(str(value), 0)) for value in range(11)]
    if nps is None:
        return Answered(**common)
    promoters, passives, detractors, score = nps
    finding = _("Net promoter score %(score)s: %(up)s recommend (9, 10), %(middle)s in between, %(down)s rather not (0 to 6)") % {
        "score": number(round(score)), "up": number(promoters), "middle": number(passives), "down": number(detractors),
    }  # fmt: skip
    parts = [
        (count / one.answered, css)
        for count, css in ((promoters, "blue"), (passives, "grey"), (detractors, "ochre"))
    ]
    return Answered(**common, finding=finding, parts=parts, chart=columns(rows, label=finding), rows=rows)


def _spread(one: QuestionFigures, common: dict[str, Any]) -> Answered:
    if not one.numbers or one.mean is None or one.median is None:
        return Answered(**common)
    rows = _of_scale(one.question, one) if one.question.ask is Ask.SCALE else _bins(one.numbers)
    finding = _("On average %(mean)s, half of them %(median)s or less") % {
        "mean": number(one.mean, 1), "median": number(one.median, 1),
    }  # fmt: skip
    return Answered(**common, finding=finding, chart=columns(rows, label=finding), rows=rows)


def _of_scale(question: Question, one: QuestionFigures) -> list[tuple[str, int]]:
    return [(str(value), one.counts.get(str(value), 0)) for value in range(question.low, question.high + 1)][
        :40
    ]


def _bins(numbers: list[float]) -> list[tuple[str, int]]:
    """The numbers themselves where they are few, else ten ranges of the same breadth."""
    values = sorted(set(numbers))
    if len(values) <= _MOST_BINS:
        return [(number(value, 0 if value == int(value) else 1), numbers.count(value)) for value in values]
    low, breadth = values[0], (values[-1] - values[0]) / 10
    counts = [0] * 10
    for value in numbers:
        counts[min(int((value - low) / breadth), 9)] += 1
    return [
        (number(low + place * breadth, 0 if breadth >= 1 else 1), count) for place, count in enumerate(counts)
    ]


@require_safe
@needs(May.IMPORT)
def form_results(request: HttpRequest, form_id: int) -> HttpResponse:
    """The figures with their pictures, and what each counted answer cost."""
    form = found(form_id)
    definition, figures = results.current(form), results.of(form)
    cost = results.cost(form, figures.counted)
    context = head(request, form, "form_results") | {
        "figures": figures,
        "finding": _finding(figures),
        "counts": [(told.sheet_states()[state], count) for state, count in results.counts(form.pk).items()],
        "answered": [_answered(one, definition, figures.started) for one in figures.questions.values()],
        "cost": cost,
        "scores": _scores(figures),
        "best": results.scores(form, 10) if figures.scores else [],
    }
    return render(request, "office/forms/results.html", context)


def _finding(figures: Figures) -> str:
    if not figures.started:
        return _("Nobody has answered yet")
    return ngettext(
        "%(n)s answer counts, of %(begun)s that were begun (%(share)s)",
        "%(n)s answers count, of %(begun)s that were begun (%(share)s)",
        figures.counted,
    ) % {
        "n": number(figures.counted),
        "begun": number(figures.started),
        "share": percent(figures.finished_share),
    }


def _scores(figures: Figures) -> Chart | None:
    if not figures.scores:
        return None
    rows = [(str(points), figures.scores[points]) for points in sorted(figures.scores)][:40]
    return columns(rows, label=_("How many reached which score"))


@require_safe
@needs(May.IMPORT, May.SEE_CONTACT_POINTS)
def answers(request: HttpRequest, form_id: int) -> HttpResponse:
    """Every sheet, the latest first."""
    form = found(form_id)
    rows = AnswerSheet.objects.filter(form=form)
    page = by_key(rows, Key("pk"), falls=True, params=request.GET, total=rows.count())
    cards = cards_of(sheet.customer_id for sheet in page.rows if sheet.customer_id is not None)
    lines = [
        {"sheet": sheet, "state": told.sheet_states()[sheet.state], "card": cards.get(sheet.customer_id)}
        for sheet in page.rows
    ]
    return render(
        request,
        "office/forms/answers.html",
        head(request, form, "form_answers") | {"page": page, "lines": lines},
    )


def _sheet(form_id: int, sheet_id: int) -> AnswerSheet:
    rows = AnswerSheet.objects.select_related("form", "form__source", "version")
    sheet = rows.filter(pk=sheet_id, form_id=form_id).first()
    if sheet is None:
        raise NotFound("There is no such answer.")
    return sheet


@require_safe
@needs(May.IMPORT, May.SEE_CONTACT_POINTS)
def answer(request: HttpRequest, form_id: int, sheet_id: int) -> HttpResponse:
    """One sheet: what was asked in its version, what was answered, whose it is."""
    sheet = _sheet(form_id, sheet_id)
    definition = publishing.definition_of(sheet.version)
    sign_up = getattr(sheet, "sign_up", None)
    mail = ServiceMail.objects.filter(key=f"form_confirmation:{sign_up.pk}").first() if sign_up else None
    lines = [
        {
            "text": said(q.text, frame().language, definition.languages[0]),
            "photo": sheet.answers.get(q.key) if q.ask is Ask.PHOTO else "",
            "words": _yes_no(q, sheet.answers.get(q.key), definition),
        }
        for q in definition.questions
    ]
    context = head(request, sheet.form, "form_answers") | {
        "sheet": sheet,
        "sheet_state": told.sheet_states()[sheet.state],
        "lines": lines,
        "sign_up": sign_up,
        "mail": mail,
        "hidden": list(sheet.hidden.items()),
        "card": cards_of([sheet.customer_id])[sheet.customer_id] if sheet.customer_id is not None else None,
        "can_make_card": sheet.customer_id is None and any(q.ask is Ask.CONTACT and sheet.answers.get(q.key) for q in definition.questions),
    }  # fmt: skip
    return render(request, "office/forms/answer.html", context)


def _yes_no(question: Question, value: Any, form: Definition) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return results.in_words(
        question, value, frame().language if frame().language in form.languages else form.languages[0]
    )


@require_POST
@needs(May.IMPORT, May.EDIT_CUSTOMERS)
def make_card(request: HttpRequest, form_id: int, sheet_id: int) -> HttpResponse:
    """A card for somebody who asked and confirmed nothing."""
    sheet = _sheet(form_id, sheet_id)
    customer = matching.make_card(
        sheet, publishing.definition_of(sheet.version), now=frame().now, user=person(request)
    )
    messages.success(request, _("A card was made. Its address is not confirmed."))
    return redirect("customer", customer.pk)


@require_safe
@needs(May.IMPORT, May.SEE_CONTACT_POINTS)
def photo(request: HttpRequest, form_id: int, sheet_id: int, name: str) -> HttpResponse:
    """A photo somebody sent, to those who may see the answers."""
    sheet = _sheet(form_id, sheet_id)
    if name not in pictures.names(publishing.definition_of(sheet.version), sheet.answers):
        raise NotFound("There is no such photo.")
    return HttpResponse(pictures.path(form_id, name).read_bytes(), content_type="image/jpeg")


@require_safe
@needs(May.IMPORT, May.EXPORT, May.SEE_CONTACT_POINTS)
def export(request: HttpRequest, form_id: int) -> HttpResponse:
    """Every finished sheet as a workbook, or as CSV with `as=csv`."""
    form = found(form_id)
    kind = "csv" if request.GET.get("as") == "csv" else "xlsx"
    rows = list(results.table(form, frame().language))
    stop = exports.stopped(request, len(rows) - 1)
    if stop is not None:
        return stop
    content = _csv(rows) if kind == "csv" else _xlsx(rows)
    audit.record(
        "form.exported", at=frame().now, user=person(request), form=form.slug, rows=len(rows) - 1, kind=kind
    )
    name = f'attachment; filename="{form.slug}-{frame().today.isoformat()}.{kind}"'
    return HttpResponse(content, content_type=_TYPES[kind], headers={"Content-Disposition": name})


_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _csv(rows: Iterable[list[Any]]) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerows([[plain_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows])
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def _xlsx(rows: Iterable[list[Any]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(_("Answers")[:31])
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, int | float):
                sheet.write_number(place, column, cell)
            elif cell is not None:
                sheet.write_string(place, column, str(cell)[:32_000])
    book.close()
    return target.getvalue()


@needs(May.IMPORT)
def draw(request: HttpRequest, form_id: int) -> HttpResponse:
    """The draw of a contest: announced, then drawn."""
    form = found(form_id)
    if request.method == "POST":
        if not may(person(request), May.EDIT_CAMPAIGNS):
            raise Forbidden("Your role does not allow this page.")
        _act(request, form)
        return redirect("form_draw", form.pk)
    drawn = PrizeDraw.objects.filter(form=form).first()
    entries = AnswerSheet.objects.filter(form=form, state=SheetState.COUNTED).count()
    context = head(request, form, "form_draw") | {
        "draw": drawn,
        "entries": entries,
        "url": f"{frame().shop.public_url.rstrip('/')}{links.FILL_PATH}{form.slug}/draw/",
        "winners": _winners(form.pk, drawn) if drawn and drawn.drawn_at else [],
        "entered": AnswerSheet.objects.filter(form=form, state=SheetState.COUNTED).exists(),
    }
    return render(request, "office/forms/draw.html", context)


def _act(request: HttpRequest, form: Any) -> None:
    if "announce" in request.POST:
        count = whole(request.POST, "prizes", 1, low=1, high=1_000)
        drawing.announce(
            form,
            prizes_count=count,
            number_from=request.POST.get("number_from", ""),
            now=frame().now,
            user=person(request),
        )
        audit.record(
            "form.draw_announced", at=frame().now, user=person(request), form=form.slug, prizes=count
        )
    else:
        drawing.draw(form, number=request.POST.get("number", ""), now=frame().now)
        audit.record("form.drawn", at=frame().now, user=person(request), form=form.slug)


def _winners(form_id: int, found_draw: PrizeDraw) -> list[dict[str, Any]]:
    """The winning codes with their sheets; one that was erased since has none."""
    codes = drawing.drawn(found_draw).winners
    sheets = {s.entry_code: s for s in AnswerSheet.objects.filter(form_id=form_id, entry_code__in=codes)}
    return [{"code": code, "sheet": sheets.get(code)} for code in codes]


urlpatterns = [
    path("collection/forms/<int:form_id>/results/", form_results, name="form_results"),
    path("collection/forms/<int:form_id>/answers/", answers, name="form_answers"),
    path("collection/forms/<int:form_id>/answers/<int:sheet_id>/", answer, name="form_answer"),
    path("collection/forms/<int:form_id>/answers/<int:sheet_id>/card/", make_card, name="form_make_card"),
    path("collection/forms/<int:form_id>/answers/<int:sheet_id>/photo/<str:name>", photo, name="form_photo"),
    path("collection/forms/<int:form_id>/export/", export, name="form_export"),
    path("collection/forms/<int:form_id>/draw/", draw, name="form_draw"),
]
