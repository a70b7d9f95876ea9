"""Who is told, what waits to be told, every attempt, and how far the book was read for each of them."""

from django.db import models

from beizai.staff.models import User


class WebhookEndpoint(models.Model):
    """One address of another program, what it wishes to be told, and how it is doing.

    Secrets are kept enciphered and shown once. Times are the machine's.
    """

    class State(models.TextChoices):
        ON = "on"
        OFF = "off"

    class Why(models.TextChoices):
        """Why it is off."""

        BY_HAND = "by_hand"
        GONE = "gone"  # it answered 410
        FAILING = "failing"  # it took nothing for days
        RESTORED = "restored"  # this book was restored from a backup

    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    kinds = models.JSONField(default=list)  # what it is told: codes of `kinds.KINDS`
    segments = models.JSONField(
        default=list
    )  # ids, where it is told who enters and leaves; [] = every segment
    with_contact_points = models.BooleanField(
        default=False
    )  # an owner's choice: names, addresses and numbers go with it
    secret = models.CharField(max_length=500)
    old_secret = models.CharField(max_length=500, blank=True)  # signs beside the new one until then
    old_secret_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=5, choices=State.choices, default=State.ON)
    off_because = models.CharField(max_length=10, choices=Why.choices, blank=True)
    off_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)  # nothing is tried before
    taken_at = models.DateTimeField(null=True)  # when it last took something
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One thing told to one endpoint: waiting, taken, given up, or emptied because its person is no longer in the book.

    `key` names what happened, once an endpoint; `webhook_id` follows from it and is the same at each attempt.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        TAKEN = "taken"
        GIVEN_UP = "given_up"
        EMPTIED = "emptied"

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=80)
    webhook_id = models.CharField(max_length=40, db_index=True)
    kind = models.CharField(max_length=30)
    customer_id = models.BigIntegerField(null=True, db_index=True)
    body = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    owner = models.CharField(max_length=200, blank=True)  # the worker that has it in hand
    leased_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "key"], name="told_once_an_endpoint")]
        indexes = [
            models.Index(
                fields=["endpoint", "due_at", "id"], name="delivery_due", condition=models.Q(state="waiting")
            ),
            models.Index(fields=["endpoint", "state", "id"], name="delivery_log"),
            models.Index(fields=["made_at"], name="delivery_made"),
            models.Index(fields=["owner"], name="delivery_in_hand", condition=~models.Q(owner="")),
        ]


class DeliveryAttempt(models.Model):
    """One attempt: when, what was answered how soon, or why there was no answer."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    ms = models.PositiveIntegerField()
    problem = models.CharField(max_length=30, blank=True)
    answer = models.TextField(blank=True)  # its first bytes


class LogPosition(models.Model):
    """How far one of the office's own logs (cards, changes, consents, ...) was told to an endpoint."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="positions")
    log = models.CharField(max_length=20)
    last_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "log"], name="position_once_a_log")]


class ToldImport(models.Model):
    """An import, or its undoing, as far as it was told to an endpoint in sets of customers."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="imports")
    import_id = models.BigIntegerField()
    state = models.CharField(max_length=10)  # in_book | undone
    part = models.PositiveSmallIntegerField(default=0)
    last_id = models.BigIntegerField(default=0)
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "import_id", "state"], name="import_told_once")
        ]


class SegmentRoll(models.Model):
    """Who was in a segment when it was last counted for the endpoints: their numbers, packed."""

    segment_id = models.BigIntegerField(primary_key=True)
    version = models.PositiveIntegerField()
    number = models.PositiveIntegerField(default=1)  # of the counting
    members = models.BinaryField()
    counted_at = models.DateTimeField()
