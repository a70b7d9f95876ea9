"""The cover of the book: the seven items with what waits in each, the languages, whose shop it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from beizai.base import home
from beizai.office import sight
from beizai.office.frame import HTML_LANGUAGES, frame
from beizai.office.permissions import Allowed
from beizai.office.tabs import tabs
from beizai.staff.models import Role, User
from beizai.staff.roles import May, may
from beizai.trades import books

_FRESH_SECONDS = 20
_LANGUAGE_NAMES = {"en": ("EN", "English"), "zh-hans": ("中文", "简体中文"), "fr": ("FR", "Français")}


@dataclass(frozen=True)
class Item:
    """One of the seven: its noun, the verb of its step of the loop, who sees it."""

    key: str
    url: str
    needs: May | None = None

    @property
    def label(self) -> str:
        return {
            "home": _("Home"),
            "collection": _("Collection"),
            "customers": _("Customers"),
            "value": _("Value"),
            "segments": _("Segments"),
            "campaigns": _("Campaigns"),
            "results": _("Results"),
        }[self.key]

    @property
    def verb(self) -> str:
        return {
            "collection": pgettext("step of the loop", "collect"),
            "customers": pgettext("step of the loop", "know"),
            "value": pgettext("step of the loop", "value"),
            "segments": pgettext("step of the loop", "choose"),
            "campaigns": pgettext("step of the loop", "reach"),
            "results": pgettext("step of the loop", "measure"),
        }.get(self.key, "")


ITEMS = (
    Item("home", "/"),
    Item("collection", "/collection/", May.IMPORT),
    Item("customers", "/customers/", May.SEE_CUSTOMERS),
    Item("value", "/value/", May.SEE_VALUE),
    Item("segments", "/segments/", May.SEE_SEGMENTS),
    Item("campaigns", "/campaigns/", May.SEE_CAMPAIGNS),
    Item("results", "/results/", May.SEE_RESULTS),
)

_tallies: dict[str, Callable[[], int]] = {}
_counted: dict[tuple[str, str], tuple[float, int]] = {}


def tally(key: str) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Says how many things of an item wait for a person; the function must be one cheap look-up.

    It is asked at most every 20 seconds in a process.
    """

    def keep(count: Callable[[], int]) -> Callable[[], int]:
        _tallies[key] = count
        return count

    return keep


def waiting(key: str) -> int:
    """How many things of this item wait for a person."""
    count = _tallies.get(key)
    if count is None:
        return 0
    kept = (str(home.current().root), key)
    asked_at, found = _counted.get(kept, (0.0, 0))
    if time.monotonic() - asked_at > _FRESH_SECONDS or not asked_at:
        found = count()
        _counted[kept] = (time.monotonic(), found)
    return found


def forget_tallies() -> None:
    """After something was done that waited, the next page counts again."""
    _counted.clear()


def _section(path: str) -> str:
    first = path.strip("/").split("/")[0]
    return {"": "home", "products": "products", "till": "till"}.get(first, first)


def _nav(user: User, here: str) -> list[dict[str, Any]]:
    return [
        {
            "item": item,
            "current": item.key == here,
            "tally": waiting(item.key),
        }
        for item in ITEMS
        if item.needs is None or may(user, item.needs) or tabs(user, item.key, "")
    ]


def languages() -> list[dict[str, str]]:
    """The languages of the office, each in its own words."""
    return [
        {
            "code": code,
            "short": _LANGUAGE_NAMES[code][0],
            "name": _LANGUAGE_NAMES[code][1],
            "html": HTML_LANGUAGES[code],
        }
        for code, _name in settings.LANGUAGES
    ]


def _trade(name: str, language: str) -> str:
    """What the shop's trade is called; a trade of the shop's own stands as it was written."""
    label = next((one.label for one in books.trades() if one.name == name), None)
    return name if label is None else label.get(language, label["en"])


def role_name(role: str) -> str:
    """The role in the reader's words."""
    return {
        Role.OWNER.value: pgettext("role", "Owner"),
        Role.MARKETER.value: pgettext("role", "Marketer"),
        Role.STAFF.value: pgettext("role", "Shop staff"),
        Role.ANALYST.value: pgettext("role", "Analyst"),
    }.get(role, role)


def cover(request: HttpRequest) -> dict[str, Any]:
    """The template context of every page."""
    here = frame()
    user = getattr(request, "user", None)
    known = user if isinstance(user, User) else None
    section = _section(request.path)
    return {
        "frame": here,
        "shop": here.shop,
        "nonce": here.nonce,
        "html_lang": HTML_LANGUAGES[here.language],
        "theme": known.theme if known else "",
        "languages": languages(),
        "language": here.language,
        "nav": _nav(known, section) if known else [],
        "section": section,
        "trade": _trade(here.shop.trade, here.language),
        "has_day": known is not None and waiting("day") > 0,
        "has_gifts": known is not None and waiting("gifts") > 0,
        "role_name": role_name(known.role) if known else "",
        "may": Allowed(user),
        "looks_up": known is not None and sight.looks_up(known),
    }
