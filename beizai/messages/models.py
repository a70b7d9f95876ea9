"""The message ledger: one row for everyone a campaign thought of, sent or not, with the reason."""

import uuid

from django.db import models


class Group(models.TextChoices):
    """What the draw decided; empty where the person was refused before the draw."""

    TREATED = "treated"
    HELD_OUT = "held_out"
    OUTSIDE = "outside"  # written to, but not part of the comparison (may not be left out a third time)


class State(models.TextChoices):
    CHOSEN = "chosen"  # to be written to
    HELD_OUT = "held_out"
    REFUSED = "refused"  # with its reason, before or at sending
    LEASED = "leased"  # a worker has it
    SENT = "sent"
    IN_DOUBT = "in_doubt"  # intended, not confirmed: never sent again by itself
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    RETRY = "retry"  # the server said later


class Message(models.Model):
    """One person in one campaign. Ids without foreign keys: the ledger outlives what it names."""

    campaign_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    channel = models.CharField(max_length=10, default="email")
    address = models.CharField(max_length=254, blank=True)
    group = models.CharField(max_length=10, choices=Group.choices, blank=True)
    block = models.IntegerField(null=True)  # of the draw
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)  # the mail server's own words
    consent_id = models.BigIntegerField(null=True)  # the entry the permission rests on
    lease = models.BigIntegerField(null=True)  # Lease.id, while a worker has it
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    in_history = models.BooleanField(
        default=True
    )  # False: its event has still to go into the contact history

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign_id", "customer_id"], name="once_a_campaign")]
        indexes = [
            models.Index(fields=["campaign_id", "state", "id"], name="message_state"),
            models.Index(fields=["customer_id", "sent_at"], name="message_of_customer"),
            models.Index(fields=["lease"], name="message_leased", condition=models.Q(lease__isnull=False)),
            models.Index(fields=["id"], name="message_to_history", condition=models.Q(in_history=False)),
        ]


class Lease(models.Model):
    """What one sending worker has in hand, and the journal in which it writes what it does with it."""

    journal = models.CharField(max_length=80, unique=True)
    place = models.CharField(max_length=200)  # the machine and folder the journal lies in
    taken_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # by the machine's clock: the worker was alive


class ServiceState(models.TextChoices):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"  # handed over, not confirmed: never sent again by itself
    TOO_LATE = "too_late"
    TAKEN_BACK = "taken_back"


class ServiceMail(models.Model):
    """One mail somebody waits for: a reminder, a confirmation. Its words are forgotten once it is sent."""

    number = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=200, unique=True)  # asked for twice is sent once
    kind = models.CharField(max_length=30)
    customer_id = models.BigIntegerField(null=True, db_index=True)
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)  # In-Reply-To, References, Reply-To of an answer
    state = models.CharField(max_length=12, choices=ServiceState.choices, default=ServiceState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    detail = models.CharField(max_length=300, blank=True)  # the mail server's own words
    due_at = models.DateTimeField()
    good_until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="service_mail_due")]
