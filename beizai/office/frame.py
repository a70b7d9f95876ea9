"""What every page stands in: whose shop, what time it is there, who reads, in which language."""

import secrets
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils import translation

from beizai.base import clock
from beizai.staff import shop as shops
from beizai.staff.models import Shop

# Format locales of the three languages: the English of the office writes 31 Mar 2026 and €1,504.69.
LOCALES = {"en": "en_GB", "zh-hans": "zh_Hans_CN", "fr": "fr_FR"}
HTML_LANGUAGES = {"en": "en", "zh-hans": "zh-Hans", "fr": "fr"}


@dataclass
class Frame:
    """One request's surroundings; the shop and its time are read once, when first asked for."""

    number: str = field(default_factory=lambda: secrets.token_hex(4))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    seen: dict[int, bool] = field(default_factory=dict)  # cards the reader may open, as far as was asked

    @cached_property
    def shop(self) -> Shop:
        return shops.shop()

    @cached_property
    def now(self) -> datetime:
        return shops.now(self.shop)

    @cached_property
    def zone(self) -> ZoneInfo:
        return clock.zone(self.shop.timezone)

    @cached_property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def language(self) -> str:
        found = translation.get_language() or "en"
        return found if found in LOCALES else found.split("-")[0] if found.split("-")[0] in LOCALES else "en"

    @property
    def locale(self) -> str:
        return LOCALES[self.language]


_current: ContextVar[Frame | None] = ContextVar("beizai_office_frame", default=None)


def frame() -> Frame:
    """The surroundings of the request at hand; outside one (a test, a command) a fresh one."""
    return _current.get() or Frame()


def enter(found: Frame) -> object:
    """Makes this the frame of the request; give what it returns to `leave`."""
    return _current.set(found)


def leave(token: object) -> None:
    _current.reset(token)  # type: ignore[arg-type]
