"""Numbers as people write them: decimal point or comma, thousands, currency signs, brackets for minus."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Literal

from beizai.base.errors import Invalid

Sign = Literal["point", "comma"]

_KEEP = re.compile(r"[^0-9.,eE+\-()]")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_GROUPED_POINT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_GROUPED_COMMA = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d*)?")


def evidence(text: str) -> Sign | None:
    """What a number says of its decimal sign; None where it says nothing or could be either (1,234).

    >>> evidence("1.234,50"), evidence("12,5"), evidence("1,234.5"), evidence("12.50"), evidence("1,234")
    ('comma', 'comma', 'point', 'point', None)
    """
    digits = _bare(text)
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return "point" if digits.rfind(".") > digits.rfind(",") else "comma"
    if points == 1 and not re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", digits):
        return "point"
    if commas == 1 and not re.fullmatch(r"[1-9]\d{0,2},\d{3}", digits):
        return "comma"
    if points > 1:
        return "comma"
    return "point" if commas > 1 else None


def decide(texts: Iterable[str], said: Sign | None, *, delimiter: str | None) -> Sign:
    """The decimal sign of a file, by all its numbers together.

    A file cut by semicolons or tabs whose only doubt is 1,234 is taken to write a decimal comma no more than
    any other: Invalid asks, where a number could be either and nothing else decides.
    """
    if said is not None:
        if said not in ("point", "comma"):
            raise Invalid("“{said}” is not a decimal sign.", hint="Use point or comma.", said=said)
        return said
    doubtful = ""
    votes = {"point": 0, "comma": 0}
    for text in texts:
        found = evidence(text)
        if found:
            votes[found] += 1
        elif not doubtful and "," in text and any(c.isdigit() for c in text):
            doubtful = text
    if votes["comma"] and not votes["point"]:
        return "comma"
    if votes["point"] >= votes["comma"] and (votes["point"] or not doubtful):
        return "point"
    if votes["comma"]:
        return "comma"
    if delimiter == ",":
        return "point"
    raise Invalid(
        "“{doubtful}” can be read as a thousand and more, or as one and a part.",
        hint="Say which decimal sign the file uses: point or comma.",
        code="decimal_ambiguous",
        doubtful=doubtful,
    )


def read_number(text: str, sign: Sign) -> Decimal | None:
    """The number, or None where the text is none.

    >>> read_number("1.234,50 €", "comma"), read_number("(12.50)", "point"), read_number("12-", "point")
    (Decimal('1234.50'), Decimal('-12.50'), Decimal('-12'))
    >>> read_number("twelve", "point") is None, read_number("1,2,3", "point") is None
    (True, True)
    """
    folded = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-")
    if not any(character.isdigit() for character in folded):
        return None
    if re.search(r"[^\W\d_]{4,}", folded):
        return None  # words, not a currency
    if _SCIENTIFIC.fullmatch(folded):
        return _decimal(folded.replace(",", "."))
    digits = _KEEP.sub("", re.sub(r"[eE](?![+\-]?\d)|(?<!\d)[eE]", "", folded))
    negative = digits.startswith(("-", "(")) or digits.endswith("-")
    digits = digits.strip("+-()")
    if sign == "comma":
        digits = _ungroup(digits, _GROUPED_COMMA, ".").replace(",", ".", 1)
    else:
        digits = _ungroup(digits, _GROUPED_POINT, ",")
    value = _decimal(digits) if re.fullmatch(r"\d*\.?\d*", digits) else None
    return -value if negative and value is not None else value


def _bare(text: str) -> str:
    return _KEEP.sub("", unicodedata.normalize("NFKC", text)).strip("+-()eE")


def _ungroup(digits: str, grouped: re.Pattern[str], separator: str) -> str:
    return digits.replace(separator, "") if grouped.fullmatch(digits) else digits


def _decimal(digits: str) -> Decimal | None:
    try:
        return Decimal(digits)
    except InvalidOperation:
        return None
