"""The key figures of the home page: customers, whom we may write to, sales, and what campaigns earned this year."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from beizai.base.clock import civil_date
from beizai.consent.asking import marketed_to
from beizai.consent.suppression import any_list, suppressed_among
from beizai.customers import belonging
from beizai.customers.models import ContactPoint, Customer
from beizai.events.book import Book, open_book
from beizai.measurement.results import Year, earned_in_year
from beizai.staff.models import Shop
from beizai.staff.shop import shop

SALES_DAYS = 30
SAME_DAYS_LAST_YEAR = timedelta(days=364)
"""Fifty-two weeks: the same weekdays."""
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Customers:
    """How many cards there are, against the owner's target."""

    count: int
    added_30_days: int
    target: int | None
    target_on: date | None
    reached_on: (
        date | None
    )  # when the target is reached at the pace of the last 30 days; None: never, or no target


@dataclass(frozen=True)
class Contactable:
    """Whom we may write to for marketing on one channel at least: agreed, with a contact point in use there."""

    people: int
    of: int

    @property
    def share(self) -> float | None:
        return self.people / self.of if self.of else None


@dataclass(frozen=True)
class RecentSales:
    """Net sales of the last 30 days with today, anonymous ones too, against the same weekdays 52 weeks ago."""

    sales_minor: int
    last_year_minor: int | None  # None: the book does not reach back so far

    @property
    def change(self) -> float | None:
        """As a share: .06 is 6% more. None where there is nothing to compare with."""
        return self.sales_minor / self.last_year_minor - 1 if self.last_year_minor else None


@dataclass(frozen=True)
class KeyFigures:
    """All of them as of one moment, money in minor units."""

    as_of: datetime
    customers: Customers
    contactable: Contactable
    sales: RecentSales
    earned: Year


def key_figures(as_of: datetime) -> KeyFigures:
    """The figures of the home page. Consents and cards are counted as they stand today, sales as of `as_of`."""
    the_shop = shop()
    today = civil_date(as_of, the_shop.timezone)
    with open_book(as_of=as_of) as book:
        sales = recent_sales(book, today)
    counted = customers(the_shop, as_of, today)
    return KeyFigures(as_of, counted, contactable(as_of, of=counted.count), sales, earned_in_year(as_of))


def customers(the_shop: Shop, as_of: datetime, today: date) -> Customers:
    """The cards and the pace at which they grow."""
    listed = belonging.listed(Customer.objects.all())
    count = listed.count()
    added = listed.filter(created_at__gt=as_of - timedelta(days=30), created_at__lte=as_of).count()
    target, reached_on = the_shop.customer_target, None
    if target is not None and count >= target:
        reached_on = today
    elif target is not None and added:
        days = -(-(target - count) * 30 // added)
        reached_on = today + timedelta(days=days) if days < 36_500 else None
    return Customers(count, added, target, the_shop.customer_target_on, reached_on)


def contactable(as_of: datetime, *, of: int) -> Contactable:
    """Counted from the consent ledger by the rule of `may_contact`; suppressed contact points do not count."""
    channels = (
        ContactPoint.objects.filter(ended_at=None).order_by().values_list("channel", flat=True).distinct()
    )
    people: set[int] = set()
    for channel in list(channels):
        people.update(reachable(channel, as_of))
    return Contactable(len(people), of)


def reachable(channel: str, as_of: datetime) -> Iterator[int]:
    """Who may be written to for marketing on this channel; somebody with two addresses comes twice."""
    agreed = marketed_to(channel, as_of)
    points = ContactPoint.objects.filter(channel=channel, ended_at=None).values_list("customer_id", "normal")
    suppressing = any_list(channel)
    gathered = belonging.gathered(points.iterator(_AT_ONCE), belonging.leading())
    theirs = ((card, str(normal)) for card, normal in gathered if card in agreed)
    while chunk := list(islice(theirs, _AT_ONCE)):
        yield from _open(channel, chunk, suppressing)


def _open(channel: str, points: list[tuple[int, str]], suppressing: bool) -> Iterator[int]:
    shut = suppressed_among(channel, [normal for _, normal in points]) if suppressing else {}
    return (customer_id for customer_id, normal in points if normal not in shut)


def recent_sales(book: Book, today: date) -> RecentSales:
    """The last 30 days and the same days last year."""
    until_on = today + timedelta(days=1)
    since_on = until_on - timedelta(days=SALES_DAYS)
    order = book.orders
    then = (since_on - SAME_DAYS_LAST_YEAR, until_on - SAME_DAYS_LAST_YEAR)

    def between(start_on: date, end_on: date) -> object:
        here = (order.occurred_on >= start_on) & (order.occurred_on < end_on)
        return order.amount_minor.sum(where=here).fill_null(0)

    row = book.arrow(
        order.aggregate(now=between(since_on, until_on), then=between(*then), first=order.occurred_on.min())
    ).to_pylist()[0]
    reaches_back = row["first"] is not None and row["first"] <= then[0]
    return RecentSales(int(row["now"]), int(row["then"]) if reaches_back else None)
