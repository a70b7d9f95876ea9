"""A source: a shop's till, a file, a form, a partner."""

from django.db import models

from beizai.staff.models import User


class SourceKind(models.TextChoices):
    """What kind of place it is. There is none for addresses harvested from the web, and none can be made."""

    ORDERS = "orders"  # a shop's orders
    REGISTRATION = "registration"
    NEWSLETTER = "newsletter"
    SURVEY = "survey"
    CONTEST = "contest"
    EVENT = "event"  # on site: a stand, a tasting
    CHAT = "chat"
    CALL = "call"
    CARDS = "cards"  # business cards
    REFERRAL = "referral"  # brought by a customer
    EXCHANGE = "exchange"  # with a partner
    PURCHASED = "purchased"  # a list that was bought
    CUSTOMERS = "customers"  # a file of customers
    TILL = "till"
    OFFICE = "office"
    DEMO = "demo"
    EDGE = "edge"


class LawfulBasis(models.TextChoices):
    """On what ground people of this source may be kept and written to."""

    CONSENT = "consent"
    CONTRACT = "contract"
    SOFT_OPT_IN = "soft_opt_in"  # own similar goods at a sale, opt-out each time
    LEGITIMATE_INTEREST = "legitimate_interest"


class Source(models.Model):
    """Where something came from. Every customer, fact, consent and event names one."""

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=SourceKind.choices)
    owner = models.CharField(max_length=120, blank=True)  # who answers for it
    cost_minor = models.BigIntegerField(default=0)  # in all, so far
    cost_per_record_minor = models.BigIntegerField(null=True, blank=True)  # beside the cost in all
    basis = models.CharField(
        max_length=40, blank=True
    )  # lawful basis of what comes from it; empty = not said
    basis_evidence = models.TextField(blank=True)
    basis_at = models.DateTimeField(null=True, blank=True)
    basis_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    stop_permille = models.PositiveSmallIntegerField(
        default=50
    )  # bounced or disowned among the first mails: above it, writing stops
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class SourceStop(models.Model):
    """Writing to the people of a source, or of one import of it, was stopped; lifted by a person, never by itself."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="stops")
    import_id = models.BigIntegerField(null=True)  # null = the whole source
    reason = models.CharField(max_length=20)  # bounced | disowned
    written = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    stopped_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [
            models.Index(
                fields=["source", "import_id"], name="source_stopped", condition=models.Q(lifted_at=None)
            )
        ]
