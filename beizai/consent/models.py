"""The consent ledger, the lists of contact points nobody writes to, restrictions, and what people prefer."""

from django.db import models

from beizai.base.errors import Forbidden
from beizai.sources.models import Source
from beizai.staff.models import User


class Purpose(models.TextChoices):
    MARKETING = "marketing"
    SERVICE = "service"  # what a customer waits for: an order's confirmation
    TRACKING = "tracking"  # keeping opens and clicks per person
    SHARING = "sharing"  # giving data to a partner
    SENSITIVE = "sensitive"  # keeping facts of body, health, credit, children
    ABROAD = "abroad"  # taking data to another country
    GIFTS = "gifts"  # others may have gifts made by their measures, without seeing them


CONTACT_PURPOSES = (Purpose.MARKETING, Purpose.SERVICE, Purpose.TRACKING)  # those a message is sent for


class Decision(models.TextChoices):
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Basis(models.TextChoices):
    CONSENT = "consent"
    CONTRACT = "contract"
    SOFT_OPT_IN = "soft_opt_in"  # existing customer: own similar goods at a sale, opt-out each time
    LEGITIMATE_INTEREST = "legitimate_interest"  # with its assessment
    IMPLIED = "implied"  # by a purchase; ends by itself
    INQUIRY = "inquiry"  # by asking us; ends by itself
    LEGAL_DUTY = "legal_duty"


class _AppendOnly(models.Model):
    """Rows that are written once."""

    class Meta:
        abstract = True

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise Forbidden(
                "{row} cannot be changed.",
                row=f"{type(self).__name__} {self.pk}",
                hint="Add a new entry instead.",
            )
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ConsentEntry(_AppendOnly):
    """One decision of one customer. `channel` "" means every channel, `topic` "" every topic.

    No foreign key on the customer: proof outlives the card. The database itself refuses to change or take out a row.
    """

    customer_id = models.BigIntegerField()
    channel = models.CharField(max_length=10, blank=True)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    topic = models.CharField(max_length=60, blank=True, db_default="")
    decision = models.CharField(max_length=10, choices=Decision.choices)
    basis = models.CharField(max_length=30, choices=Basis.choices, default=Basis.CONSENT)
    text = models.TextField()  # the exact words agreed to or refused
    text_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=10, blank=True, db_default="")  # of the text
    separate = models.BooleanField(
        db_default=True
    )  # asked on its own, not in one sentence with other purposes
    assessment = models.TextField(blank=True, db_default="")  # why our interest outweighs theirs
    form = models.CharField(max_length=120, blank=True, db_default="")
    form_version = models.CharField(max_length=40, blank=True, db_default="")
    address = models.CharField(max_length=45, blank=True, db_default="")  # network address, as far as lawful
    evidence_file = models.CharField(max_length=200, blank=True, db_default="")  # its name under uploads/
    evidence_sha256 = models.CharField(max_length=64, blank=True, db_default="")
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT)
    evidence = models.JSONField(default=dict)  # file and row, campaign, what else shows it
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    import_id = models.BigIntegerField(null=True)
    simulated = models.BooleanField(default=False)
    at = models.DateTimeField()  # when they decided
    recorded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "purpose", "at"], name="consent_of_customer"),
            models.Index(
                fields=["import_id"], name="consent_of_import", condition=models.Q(import_id__isnull=False)
            ),
            models.Index(fields=["purpose", "decision", "separate", "basis"], name="consent_of_a_basis"),
        ]


class Suppression(_AppendOnly):
    """A contact point nobody writes to any more, by its keyed hash (it survives the erasure of its owner)."""

    channel = models.CharField(max_length=10)
    normal_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=30)  # hard_bounce | complaint | do_not_contact | erased
    evidence = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "normal_hash", "reason"], name="suppressed_once")
        ]


class SuppressionLift(_AppendOnly):
    """A contact point was taken off our own list, with the reason; or stands on it again. The latest row counts."""

    suppression = models.ForeignKey(Suppression, on_delete=models.PROTECT, related_name="lifts")
    lifted = models.BooleanField()
    reason = models.TextField()
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()


class ListCheck(_AppendOnly):
    """One look at a list others keep (a do-not-call register): the newest of a name is the one that holds."""

    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=10)
    checked_at = models.DateTimeField()
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    points = models.PositiveIntegerField()  # how many it names
    unread = models.PositiveIntegerField(default=0)  # rows that are no address or number
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["channel", "name", "checked_at"], name="list_check_newest")]


class ListedPoint(_AppendOnly):
    """A contact point named by a list, by its keyed hash."""

    list_check = models.ForeignKey(ListCheck, on_delete=models.PROTECT, related_name="listed")
    normal_hash = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["normal_hash", "list_check"], name="listed_point_hash")]


class SuppressedPoint(models.Model):
    """A contact point of a card that stands on a list: derived from the lists, so that nobody is looked up by hash."""

    contact_point_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(db_index=True)
    channel = models.CharField(max_length=10)
    reason = models.CharField(max_length=30)
    list_check_id = models.BigIntegerField(default=0)  # 0: our own list
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # taken off our own list

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact_point_id", "reason", "list_check_id"], name="suppressed_point_once"
            )
        ]


class PointsSeen(models.Model):
    """How far the contact points were compared with the lists: one row."""

    last_point_id = models.BigIntegerField(default=0)


class Restriction(_AppendOnly):
    """A customer's data is only kept, and nothing done with it, from this row on; or is used again."""

    customer_id = models.BigIntegerField(db_index=True)
    restricted = models.BooleanField()
    reason = models.TextField()
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()


class Topic(models.Model):
    """What a shop writes about, as customers may choose it: new shoes, care, events."""

    name = models.CharField(max_length=60, unique=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Frequency(models.TextChoices):
    AS_IT_COMES = ""
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class DayPart(models.TextChoices):
    ANY = ""
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class Preference(models.Model):
    """How often and at what time of day somebody wishes to hear from us. Whether at all stands in the ledger."""

    customer_id = models.BigIntegerField(primary_key=True)
    frequency = models.CharField(max_length=10, choices=Frequency.choices, blank=True)
    day_part = models.CharField(max_length=10, choices=DayPart.choices, blank=True)
    changed_at = models.DateTimeField()


class ErasureCertificate(_AppendOnly):
    """What was erased of somebody, what was kept and why, with the hash of it all. Names the card by its number alone."""

    customer_id = models.BigIntegerField(db_index=True)
    reason = models.TextField()
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()


class RetentionRule(models.Model):
    """How long the shop keeps one kind, where it says otherwise than the house: days, or None for ever."""

    kind = models.CharField(max_length=80, unique=True)
    keep_days = models.PositiveIntegerField(null=True)
    changed_at = models.DateTimeField()


class RetentionRun(models.Model):
    """One carrying out of the retention rules, as of `at`: which kind it has come to, after which row, and what went so far."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=81, blank=True)
    after = models.JSONField(default=str)
    taken = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), name="one_run_at_a_time", condition=models.Q(finished_at=None)
            )
        ]


class EndedProof(models.Model):
    """What stays of an entry of the ledger whose time as a proof is over: its number, the hash of its words, and when it ended.

    The database lets an entry go only where its number stands here. It names nobody.
    """

    entry_id = models.BigIntegerField(primary_key=True)
    text_sha256 = models.CharField(max_length=64)
    ended_at = models.DateTimeField()
    out_at = models.DateTimeField()  # what ended before this may go

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__lt=models.F("out_at")), name="proof_goes_after_its_end"
            )
        ]
