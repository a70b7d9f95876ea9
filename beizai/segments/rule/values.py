"""What may stand in a condition: words from a list, whole numbers, dates; anything else is refused with its place."""

import difflib
import math
import re
from collections.abc import Callable, Iterable
from datetime import date

from beizai.base.errors import Invalid, Phrase

Reader = Callable[[object, str], object]

COMPARISONS = ("at_least", "at_most", "more_than", "less_than", "is", "is_not", "between")
ONE_VALUE = COMPARISONS[:-1]
TEXT_OPS = ("is", "is_not", "one_of", "none_of", "contains", "begins_with")
DATE_OPS = ("before", "after", "on")
DAYS_OPS = ("within_days", "older_than_days", "anniversary_within_days")
SET_OPS = ("has_any", "has_all", "has_none")
BARE_OPS = ("known", "not_known")
ATTRIBUTE_OPS = tuple(dict.fromkeys((*TEXT_OPS, *COMPARISONS, *DATE_OPS, *DAYS_OPS, *SET_OPS, *BARE_OPS)))
MEASURES = ("orders", "purchase_days", "spent_minor", "average_minor", "returns")
SCORES = ("r", "f", "m")
MAX_DAYS = 36_525  # a hundred years
MAX_WHOLE = 10**15
MAX_CHOICES = 1_000


def near(found: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or some of them.

    >>> near("spend_minor", MEASURES)
    'Did you mean spent_minor?'
    """
    words = sorted(known)
    close = difflib.get_close_matches(found, words, n=1, cutoff=0.6)
    if close:
        return Phrase("Did you mean {name}?", name=close[0])
    if not words:
        return Phrase("None is known.")
    return Phrase("Known are: {names}.", names=", ".join(words[:12]) + (" …" if len(words) > 12 else ""))


def shown(found: object) -> str:
    """The value as a message shows it, cut to a readable length."""
    if isinstance(found, dict | list):
        return "{…}" if isinstance(found, dict) else "[…]"
    text = found if isinstance(found, str) else repr(found)
    return text if len(text) <= 60 else text[:59] + "…"


def text(found: object, place: str) -> str:
    """A text of 1 to 200 characters."""
    if not isinstance(found, str) or not found.strip() or len(found) > 200:
        raise Invalid(
            "{place}: “{found}” is not a text of 1 to 200 characters.",
            hint="Give a text in quotes.",
            place=place,
            found=shown(found),
        )
    return found


def identifier(found: object, place: str) -> str:
    """The name of a property: letters, digits and underscores, so that every engine finds it by the same path."""
    name = text(found, place)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,59}", name):
        raise Invalid(
            "{place}: “{found}” is not the name of a property.",
            hint="Letters, digits and underscores, as the program sends it.",
            place=place,
            found=shown(found),
        )
    return name


def number_or_text(found: object, place: str) -> int | float | str:
    """A number (a comparison of numbers) or a text (whether it is that)."""
    if isinstance(found, str):
        return text(found, place)
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) <= MAX_WHOLE:
        raise Invalid(
            "{place}: “{found}” is neither a number nor a text.",
            hint="Write 12.5 or a text in quotes.",
            place=place,
            found=shown(found),
        )
    return found


def word(known: tuple[str, ...]) -> Reader:
    """A reader of one word of a list."""

    def read(found: object, place: str) -> str:
        if not isinstance(found, str) or found not in known:
            raise Invalid(
                "{place}: “{found}” is not known.",
                hint=near(str(found), known),
                place=place,
                found=shown(found),
            )
        return found

    return read


def words(known: tuple[str, ...]) -> Reader:
    """A reader of a list of words."""
    one = word(known)

    def read(found: object, place: str) -> tuple[object, ...]:
        return tuple(one(entry, place) for entry in _list(found, place))

    return read


def whole(low: int = -MAX_WHOLE, high: int = MAX_WHOLE) -> Reader:
    """A reader of a whole number between two."""

    def read(found: object, place: str) -> int:
        if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
            raise Invalid(
                "{place}: “{found}” is not a whole number from {low} to {high}.",
                place=place,
                found=shown(found),
                low=low,
                high=high,
            )
        return found

    return read


def whole_or_pair(low: int = -MAX_WHOLE, high: int = MAX_WHOLE) -> Reader:
    """A reader of a whole number, or of two in a list (for `between`)."""
    one = whole(low, high)

    def read(found: object, place: str) -> object:
        if isinstance(found, list):
            return tuple(one(entry, place) for entry in found)
        return one(found, place)

    return read


def tenths(found: object, place: str) -> int:
    """A multiple such as 2 or 1.5, in tenths; finer is refused."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found <= 1000:
        raise Invalid(
            "{place}: “{found}” is not a multiple over 0 and up to 1000.",
            hint="Give 2 or 1.5.",
            place=place,
            found=shown(found),
        )
    times = round(found * 10)
    if not times or abs(found * 10 - times) > 1e-9:
        raise Invalid(
            "{place}: “{found}” is finer than a tenth.",
            hint="Give one decimal at most.",
            place=place,
            found=shown(found),
        )
    return times


def day(found: object, place: str) -> date:
    """A date written 2026-01-31."""
    try:
        read = date.fromisoformat(found) if isinstance(found, str) and len(found) == 10 else None
    except ValueError:
        read = None
    if read is None or not 1800 <= read.year <= 2200:
        raise Invalid(
            "{place}: “{found}” is not a date of 1800 to 2200.",
            hint="Write it as 2026-01-31.",
            place=place,
            found=shown(found),
        )
    return read


def single(found: object, place: str) -> str | int | float | bool:
    """A text, a number or yes/no."""
    if isinstance(found, bool):
        return found
    if isinstance(found, int | float) and math.isfinite(found) and abs(found) <= MAX_WHOLE:
        return found
    return text(found, place)


def attribute_value(op: str, found: object, place: str) -> object:
    """The value an attribute is compared with, as its comparison wants it."""
    for ops, reader in _VALUE_OF_OP:
        if op in ops:
            return reader(found, place)
    return number(found, place)


def nothing(found: object, place: str) -> None:
    """No value at all."""
    if found is not None:
        raise Invalid(
            "{place}: no value is wanted, but “{found}” is given.",
            hint="Leave the value out.",
            place=place,
            found=shown(found),
        )


def texts(found: object, place: str) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(entry, place) for entry in _list(found, place))


