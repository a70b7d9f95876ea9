"""A customer's own code and link, by which whom they bring is known: short enough to be said at the till, signed against guessing."""

import hmac
from datetime import datetime

from beizai.base import clock, home
from beizai.base.errors import Invalid, NotFound
from beizai.base.tokens import derive_key
from beizai.customers import belonging, ties
from beizai.customers.models import Customer, Tie, TieKind
from beizai.sources.models import Source
from beizai.staff.models import Shop, User

PATH = "/r/"
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another
_READ_AS = str.maketrans("OIL", "011")
_CHECK_SIGNS = 6
_LONGEST = 24


def code(customer_id: int) -> str:
    """The code of a customer, such as 3Q-7FK2MX: the card's number, and six signs only this home can make."""
    return f"{_written(customer_id)}-{_check(customer_id)}"


def link(customer_id: int, shop: Shop) -> str:
    """The address a customer gives to friends."""
    return f"{shop.public_url.rstrip('/')}{PATH}{code(customer_id)}"


def read(text: str) -> int:
    """Whose code this is, in any case and with or without its dash; NotFound where nobody's."""
    clean = "".join(sign for sign in text.upper().translate(_READ_AS) if sign in _SIGNS)
    number, check = clean[:-_CHECK_SIGNS], clean[-_CHECK_SIGNS:]
    found = _number(number) if number and len(text) <= _LONGEST else 0
    expected = _check(found)
    if not hmac.compare_digest(check.encode(), expected.encode()) or not 0 < found < 2**63:
        raise NotFound("This code is nobody's.", hint="Look again: six signs stand behind the dash.")
    return found


def redeem(
    text: str,
    customer_id: int,
    *,
    source: Source,
    now: datetime,
    user: User | None = None,
    occasion: str = "",
    timezone: str = "UTC",
) -> Tie | None:
    """The tie a code makes: this customer was brought by its owner. None where they had been brought by somebody before.

    NotFound where the code is nobody's; Invalid where it is the customer's own.
    """
    referrer = belonging.card_of(read(text))
    card = belonging.card_of(customer_id)
    if not Customer.objects.filter(pk=referrer).exists():
        raise NotFound("This code is nobody's.", hint="Look again: six signs stand behind the dash.")
    if referrer == card:
        raise Invalid("This is the customer's own code.", hint="It is for those they bring.")
    if Tie.objects.filter(customer_id=card, kind=TieKind.REFERRED_BY).exists():
        return None
    on = clock.civil_date(now, timezone)
    return ties.tie(
        card,
        TieKind.REFERRED_BY,
        referrer,
        source=source,
        now=now,
        user=user,
        since_on=on,
        occasion=occasion,
    )


def _check(number: int) -> str:
    key = derive_key(home.current().key("signing"), "referral")
    mac = hmac.digest(key, number.to_bytes(16, "big", signed=True), "sha256")
    return "".join(_SIGNS[byte & 31] for byte in mac[:_CHECK_SIGNS])


def _written(number: int) -> str:
    signs = ""
    while number:
        number, place = divmod(number, 32)
        signs = _SIGNS[place] + signs
    return signs or "0"


def _number(text: str) -> int:
    found = 0
    for sign in text:
        found = found * 32 + _SIGNS.index(sign)
    return found
