"""Money: whole minor units with their currency, never a float."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.core import get_global
from babel.numbers import get_currency_precision, list_currencies

from beizai.base.errors import Invalid


def check_currency(currency: str) -> str:
    """The ISO 4217 code in capitals, or Invalid.

    >>> check_currency("gbp")
    'GBP'
    """
    code = currency.strip().upper()
    if len(code) != 3 or code not in list_currencies():
        raise Invalid(
            "“{currency}” is not a currency.",
            hint="Use its ISO code of three letters, such as EUR, GBP or CNY.",
            currency=currency,
        )
    return code


def minor_digits(currency: str) -> int:
    """Decimals of the currency: 0 for JPY, 2 for EUR, 3 for KWD (Unicode CLDR).

    >>> [minor_digits(code) for code in ("JPY", "EUR", "KWD")]
    [0, 2, 3]
    """
    return int(get_currency_precision(currency))


def to_minor(amount: Decimal | int | str, currency: str) -> int:
    """The amount in minor units, rounded half up (away from zero), exact before that.

    >>> to_minor("12.345", "EUR"), to_minor("-0.005", "EUR"), to_minor("100", "JPY")
    (1235, -1, 100)
    """
    try:
        value = Decimal(str(amount)).scaleb(minor_digits(currency)).quantize(Decimal(1), ROUND_HALF_UP)
        return int(value)
    except (InvalidOperation, ValueError):
        raise Invalid(
            "“{amount}” is not an amount of money.",
            hint="Write it with digits, such as 12.50.",
            amount=amount,
        ) from None


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount in units of the currency.

    >>> from_minor(1235, "EUR")
    Decimal('12.35')
    """
    return Decimal(minor).scaleb(-minor_digits(currency))


def currency_of(territory: str) -> str:
    """The currency in use in a country today ("FR" gives EUR), or USD where it is not known."""
    rows = get_global("territory_currencies").get(territory.upper(), [])
    current = [row[0] for row in rows if row[2] is None and row[-1]]
    return str(current[0]) if current else "USD"
