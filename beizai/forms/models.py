"""Forms and their published versions, the answer sheets, the sign-ups that wait for a confirmation, prizes and rewards."""

from django.db import models

from beizai.base.errors import Forbidden
from beizai.sources.models import Source
from beizai.staff.models import User


class FormState(models.TextChoices):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Form(models.Model):
    """A form: what is being written (`draft`), what is published (`version`), and who may show it in a frame."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=FormState.choices, default=FormState.DRAFT)
    draft = models.JSONField()
    revision = models.PositiveIntegerField(default=0)  # of the draft: two people do not overwrite each other
    version = models.ForeignKey("FormVersion", null=True, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    frame_ancestors = models.CharField(
        max_length=500, blank=True
    )  # sites that may embed it, with blanks between
    closes_at = models.DateTimeField(null=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class FormVersion(models.Model):
    """What was published, word for word. Never changed: an answer names the version it answered."""

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    sha256 = models.CharField(max_length=64)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="form_version_once")]

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise Forbidden("A published version of a form cannot be changed.", hint="Publish a new one.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class SheetState(models.TextChoices):
    PARTIAL = "partial"  # begun; page by page
    FINISHED = "finished"  # waits for a confirmation, where the form asks for one
    COUNTED = "counted"
    REPEATED = "repeated"  # the same person again in a form of one answer each
    ASIDE = "aside"  # filled in by a machine, by all appearances


class AnswerSheet(models.Model):
    """What one person answered in one form. `key` is random and travels in the signed partial id."""

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="sheets")
    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT)
    key = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=10, choices=SheetState.choices, default=SheetState.PARTIAL)
    reason = models.CharField(max_length=20, blank=True)  # why aside
    customer_id = models.BigIntegerField(null=True)  # from a signed link, or by confirmation
    person = models.CharField(max_length=64, blank=True)  # whom it counts for, where each has one answer
    language = models.CharField(max_length=10)
    answers = models.JSONField(default=dict)
    hidden = models.JSONField(default=dict)  # what the signed link carried
    score = models.IntegerField(null=True)
    entry_code = models.CharField(max_length=16, blank=True, db_index=True)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    told = models.BooleanField(default=True)  # False: its event has still to go into the inbox
    named = models.BooleanField(default=True, db_default=True)  # False: who answered was forgotten in time
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["form", "state", "id"], name="sheet_state"),
            models.Index(
                fields=["customer_id"],
                name="sheet_of_customer",
                condition=models.Q(customer_id__isnull=False),
            ),
            models.Index(fields=["id"], name="sheet_untold", condition=models.Q(told=False)),
            models.Index(fields=["changed_at"], name="sheet_changed", condition=models.Q(state="partial")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["form", "person"], name="one_counted_a_person", condition=~models.Q(person="")
            )
        ]


class SignUp(models.Model):
    """An address that is to confirm: by the link in a mail, once, until `expires_at`.

    `consents`: what was ticked, [{"question", "purpose", "channel", "text"}]; it comes into the consent ledger only on confirmation.
    """

    sheet = models.OneToOneField(AnswerSheet, on_delete=models.CASCADE, related_name="sign_up")
    value = models.CharField(max_length=254)  # the address as given
    normal = models.CharField(max_length=254)
    address_hash = models.CharField(max_length=64, db_index=True)
    consents = models.JSONField(default=list)
    customer_id = models.BigIntegerField(null=True, db_index=True)  # set by the confirmation
    withheld = models.CharField(max_length=20, blank=True)  # why no mail went out; empty: it did
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    confirmed_at = models.DateTimeField(null=True)


class OptionTally(models.Model):
    """How many places of a quota are taken. `name`: a question and an option, or "" for the form as a whole."""

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="tallies")
    name = models.CharField(max_length=100, blank=True)
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "name"], name="option_tally_once")]


class Attempt(models.Model):
    """How often one address of the net did something within an hour. The address is kept as a keyed hash, for a day."""

    bucket = models.CharField(max_length=64, unique=True)
    times = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True)


class RewardKind(models.TextChoices):
    FILE = "file"
    COUPON = "coupon"


class Reward(models.Model):
    """The lead magnet of a form: a file or a coupon, given after the confirmation (or at the end, where none is asked)."""

    form = models.OneToOneField(Form, on_delete=models.CASCADE, related_name="reward")
    kind = models.CharField(max_length=10, choices=RewardKind.choices)
    name = models.CharField(max_length=200, blank=True)  # of the file as it is downloaded
    stored = models.CharField(max_length=80, blank=True)  # in the home's uploads
    coupon = models.CharField(
        max_length=40, blank=True
    )  # the same for all; empty: each gets a code of their own


class GivenReward(models.Model):
    """A reward somebody got, with their own code where it is a coupon."""

    sheet = models.OneToOneField(AnswerSheet, on_delete=models.CASCADE, related_name="given_reward")
    customer_id = models.BigIntegerField(null=True, db_index=True)
    code = models.CharField(max_length=40, blank=True, db_index=True)
    downloads = models.PositiveIntegerField(default=0)
    given_at = models.DateTimeField()


class PrizeDraw(models.Model):
    """A draw of prizes. The hash of the seed is published when the draw is announced; the seed with the winners."""

    form = models.OneToOneField(Form, on_delete=models.PROTECT, related_name="prize_draw")
    prizes = models.PositiveIntegerField()
    seed = models.CharField(max_length=500)  # enciphered with the home's key until it is drawn
    commitment = models.CharField(max_length=64)
    number_from = models.CharField(
        max_length=200, blank=True
    )  # which outside number will be mixed in, announced beforehand
    number = models.CharField(max_length=100, blank=True)
    codes = models.JSONField(default=list)  # the published entries, fixed by the draw
    announced_at = models.DateTimeField()
    drawn_at = models.DateTimeField(null=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
