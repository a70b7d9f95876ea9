"""What the office remembers of the lake: batches, what replaced what, who may write, what is pinned and what must go."""

from django.db import models

from beizai.sources.models import Source
from beizai.staff.models import User


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


class WriteKey(models.Model):
    """A key by which a site or a program sends events. It is shown once; its digest is kept.

    A key that stands in a page (`in_browser`) is known to everybody: it is heeded only from its origins (none
    named: from any), and a person is kept with an event only where they allowed it there.
    """

    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=12)  # of the key, by which it is told from others
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="write_keys")
    in_browser = models.BooleanField(default=False)
    origins = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["revoked_at", "name", "id"]

    def __str__(self) -> str:
        return self.name


class EventSchema(models.Model):
    """What events of a name must look like: JSON Schema of their properties (or traits). Without one, anything goes."""

    call = models.CharField(max_length=10)  # track, page, screen, identify, group
    name = models.CharField(max_length=200, blank=True)
    schema = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "name"], name="one_schema_per_event_name")]


class EventName(models.Model):
    """How many events came in under a name; past a set number of names of a source, the rest share one without a name."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    call = models.CharField(max_length=10)
    name = models.CharField(max_length=200, blank=True)
    others = models.BooleanField(default=False)  # all names beyond the limit
    count = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "call", "name", "others"], name="event_name_once")
        ]


class QuarantinedEvent(models.Model):
    """An event that could not be taken as it came, with the reason; it can be mended and played again."""

    mark = models.CharField(max_length=80, unique=True)  # the same event told again is kept aside once
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    in_browser = models.BooleanField(default=False)
    call = models.CharField(max_length=10, blank=True)  # of the address; "" where the event itself says it
    name = models.CharField(max_length=200, blank=True)
    user_id = models.CharField(max_length=200, blank=True)  # whom it named, so that it goes with them
    reason = models.CharField(max_length=30)
    detail = models.TextField(blank=True)
    body = models.TextField()
    sent_at = models.CharField(max_length=60, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["reason", "name", "id"], name="quarantined_alike")]
