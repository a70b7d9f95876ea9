"""All customers counted at once: first and last purchase, purchase days, rhythm and money.

The same measures as `purchases.History` gives of one customer (tests hold the two equal), over arrays: orders are sorted once by customer
and day, which on a book of millions takes less time than grouping them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beizai.base.errors import Invalid
from beizai.value.purchases import GAP_NEEDS_DAYS, YEAR_DAYS

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]
_DAY_BITS = 22  # days since 0001-01-01: 11,000 years fit; ids up to 2**41
_YEAR_ONE = 719_163  # days from 0001-01-01 to 1970-01-01
NEVER = np.iinfo(np.int32).min
EXACT = 2**53


@dataclass(frozen=True)
class Sales:
    """Orders, one entry each: whose, on which day (days since 1970-01-01), how much, and whether it is a sale or a return."""

    customer_id: Whole
    day: Whole
    amount_minor: Whole
    sale: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measured:
    """One entry per customer with an order, by rising id. Days not known are NEVER, gaps not known NaN."""

    customer_id: Whole
    first_day: Whole
    last_day: Whole
    purchase_days: Whole
    purchase_days_12m: Whole
    usual_gap_days: Real
    spent_minor: Whole
    spent_12m_minor: Whole


def measured(sales: Sales, *, as_of_day: int, rhythm: bool = True) -> Measured:
    """Every customer's measures as of a day; later orders are not seen. Money is exact (sums below 2**53 minor units).

    Without `rhythm` the gaps are left unknown, which saves half of the time.
    """
    seen = sales.day <= as_of_day
    if not seen.all():
        sales = Sales(sales.customer_id[seen], sales.day[seen], sales.amount_minor[seen], sales.sale[seen])
    ids = _distinct(sales.customer_id)
    owners, days = _purchase_days(sales)
    starts = _starts(owners)
    buyers = owners[starts]
    counts = np.diff(np.append(starts, len(owners)))
    year = np.add.reduceat((days > as_of_day - YEAR_DAYS).astype(np.int64), starts) if len(starts) else counts
    at = np.searchsorted(ids, buyers)
    return Measured(
        customer_id=ids,
        first_day=_spread(len(ids), at, days[starts], NEVER),
        last_day=_spread(len(ids), at, days[starts + counts - 1], NEVER),
        purchase_days=_spread(len(ids), at, counts, 0),
        purchase_days_12m=_spread(len(ids), at, year, 0),
        usual_gap_days=_gaps(len(ids), at, days, starts, counts) if rhythm else np.full(len(ids), np.nan),
        spent_minor=_sums(ids, sales.customer_id, sales.amount_minor),
        spent_12m_minor=_sums(
            ids, sales.customer_id, np.where(sales.day > as_of_day - YEAR_DAYS, sales.amount_minor, 0)
        ),
    )


def _distinct(ids: Whole) -> Whole:
    """The distinct ids in order; by marking where they lie close together, as numbers given one after another do."""
    if len(ids) and int(ids.min()) >= 0 and int(ids.max()) < 8 * len(ids) + 1_000_000:
        marks = np.zeros(int(ids.max()) + 1, dtype=np.bool_)
        marks[ids] = True
        return np.flatnonzero(marks)
    return np.unique(ids)


def _purchase_days(sales: Sales) -> tuple[Whole, Whole]:
    """Whose and which: the distinct days with a sale, by customer and day."""
    key = (sales.customer_id[sales.sale] << _DAY_BITS) | (sales.day[sales.sale] + _YEAR_ONE)
    key.sort()
    if len(key):
        key = key[np.append(True, key[1:] != key[:-1])]
    return key >> _DAY_BITS, (key & ((1 << _DAY_BITS) - 1)) - _YEAR_ONE


def _starts(owners: Whole) -> Whole:
    return (
        np.flatnonzero(np.append(True, owners[1:] != owners[:-1]))
        if len(owners)
        else np.empty(0, dtype=np.int64)
    )


def _spread(size: int, at: Whole, values: Whole, missing: int) -> Whole:
    full = np.full(size, missing, dtype=np.int64)
    full[at] = values
    return full


def _gaps(size: int, at: Whole, days: Whole, starts: Whole, counts: Whole) -> Real:
    """The median gap of everyone with three purchase days or more."""
    full = np.full(size, np.nan)
    known = counts >= GAP_NEEDS_DAYS
    if not known.any():
        return full
    place = np.repeat(np.arange(len(starts)), counts)
    paired = place[1:] == place[:-1]
    key = (place[1:][paired] << _DAY_BITS) | np.diff(days)[paired]
    key.sort()
    gaps = key & ((1 << _DAY_BITS) - 1)
    number = counts - 1
    first = np.append(0, np.cumsum(number)[:-1])[known]
    middle = number[known]
    full[at[known]] = (gaps[first + (middle - 1) // 2] + gaps[first + middle // 2]) / 2
    return full


def _sums(ids: Whole, owners: Whole, amounts: Whole) -> Whole:
    if not len(ids):
        return np.empty(0, dtype=np.int64)
    if len(ids) * 8 + 1_000_000 > int(ids[-1]) >= 0 and int(ids[0]) >= 0:
        sums = np.bincount(owners, weights=amounts, minlength=int(ids[-1]) + 1)[ids]
    else:
        sums = np.bincount(np.searchsorted(ids, owners), weights=amounts, minlength=len(ids))
    if np.abs(sums).max() >= EXACT:
        raise Invalid(
            "The money of one customer passes 2**53 minor units.",
            hint="Check the amounts of the last import.",
        )
    return sums.astype(np.int64)
