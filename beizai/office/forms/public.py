"""The pages customers see: a form to fill in, the button that confirms, what they are given, and the draw anyone can check."""

import os
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from beizai.base import clock, home
from beizai.base.errors import BeizaiError, Forbidden, NotFound, Unavailable
from beizai.forms import counting, links, pictures, publishing, rewards, sheets, sign_ups
from beizai.forms.answering import Problem
from beizai.forms.definition import Ask, Definition, Kind, said
from beizai.forms.models import AnswerSheet, Form, FormState, GivenReward, PrizeDraw, SheetState
from beizai.forms.walking import ending, pages, walk
from beizai.office.forms.questions import asked, said_of
from beizai.office.frame import HTML_LANGUAGES, LOCALES, frame

_BEHIND_PROXY = os.environ.get("BEIZAI_HTTPS", "") == "1"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_OWN_NAMES = {
    "en": "English",
    "zh-hans": "简体中文",
    "fr": "Français",
    "de": "Deutsch",
    "es": "Español",
    "it": "Italiano",
}
View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """Refusals become a page of the form's own kind: nobody outside is shown the office."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except BeizaiError as error:
            return _refused(error)

    return csrf_exempt(guarded)  # no cookie is read here: a signed token says what a request may do


def _refused(error: BeizaiError) -> HttpResponse:
    words = {
        "closed": (_("This form is closed"), _("Thank you for your interest.")),
        "full": (_("All places are taken"), _("Thank you for your interest.")),
        "option_full": (_("The last place was just taken"), _("Go back and choose another answer.")),
        "too_often": (_("This came too often"), _("Please try again in an hour.")),
        "twice": (_("This is being sent already"), _("Wait a moment and look again.")),
    }
    match error:
        case NotFound():
            status, default = (
                404,
                (_("This link is no longer good"), _("Open the form again, or ask the shop.")),
            )
        case Unavailable():
            status, default = 429 if error.code == "too_often" else 503, (_("Please try again later"), "")
        case Forbidden():
            status, default = 403, (_("This is not possible any more"), _("Ask the shop."))
        case _:
            status, default = 400, (_("This could not be read"), _("Open the form again."))
    title, text = words.get(error.code, default)
    return page("forms/said.html", {"title": title, "paragraphs": [text]}, status=status)


def page(
    template: str, context: Mapping[str, Any], *, form: Form | None = None, status: int = 200
) -> HttpResponse:
    """A page outside log-in: its own small style, no script, no cookie, framed only where the form allows it."""
    here = frame()
    colour = here.shop.brand_colour if _COLOUR.fullmatch(here.shop.brand_colour) else "#1b4f86"
    common = {
        "shop": here.shop,
        "nonce": here.nonce,
        "colour": colour,
        "html_lang": HTML_LANGUAGES.get(here.language, here.language),
    }
    response = HttpResponse(render_to_string(template, common | dict(context)), status=status)
    sites = form.frame_ancestors if form is not None else ""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{here.nonce}'; img-src 'self' data:; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors 'self' {sites}".rstrip()
    )
    if sites:
        response.xframe_options_exempt = True  # frame-ancestors says who may
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"  # a signed link is nobody else's business
    return response


def address(request: HttpRequest) -> str:
    """Where the request comes from; behind a proxy what the proxy says."""
    forwarded = request.headers.get("X-Forwarded-For", "") if _BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def best_language(form: Definition, request: HttpRequest) -> str:
    """The language asked for, else the best of the browser's, else the form's first."""
    asked_for = request.GET.get("lang", "")
    if asked_for in form.languages:
        return asked_for
    for wish in request.headers.get("Accept-Language", "").lower().split(",")[:20]:
        tag = wish.partition(";")[0].strip()
        for language in form.languages:
            if tag == language or (tag and tag.split("-")[0] == language.split("-")[0]):
                return language
    return form.languages[0]


def speak(language: str) -> None:
    translation.activate(language if language in LOCALES else "en")


@require_http_methods(["GET", "HEAD", "POST"])
@public
def fill(request: HttpRequest, slug: str) -> HttpResponse:
    """The form: its first page, a page sent, or where it was left."""
    form = publishing.get(slug)
    if form.version is None:
        raise NotFound("There is no such form.")
    if request.method == "POST":
        return _send(request, form)
    if "p" in request.GET:
        begun = sheets.read_begun(request.GET["p"], at=clock.machine_now())
        return _go_on(form, begun)
    return _begin(request, form)


def _begin(request: HttpRequest, form: Form) -> HttpResponse:
    version = form.version
    assert version is not None
    definition = publishing.definition_of(version)
    speak(best_language(definition, request))
    if form.state != FormState.OPEN or (form.closes_at is not None and frame().now >= form.closes_at):
        return _closed(form, definition, best_language(definition, request))
    if "" in counting.full(form.pk, definition):
        raise Forbidden("This is full.", code="full")
    personal = None
    if "k" in request.GET:
        personal = links.read_personal(_secret(), request.GET["k"], form.pk, now=clock.machine_now())
    language = best_language(definition, request)
    begun = sheets.begin(form, version, language=language, at=clock.machine_now(), personal=personal)
    return _show(form, begun, definition, None, personal_key=request.GET.get("k", ""))


def _secret() -> bytes:
    return home.current().key("signing")


def _closed(form: Form, definition: Definition, language: str) -> HttpResponse:
    title = said(definition.title, language, definition.languages[0])
    paragraphs = [_("This form is closed."), _("Thank you for your interest.")]
    return page(
        "forms/said.html",
        {"title": title, "paragraphs": paragraphs, "links": _links(form, definition)},
        form=form,
    )


def _go_on(form: Form, begun: sheets.Begun) -> HttpResponse:
    sheet = sheets.sheet_of(begun)
    speak(begun.language)
    if sheet is not None and sheet.state != SheetState.PARTIAL:
        return _done(form, sheet)
    version = sheet.version if sheet else form.versions.filter(pk=begun.version_id).first()
    if version is None or begun.form_id != form.pk:
        raise NotFound("This form is gone.")
    return _show(form, begun, publishing.definition_of(version), sheet)


def _send(request: HttpRequest, form: Form) -> HttpResponse:
    begun = sheets.read_begun(request.POST.get("token", ""), at=clock.machine_now())
    if begun.form_id != form.pk:
        raise NotFound("This form is gone.")
    speak(begun.language)
    if "back" in request.POST:
        sheet = sheets.sheet_of(begun)
        version = sheet.version if sheet else form.version
        assert version is not None
        return _show(form, begun, publishing.definition_of(version), sheet, number=sheets.back(begun))
    sent = sheets.send(begun, _page_of(request), now=frame().now, at=clock.machine_now(), form=form)
    if sent.page is None and sent.sheet is not None:
        return _done(form, sent.sheet)
    version = sent.sheet.version if sent.sheet else form.versions.get(pk=begun.version_id)
    definition = publishing.definition_of(version)
    return _show(
        form, begun, definition, sent.sheet, number=sent.page, values=sent.values, problems=sent.problems
    )


def _page_of(request: HttpRequest) -> sheets.Page:
    posted = request.POST.get("page", "0")
    here = frame()
    return sheets.Page(
        number=int(posted) if posted.isascii() and posted.isdigit() and len(posted) < 4 else 0,
        given={name: [str(value) for value in values] for name, values in request.POST.lists()},
        address=address(request),
        keep=lambda key, form_id: _photo(request, key, form_id),
        country=here.shop.country,
        simulated=here.shop.simulated,
    )


def _photo(request: HttpRequest, key: str, form_id: int) -> str | None:
    given = request.FILES.get(f"q.{key}")
    return (
        pictures.keep(given, given.size or 0, form_id)
        if isinstance(given, UploadedFile) and given.name
        else None
    )


def _show(
    form: Form,
    begun: sheets.Begun,
    definition: Definition,
    sheet: AnswerSheet | None,
    *,
    number: int | None = None,
    values: Mapping[str, Any] | None = None,
    problems: Mapping[str, Problem] | None = None,
    personal_key: str = "",
) -> HttpResponse:
    """One page of the form."""
    answers = sheets.given_before(begun, definition, sheet)
    at = number if number is not None else walk(definition, answers).now or 0
    problems = problems or {}
    every = pages(definition)
    shown = [
        question
        for question in every[at]
        if question.ask is not Ask.CONTACT or begun.customer_id is None or len(definition.questions) == 1
    ]
    token, language = begun.token(), begun.language
    context = form_words(definition, language) | {
        "questions": asked(
            definition,
            shown,
            language,
            values=answers | dict(values or {}),
            problems=problems,
            full=counting.full(form.pk, definition),
        ),
        "token": token,
        "number": at,
        "count": len(every),
        "first": at == 0,
        "last": at == len(every) - 1,
        "upload": any(question.ask is Ask.PHOTO for question in shown),
        "problem": said_of(problems[""]) if "" in problems else "",
        "wrong": bool(problems),
        "known": begun.customer_id is not None and any(q.ask is Ask.CONTACT for q in definition.questions),
        "resume": f"{links.FILL_PATH}{form.slug}/?p={token}" if sheet is not None else "",
        "languages": _languages(definition, language, personal_key) if at == 0 and sheet is None else [],
        "links": _links(form, definition) if at == 0 else [],
        "action": f"{links.FILL_PATH}{form.slug}/",
    }
    return page("forms/page.html", context, form=form, status=400 if problems else 200)


def form_words(definition: Definition, language: str) -> dict[str, Any]:
    """The form's own texts."""
    first = definition.languages[0]
    return {
        "title": said(definition.title, language, first),
        "intro": said(definition.intro, language, first),
        "lang": HTML_LANGUAGES.get(language, language),
    }


