"""The words of the command line: amounts, shares, and what the codes of the rooms below mean."""

from collections.abc import Mapping
from decimal import Decimal

from beizai.base.money import from_minor, minor_digits

WORDS: Mapping[str, str] = {
    "no_decision": "never said yes or no",
    "no_permission": "never said yes",
    "no_address": "no address",
    "frequency_cap": "written to lately",
    "held_out": "left alone by lot",
    "in_doubt": "in doubt",
    "hard_bounce": "address does not exist",
    "do_not_contact": "asked never to be written to",
    "cannot_tell": "cannot tell yet",
    "before_planned_end": "the planned end has not come",
    "nobody_left_alone": "nobody was left alone",
    "nobody_written_to": "nobody was written to",
    "too_few_buyers": "too few bought",
    "opinion_leader": "opinion leader",
    "key_account": "key account",
    "not_bought_yet": "not bought yet",
    "small_medium": "small or medium",
}


def word(code: str) -> str:
    """A code in words.

    >>> word("cannot_tell"), word("soft_bounce")
    ('cannot tell yet', 'soft bounce')
    """
    return WORDS.get(code, code.replace("_", " "))


def amount(minor: float | None, currency: str) -> str:
    """Money as people write it, with its currency; nothing where it is not known.

    >>> amount(123456, "EUR"), amount(-50, "JPY"), amount(None, "EUR")
    ('EUR 1,234.56', 'JPY -50', '')
    """
    if minor is None:
        return ""
    return f"{currency} {from_minor(round(minor), currency):,.{minor_digits(currency)}f}"


def share(part: float | None) -> str:
    """A share in per cent.

    >>> share(0.5432), share(None)
    ('54.3 %', '')
    """
    return "" if part is None else f"{100 * part:.1f} %"


def fine(minor: Decimal | float | None, currency: str) -> str:
    """An amount a head, with one decimal more than the currency has.

    >>> fine(12.34, "EUR")
    'EUR 0.123'
    """
    if minor is None:
        return ""
    digits = minor_digits(currency)
    return f"{currency} {float(minor) / 10**digits:,.{digits + 1}f}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "customer"), counted(2469, "customer")
    ('1 customer', '2,469 customers')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
