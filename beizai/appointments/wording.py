"""A reminder in the customer's own language, from the texts beside this module."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from babel.dates import format_date, format_time

from beizai.appointments.models import Appointment
from beizai.appointments.reminding import Words
from beizai.base import clock
from beizai.staff.models import Shop

_LOCALES = {"en": "en_GB", "fr": "fr_FR", "zh-hans": "zh_Hans_CN"}


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads((files(__package__) / "reminder.toml").read_text(encoding="utf-8"))


def reminder(one: Appointment, the_shop: Shop) -> Words:
    """Subject and text of the reminder of one appointment, in the shop's own time."""
    language = spoken(one.customer.language) or spoken(the_shop.language) or "en"
    texts, locale = _texts()[language], _LOCALES[language]
    local = one.starts_at.astimezone(clock.zone(the_shop.timezone))
    filled = {
        "service": one.service.name,
        "staff": str(one.staff.name or the_shop.name),
        "day": format_date(local.date(), "full", locale=locale),
        "time": format_time(local, "short", locale=locale),
        "shop": the_shop.name,
        "address": the_shop.postal_address,
        "greeting": texts["greeting"].format(name=one.customer.name).replace(" ,", ","),
        "wish": texts["wish"].format(wish=one.wish) + "\n" if one.wish else "",
    }
    return Words(texts["subject"].format(**filled), texts["text"].strip().format(**filled) + "\n")


def spoken(language: str) -> str:
    """The language among those the texts are in, or "": fr-CA is fr, zh is zh-hans.

    >>> spoken("fr-CA"), spoken("zh_CN"), spoken("de")
    ('fr', 'zh-hans', '')
    """
    first = language.lower().replace("_", "-").split("-")[0]
    return {"en": "en", "fr": "fr", "zh": "zh-hans"}.get(first, "")
