"""A campaign: what was planned, approved and fixed before anything was sent."""

from django.db import models

from beizai.base.errors import Phrase
from beizai.staff.models import User


class CampaignState(models.TextChoices):
    DRAFT = "draft"
    APPROVING = "approving"  # the ledger is being written; begun again where it was cut off
    APPROVED = "approved"  # eligibility and draw are stored, nothing is sent yet
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


STATES_SAID: dict[str, Phrase] = {
    CampaignState.DRAFT: Phrase("draft"),
    CampaignState.APPROVING: Phrase("approving"),
    CampaignState.APPROVED: Phrase("approved"),
    CampaignState.SENDING: Phrase("sending"),
    CampaignState.PAUSED: Phrase("paused"),
    CampaignState.SENT: Phrase("sent"),
    CampaignState.CANCELLED: Phrase("cancelled"),
}
"""The states in a refusal: “… is sending already”."""


class Campaign(models.Model):
    """One mailing to one segment, with part of it left alone by lot.

    What is fixed at approval (window, margins, cost, share, the draw) never changes after it.
    """

    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT)
    pause_reason = models.CharField(max_length=40, blank=True)  # code; empty = paused by a person
    pause_detail = models.TextField(blank=True)
    segment_id = models.BigIntegerField(null=True)  # segments.Segment
    segment_version = models.PositiveIntegerField(null=True)
    channel = models.CharField(max_length=10, default="email")
    purpose = models.CharField(max_length=20, default="marketing")
    topic = models.CharField(
        max_length=60, blank=True, db_default=""
    )  # what it is about, of the topics people choose from; empty = of all
    subject = models.CharField(max_length=300, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    mjml = models.TextField(blank=True)
    text = models.TextField(blank=True)  # empty = made from the HTML
    defaults = models.JSONField(default=dict)  # field name -> words for customers without it
    checklist = models.JSONField(default=dict)  # what a buyer needs to decide: item -> where it is said
    picture = models.CharField(max_length=200, blank=True)  # file in uploads/
    contact_cost = models.DecimalField(max_digits=12, decimal_places=3, default=0)  # minor units per message
    fixed_cost_minor = models.BigIntegerField(default=0)
    holdout_permille = models.PositiveIntegerField(default=0)
    share_proposed = models.BooleanField(
        default=True
    )  # the share is worked out at approval for the segment's size
    window_days = models.PositiveSmallIntegerField(default=28)
    outlook = models.JSONField(default=dict)  # what the planner said before approval
    margins = models.JSONField(
        default=dict
    )  # {"book": permille, "categories": {name: permille}} as at approval
    past_from_on = models.DateField(null=True)  # the 26 weeks of spending the draw was blocked on begin here
    planted = models.JSONField(default=dict)  # SIMULATED: the truth planted by the demo
    simulated = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="campaigns")
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="approved_campaigns"
    )
    approved_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)  # sending began: the window counts from here
    finished_at = models.DateTimeField(null=True)
    window_ends_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name


class CampaignLink(models.Model):
    """A link of the mail: its number is what a tracked link names."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    number = models.PositiveSmallIntegerField()
    url = models.TextField()
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="link_number_once")]
