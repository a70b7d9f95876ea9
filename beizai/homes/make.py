"""Making a home: its folders and keys, its tables, the shop with sensible defaults, the owner."""

from dataclasses import dataclass, replace
from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.localtime import get_localzone

from beizai.base import clock, money
from beizai.base.contact_points import normal_email
from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.homes.opening import has_book, set_up_django

OWNER = "owner@beizai.test"  # where nobody is named; .test never leaves the machine


@dataclass(frozen=True)
class Wishes:
    """What the new shop is told about itself; empty = a default."""

    name: str = ""
    currency: str = ""
    timezone: str = ""
    locale: str = ""
    trade: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Place:
    """Language of the office and country of the shop, from a locale such as fr or en_GB."""

    language: str
    country: str


@dataclass(frozen=True)
class Made:
    """What was made: the home, its shop's settings, and the owner's one-time link."""

    home: str
    currency: str
    timezone: str
    language: str
    owner: str
    link: str


def place(locale: str) -> Place:
    """The language and country of a locale; Invalid where there is no such locale.

    >>> place("fr"), place("en-GB"), place("zh_CN")
    (Place(language='fr', country='FR'), Place(language='en', country='GB'), Place(language='zh-hans', country='CN'))
    """
    if not locale:
        return Place("en", "")
    try:
        found = Locale.parse(locale.replace("-", "_").split(".")[0])
    except (ValueError, UnknownLocaleError):
        raise Invalid(
            "“{locale}” is not a locale.", hint="Use one such as en_GB, fr or zh_CN.", locale=locale
        ) from None
    languages = {"fr": "fr", "zh": "zh-hans"}
    country = found.territory or {"fr": "FR", "zh": "CN"}.get(found.language, "")
    return Place(languages.get(found.language, "en"), country)


def local_zone() -> str:
    """The time zone this machine is set to, by its IANA name; UTC where it cannot be told.

    >>> clock.zone(local_zone()).key == local_zone()
    True
    """
    return getattr(get_localzone(), "key", None) or "UTC"


def make(home: Home, wishes: Wishes, *, now: datetime) -> Made:
    """A new book. Safe to run again where it was broken off; a home that has a shop is refused, untouched."""
    settled = _settled(wishes)
    if not has_book(home) and home.root.exists() and not _ours(home):
        raise Invalid(
            "{folder} is not empty.", hint="Name an empty or new folder: --home DIR.", folder=home.root
        )
    home.make()
    set_up_django()
    return _fill(home, settled, place(wishes.locale), now=now)


def _settled(wishes: Wishes) -> Wishes:
    """The wishes checked, with a default for each that was left open."""
    country = place(wishes.locale).country
    currency = wishes.currency or (money.currency_of(country) if country else "EUR")
    return replace(
        wishes,
        currency=money.check_currency(currency),
        timezone=clock.zone(wishes.timezone or local_zone()).key,
        owner=normal_email(wishes.owner or OWNER),
    )


def _ours(home: Home) -> bool:
    """Whether the folder holds the beginning of a home and nothing else."""
    parts = {home.lake, home.uploads, home.keys, home.log, home.office_db, home.inbox_db}
    return all(
        any(path == part or path.name.startswith(f"{part.name}-") for part in parts)
        for path in home.root.iterdir()
    )


def _fill(home: Home, wishes: Wishes, where: Place, *, now: datetime) -> Made:
    from django.core.management import call_command
    from django.db import transaction

    from beizai.staff import accounts, audit
    from beizai.staff.models import Role, Shop

    if wishes.trade:
        from beizai.trades import books

        books.trade(wishes.trade)  # an unknown one is refused before anything is made
    if _has_shop():
        raise Invalid(
            "There is a book in {folder} already.", hint="Use another folder: --home DIR.", folder=home.root
        )
    call_command("migrate", verbosity=0, interactive=False)
    with transaction.atomic():
        shop = Shop(pk=1, currency=wishes.currency, timezone=wishes.timezone)
        shop.language, shop.country = where.language, where.country
        shop.name = wishes.name or shop.name
        shop.save(force_insert=True)
        if wishes.trade:
            books.open_book_of(wishes.trade, shop, now=now)
        user = accounts.add(wishes.owner, role=Role.OWNER)
        audit.record("home.made", at=now, user=user)
    link = accounts.password_link(user)
    return Made(str(home.root), shop.currency, shop.timezone, shop.language, user.email, link)


def _has_shop() -> bool:
    """Whether the office database has a shop: the last thing written when a home is made."""
    from django.db import connection

    from beizai.staff.models import Shop

    return (
        Shop._meta.db_table in connection.introspection.table_names() and Shop.objects.filter(pk=1).exists()
    )
