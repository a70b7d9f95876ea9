"""A customer's history goes: out of sight at once, out of the lake in the night, off the disk two hours later."""

from datetime import datetime, timedelta

from django.db import transaction

from beizai.events import batches, leases, places
from beizai.events.models import Erasure
from beizai.lake import schema


def ask(customer_id: int, *, at: datetime) -> bool:
    """Hides everything that happened to this customer and notes that it must go; False where that was asked before."""
    with transaction.atomic():
        erasure, new = Erasure.objects.get_or_create(customer_id=customer_id, defaults={"asked_at": at})
        if not new and erasure.done_at is not None:  # rows came in again since
            Erasure.objects.filter(pk=erasure.pk).update(asked_at=at, done_at=None)
        batches.draw_stamp()
    return new


def carry_out(*, at: datetime) -> int:
    """Takes the rows of everybody asked for out of the lake; returns how many rows went. For the nightly job."""
    customer_ids = list(Erasure.objects.filter(done_at__isnull=True).values_list("customer_id", flat=True))
    if not customer_ids:
        return 0
    removed = 0
    for table in schema.TABLES:
        with leases.hold(table, ttl=timedelta(minutes=10)) as lease:
            removed += places.lake().erase(table, customers=customer_ids, lease=lease)
    with transaction.atomic():  # with a new stamp: a reader with an older file list must ask again
        Erasure.objects.filter(customer_id__in=customer_ids).update(done_at=at)
        batches.draw_stamp()
    return removed
