"""What each source brought: cards, how many may be written to, who became a buyer, what they were worth, what it cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import Count
from django.db.models.functions import TruncMonth

from beizai.base.clock import civil_date
from beizai.customers.models import ContactPoint, Customer
from beizai.events.book import open_book
from beizai.measurement.figures import reachable
from beizai.sources.models import Source
from beizai.staff.shop import shop
from beizai.value.contribution import contribution_by_customer, current_margins

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class SourceFigures:
    """One source in figures, money in minor units; what cannot be divided is None."""

    source: Source
    records: int = 0
    usable: int = 0  # may be written to for marketing on one channel at least
    buyers: int = 0
    contribution_minor: int = 0  # of its people in the last 365 days

    @property
    def cost_minor(self) -> int:
        """What it cost in all: the sum paid, and so much per record."""
        return self.source.cost_minor + (self.source.cost_per_record_minor or 0) * self.records

    @property
    def cost_per_record_minor(self) -> int | None:
        return round(self.cost_minor / self.records) if self.records else None

    @property
    def cost_per_usable_minor(self) -> int | None:
        return round(self.cost_minor / self.usable) if self.usable else None


def of_all(as_of: datetime) -> dict[int, SourceFigures]:
    """Every source by its number. The whole book is looked at: keep the answer for some minutes where it is large."""
    rows = np.array(list(Customer.objects.order_by("pk").values_list("pk", "source_id")), dtype=np.int64)
    ids, sources = (rows[:, 0], rows[:, 1]) if rows.size else (rows.reshape(0), rows.reshape(0))
    worth = _worth(ids, as_of)
    usable, buyers = _usable(as_of), _buyers()
    total = {number: float(worth[sources == number].sum()) for number in np.unique(sources).tolist()}
    records = Counter(sources.tolist())
    by_id: Mapping[int, int] = dict(zip(ids.tolist(), sources.tolist(), strict=True))
    may = Counter(by_id[one] for one in usable if one in by_id)
    return {
        one.pk: SourceFigures(
            one, records[one.pk], may[one.pk], buyers.get(one.pk, 0), round(total.get(one.pk, 0.0))
        )
        for one in Source.objects.all()
    }


def _worth(
    ids: np.ndarray[tuple[int], np.dtype[np.int64]], as_of: datetime
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    today = civil_date(as_of, shop().timezone)
    with open_book(as_of) as book:
        return contribution_by_customer(
            book,
            ids,
            start_on=today - YEAR,
            end_on=today + timedelta(days=1),
            margins=current_margins(shop()),
        )


def _usable(as_of: datetime) -> set[int]:
    channels = ContactPoint.objects.filter(ended_at=None).order_by().values_list("channel", flat=True)
    return {one for channel in list(channels.distinct()) for one in reachable(channel, as_of)}


def _buyers() -> dict[int, int]:
    bought = Customer.objects.filter(standing__purchase_days__gt=0).order_by()
    return dict(bought.values_list("source_id").annotate(Count("pk")))


def by_month(source_id: int, until_on: date, months: int = 12) -> list[tuple[date, int]]:
    """How many cards came from it in each of the last months, the oldest first, months without any as 0."""
    first = until_on.replace(day=1)
    wanted = []
    for _ in range(months):
        wanted.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    counted = (
        Customer.objects.filter(source_id=source_id)
        .order_by()
        .annotate(month=TruncMonth("created_at"))
        .values_list("month")
        .annotate(Count("pk"))
    )
    found = {month.date(): count for month, count in counted if month is not None}
    return [(month, found.get(month, 0)) for month in reversed(wanted)]
