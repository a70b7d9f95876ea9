"""Setting up the chat: its hours, its words, its sites, and whether somebody is at the desk."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beizai.base import clock
from beizai.base.errors import Invalid
from beizai.conversations.chats import desk, hours
from beizai.forms.models import Form, FormState
from beizai.office import refusals
from beizai.office.frame import HTML_LANGUAGES, frame
from beizai.office.permissions import needs, person
from beizai.staff import audit
from beizai.staff.roles import May

_WORDS = ("greeting", "reply")
_TEXTS = ("answer_minutes", "form_path", "privacy_url")


@needs(May.CHANGE_SETTINGS)
def desk_page(request: HttpRequest) -> HttpResponse:
    """One page with all of it; what cannot be is said at the top, and what was typed stays."""
    found, wrong = desk.desk(), ""
    given = _shown(found)
    if request.method == "POST":
        given = _typed(request)
        try:
            desk.change(_read(request))
        except Invalid as error:
            wrong = refusals.in_words(error)
        else:
            audit.record("chat.changed", at=frame().now, user=person(request))
            messages.success(request, _("Saved."))
            return redirect("chat_desk")
    public_url = frame().shop.public_url.rstrip("/")
    context = {
        "given": given,
        "wrong": wrong,
        "days": [
            {"key": f"day{day}", "name": name, "value": given[f"day{day}"]}
            for day, name in enumerate(_weekdays())
        ],
        "words": [
            {"lang": lang, "code": HTML_LANGUAGES[lang], "name": name, "greeting": given[f"greeting.{lang}"], "reply": given[f"reply.{lang}"]}
            for lang, name in (("en", "English"), ("zh-hans", "简体中文"), ("fr", "Français"))
        ],
        "forms": [
            (f"/f/{one.slug}/", one.name)
            for one in Form.objects.filter(state=FormState.OPEN).order_by("name")[:200]
        ],
        "chat_url": f"{public_url}/chat/",
        "script": f'<script src="{public_url}/chat/chat.js" data-colour="{frame().shop.brand_colour}" defer></script>',
    }  # fmt: skip
    return render(request, "office/conversations/desk.html", context, status=400 if wrong else 200)


def _weekdays() -> tuple[str, ...]:
    return (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )


def _shown(found: Any) -> dict[str, Any]:
    """The desk as the fields show it."""
    values: dict[str, Any] = {name: getattr(found, name) for name in _TEXTS}
    values |= {"open": found.open, "mail_reply": found.mail_reply}
    values |= {f"day{day}": hours.typed(found.hours.get(str(day), [])) for day in range(7)}
    values |= {
        f"{name}.{lang}": getattr(found, name).get(lang, "") for name in _WORDS for lang in desk.LANGUAGES
    }
    return values | {"holidays": "\n".join(found.holidays), "sites": "\n".join(found.sites)}


def _typed(request: HttpRequest) -> dict[str, Any]:
    names = [*_TEXTS, *(f"day{day}" for day in range(7)), "holidays", "sites"]
    names += [f"{name}.{lang}" for name in _WORDS for lang in desk.LANGUAGES]
    values: dict[str, Any] = {name: request.POST.get(name, "") for name in names}
    return values | {name: bool(request.POST.get(name)) for name in ("open", "mail_reply")}


def _read(request: HttpRequest) -> dict[str, Any]:
    given = _typed(request)
    read: dict[str, Any] = {name: given[name] for name in _TEXTS}
    read |= {"open": given["open"], "mail_reply": given["mail_reply"]}
    read["hours"] = {str(day): hours.lines(given[f"day{day}"]) for day in range(7)}
    for name in _WORDS:
        read[name] = {lang: given[f"{name}.{lang}"] for lang in desk.LANGUAGES}
    for name in ("holidays", "sites"):
        read[name] = given[name].split()
    return read


@require_POST
@needs(May.EDIT_CUSTOMERS)
def here(request: HttpRequest) -> HttpResponse:
    """“I am here”, or no longer."""
    desk.say_here(person(request), request.POST.get("here") == "1", at=clock.machine_now())
    return redirect("conversations")
