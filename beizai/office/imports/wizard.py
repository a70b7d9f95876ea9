"""The wizard: a file is chosen, its columns named, checked against the book, and brought in by a worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from beizai.base.errors import BeizaiError
from beizai.imports import files
from beizai.imports.files import Preview, Wish
from beizai.imports.reading import Options
from beizai.imports.recognise import ATTRIBUTE, FIELDS, Kind, attribute_key
from beizai.office import refusals, waiting
from beizai.office.frame import frame
from beizai.office.imports import drafts, told
from beizai.office.imports.checking import check_words
from beizai.office.imports.drafts import Draft
from beizai.office.permissions import needs, person
from beizai.sources import register
from beizai.sources.models import Source, SourceKind
from beizai.staff.roles import May
from beizai.worker import asked

_SHOWN_ROWS = 6
_SHOWN_COLUMNS = 30


class FileForm(forms.Form):
    """Step 1: which file, what it holds, where it comes from."""

    file = forms.FileField(
        label=gettext_lazy("The file"),
        help_text=gettext_lazy(
            "CSV, Excel or Parquet, as your shop program or till exports it. At most 1.5 GB."
        ),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What it holds"), widget=forms.RadioSelect, initial="orders")
    source = forms.CharField(
        label=gettext_lazy("Where it comes from"),
        max_length=120,
        help_text=gettext_lazy(
            "The till, the online shop, a fair. Next time its columns are remembered under this name."
        ),
    )

    basis = forms.ChoiceField(
        label=gettext_lazy("On what ground the customers of this source may be kept and written to"),
        required=False,
        help_text=gettext_lazy(
            "Without one nobody of this source is written to until a ground is recorded per person."
        ),
    )
    evidence = forms.CharField(
        label=gettext_lazy("What shows it"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("The form and its words, the contract, the assessment with its date."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["basis"]).choices = list(told.bases().items())
        cast(forms.ChoiceField, self.fields["kind"]).choices = list(told.kinds().items())
        self.fields["source"].widget.attrs["list"] = "sources"

    def clean(self) -> dict[str, Any]:
        """A ground and what shows it belong together."""
        given = super().clean() or {}
        if bool(given.get("basis")) != bool((given.get("evidence") or "").strip()):
            self.add_error("evidence", _("A ground and what shows it belong together."))
        return given


@needs(May.IMPORT)
def new(request: HttpRequest) -> HttpResponse:
    """Step 1."""
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        found = _begun(request, form)
        if found:
            return redirect("import_columns", found.token)
    names = (
        Source.objects.filter(kind__in=(SourceKind.ORDERS, SourceKind.CUSTOMERS))
        .order_by("name")
        .values_list("name", flat=True)
    )
    return render(
        request, "office/imports/new.html", {"form": form, "sources": names, "steps": steps(None, "file")}
    )


def _begun(request: HttpRequest, form: FileForm) -> Draft | None:
    given = form.cleaned_data
    try:
        return drafts.begin(
            given["file"],
            kind=given["kind"],
            source=given["source"].strip(),
            user_id=person(request).pk,
            now=frame().now,
            basis=given["basis"],
            evidence=given["evidence"].strip(),
        )
    except BeizaiError as error:
        form.add_error("file", refusals.in_words(error))
        return None


def steps(found: Draft | None, here: str) -> list[dict[str, Any]]:
    """The four steps."""
    labels = {"file": _("File"), "columns": _("Columns"), "check": _("Check"), "in": _("Bring in")}
    order = list(labels)
    return [
        {
            "label": labels[key],
            "done": place < order.index(here),
            "current": key == here,
            "url": reverse(f"import_{key}", args=[found.token])
            if found and key in ("columns", "check")
            else "",
        }
        for place, key in enumerate(order)
    ]


def wish_of(found: Draft) -> Wish:
    """What was decided about the file so far."""
    return Wish(
        columns=found.columns or None,
        dates=found.dates or None,
        decimal=found.decimal or None,
        repairs=found.repairs,
        options=Options(sheet=found.sheet or None),
        same_meaning=tuple(found.same_meaning),
    )


def preview_of(found: Draft) -> Preview:
    """How the file would be read now."""
    kind = cast(Kind, found.kind)
    return files.preview(found.path, kind=kind, source=found.source, now=frame().now, wish=wish_of(found))


# ---- step 2


@dataclass(frozen=True)
class ColumnChoice:
    """One column of the file: its letter and header, and what it may mean."""

    letter: str
    header: str
    chosen: str
    others: tuple[tuple[str, str], ...]


@needs(May.IMPORT)
def columns(request: HttpRequest, token: str) -> HttpResponse:
    """Step 2: what each column means; and what only a person can say, such as the order of day and month."""
    found = drafts.draft(token)
    if request.method == "POST":
        found = _columns_chosen(found, request)
        return redirect("import_columns" if "again" in request.POST else "import_check", token)
    if request.headers.get("X-Fragment") != "1" and "full" not in request.GET:
        return render(
            request, "office/imports/columns.html", {"draft": found, "steps": steps(found, "columns")}
        )
    fragment = request.headers.get("X-Fragment") == "1"
    template = "office/imports/columns_body.html" if fragment else "office/imports/columns.html"
    return render(
        request,
        template,
        {"draft": found, "steps": steps(found, "columns"), "full": True, **columns_context(found)},
    )


def columns_context(found: Draft) -> dict[str, Any]:
    """The first rows under their columns, each with what it may mean."""
    seen = preview_of(found)
    meaning = _meaning(seen)
    shown = seen.staged.columns[:_SHOWN_COLUMNS]
    return {
        "preview": seen,
        "columns": [
            ColumnChoice(
                column.letter,
                column.header,
                meaning.get(column.header, ""),
                _others(found.kind, column.header, meaning),
            )
            for column in shown
        ],
        "rows": [(number, cells[: len(shown)]) for number, cells in seen.sample[:_SHOWN_ROWS]],
        "hidden_columns": len(seen.staged.columns) - len(shown),
        "questions": [
            _asked(question.code, refusals.said(question.message), question.answers)
            for question in seen.questions
            if not seen.changed
        ],
        "changed": [
            (one, told.field(one.field), told.changed().get(one.code, one.code)) for one in seen.changed
        ],
        "kind_name": told.kinds()[found.kind],
        "date_words": told.dates().get(seen.dates or ""),
    }


def _asked(code: str, message: str, answers: tuple[str, ...]) -> dict[str, Any]:
    words = {**told.dates(), "point": _("point: 1,234.50"), "comma": _("comma: 1.234,50")}
    name = "decimal" if code.startswith("decimal") else "dates"
    return {
        "name": name,
        "message": message,
        "answers": [(answer, words.get(answer, answer)) for answer in answers],
    }


def _meaning(seen: Preview) -> dict[str, str]:
    return {header: name for name, header in seen.columns.items()}


def _others(kind: str, header: str, meaning: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    choices = [("", _("Not brought in")), *((name, told.field(name)) for name in FIELDS[cast(Kind, kind)])]
    if kind == "customers":
        own = meaning.get(header, "")
        key = own if own.startswith(ATTRIBUTE) else f"{ATTRIBUTE}{attribute_key(header)}"
        if len(key) > len(ATTRIBUTE):
            choices.append((key, _("Attribute of its own: %(name)s") % {"name": key[len(ATTRIBUTE) :]}))
    return tuple(choices)


def _columns_chosen(found: Draft, request: HttpRequest) -> Draft:
    """The meanings as posted: field to header; a field that was taken away is said to be left out."""
    headers, meanings = request.POST.getlist("header"), request.POST.getlist("meaning")
    said = {name: header for header, name in zip(headers, meanings, strict=False) if name}
    before = request.POST.getlist("was")
    left_out = {name: "" for name in before if name and name not in said}
    return found.changed(
        columns={**left_out, **said} if headers else found.columns,
        dates=request.POST.get("dates", found.dates)
        if request.POST.get("dates", "") in (*told.dates(), "")
        else found.dates,
        decimal=request.POST.get("decimal", found.decimal)
        if request.POST.get("decimal", "") in ("point", "comma", "")
        else found.decimal,
        sheet=request.POST.get("sheet", found.sheet)[:200],
        same_meaning=sorted({*found.same_meaning, *request.POST.getlist("same_meaning")}),
    )


# ---- step 3


@needs(May.IMPORT)
def check(request: HttpRequest, token: str) -> HttpResponse:
    """Step 3: what is put right, what will happen. Nothing is written yet."""
    found = drafts.draft(token)
    if request.method == "POST":
        _repairs_chosen(found, request)
        return redirect(f"{request.path}?full=1" if "full" in request.POST else request.path)
    fragment = request.headers.get("X-Fragment") == "1"
    if not fragment and "full" not in request.GET:
        return render(request, "office/imports/check.html", {"draft": found, "steps": steps(found, "check")})
    context = {"draft": found, "steps": steps(found, "check"), "full": True, **check_context(found)}
    return render(
        request, "office/imports/check_body.html" if fragment else "office/imports/check.html", context
    )


def check_context(found: Draft) -> dict[str, Any]:
    """What the check shows."""
    return check_words(preview_of(found))


def _repairs_chosen(found: Draft, request: HttpRequest) -> None:
    chosen = {
        name[7:]: value == "repair" for name, value in request.POST.items() if name.startswith("repair.")
    }
    if "leave_all" in request.POST:
        chosen = {name[7:]: False for name in request.POST if name.startswith("repair.")}
    found.changed(repairs={**found.repairs, **chosen})


@require_POST
@needs(May.IMPORT)
def bring_in(request: HttpRequest, token: str) -> HttpResponse:
    """Step 4: a worker brings it in; the page looks on."""
    found = drafts.draft(token)
    if found.basis:
        named = register.source(found.source, SourceKind(found.kind), now=frame().now)
        register.say_basis(named.pk, found.basis, found.evidence, now=frame().now, user=person(request))
    arguments = {
        "token": token,
        "path": str(found.path),
        "kind": found.kind,
        "source": found.source,
        "columns": dict(found.columns),
        "dates": found.dates,
        "decimal": found.decimal,
        "sheet": found.sheet,
        "repairs": dict(found.repairs),
        "same_meaning": list(found.same_meaning),
        "user_id": person(request).pk,
    }
    return waiting.ask(asked.IMPORT, arguments, key=token)


@require_POST
@needs(May.IMPORT)
def forget(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the upload away; nothing of it was in the book."""
    drafts.forget(token)
    return redirect("imports")
