"""The page where a customer chooses what to hear of, by which channel, how often and when: reached by a signed link, without log-in."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from beizai.base import clock, home
from beizai.base.errors import BeizaiError, NotFound
from beizai.consent import preferring
from beizai.consent.preferring import Choices
from beizai.forms import limits
from beizai.office.forms.public import address, page
from beizai.office.frame import frame
from beizai.sources.models import SourceKind
from beizai.sources.register import source
from beizai.tracking import links

_PER_HOUR = 120
_FORM_VERSION = "1"
_LANGUAGES = {"en": "English", "zh-hans": "简体中文", "fr": "Français"}


def _guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A link that is not ours, or of somebody who is gone, gets one and the same page; a flood is put off."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        try:
            at = clock.machine_now()
            limits.count("preferences", 0, address(request), most=_PER_HOUR, at=at)
            found = links.read_preferences(links.keys(home.current().key("signing")), token)
            return view(request, found.recipient_id)
        except NotFound:
            title, text = (
                _("This link is no longer good"),
                _("Use the link in the latest mail, or ask the shop."),
            )
            return page("forms/said.html", {"title": title, "paragraphs": [text]}, status=404)
        except BeizaiError as error:
            status = 429 if error.code == "too_often" else 400
            title = _("This came too often") if status == 429 else _("This could not be read")
            return page(
                "forms/said.html",
                {"title": title, "paragraphs": [_("Please try again in an hour.")]},
                status=status,
            )

    return csrf_exempt(guarded)  # no cookie is read here: the signed link says whose page it is


@require_http_methods(["GET", "HEAD", "POST"])
@_guarded
def preferences(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The page; a POST writes down what was changed. A GET changes nothing."""
    at = frame().now
    held = preferring.chosen(customer_id, at)
    _speak(request, held.language)
    if request.method == "POST":
        said = (
            _nothing_more(request, customer_id)
            if "nothing" in request.POST
            else _saved(request, customer_id, held)
        )
        held = preferring.chosen(customer_id, at)
        return page("forms/preferences.html", _context(held, said))
    return page("forms/preferences.html", _context(held, ""))


def _speak(request: HttpRequest, own: str) -> None:
    """The language asked for on the page, else the customer's own, else the browser's."""
    known = [code for code, _name in settings.LANGUAGES]
    for wish in (request.GET.get("lang", ""), own.lower(), own.lower().split("-")[0]):
        found = next((code for code in known if wish and (code == wish or code.split("-")[0] == wish)), None)
        if found:
            translation.activate(found)
            return


def _words(held: Choices) -> dict[str, str]:
    """The sentence beside each box: what the ledger keeps."""
    shop = frame().shop.name
    by = {
        "email": _("%(shop)s may send me news and offers by email."),
        "sms": _("%(shop)s may send me news and offers by text message."),
        "messenger": _("%(shop)s may send me news and offers by messenger."),
        "phone": _("%(shop)s may call me about news and offers."),
        "letter": _("%(shop)s may send me news and offers by post."),
    }
    words = {channel: by[channel] % {"shop": shop} for channel in held.channels}
    words |= {f"topic:{name}": _("I wish to hear of: %(topic)s") % {"topic": name} for name in held.topics}
    tracking = _("%(shop)s may see which of its mails I open and which links I follow.")
    return words | {"tracking": tracking % {"shop": shop}}


def _saved(request: HttpRequest, customer_id: int, held: Choices) -> str:
    sent, words = request.POST, _words(held)
    wished = Choices(
        channels={channel: f"by-{channel}" in sent for channel in held.channels},
        topics={name: f"topic-{number}" in sent for number, name in enumerate(held.topics)},
        tracking="tracking" in sent,
        frequency=sent.get("frequency", ""),
        day_part=sent.get("day_part", ""),
        language=sent.get("language", held.language) if sent.get("language") in _LANGUAGES else held.language,
    )
    at = frame().now
    preferring.choose(
        customer_id,
        wished,
        words=words,
        at=at,
        source=_source(),
        address=address(request),
        form_version=_FORM_VERSION,
        text_language=frame().language,
    )
    return _("Your wishes are written down.")


def _nothing_more(request: HttpRequest, customer_id: int) -> str:
    words = _("No more advertising, by any way")
    preferring.nothing_more(
        customer_id, words=words, at=frame().now, source=_source(), address=address(request)
    )
    return _("You will get no more advertising. A mail that is already under way may still arrive.")


def _source() -> Any:
    here = frame()
    return source("Preference page", SourceKind.EDGE, now=here.now, simulated=here.shop.simulated)


def _context(held: Choices, said: str) -> Mapping[str, Any]:
    words = _words(held)
    return {
        "title": _("What you receive"),
        "said": said,
        "channels": [(f"by-{one}", words[one], on) for one, on in held.channels.items()],
        "topics": [(f"topic-{n}", name, on) for n, (name, on) in enumerate(held.topics.items())],
        "tracking": (words["tracking"], held.tracking),
        "frequencies": _chosen(held.frequency, {
            "": _("As it comes"), "weekly": _("At most once a week"),
            "monthly": _("At most once a month"), "quarterly": _("At most four times a year"),
        }),
        "day_parts": _chosen(held.day_part, {
            "": _("Any time"), "morning": pgettext("time of day", "Morning"),
            "afternoon": pgettext("time of day", "Afternoon"), "evening": pgettext("time of day", "Evening"),
        }),
        "languages": _chosen(held.language, {"": _("Not chosen")} | _LANGUAGES if not held.language else _LANGUAGES),
        "switch": [(f"?lang={code}", code, name) for code, name in _LANGUAGES.items()],
    }  # fmt: skip


def _chosen(held: str, names: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    return [(value, name, value == held) for value, name in names.items()]


urlpatterns = [path("preferences/<str:token>/", preferences, name="preferences")]
