"""What the office remembers of the lake: batches, what replaced what, who may write, what is pinned and what must go."""

from django.db import models


class Batch(models.Model):
    """Rows that came into the lake together: they are in the book together, and can be taken out together.

    Events as they happen and sales by hand carry batch 0, which needs no row here and is always in the book.
    """

    class State(models.TextChoices):
        COMING_IN = "coming_in"
        IN_BOOK = "in_book"
        UNDONE = "undone"

    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=10, choices=State.choices, default=State.COMING_IN)
    complete = models.BooleanField(
        default=False
    )  # every row is in the lake: after a crash it is finished, not taken out
    source_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    entered_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)  # an undone batch whose rows left the lake
    holder = models.CharField(max_length=200, blank=True)  # the process that brings it in, see leases.py
    alive_until = models.DateTimeField(null=True)
    order_rows = models.BigIntegerField(default=0)
    line_rows = models.BigIntegerField(default=0)
    event_rows = models.BigIntegerField(default=0)
    replaced_orders = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["state"],
                name="batch_not_read",
                condition=models.Q(state__in=["coming_in", "undone"], erased_at__isnull=True),
            )
        ]


class Superseded(models.Model):
    """An order as one batch brought it, hidden while the batch that replaced it is in the book."""

    order_id = models.BigIntegerField()
    old_batch_id = models.BigIntegerField()
    by_batch = models.ForeignKey(Batch, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by_batch", "order_id", "old_batch_id"], name="superseded_once")
        ]


class BookStamp(models.Model):
    """One row whose number is drawn anew whenever what is in the book changes by more than an append."""

    stamp = models.BigIntegerField(default=0)


class Lease(models.Model):
    """Who may write just now. The token grows with every holder (a fencing token)."""

    name = models.CharField(max_length=60, primary_key=True)
    holder = models.CharField(max_length=200, blank=True)
    token = models.BigIntegerField(default=0)
    until_at = models.DateTimeField()


class Counter(models.Model):
    """A number that is never given out twice."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.BigIntegerField(default=0)


class Pin(models.Model):
    """Versions of the lake's tables a long job reads: their files stay until then."""

    versions = models.JSONField()
    until_at = models.DateTimeField()


class Erasure(models.Model):
    """A customer whose history must go: hidden at once, taken out of the lake by the next nightly erasing."""

    customer_id = models.BigIntegerField(unique=True)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
