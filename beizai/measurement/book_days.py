"""The state of the book, day by day: how many cards, whom we may write to, how well cards are filled in."""

from datetime import date, datetime, timedelta

from beizai.base.clock import civil_date
from beizai.customers import belonging, completeness
from beizai.customers.models import BookDay, Customer
from beizai.measurement.figures import contactable
from beizai.staff.shop import shop

SMALL_BOOK = 5_000
_COUNTED_FOR = timedelta(hours=6)


def count(as_of: datetime) -> BookDay:
    """Counts the book and writes down today's row; counted again the same day it is the later count that stays."""
    on = civil_date(as_of, shop().timezone)
    filled = completeness.of_the_book(as_of)
    customers = belonging.listed(Customer.objects.all()).count()
    return BookDay.objects.update_or_create(
        on=on,
        defaults={
            "counted_at": as_of,
            "customers": customers,
            "contactable": contactable(as_of, of=customers).people,
            "filled": filled.mean if filled else None,
            "filled_by_value": filled.by_worth if filled else None,
        },
    )[0]


def latest(on: date) -> BookDay | None:
    """The last day counted, up to this one."""
    return BookDay.objects.filter(on__lte=on).order_by("-on").first()


def days(until_on: date, limit: int = 400) -> list[BookDay]:
    """The days counted, the oldest first."""
    return list(BookDay.objects.filter(on__lte=until_on).order_by("-on")[:limit])[::-1]


def is_due(as_of: datetime) -> bool:
    """Whether today is not yet counted, or was some hours ago; a small book already where its number of cards has changed."""
    row = BookDay.objects.filter(on=civil_date(as_of, shop().timezone)).first()
    if row is None or abs(as_of - row.counted_at) > _COUNTED_FOR:
        return True
    return row.customers < SMALL_BOOK and row.customers != belonging.listed(Customer.objects.all()).count()
