"""The consent ledger and the suppression list: only ever added to."""

from django.db import models

from beizai.base.errors import Forbidden
from beizai.sources.models import Source
from beizai.staff.models import User


class Purpose(models.TextChoices):
    MARKETING = "marketing"
    SERVICE = "service"  # what a customer waits for: an order's confirmation
    TRACKING = "tracking"  # keeping opens and clicks per person


class Decision(models.TextChoices):
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Basis(models.TextChoices):
    CONSENT = "consent"
    CONTRACT = "contract"
    SOFT_OPT_IN = "soft_opt_in"  # own similar goods at a sale, opt-out each time
    LEGITIMATE_INTEREST = "legitimate_interest"


class _AppendOnly(models.Model):
    """Rows that are written once."""

    class Meta:
        abstract = True

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise Forbidden(
                f"{type(self).__name__} {self.pk} cannot be changed.", hint="Add a new entry instead."
            )
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ConsentEntry(_AppendOnly):
    """One decision of one customer. `channel` "" means every channel. No foreign key on the customer: proof outlives the card."""

    customer_id = models.BigIntegerField()
    channel = models.CharField(max_length=10, blank=True)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    decision = models.CharField(max_length=10, choices=Decision.choices)
    basis = models.CharField(max_length=30, choices=Basis.choices, default=Basis.CONSENT)
    text = models.TextField()  # the exact words agreed to or refused
    text_sha256 = models.CharField(max_length=64)
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT)
    evidence = models.JSONField(
        default=dict
    )  # form and version, file and row, campaign, address of the request
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
