"""Everything a shop can set, in one table: name, meaning, how it is read; pages, command and reference use this one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from beizai.base import clock, money
from beizai.base.contact_points import normal_email
from beizai.base.errors import Invalid, NotFound
from beizai.staff import secrets
from beizai.staff.models import Shop


@dataclass(frozen=True)
class Setting:
    """One setting: its name is the column of the shop's row; `read` makes its value of a text or refuses it."""

    name: str
    meaning: str
    read: Callable[[str], Any]
    form: str  # what may be written, in words
    secret: bool = False


def _text(text: str) -> str:
    return text.strip()


def _yes_no(text: str) -> bool:
    answers = {
        "yes": True,
        "true": True,
        "1": True,
        "on": True,
        "no": False,
        "false": False,
        "0": False,
        "off": False,
    }
    if text.strip().lower() not in answers:
        raise Invalid("“{text}” is neither yes nor no.", hint="Write yes or no.", text=text)
    return answers[text.strip().lower()]


def _whole(low: int, high: int, *, or_empty: bool = False) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        if or_empty and not text.strip():
            return None
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise Invalid(
                "“{text}” is not a whole number from {low} to {high}.", text=text, low=low, high=high
            )
        return number

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.strip().lower() not in words:
            raise Invalid(
                "“{text}” is not possible here.",
                hint="Use one of: {words}.",
                text=text,
                words=", ".join(words),
            )
        return text.strip().lower()

    return read


def _address(text: str) -> str:
    return normal_email(text) if text.strip() else ""


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text.strip()):
        raise Invalid("“{text}” is not a colour.", hint="Write it as #1b4f86.", text=text)
    return text.strip().lower()


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text.strip()):
        raise Invalid(
            "“{text}” is not an address of a web site.",
            hint="Write it as https://book.example.com.",
            text=text,
        )
    return text.strip().rstrip("/")


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}|", text.strip()):
        raise Invalid(
            "“{text}” is not a country.", hint="Use its code of two letters, such as FR.", text=text
        )
    return text.strip().upper()


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Invalid("“{text}” is not a date.", hint="Write it as 2026-12-31.", text=text) from None


def _zone(text: str) -> str:
    return clock.zone(text.strip()).key


_WORDS, _EMAIL, _ZERO = "words", "an email address, or nothing", "a whole number"

SETTINGS: tuple[Setting, ...] = (
    Setting("name", "The shop's name, as customers see it.", _text, _WORDS),
    Setting("postal_address", "The shop's postal address; stands under every mail.", _text, _WORDS),
    Setting("trade", "What the shop trades in.", _text, _WORDS),
    Setting("country", "The country telephone numbers without a country code are read in.", _country, "a code such as FR"),
    Setting("currency", "The currency of the book.", money.check_currency, "a code such as EUR"),
    Setting("timezone", "The time zone of the shop: where a day begins and ends.", _zone, "a name such as Europe/Paris"),
    Setting("language", "The language of the office where a person has chosen none.", _one_of("en", "fr", "zh-hans"), "en, fr or zh-hans"),
    Setting("public_url", "Where the office and the links in mails are reached.", _url, "https://…"),
    Setting("brand_colour", "The colour of buttons in mails.", _colour, "#rrggbb"),
    Setting("sender_name", "The name mails come from.", _text, _WORDS),
    Setting("sender_address", "The address mails come from.", _address, _EMAIL),
    Setting("reply_to", "Where answers to mails go.", _address, _EMAIL),
    Setting("smtp_host", "The server that takes the mails.", _text, "a host name"),
    Setting("smtp_port", "Its port.", _whole(1, 65535), _ZERO),
    Setting("smtp_security", "How the connection to it is protected.", _one_of("none", "starttls", "tls"), "none, starttls or tls"),
    Setting("smtp_user", "The name to log in there with.", _text, _WORDS),
    Setting("smtp_password", "The password to log in there with; kept enciphered.", secrets.encipher, _WORDS, secret=True),
    Setting("sending_connections", "How many connections send at once.", _whole(1, 50), "1 to 50"),
    Setting("sending_paused", "Whether all sending stands still; a restored book starts so.", _yes_no, "yes or no"),
    Setting("book_margin_permille", "What is left of 1,000 of sales where neither a line's cost nor its category's margin is known.", _whole(0, 1000), "0 to 1000"),
    Setting("customer_target", "How many customers the owner wants.", _whole(1, 10**9, or_empty=True), "a whole number, or nothing"),
    Setting("customer_target_on", "By when.", _date, "a date such as 2026-12-31, or nothing"),
    Setting("standing_control", "Whether the same customers may be left out again and again, to measure all marketing.", _yes_no, "yes or no"),
    Setting("export_limit", "More cards than this are taken out only when a second person releases it.", _whole(0, 10**9), _ZERO),
    Setting("frequency_cap_days", "No second marketing message within so many days.", _whole(0, 365), "0 to 365"),
)  # fmt: skip

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def setting(name: str) -> Setting:
    """The setting of this name, or NotFound."""
    if name not in _BY_NAME:
        raise NotFound(
            "There is no setting “{name}”.",
            hint="The settings: {names}.",
            name=name,
            names=", ".join(_BY_NAME),
        )
    return _BY_NAME[name]


def values(shop: Shop) -> dict[str, Any]:
    """Every setting with its value; of a secret only whether it is set."""
    return {
        one.name: bool(getattr(shop, one.name)) if one.secret else getattr(shop, one.name) for one in SETTINGS
    }


def change(shop: Shop, name: str, text: str) -> Any:
    """Sets one setting from its text; Invalid where it cannot be. The currency of a book with orders stays."""
    one = setting(name)
    value = one.read(text)
    limit = getattr(Shop._meta.get_field(name), "max_length", None)
    if limit and isinstance(value, str) and len(value) > limit:
        raise Invalid(
            "The {name} has {length} characters; at most {limit} are kept.",
            name=name,
            length=len(value),
            limit=limit,
        )
    setattr(shop, name, value)
    shop.save(update_fields=[name])
    return bool(value) if one.secret else value
