"""A conversation, what was said in it, and what it proposes for the card."""

from django.db import models

from beizai.customers.models import Customer
from beizai.sources.models import Source
from beizai.staff.models import User


class Kind(models.TextChoices):
    TALK = "talk"
    QUESTION = "question"
    WISH = "wish"
    COMPLAINT = "complaint"
    AFTER_SALES = "after_sales"


class Way(models.TextChoices):
    CALL = "call"
    VISIT = "visit"
    EMAIL = "email"
    CHAT = "chat"
    MESSENGER = "messenger"


class Conversation(models.Model):
    """One matter with one customer: of a kind, in somebody's hands, with a day by which it is dealt with."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="conversations")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.TALK)
    way = models.CharField(max_length=10, choices=Way.choices)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    opened_at = models.DateTimeField()
    said_at = models.DateTimeField()  # when something was last said
    closed_at = models.DateTimeField(null=True, blank=True)
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["closed_at", "due_at", "id"], name="conversation_open"),
            models.Index(fields=["customer", "said_at"], name="conversation_customer"),
        ]


class Speaker(models.TextChoices):
    CUSTOMER = "customer"
    STAFF = "staff"


class Utterance(models.Model):
    """Something that was said. What an export holds twice is the same: `key` is made of who, when and what."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="utterances")
    speaker = models.CharField(max_length=10, choices=Speaker.choices)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField()
    said_at = models.DateTimeField()
    key = models.CharField(max_length=64)

    class Meta:
        ordering = ["said_at", "id"]
        constraints = [models.UniqueConstraint(fields=["conversation", "key"], name="said_once")]


class ProposedFact(models.Model):
    """A fact a sentence seems to tell, with the sentence and the rule's version; staff take it or leave it."""

    utterance = models.ForeignKey(Utterance, on_delete=models.CASCADE, related_name="proposals")
    attribute_key = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    sentence = models.TextField()
    rule = models.CharField(max_length=60)
    rule_version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, default="open")  # open | taken | left
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["utterance", "attribute_key", "value"], name="fact_proposed_once")
        ]