def _languages(definition: Definition, now: str, personal_key: str) -> list[dict[str, str]]:
    key = f"&k={personal_key}" if personal_key else ""
    return [
        {"url": f"?lang={one}{key}", "name": _OWN_NAMES.get(one, one), "code": HTML_LANGUAGES.get(one, one)}
        for one in definition.languages
        if one != now
    ]


def _links(form: Form, definition: Definition) -> list[tuple[str, str]]:
    found = []
    if definition.shows_results:
        found.append((f"{links.FILL_PATH}{form.slug}/results/", _("The votes so far")))
    if definition.shows_scores:
        found.append((f"{links.FILL_PATH}{form.slug}/scores/", _("The best scores")))
    if definition.kind is Kind.CONTEST and PrizeDraw.objects.filter(form=form).exists():
        found.append((f"{links.FILL_PATH}{form.slug}/draw/", _("How the prizes are drawn")))
    return found


def _done(form: Form, sheet: AnswerSheet) -> HttpResponse:
    """The end: what is said is the same for whoever is in the book and whoever is not."""
    definition = publishing.definition_of(sheet.version)
    first, language = definition.languages[0], sheet.language
    reached = ending(definition, sheet.score or 0)
    thanks = said(reached.text if reached else definition.thanks, language, first)
    waits = definition.confirm and sheet.customer_id is None
    paragraphs = [] if waits else [thanks or _("Thank you.")]
    if waits or any(sheet.answers.get(q.key) is True for q in definition.questions if q.ask is Ask.CONSENT):
        paragraphs.append(
            _(
                "We have sent a mail to the address given. Open it and press the button in it: only then it counts."
            )
        )
    context = (
        form_words(definition, language)
        | {
            "title": _("One more step") if waits else said(definition.title, language, first),
            "paragraphs": paragraphs,
            "score": sheet.score if sheet.score is not None and not waits else None,
            "links": _links(form, definition),
        }
        | (_given(sheet) if not waits else {})
    )
    return page("forms/said.html", context, form=form)