def numbers(found: object, place: str) -> tuple[int | float, ...]:
    """A list of two numbers, the smaller first."""
    return pair(tuple(number(entry, place) for entry in _list(found, place)), place)


def number(found: object, place: str) -> int | float:
    """A number that is finite."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Invalid("{place}: “{found}” is not a number.", place=place, found=shown(found))
    if not math.isfinite(found) or abs(found) > MAX_WHOLE:
        raise Invalid("{place}: “{found}” is too large.", place=place, found=shown(found))
    return found


def pair(found: object, place: str) -> tuple[int | float, ...]:
    """Two numbers, the smaller first."""
    if not isinstance(found, tuple) or len(found) != 2 or found[0] > found[1]:
        raise Invalid(
            "{place}: “between” takes two numbers, the smaller first.",
            hint="For example [10, 20].",
            place=place,
        )
    return found


def _list(found: object, place: str) -> list[object]:
    if not isinstance(found, list) or not 0 < len(found) <= MAX_CHOICES:
        raise Invalid(
            "{place}: “{found}” is not a list of 1 to {limit} entries.",
            hint="Use [ … ].",
            place=place,
            found=shown(found),
            limit=MAX_CHOICES,
        )
    return found


_VALUE_OF_OP: tuple[tuple[tuple[str, ...], Reader], ...] = (
    (BARE_OPS, nothing),
    (DATE_OPS, day),
    (DAYS_OPS, whole(1, MAX_DAYS)),
    (("one_of", "none_of", *SET_OPS), texts),
    (("contains", "begins_with"), text),
    (("between",), numbers),
    (("is", "is_not"), single),
)
