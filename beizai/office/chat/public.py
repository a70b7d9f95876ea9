"""The page a visitor writes on: it works without script, and lives with it; a signed token says whose thread it is."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from importlib.resources import files
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beizai.base import clock
from beizai.base.errors import BeizaiError, NotFound, Unavailable
from beizai.conversations import pictures
from beizai.conversations.chats import desk, links, mailing, thread
from beizai.conversations.chats.desk import Seen
from beizai.conversations.chats.thread import Sent
from beizai.conversations.models import Attachment, Chat, Desk, Utterance
from beizai.conversations.pictures import Came
from beizai.office import refusals, wording
from beizai.office.assets import asset_url
from beizai.office.forms.public import address
from beizai.office.frame import HTML_LANGUAGES, LOCALES, frame

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_ORIGIN = re.compile(r"https?://[\w.:-]{1,200}")
_OWN_NAMES = {"en": "English", "zh-hans": "简体中文", "fr": "Français"}
_TALKING_SECONDS, _RESTING_SECONDS = 3, 15
View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """Refusals become words on a page of the chat's own, or in its answer to its script; nobody outside is shown the office."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except BeizaiError as error:
            return _refused(request, error)

    return csrf_exempt(guarded)  # no cookie is read here: a signed token says what a request may do


def _refused(request: HttpRequest, error: BeizaiError) -> HttpResponse:
    status = 404 if isinstance(error, NotFound) else 429 if error.code == "too_often" else 400
    status = 503 if isinstance(error, Unavailable) and status == 400 else status
    words = _words_of(error)
    if _by_script(request):
        return JsonResponse({"wrong": words, "code": error.code}, status=status, headers=_NOT_KEPT)
    return _page("chat/said.html", {"title": words, "paragraphs": []}, status=status)


def _words_of(error: BeizaiError) -> str:
    said = {
        "too_often": _("This came too often. Please try again in a while."),
        "too_quick": _("That was very quick. Please send it once more."),
        "trap": _("This looks as if a program had sent it."),
        "stale": _("The page was open for too long. Please open it again."),
        "long": _("The message is too long. Please send it in two."),
        "empty": _("Please write your message first."),
        "photo_large": _("The picture is larger than 10 MB. Please send a smaller one."),
        "not_a_photo": _("This file is not a picture. Please send a JPEG, PNG, WebP or GIF."),
        "thread_full": _("This conversation has become very long. Please begin a new one."),
        "closed": _("There is no chat at the moment."),
        "has_address": _("This conversation has its address already."),
    }
    if error.code in said:
        return said[error.code]
    return _("This link is no longer good.") if isinstance(error, NotFound) else refusals.in_words(error)


_NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Chat") == "1"


def _page(
    template: str, context: Mapping[str, Any], *, status: int = 200, framed: bool = False
) -> HttpResponse:
    """A page outside log-in: its own style, our one script, no cookie; framed only on the sites the desk names."""
    here, found = frame(), desk.desk()
    common = {
        "shop": here.shop,
        "nonce": here.nonce,
        "colour": here.shop.brand_colour if _COLOUR.fullmatch(here.shop.brand_colour) else "#1b4f86",
        "html_lang": HTML_LANGUAGES.get(here.language, here.language),
        "framed": framed,
        "script": asset_url("chat.js"),
    }
    response = HttpResponse(render_to_string(template, common | dict(context)), status=status)
    sites = " ".join(found.sites)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{here.nonce}'; script-src 'self'; connect-src 'self'; "
        f"img-src 'self' data: blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'self' {sites}".rstrip()
    )
    if sites:
        response.xframe_options_exempt = True  # frame-ancestors says who may
    for name, value in _NOT_KEPT.items():
        response.headers[name] = value
    return response


def _language(request: HttpRequest) -> str:
    """The language asked for, else the best of the browser's, else the shop's."""
    asked_for = request.GET.get("lang", "") or request.POST.get("lang", "")
    wishes = [asked_for, *request.headers.get("Accept-Language", "").split(",")[:20], frame().shop.language]
    for wish in wishes:
        tag = wish.partition(";")[0].strip().lower().split("-")[0]
        if found := {"en": "en", "zh": "zh-hans", "fr": "fr"}.get(tag):
            return found
    return "en"


