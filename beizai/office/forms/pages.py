"""Building forms in the office: the list, a new one, its questions and settings, the preview, publishing and sharing."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beizai.base.errors import BeizaiError, Invalid, NotFound
from beizai.consent.models import Purpose
from beizai.customers import facts
from beizai.customers.models import Channel
from beizai.forms import publishing, results, rewards
from beizai.forms.definition import Ask, Definition, Kind, Question, read, said
from beizai.forms.models import Form, Reward
from beizai.office import refusals
from beizai.office.forms import building, told
from beizai.office.forms.questions import part_names
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.tabs import Tab, hang, tabs
from beizai.office.wording import money
from beizai.staff import audit
from beizai.staff.roles import May

hang("collection", "forms", gettext_lazy("Forms"), "forms", May.IMPORT, place=30)


@require_safe
@needs(May.IMPORT)
def forms(request: HttpRequest) -> HttpResponse:
    """The list, the latest first."""
    every = results.counts_of_all()
    rows = [
        _line(form, every.get(form.pk, {}))
        for form in Form.objects.select_related("source").order_by("-changed_at")
    ]
    return render(
        request,
        "office/forms/list.html",
        {"rows": rows, "tabs": tabs(person(request), "collection", "forms")},
    )


def _line(form: Form, counts: dict[str, int]) -> dict[str, Any]:
    counted = counts.get("counted", 0)
    each = results.cost(form, counted).each_minor
    state, badge = told.states()[form.state]
    return {
        "form": form,
        "kind": told.kinds()[form.kind][0],
        "state": state,
        "badge": badge,
        "started": sum(counts.get(name, 0) for name in ("partial", "finished", "counted")),
        "counted": counted,
        "each": money(each) if each is not None else "",
    }


@needs(May.IMPORT, May.EDIT_CAMPAIGNS)
def new(request: HttpRequest) -> HttpResponse:
    """A new form: its kind, its name, its languages."""
    fault = ""
    if request.method == "POST":
        try:
            form = _add(request)
        except BeizaiError as error:
            fault = refusals.in_words(error)
        else:
            return redirect("form", form.pk)
    context = {
        "kinds": [(key, *words) for key, words in told.kinds().items()],
        "languages": told.languages(),
        "language": frame().language,
        "posted": request.POST,
        "fault": fault,
    }
    return render(request, "office/forms/new.html", context, status=400 if fault else 200)


def _add(request: HttpRequest) -> Form:
    kind = request.POST.get("kind", "")
    if kind not in told.kinds():
        raise Invalid(_("Choose what the form is for."))
    chosen = [code for code in told.languages() if code in request.POST.getlist("languages")] or ["en"]
    here = frame().language
    ordered = tuple(sorted(chosen, key=lambda code: code != here))
    wish = publishing.Wish(request.POST.get("name", ""), Kind(kind), languages=ordered)
    form = publishing.add(wish, now=frame().now, user=person(request))
    audit.record("form.added", at=frame().now, user=person(request), form=form.slug)
    return form


def head(request: HttpRequest, form: Form, here: str) -> dict[str, Any]:
    """What every page of a form shows on top."""
    state, badge = told.states()[form.state]
    names = [
        ("form", _("Questions")),
        ("form_settings", _("What it says and asks")),
        ("form_share", _("Share")),
        ("form_results", _("Results")),
        ("form_answers", _("Answers")),
    ]
    if form.kind == "contest":
        names.append(("form_draw", _("Draw")))
    draft = read(form.draft)
    return {
        "form": form,
        "draft": draft,
        "title": said(draft.title, frame().language, draft.languages[0]) or form.name,
        "kind": told.kinds()[form.kind][0],
        "state": state,
        "badge": badge,
        "tabs": [Tab(name, words, reverse(name, args=[form.pk]), name == here) for name, words in names],
        "changed": form.version is not None and form.version.definition != form.draft,
    }


def found(form_id: int) -> Form:
    """The form of this number."""
    return publishing.get(form_id)


@require_safe
@needs(May.IMPORT)
def one(request: HttpRequest, form_id: int) -> HttpResponse:
    """The questions in their order, and what keeps the form from being published."""
    form = found(form_id)
    context = head(request, form, "form")
    draft: Definition = context["draft"]
    titles = told.titled(draft, frame().language)
    rows, page = [], 0
    for number, question in enumerate(draft.questions):
        page += question.new_page or number == 0
        rows.append(
            {
                "question": question,
                "ask": told.asks()[question.ask.value],
                "text": titles[question.key],
                "page": page,
                "begins": question.new_page or number == 0,
                "jumps": told.jumps(question, titles),
                "first": number == 0,
                "last": number == len(draft.questions) - 1,
            }
        )
    wrong = [(flaw, phrase) for flaw, phrase in publishing.problems(draft)]
    return render(
        request,
        "office/forms/form.html",
        context | {"rows": rows, "wrong": wrong, "asks": told.asks(), "pages": page},
    )


def _keep(form: Form, draft: Definition) -> None:
    publishing.write(form.pk, draft, revision=form.revision, now=frame().now)


@require_POST
@needs(May.IMPORT, May.EDIT_CAMPAIGNS)
def add_question(request: HttpRequest, form_id: int) -> HttpResponse:
    """A new question at the end; its page opens."""
    form = found(form_id)
    draft = read(form.draft)
    if request.POST.get("ask") not in told.asks():
        raise Invalid(_("Choose a kind of question."))
    question = building.new_question(draft, Ask(request.POST["ask"]))
    _keep(form, building.put(draft, question))
    return redirect("form_question", form.pk, question.key)


@require_POST
@needs(May.IMPORT, May.EDIT_CAMPAIGNS)
def arrange(request: HttpRequest, form_id: int, key: str) -> HttpResponse:
    """A question moved up or down, or taken out."""
    form = found(form_id)
    draft = read(form.draft)
    match request.POST.get("do"):
        case "up":
            draft = building.moved(draft, key, -1)
        case "down":
            draft = building.moved(draft, key, 1)
        case "out":
            draft = building.without(draft, key)
    _keep(form, draft)
    return redirect("form", form.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(May.IMPORT, May.EDIT_CAMPAIGNS)
def question(request: HttpRequest, form_id: int, key: str) -> HttpResponse:
    """One question: its words in every language, its answers, where it leads, which fact it fills."""
    form = found(form_id)
    draft, fault = read(form.draft), ""
    asked_now = draft.question(key)
    if asked_now is None:
        raise NotFound("There is no question “{key}”.", key=key)
    if request.method == "POST":
        try:
            asked_now = building.question(asked_now, request.POST, draft.languages)
            publishing.write(
                form.pk, building.put(draft, asked_now), revision=_seen(request), now=frame().now
            )
        except BeizaiError as error:
            fault = refusals.in_words(error)
        else:
            return redirect("form", form.pk)
    context = (
        head(request, form, "form")
        | _question_context(draft, asked_now)
        | {"fault": fault, "revision": form.revision}
    )
    return render(request, "office/forms/question.html", context, status=400 if fault else 200)


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() else -1


def _question_context(draft: Definition, one_question: Question) -> dict[str, Any]:
    fits = publishing.FITS[one_question.ask]
    titles = told.titled(draft, frame().language)
    return {
        "question": one_question,
        "ask": told.asks()[one_question.ask.value],
        "texts": _per_language(draft, one_question, ("text", "help", "low_text", "high_text")),
        "options": [
            (row, option, [(code, name, option.text.get(code, "")) for code, name in languages_of(draft)])
            for row, option in building.option_rows(one_question)
        ],
        "languages": languages_of(draft),
        "jumps": building.jump_rows(one_question),
        "whens": told.whens(),
        "targets": [(key, text) for key, text in titles.items() if key != one_question.key],
        "values": [(option.key, said(option.text, frame().language, draft.languages[0])) for option in one_question.options],
        "attributes": [(a.key, a.label) for a in facts.definitions() if a.kind in fits],
        "parts": [(part, words, part in one_question.parts, part in one_question.needs) for part, words in part_names().items()],
        "purposes": [(Purpose.MARKETING.value, _("Advertising")), (Purpose.TRACKING.value, _("Keeping opens and clicks"))],
        "channels": [(Channel.EMAIL.value, _("Email")), (Channel.PHONE.value, _("Phone")), (Channel.LETTER.value, _("Letter")), ("", _("Every channel"))],
    }  # fmt: skip


def languages_of(draft: Definition) -> list[tuple[str, str]]:
    names = told.languages()
    return [(code, names.get(code, code)) for code in draft.languages]


def _per_language(
    draft: Definition, thing: Any, fields: tuple[str, ...]
) -> dict[str, list[tuple[str, str, str]]]:
    return {
        field: [(code, name, getattr(thing, field).get(code, "")) for code, name in languages_of(draft)]
        for field in fields
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs(May.IMPORT, May.EDIT_CAMPAIGNS)
def settings(request: HttpRequest, form_id: int) -> HttpResponse:
    """What the form says at its beginning and end, whom it lets in, what it gives."""
    form = found(form_id)
    draft, fault = read(form.draft), ""
    if request.method == "POST":
        try:
            draft = _save_settings(request, form, draft)
        except BeizaiError as error:
            fault = refusals.in_words(error)
        else:
            messages.success(request, _("The form is saved. Publish it to show the changes."))
            return redirect("form_settings", form.pk)
    closes = form.closes_at.astimezone(frame().zone).strftime("%Y-%m-%dT%H:%M") if form.closes_at else ""
    context = head(request, form, "form_settings") | {
        "draft": draft,
        "texts": _per_language(draft, draft, ("title", "intro", "thanks")),
        "endings": [
            (row, end, [(code, name, end.text.get(code, "")) for code, name in languages_of(draft)])
            for row, end in building.ending_rows(draft)
        ],
        "all_languages": told.languages(),
        "hidden": ", ".join(draft.hidden),
        "closes": closes,
        "reward": Reward.objects.filter(form=form).first(),
        "revision": form.revision,
        "fault": fault,
    }
    return render(request, "office/forms/settings.html", context, status=400 if fault else 200)


def _save_settings(request: HttpRequest, form: Form, draft: Definition) -> Definition:
    chosen = tuple(code for code in told.languages() if code in request.POST.getlist("languages"))
    kept = tuple(code for code in draft.languages if code in chosen)
    languages = kept + tuple(code for code in chosen if code not in kept) or draft.languages
    changed = building.settings(draft, request.POST, languages)
    closes_at = _closes_at(request.POST.get("closes", ""))
    publishing.write(form.pk, changed, revision=_seen(request), now=frame().now)
    Form.objects.filter(pk=form.pk).update(
        name=request.POST.get("name", "").strip()[:120] or form.name, closes_at=closes_at
    )
    _save_reward(request, form)
    return changed


def _closes_at(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=frame().zone)
    except ValueError:
        raise Invalid(_("“%(text)s” is not a date and a time.") % {"text": text[:40]}) from None


def _save_reward(request: HttpRequest, form: Form) -> None:
    given = request.FILES.get("reward_file")
    match request.POST.get("reward", ""):
        case "none":
            rewards.take_away(form)
        case "coupon":
            rewards.set_coupon(form, request.POST.get("coupon", ""))
        case "file" if given is not None:
            rewards.set_file(form, given.name or "file", given.chunks())


urlpatterns = [
    path("collection/forms/", forms, name="forms"),
    path("collection/forms/new/", new, name="form_new"),
    path("collection/forms/<int:form_id>/", one, name="form"),
    path("collection/forms/<int:form_id>/add/", add_question, name="form_add_question"),
    path("collection/forms/<int:form_id>/questions/<slug:key>/", question, name="form_question"),
    path("collection/forms/<int:form_id>/questions/<slug:key>/arrange/", arrange, name="form_arrange"),
    path("collection/forms/<int:form_id>/settings/", settings, name="form_settings"),
]
