"""What foreign money was worth: a dated table, the rate of a day being the last one up to it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from beizai.base.errors import Invalid
from beizai.base.money import check_currency
from beizai.imports.models import CurrencyRate


def put(currency: str, since_on: date, rate: Decimal) -> None:
    """Writes down what one unit of a currency is worth in the book's currency from a day on."""
    code = check_currency(currency)
    if not rate.is_finite() or rate <= 0:
        raise Invalid(
            "“{rate}” is not a rate.",
            hint="Say what 1 {currency} is worth in the book's currency.",
            rate=rate,
            currency=code,
        )
    CurrencyRate.objects.update_or_create(currency=code, since_on=since_on, defaults={"rate": rate})


def rates_on(days: Iterable[tuple[str, date]]) -> dict[tuple[str, date], Decimal]:
    """The rate of each (currency, day) that has one."""
    wanted = list(days)
    table: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    found = CurrencyRate.objects.filter(currency__in={currency for currency, _ in wanted})
    for currency, since_on, rate in found.order_by("since_on").values_list("currency", "since_on", "rate"):
        table[currency].append((since_on, rate))
    answers = {}
    for currency, day in wanted:
        found_rate = rate_on(table.get(currency, ()), day)
        if found_rate is not None:
            answers[currency, day] = found_rate
    return answers


def rate_on(rates: Sequence[tuple[date, Decimal]], day: date) -> Decimal | None:
    """The last rate up to a day, of rates sorted by day.

    >>> rate_on([(date(2024, 1, 1), Decimal("0.9")), (date(2024, 2, 1), Decimal("0.8"))], date(2024, 1, 31))
    Decimal('0.9')
    """
    place = bisect_right(rates, day, key=lambda row: row[0])
    return rates[place - 1][1] if place else None