def _speak(language: str) -> None:
    translation.activate(language if language in LOCALES else "en")


@require_http_methods(["GET", "HEAD", "POST"])
@public
def begin(request: HttpRequest) -> HttpResponseBase:
    """The empty page; the first message makes the thread and leads to it. Nothing is kept of who only looks."""
    language = _language(request)
    _speak(language)
    if request.method == "POST":
        at = clock.machine_now()
        page = links.read_begun(request.POST.get("token", ""), at=at)
        chat = thread.start(page, _sent(request, language), now=frame().now, at=at)
        return _went(request, chat)
    found = desk.desk()
    if not found.open:
        return _page(
            "chat/said.html", {"title": _("There is no chat at the moment."), "paragraphs": []}, status=404
        )
    return _show(request, found, None, language)


@require_safe
@public
def begun(request: HttpRequest) -> HttpResponse:
    """A fresh page's token for the script, where the one it has is too old."""
    return JsonResponse({"token": links.begin(clock.machine_now())}, headers=_NOT_KEPT)


def _sent(request: HttpRequest, language: str) -> Sent:
    given = request.FILES.get("picture")
    came = None
    if isinstance(given, UploadedFile) and given.name:
        size = given.size or 0
        came = Came(given.name, size, given.read() if size <= pictures.LARGEST_BYTES else None)
    return Sent(
        text=request.POST.get("text", ""),
        message_id=request.POST.get("id", ""),
        address=address(request),
        language=language,
        picture=came,
        anonymous_id=request.POST.get("anonymous", ""),
        trap=request.POST.get("website", ""),
    )


def _went(request: HttpRequest, chat: Chat) -> HttpResponse:
    """After a message: the script gets the thread as it stands, a browser is led to its page (a reload sends nothing twice)."""
    token = links.thread(chat)
    if _by_script(request):
        after = request.POST.get("after", "0")
        return _told(chat, token, int(after) if after.isdecimal() and len(after) < 19 else 0)
    framed = "?in=frame" if request.POST.get("in") == "frame" else ""
    return redirect(f"{links.PATH}t/{token}/{framed}")


def _show(
    request: HttpRequest, found: Desk, chat: Chat | None, language: str, *, token: str = "", done: str = ""
) -> HttpResponse:
    at = clock.machine_now()
    said = thread.news(chat, 0) if chat is not None else []
    if chat is not None and said:
        thread.looked(chat, said[-1].pk, at=at)
    here = desk.lately(lambda: frame().now, at=at)
    framed = request.GET.get("in") == "frame"
    origin = request.GET.get("from", "")
    context = {
        "title": _("Write to us"),
        "greeting": desk.said(found.greeting, language),
        "status": _status(here, chat, at),
        "late": _asks_for_address(here, chat, at),
        "chat": chat,
        "said": said,
        "last": said[-1].pk if said else 0,
        "token": token,
        "begun": "" if chat is not None else links.begin(at),
        "message_id": get_random_string(24),
        "longest": thread.LONGEST,
        "language": language,
        "languages": [
            {"code": HTML_LANGUAGES[code], "lang": code, "name": name}
            for code, name in _OWN_NAMES.items()
            if code != language
        ],
        "origin": origin if framed and _ORIGIN.fullmatch(origin) else "",
        "privacy_url": found.privacy_url,
        "done": done,
    }
    return _page("chat/page.html", context, framed=framed)


def _chat(token: str) -> Chat:
    chat = thread.get(links.read_thread(token))
    _speak(chat.language)
    return chat


@require_http_methods(["GET", "HEAD", "POST"])
@public
def thread_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """The thread; a message sent to it is entered once."""
    chat = _chat(token)
    if request.method == "POST":
        thread.write(chat, _sent(request, chat.language), now=frame().now, at=clock.machine_now())
        return _went(request, chat)
    return _show(request, desk.desk(), chat, chat.language, token=token)


@require_safe
@public
def news(request: HttpRequest, token: str) -> HttpResponse:
    """What was said after the last message shown. The page asks again and again: what is not needed is not looked up."""
    chat = _chat(token)
    after = request.GET.get("after", "0")
    hidden = request.GET.get("hidden") == "1"  # nobody sees the page: then it tells nothing about the visitor
    return _told(chat, token, int(after) if after.isdecimal() and len(after) < 19 else 0, seen=not hidden)


