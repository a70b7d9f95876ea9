"""Who bought at which branch, from the orders of the book: whom a branch may call its own customers."""

import time
from collections.abc import Iterator
from datetime import datetime

from beizai.customers import access, belonging
from beizai.customers.models import Customer, ServedAt, ServedHow
from beizai.events.book import Book
from beizai.staff.models import Branch

_AT_ONCE = 1_000


def keep(book: Book, as_of: datetime) -> int:
    """Writes down who bought at each branch (an order's store has its name) and takes out who no longer did; how many changed.
    Who is at home there is made to agree with the cards too.

    A thousand at a time, pausing as long as it wrote, so that nobody waits for the office database.
    """
    return sum(_keep_one(book, branch, as_of) for branch in Branch.objects.order_by("pk"))


def _keep_one(book: Book, branch: Branch, as_of: datetime) -> int:
    at_home = Customer.objects.filter(branch=branch).order_by().values_list("pk", flat=True)
    kept = _agree(branch, ServedHow.HOME, set(at_home), as_of)
    return kept + _agree(branch, ServedHow.BOUGHT, _buyers(book, branch.name), as_of)


def _agree(branch: Branch, how: ServedHow, wanted: set[int], as_of: datetime) -> int:
    held = ServedAt.objects.filter(branch=branch, how=how)
    there = set(held.order_by().values_list("customer_id", flat=True))
    for piece in _paced(sorted(wanted - there)):
        access.write_own(branch.pk, piece, how, as_of)
    for piece in _paced(sorted(there - wanted)):
        held.filter(customer_id__in=piece).delete()
    return len(wanted ^ there)


def _buyers(book: Book, store: str) -> set[int]:
    orders = book.orders
    asked = orders.filter((orders.store == store) & orders.customer_id.notnull())
    rows = book.arrow(asked.select("customer_id").distinct())
    return set(rows.column("customer_id").to_pylist())


def _paced(numbers: list[int]) -> Iterator[list[int]]:
    for piece in belonging.in_pieces(numbers, _AT_ONCE):
        started = time.monotonic()
        yield piece
        time.sleep(min(0.1, time.monotonic() - started))
