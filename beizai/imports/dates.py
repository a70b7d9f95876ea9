"""Dates as people write them: one style for a whole column, decided by what fits, asked where two do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal, get_args

from beizai.base.errors import Invalid, Phrase

Style = Literal["dmy", "mdy", "ymd"]
STYLES: tuple[Style, ...] = get_args(Style)

_MONTH_WORDS = (
    "jan january janv janvier; feb february fev fevr fevrier; mar march mars; apr april avr avril; may mai; jun june juin; "
    "jul july juil juillet; aug august aout; sep sept september septembre; oct october octobre; nov november novembre; dec december decembre"
)
_MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS.split(";"), 1) for word in words.split()}
_PARTS = re.compile(r"(\d{1,4})\s*[-/.\s年]\s*(\d{1,2})\s*[-/.\s月]\s*(\d{1,4})\s*日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_DAY_FIRST = re.compile(
    r"(?:[^\W\d]+,?\s+)?(\d{1,2})(?:er|st|nd|rd|th)?[\s.-]+([^\W\d]+)\.?,?[\s.-]+(\d{4}|\d{2})"
)
_MONTH_FIRST = re.compile(r"(?:[^\W\d]+,\s+)?([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_CLOCK = re.compile(
    r"(?:(?P<early>上午|下午)\s*)?(?P<h>\d{1,2})(?:[:.hH](?P<m>\d{2}))(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_SERIAL_EPOCH = date(1899, 12, 30)
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Day:
    """A date that was read, and the microseconds into it that came with the same number (Excel serials)."""

    on: date
    microseconds: int = 0


@dataclass(frozen=True)
class Clock:
    """A time of day, with its distance to UTC in minutes where the text says one."""

    microseconds: int
    offset_minutes: int | None


def styles_of(text: str) -> frozenset[Style]:
    """The styles in which this text is a date; empty where it is one in none, or in all alike (2024-01-05).

    >>> sorted(styles_of("05/04/2024")), sorted(styles_of("25/04/2024")), sorted(styles_of("2024/4/25"))
    (['dmy', 'mdy'], ['dmy'], [])
    """
    match = _PARTS.fullmatch(text.strip())
    if match is None or len(match[1]) == 4:
        return frozenset()
    return frozenset(style for style in STYLES if _in_style(match, style) is not None)


def read_day(text: str, style: Style | None) -> Day | None:
    """The date, or None where it is none (31 February) or cannot be told without a style.

    >>> read_day("3 avr. 2026", None), read_day("31/02/2026", "dmy"), read_day("45292.5", None)
    (Day(on=datetime.date(2026, 4, 3), microseconds=0), None, Day(on=datetime.date(2024, 1, 1), microseconds=43200000000))
    """
    text = text.strip()
    if (match := _PARTS.fullmatch(text)) is not None:
        found = _in_style(match, "ymd" if len(match[1]) == 4 else style)
        return Day(found) if found else None
    if (match := _COMPACT.fullmatch(text)) is not None:
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if _SERIAL.fullmatch(text):
        return _serial(float(text))
    if (match := _DAY_FIRST.fullmatch(text)) is not None and (month := _month(match[2])):
        return _day(_year(match[3]), month, int(match[1]))
    if (match := _MONTH_FIRST.fullmatch(text)) is not None and (month := _month(match[1])):
        return _day(int(match[3]), month, int(match[2]))
    return None


def read_clock(text: str) -> Clock | None:
    """The time of day, or None.

    >>> read_clock("2:05 PM"), read_clock("10:00:00 -0400"), read_clock("25:00")
    (Clock(microseconds=50700000000, offset_minutes=None), Clock(microseconds=36000000000, offset_minutes=-240), None)
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second = int(match["h"]), int(match["m"]), int(match["s"] or 0)
    half = (match["half"] or "").lower()[:1] or {"上午": "a", "下午": "p"}.get(match["early"] or "", "")
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half == "p")
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = int((match["f"] or "").ljust(6, "0")[:6] or 0)
    return Clock(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction, _offset(match["zone"]))


def style_named(name: str | None) -> Style | None:
    """The style of this name; Invalid where it is none."""
    if name is None:
        return None
    for style in STYLES:
        if name == style:
            return style
    raise Invalid("“{name}” is not a date style.", hint="Use dmy, mdy or ymd.", name=name)


def decide(counts: Mapping[str, int], said: Style | None, *, column: str) -> Style | None:
    """The one style of a column of date texts (text: how often), or None where no text depends on it.

    Texts that are a date in no style do not count. Invalid where more than one style fits all the
    others, or none does, and the user has not said which.
    """
    if said is not None:
        return said
    fits = {text: found for text in counts if (found := styles_of(text))}
    if not fits:
        return None
    left = [style for style in STYLES if all(style in found for found in fits.values())]
    if len(left) == 1:
        return left[0]
    raise _undecided(fits, left, column)


def _undecided(fits: Mapping[str, frozenset[Style]], left: Iterable[Style], column: str) -> Invalid:
    examples = ", ".join(f"“{text}”" for text in _telling(fits))
    ask = Phrase("Say which style it is: dates dmy (day first), mdy (month first) or ymd (year first).")
    if styles := tuple(left):
        return Invalid(
            "The dates in “{column}” can be read in {n} ways ({styles}), such as {examples}.",
            hint=ask,
            code="dates_ambiguous",
            column=column,
            n=len(styles),
            styles=", ".join(styles),
            examples=examples,
        )
    return Invalid(
        "The dates in “{column}” are written in two styles, such as {examples}.",
        hint="{ask} Rows in the other style are then kept aside.",
        code="dates_mixed",
        column=column,
        examples=examples,
        ask=ask,
    )


def _telling(fits: Mapping[str, frozenset[Style]]) -> list[str]:
    """One example, or two that contradict each other."""
    first = min(fits, key=lambda text: (len(fits[text]), text))
    other = next((text for text in sorted(fits) if not fits[text] & fits[first]), None)
    return [first] if other is None else [first, other]


def _in_style(match: re.Match[str], style: Style | None) -> date | None:
    first, second, third = match[1], match[2], match[3]
    if style is None:
        return None
    year, month, day = {
        "ymd": (first, second, third),
        "dmy": (third, second, first),
        "mdy": (third, first, second),
    }[style]
    if len(day) > 2 or len(month) > 2 or len(year) not in (2, 4):
        return None
    found = _day(_year(year), int(month), int(day))
    return found.on if found else None


def _day(year: int, month: int, day: int) -> Day | None:
    try:
        return Day(date(year, month, day))
    except ValueError:
        return None


def _year(text: str) -> int:
    """Two digits mean 1970 to 2069."""
    number = int(text)
    if len(text) > 2:
        return number
    return number + (1900 if number >= 70 else 2000)


@cache
def _month(word: str) -> int | None:
    folded = word.lower().translate(str.maketrans("éèêûôà", "eeeuoa"))
    return _MONTHS.get(folded)


def _serial(number: float) -> Day | None:
    """An Excel day number between 1954 and 2119; its fraction is the time, to the second."""
    if not 20_000 <= number < 80_000:
        return None
    whole = int(number)
    seconds = round((number - whole) * 86_400)
    return Day(_SERIAL_EPOCH + timedelta(days=whole), min(seconds * 1_000_000, _DAY_US - 1_000_000))


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone in ("Z", "UTC", "GMT"):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if zone[0] == "-" else minutes
