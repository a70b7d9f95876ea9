"""Money, numbers and dates as the reader's language writes them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from babel import Locale, dates, numbers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.base import money as minor_units
from beizai.office.frame import frame

MINUS = "−"


def money(minor: int | None, currency: str = "", *, whole: bool = False) -> str:
    """An amount in its currency ("€1,504.69"); `whole` leaves the minor units out. Unknown is "not known"."""
    if minor is None:
        return _("not known")
    here = frame()
    code = currency or here.shop.currency
    amount = minor_units.from_minor(minor, code)
    if whole:
        amount = amount.quantize(Decimal(1), ROUND_HALF_UP)
    digits = 0 if whole else minor_units.minor_digits(code)
    text = str(
        numbers.format_currency(
            abs(amount), code, locale=here.locale, currency_digits=False, format=_pattern(digits)
        )
    ).replace("\u00a0", "\u202f")
    return f"{MINUS}{text}" if amount < 0 else text


def _pattern(digits: int) -> str:
    standard = str(Locale.parse(frame().locale).currency_formats["standard"].pattern).split(";")[0]
    return standard.replace("#,##0.00", "#,##0" + ("." + "0" * digits if digits else ""))


def headline(minor: int | None, currency: str = "") -> str:
    """An amount for a headline: whole units from 100 on, minor units below."""
    if minor is None:
        return _("not known")
    code = currency or frame().shop.currency
    return money(minor, code, whole=abs(minor_units.from_minor(minor, code)) >= 100)


def number(value: int | float | Decimal | None, digits: int = 0) -> str:
    """A number with the language's grouping ("11,486"); unknown is "not known"."""
    if value is None:
        return _("not known")
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = str(numbers.format_decimal(Decimal(str(abs(value))), format=pattern, locale=frame().locale))
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def percent(share: float | None) -> str:
    """A share (0.68) as a percentage: whole, one decimal under 10 %."""
    if share is None:
        return _("not known")
    pattern = "#,##0.0%" if 0 < abs(share) < 0.1 else "#,##0%"
    text = str(numbers.format_percent(abs(share), format=_percent_pattern(pattern), locale=frame().locale))
    return f"{MINUS}{text}" if share < 0 else text


def _percent_pattern(pattern: str) -> str:
    return pattern.replace("%", "\u202f%") if frame().language == "fr" else pattern


def day(value: date | datetime | None) -> str:
    """A date with its year: "31 Mar 2026", 2026年3月31日, 31 mars 2026; unknown is "not known"."""
    found = civil(value)
    return (
        _("not known")
        if found is None
        else str(dates.format_date(found, format="medium", locale=frame().locale))
    )


def short_day(value: date | datetime | None) -> str:
    """A date of this year without its year, any other with it (for timelines)."""
    found = civil(value)
    if found is None:
        return _("not known")
    if found.year != frame().today.year:
        return day(found)
    return str(dates.format_skeleton("MMMd", found, locale=frame().locale))


def month_day(value: date | datetime) -> str:
    """A date without its year, below a head that says the year."""
    return str(dates.format_skeleton("MMMd", civil(value), locale=frame().locale))


def month(value: date | datetime) -> str:
    """ "March 2026"."""
    return str(dates.format_skeleton("yMMMM", civil(value), locale=frame().locale))


def long_day(value: date | datetime) -> str:
    """ "Tuesday 14 April 2026"."""
    text = str(dates.format_date(civil(value), format="full", locale=frame().locale))
    text = text.replace(",", "") if frame().language == "en" else text
    return text[:1].upper() + text[1:]


def sentences(*parts: str) -> str:
    """Whole sentences one after the other; Chinese puts no space between them."""
    return ("" if frame().language == "zh-hans" else " ").join(part for part in parts if part)


def listed(parts: Iterable[str]) -> str:
    """Words in a row, with the reader's comma."""
    return ("、" if frame().language == "zh-hans" else ", ").join(str(part) for part in parts if part)


def clock_time(value: datetime) -> str:
    """The time on the shop's wall: 09:12."""
    return f"{value.astimezone(frame().zone):%H:%M}"


def moment(value: datetime | None) -> str:
    """A date and time in the shop's zone."""
    if value is None:
        return _("not known")
    return _("%(day)s, %(time)s") % {"day": day(value), "time": clock_time(value)}


def age(value: date | datetime | None) -> str:
    """How long ago, in words: "14 days ago"; nothing for a date that is not known."""
    found = civil(value)
    if found is None:
        return ""
    days = (frame().today - found).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days < 0:
        return ngettext("in %(n)s day", "in %(n)s days", -days) % {"n": number(-days)}
    if days < 730:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": number(days)}
    years = days // 365
    return ngettext("%(n)s year ago", "%(n)s years ago", years) % {"n": number(years)}


def civil(value: date | datetime | None) -> date | None:
    """The civil date in the shop's zone; naive times are UTC, as the lake keeps them."""
    if not isinstance(value, datetime):
        return value
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    return at.astimezone(frame().zone).date()


def currency_symbol(currency: str = "") -> str:
    """The sign of the book's currency for a field's label."""
    return str(numbers.get_currency_symbol(currency or frame().shop.currency, locale=frame().locale))
