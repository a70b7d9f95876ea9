"""What Excel and tired fingers do to addresses and numbers, and how it is put right."""

import re
from functools import cache

_DOMAINS = (
    "gmail.com hotmail.com outlook.com yahoo.com icloud.com live.com msn.com aol.com protonmail.com googlemail.com "
    "hotmail.fr yahoo.fr outlook.fr live.fr orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr "
    "hotmail.co.uk yahoo.co.uk btinternet.com gmx.de web.de t-online.de gmx.net qq.com 163.com 126.com sina.com foxmail.com"
).split()
FIVE_DIGITS = {"FR", "DE", "US", "IT", "ES", "MX", "FI", "SE", "GR", "HR", "CZ", "SK", "KR", "TR"}
_LOST = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{1,2}")


def digits_lost(text: str) -> bool:
    """Whether Excel has shortened a long number: its last digits are gone for good.

    >>> digits_lost("3.36E+10"), digits_lost("33612345678")
    (True, False)
    """
    return bool(_LOST.fullmatch(text.strip()))


@cache
def meant_domain(domain: str) -> str | None:
    """The well-known domain this one is a slip of the finger away from; None where it is none, or known itself.

    Two or three well-known domains may lie one slip apart (gmx.de, gmx.net): a domain near more than one is left.

    >>> meant_domain("gmial.com"), meant_domain("gmail.com"), meant_domain("example.test")
    ('gmail.com', None, None)
    """
    if domain in _DOMAINS or len(domain) < 6:
        return None
    near = [known for known in _DOMAINS if _one_slip(domain, known)]
    return near[0] if len(near) == 1 else None


def _one_slip(one: str, other: str) -> bool:
    """One letter more, less, other, or two neighbours exchanged (Damerau 1964)."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )


def full_postcode(text: str, country: str) -> str:
    """A postcode with the first zero Excel has dropped, in countries where all have five digits.

    >>> full_postcode("1240", "FR"), full_postcode("1240", "CH")
    ('01240', '1240')
    """
    return f"0{text}" if country in FIVE_DIGITS and re.fullmatch(r"\d{4}", text) else text


def dropped_zero(text: str, normal: str) -> bool:
    """Whether a phone number lacked the zero it is dialled with at home, and was read all the same."""
    return (
        text.isdigit() and not text.startswith("0") and len(normal) > len(text) + 1 and normal.endswith(text)
    )