def _told(chat: Chat, token: str, after: int, *, seen: bool = True) -> JsonResponse:
    at = clock.machine_now()
    said = thread.news(chat, after)
    if seen:
        thread.looked(chat, after, at=at)
    here = desk.lately(lambda: frame().now, at=at)
    return JsonResponse(
        {
            "thread": f"{links.PATH}t/{token}/",
            "html": _said(said, token) if said else "",
            "last": said[-1].pk if said else after,
            "fresh": sum(one.speaker == "staff" for one in said),
            "status": _status(here, chat, at),
            "late": _asks_for_address(here, chat, at),
            "wait": _TALKING_SECONDS if chat.waits_since is not None or said else _RESTING_SECONDS,
        },
        headers=_NOT_KEPT,
    )


def _said(said: list[Utterance], token: str) -> str:
    return render_to_string("chat/messages.html", {"said": said, "token": token, "shop": frame().shop})


def _status(here: Seen, chat: Chat | None, at: datetime) -> str:
    """Who is there, honestly, in a sentence."""
    if chat is not None and desk.is_late(chat, here.desk, at=at):
        if chat.email:
            return _(
                "Nobody has been able to answer yet. The answer comes to %(email)s when you close this page."
            ) % {"email": chat.email}
        return _("Nobody has been able to answer yet.")
    standing = here.standing
    if standing.state == "here":
        return _("Somebody is here and answers you now.")
    if standing.state == "soon":
        return _("We are open, but nobody is at the desk just now.")
    if standing.opens_at is not None:
        return _("We are away, and back on %(when)s.") % {"when": wording.moment(standing.opens_at)}
    return _("We are away.")


def _asks_for_address(here: Seen, chat: Chat | None, at: datetime) -> bool:
    """Whether the page should ask for an email: nobody is there, or nobody has answered in time."""
    if chat is None or chat.email or chat.waits_since is None:
        return False
    return desk.is_late(chat, here.desk, at=at) or here.standing.state != "here"


@require_POST
@public
def leave_address(request: HttpRequest, token: str) -> HttpResponse:
    """An email for the answer. What is said after it is the same for whoever is in the book and whoever is not."""
    chat = _chat(token)
    mailing.leave_address(
        chat,
        request.POST.get("email", ""),
        name=thread.plain(request.POST.get("name", "")),
        address=address(request),
        now=frame().now,
        at=clock.machine_now(),
    )
    words = _(
        "Thank you. We have sent a mail to this address: press the button in it, so that we know it is yours."
    )
    if _by_script(request):
        return JsonResponse({"done": words}, headers=_NOT_KEPT)
    return _show(request, desk.desk(), thread.get(chat.number), chat.language, token=token, done=words)


@require_safe
@public
def picture(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """A picture of this thread, drawn anew by us; never anything else."""
    chat = _chat(token)
    one = Attachment.objects.filter(pk=number, utterance__conversation_id=chat.pk).first()
    if one is None:
        raise NotFound("There is no such picture.")
    headers = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": "default-src 'none'"}
    return HttpResponse(pictures.path_of(one).read_bytes(), content_type="image/jpeg", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@public
def confirm(request: HttpRequest, token: str) -> HttpResponseBase:
    """A GET shows what was written and two buttons and changes nothing (scanners open links); the POST says whose it is."""
    chat = links.read_mail(token)
    _speak(chat.language)
    if request.method == "POST" and request.POST.get("mine") == "no":
        mailing.disown(token, now=frame().now)
        said = [_("Thank you. We have forgotten the address, and no further mail comes.")]
        return _page("chat/said.html", {"title": _("It was not you"), "paragraphs": said})
    if request.method == "POST":
        chat = mailing.confirm(token, now=frame().now)
    if chat.proved_at is not None:
        return redirect(f"{links.PATH}t/{links.thread(chat)}/")
    written = [one for one in thread.news(chat, 0) if one.speaker == "customer"]
    return _page(
        "chat/confirm.html", {"title": _("Did you write this?"), "said": written[:20], "email": chat.email}
    )


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The few lines a shop puts on its own pages: a button, and this page in a frame."""
    content = files("beizai.edge").joinpath("chat.js").read_bytes()
    response = HttpResponse(content, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
