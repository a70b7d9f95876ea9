"""Which numbers belong to which card since when, why, and what each card said by itself."""

from django.db import models

from beizai.staff.models import User


class Merge(models.Model):
    """Cards joined to one that was kept, by a person or a rule, with the evidence; and their taking apart."""

    card_id = models.BigIntegerField(db_index=True)  # the kept card
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    rule = models.CharField(max_length=60, blank=True)  # the rule that joined them; "" by hand
    evidence = models.JSONField(default=dict)
    at = models.DateTimeField()
    last_change_id = models.BigIntegerField(default=0)  # what is younger was written on the joint card
    last_note_id = models.BigIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    stayed = models.JSONField(default=list)  # what was changed on the joint card and stayed with the kept one


class MergedCard(models.Model):
    """One card that a merge joined to the kept one. Stays when they are taken apart."""

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="cards")
    customer_id = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merge", "customer_id"], name="merged_once")]


class Belonging(models.Model):
    """The card a number belongs to now: one row for each card that was joined to another, none for all the rest.

    `joined_to_id` is the card it was joined to, `card_id` the one that leads in the end.
    """

    customer_id = models.BigIntegerField(primary_key=True)
    joined_to_id = models.BigIntegerField(db_index=True)
    card_id = models.BigIntegerField(db_index=True)
    merge = models.ForeignKey(Merge, on_delete=models.PROTECT)
    since_at = models.DateTimeField()


class OwnCard(models.Model):
    """What a card others were joined to says by itself, while its row in the book shows what they say together.

    `own` and `shown` have the card's columns and its facts; what stands in the row and was not `shown` was
    written since, and is the card's own. `by_hand` names what a person wrote on the joint card: it stands,
    whatever rule there is.
    """

    customer_id = models.BigIntegerField(primary_key=True)
    own = models.JSONField()
    shown = models.JSONField()
    by_hand = models.JSONField(default=list)
    brought = models.JSONField(
        default=list
    )  # what imports wrote on it, to be taken back where they are undone
    change_id = models.BigIntegerField(default=0)  # the last line of its history that was looked at
    raised = models.PositiveIntegerField(default=0)  # by how much its revision was raised


class Touched(models.Model):
    """A card whose group changed: copies for analysis read it anew."""

    customer_id = models.BigIntegerField()


class Proposal(models.Model):
    """Two cards that may be one person, with the evidence, until somebody has decided."""

    class State(models.TextChoices):
        OPEN = "open"
        LATER = "later"
        JOINED = "joined"
        APART = "apart"  # they are two people: never proposed again

    left_id = models.BigIntegerField()
    right_id = models.BigIntegerField(db_index=True)
    probability = models.FloatField()
    rule = models.CharField(max_length=60)  # what found them
    evidence = models.JSONField(default=dict)  # column: how alike, 0 to 1
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    merge = models.ForeignKey(Merge, null=True, on_delete=models.SET_NULL)
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["left_id", "right_id"], name="proposed_once"),
            models.CheckConstraint(
                condition=models.Q(left_id__lt=models.F("right_id")), name="left_is_older"
            ),
        ]
        indexes = [models.Index(fields=["state", "-probability", "id"], name="proposal_queue")]


class SharedPoint(models.Model):
    """A contact point several people use (a family's phone), or, with `shared` false, one that is a single person's
    though many cards have it."""

    channel = models.CharField(max_length=10)
    normal = models.CharField(max_length=254)
    shared = models.BooleanField(default=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "normal"], name="shared_once")]


class AnonymousJoin(models.Model):
    """From when on visits under an anonymous id are this customer's."""

    anonymous_id = models.CharField(max_length=200)
    customer_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["anonymous_id", "at", "customer_id"], name="identified_once")
        ]


class MatchRules(models.Model):
    """One row: from which probability on cards are joined or proposed, when a contact point is shared, which of
    several values a joint card shows."""

    merge_above = models.FloatField(default=0.99)
    review_above = models.FloatField(default=0.5)
    join_by_itself = models.BooleanField(
        default=False
    )  # whether pairs above `merge_above` are joined unasked
    shared_by = models.PositiveSmallIntegerField(default=3)  # a point on more cards than this is shared
    survivorship = models.JSONField(default=dict)  # field: rule, where it is not the usual one
    source_order = models.JSONField(default=list)  # source ids, the most trusted first
    stamp = models.BigIntegerField(default=0)  # drawn anew whenever who belongs to whom changes
