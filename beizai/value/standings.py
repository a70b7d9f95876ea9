"""The standing of each customer beside their card, for lists and sorting; made anew from the book, never edited."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from beizai.base.progress import Progress, silent
from beizai.customers.models import Customer, Standing
from beizai.events.book import Book, open_book
from beizai.value import branches, kept
from beizai.value.customers import Standing as Stands
from beizai.value.customers import one

_AT_ONCE = 1_000
_DOING = "counting where every customer stands"
_FIELDS = {  # column of the table of customers -> field of the card's standing
    "first_on": "first_order_on",
    "last_on": "last_order_on",
    "purchase_days": "purchase_days",
    "spent_minor": "spent_minor",
    "spent_12m_minor": "spent_12m_minor",
    "usual_gap_days": "usual_gap_days",
    "r": "recency_score",
    "f": "frequency_score",
    "m": "monetary_score",
    "tier": "tier",
    "stage": "stage",
    "type": "type",
}
_Row = tuple[Any, ...]


def refresh(as_of: datetime, *, progress: Progress = silent) -> kept.Kept:
    """Counts all customers, keeps the table and writes what changed beside the cards, a thousand at a time; who bought at
    which branch too.

    Commits after each thousand and pauses as long as it wrote, so that nobody waits for the office database.
    """
    progress(0, 0, _DOING)
    with open_book(as_of) as book:
        found = kept.keep(book, as_of)
        branches.keep(book, as_of)
    for number, changed in enumerate(_changed(found.table)):
        progress(number * _AT_ONCE, found.table.num_rows, _DOING)
        started = time.monotonic()
        if changed:
            _write(changed, as_of)
            time.sleep(min(0.1, time.monotonic() - started))
    _stamp(as_of)
    return found


def refresh_one(book: Book, customer_id: int, as_of: datetime) -> Stands:
    """Brings one card's standing up to date, beside the kept lines of the book: after a sale by hand, a new tie, a permission."""
    stands = one(book, customer_id, as_of, kept.lines(book, as_of, fresh=False))
    measures, labels = stands.measures, stands.labels
    row = (
        customer_id,
        measures.first_on,
        measures.last_on,
        measures.purchase_days,
        measures.spent_minor,
        measures.spent_12m_minor,
        measures.usual_gap_days,
        stands.r,
        stands.f,
        stands.m,
        *(labels[kind].code for kind in ("tier", "stage", "type")),
    )
    _write([row], as_of)
    return stands


def _changed(table: pa.Table) -> Iterator[list[_Row]]:
    """The rows that differ from what stands beside the cards."""
    wanted = table.select(["customer_id", *_FIELDS])
    for batch in wanted.to_batches(max_chunksize=_AT_ONCE):
        rows = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        if rows:
            standing = Standing.objects.filter(pk__gte=rows[0][0], pk__lte=rows[-1][0])
            there = {found[0]: found for found in standing.values_list("customer_id", *_FIELDS.values())}
            yield [row for row in rows if there.get(row[0]) != row]


def _write(rows: list[_Row], as_of: datetime) -> None:
    """Writes the rows whose card is still in the book."""
    if not rows:
        return
    present = set(Customer.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", flat=True))
    fields = list(_FIELDS.values())
    Standing.objects.bulk_create(
        [
            Standing(customer_id=row[0], as_of=as_of, **dict(zip(fields, row[1:], strict=True)))
            for row in rows
            if row[0] in present
        ],
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["as_of", *fields],
    )


def _stamp(as_of: datetime) -> None:
    """What did not change was looked at too: it stands for the new time."""
    last = Standing.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for start in range(0, last + 1, 5 * _AT_ONCE):
        stood = Standing.objects.filter(pk__gte=start, pk__lt=start + 5 * _AT_ONCE, as_of__lt=as_of)
        began = time.monotonic()
        if stood.update(as_of=as_of):
            time.sleep(min(0.1, time.monotonic() - began))