def _given(sheet: AnswerSheet) -> dict[str, Any]:
    """What the person gets: the code of their entry, the reward."""
    reward = GivenReward.objects.filter(sheet=sheet).first()
    drawn = bool(sheet.entry_code) and PrizeDraw.objects.filter(form_id=sheet.form_id).exists()
    return {
        "entry_code": sheet.entry_code if drawn and sheet.state == SheetState.COUNTED else "",
        "coupon": reward.code if reward else "",
        "download": rewards.download_path(reward) if reward and not reward.code else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """A GET shows the button and changes nothing (scanners open links); the POST confirms, once."""
    sign_up = sign_ups.find(token, now=frame().now)
    form, definition = sign_up.sheet.form, publishing.definition_of(sign_up.sheet.version)
    language = sign_up.sheet.language
    speak(language)
    words = form_words(definition, language)
    if request.method == "POST":
        confirmed = sign_ups.confirm(token, now=frame().now, address=address(request))
        return _confirmed(form, definition, confirmed.sheet)
    if sign_up.confirmed_at is not None:
        return _confirmed(form, definition, sign_up.sheet)
    consents = [consent["text"] for consent in sign_up.consents]
    return page("forms/confirm.html", words | {"consents": consents, "email": sign_up.value}, form=form)


def _confirmed(form: Form, definition: Definition, sheet: AnswerSheet) -> HttpResponse:
    first, language = definition.languages[0], sheet.language
    reached = ending(definition, sheet.score or 0)
    thanks = said(reached.text if reached else definition.thanks, language, first)
    repeated = sheet.state == SheetState.REPEATED
    paragraphs = (
        [_("You have taken part already; the first time counts.")]
        if repeated
        else [thanks or _("Thank you.")]
    )
    context = form_words(definition, language) | {
        "title": _("Confirmed"), "paragraphs": paragraphs, "score": sheet.score, "links": _links(form, definition),
    }  # fmt: skip
    return page("forms/said.html", context | _given(sheet), form=form)


@require_safe
@public
def download(request: HttpRequest, token: str) -> FileResponse:
    """The file of a reward."""
    found, name = rewards.download(token, now=frame().now)
    return FileResponse(
        found.open("rb"), as_attachment=True, filename=name, headers={"Cache-Control": "no-store"}
    )


urlpatterns = [
    path("f/confirm/<str:token>/", confirm, name="form_confirm"),
    path("f/download/<str:token>/", download, name="form_download"),
    path("f/<slug:slug>/", fill, name="form_fill"),
]
