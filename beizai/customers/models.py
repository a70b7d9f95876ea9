"""The card: a customer, how to reach them, what is known and since when, whom they know."""

from django.db import models

from beizai.sources.models import Source
from beizai.staff.models import Branch, User


class Family(models.TextChoices):
    """The six families of attributes."""

    USER = "user"
    RELATIONSHIP = "relationship"
    ATTITUDE = "attitude"
    FEEDBACK = "feedback"
    PRODUCT_USE = "product_use"
    CREDIT = "credit"


class AttributeKind(models.TextChoices):
    """How an answer is written down.

    On the card: choices a list of texts, measure a number in the definition's unit, photo {"file", "type", "bytes"},
    records a list of {"on": ISO date, column: value, ...}, the latest last.
    """

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    MEASURE = "measure"
    PHOTO = "photo"
    RECORDS = "records"
    BOOLEAN = "boolean"


class AttributeDefinition(models.Model):
    """One thing that may be known of a customer."""

    key = models.SlugField(max_length=60, unique=True)
    label = models.CharField(max_length=120)
    family = models.CharField(max_length=20, choices=Family.choices, default=Family.USER)
    kind = models.CharField(max_length=10, choices=AttributeKind.choices, default=AttributeKind.TEXT)
    choices = models.JSONField(default=list, blank=True)  # list of text, for kinds "choice" and "choices"
    columns = models.JSONField(
        default=list, blank=True
    )  # for kind "records", beside its date: [{"key", "label", "kind"}]
    unit = models.CharField(max_length=20, blank=True)
    question = models.CharField(max_length=200, blank=True)  # in the words staff ask it with
    sensitive = models.BooleanField(default=False)  # never in subjects, ads, exports
    weight = models.PositiveSmallIntegerField(default=1)  # 0 to 10: how much it helps to know it
    ask_again_months = models.PositiveSmallIntegerField(null=True, blank=True)  # older than this, ask again
    retired_at = models.DateTimeField(null=True, blank=True)  # no longer asked; what was told stays
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label


class Customer(models.Model):
    """A card of the book.

    `facts` holds what is known now: {key: {"v": value, "source": source id, "at": ISO time}};
    dates are ISO text, money integer minor units. Earlier values are in FactChange.
    `revision` grows with every edit by a person (an import that is undone leaves such cards alone).
    """

    name = models.CharField(max_length=200, blank=True)
    given_name = models.CharField(max_length=100, blank=True)
    family_name = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=10, blank=True)
    birthday_on = models.DateField(null=True, blank=True)
    postal_address = models.TextField(blank=True)
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)
    facts = models.JSONField(default=dict, blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    made_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    through = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="known_through",
        db_index=False,
    )  # the customer who named them first
    only_named = models.BooleanField(
        null=True
    )  # true: known only through another, no contact points until they come themselves
    import_id = models.BigIntegerField(null=True, db_index=True)  # the import that made the card
    simulated = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_index=True)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["name", "id"], name="customer_name"),
            models.Index(fields=["country"], name="customer_country"),
            # most cards have none of these: an index of those that do costs a large import nothing
            models.Index(
                fields=["branch"], name="customer_of_branch", condition=models.Q(branch__isnull=False)
            ),
            models.Index(fields=["made_by"], name="customer_by", condition=models.Q(made_by__isnull=False)),
            models.Index(
                fields=["through"], name="customer_through", condition=models.Q(through__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"


class ExternalId(models.Model):
    """The number a customer has in a source (a shop's customer number), one card per number."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="external_ids")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False)  # nobody asks by it alone
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["value", "source"], name="one_card_per_external_id")]


class Channel(models.TextChoices):
    EMAIL = "email"
    PHONE = "phone"
    SMS = "sms"
    LETTER = "letter"
    MESSENGER = "messenger"


class ContactPoint(models.Model):
    """An address or number of a customer. `normal` is what it is compared and written by."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_points")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    value = models.CharField(max_length=254)  # as given
    normal = models.CharField(max_length=254)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False)  # nobody asks by it
    simulated = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # in this order it is what an address is looked up by, too, and an import writes along it; the channel does not
            # lead, or SQLite would read half the book for the emails of three customers
            models.UniqueConstraint(fields=["normal", "channel", "customer"], name="contact_point_once")
        ]


class FactChange(models.Model):
    """What a card said before somebody or something changed it. Append-only."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="changes")
    field = models.CharField(
        max_length=80
    )  # a column ("name"), "fact:KEY", "contact:email", "tag:TAG", "tie:KIND"
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False)  # nobody asks by it
    import_id = models.BigIntegerField(null=True, db_index=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()


class Tag(models.Model):
    """A word staff put on a card."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="tags", db_index=False
    )  # leads the constraint
    tag = models.CharField(max_length=60, db_index=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "tag"], name="tag_once_a_card")]


class TieKind(models.TextChoices):
    REFERRED_BY = "referred_by"
    HOUSEHOLD = "household"
    FRIEND = "friend"
    GIVES_TO = "gives_to"
    WORKS_AT = "works_at"
    INFLUENCES = "influences"


class Tie(models.Model):
    """One customer's tie to another: `customer` was referred by `other`, lives with, gives presents to."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="ties")
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="ties_in")
    kind = models.CharField(max_length=20, choices=TieKind.choices)
    since_on = models.DateField(null=True, blank=True)
    occasion = models.CharField(
        max_length=120, blank=True
    )  # at which they came, or for which presents are given
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "other", "kind"], name="tie_once"),
            models.CheckConstraint(condition=~models.Q(customer=models.F("other")), name="tie_to_another"),
        ]


class ProposedTie(models.Model):
    """A tie something speaks for, such as an order to another person's address; a person decides."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="proposed_ties")
    other = models.ForeignKey(
        Customer, null=True, on_delete=models.CASCADE, related_name="+"
    )  # null = no card yet
    other_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=TieKind.choices)
    evidence = models.CharField(max_length=300)  # the order, and the name on its label
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(null=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "other_name"], name="tie_proposed_once"),
        ]
        indexes = [
            models.Index(fields=["id"], name="tie_waits", condition=models.Q(decided_at=None)),
        ]


class Note(models.Model):
    """What a member of staff wrote on a card."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()


class ServedHow(models.TextChoices):
    """By what a customer is one of a branch's own."""

    HOME = "home"  # at home there, as the card says
    BOUGHT = "bought"  # from the orders of the book, counted anew
    CAME = "came"  # rung up, booked or written down there


class ServedAt(models.Model):
    """A customer is at home at a branch, or was served there: it says whose own customer somebody is.

    One table with one index, so that a list of a million is walked for a branch without touching the cards.
    """

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, db_index=False)  # leads the constraint
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="served_at")
    how = models.CharField(max_length=10, choices=ServedHow.choices)
    since_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["branch", "customer", "how"], name="served_once_a_branch")
        ]


class SearchWords(models.Model):
    """The words a card is found by, parted by spaces: of the name, the email and its parts, digits of the phone (and
    its last ones), external numbers. Looked up by their beginnings (`begins.Beginning`); on SQLite a full-text table."""

    customer = models.OneToOneField(
        Customer,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_column="rowid",
        db_constraint=False,  # a full-text table has none
    )
    words = models.TextField()


class Standing(models.Model):
    """Where a customer stands, derived from the book for lists and sorting; made anew by `value`, never edited."""

    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.CASCADE, related_name="standing"
    )
    as_of = models.DateTimeField()
    first_order_on = models.DateField(null=True)
    last_order_on = models.DateField(null=True)
    purchase_days = models.PositiveIntegerField(default=0)
    spent_minor = models.BigIntegerField(default=0)
    spent_12m_minor = models.BigIntegerField(default=0)
    usual_gap_days = models.FloatField(null=True)
    recency_score = models.PositiveSmallIntegerField(null=True)
    frequency_score = models.PositiveSmallIntegerField(null=True)
    monetary_score = models.PositiveSmallIntegerField(null=True)
    tier = models.CharField(max_length=20, blank=True)
    stage = models.CharField(max_length=20, blank=True)
    type = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["last_order_on", "customer"], name="standing_last"),
            models.Index(fields=["spent_12m_minor", "customer"], name="standing_spent_12m"),
            models.Index(fields=["spent_minor", "customer"], name="standing_spent"),
            models.Index(fields=["tier", "spent_12m_minor", "customer"], name="standing_tier_spent"),
            models.Index(fields=["stage", "spent_12m_minor", "customer"], name="standing_stage_spent"),
            models.Index(fields=["type", "spent_12m_minor", "customer"], name="standing_type_spent"),
        ]


class CustomerTarget(models.Model):
    """How many customers are wanted by a day: of a branch, a source, or brought in by a member of staff.

    The target of the whole book stands with the shop.
    """

    branch = models.OneToOneField(Branch, null=True, on_delete=models.CASCADE)
    source = models.OneToOneField(Source, null=True, on_delete=models.CASCADE)
    user = models.OneToOneField(User, null=True, on_delete=models.CASCADE)
    customers = models.PositiveIntegerField()
    by_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(branch__isnull=False, source=None, user=None)
                | models.Q(branch=None, source__isnull=False, user=None)
                | models.Q(branch=None, source=None, user__isnull=False),
                name="target_of_one",
            )
        ]


class BookDay(models.Model):
    """The state of the book at the end of a day: how many cards, how many may be written to, how well they are filled in."""

    on = models.DateField(unique=True)
    counted_at = models.DateTimeField()
    customers = models.PositiveIntegerField()
    contactable = models.PositiveIntegerField()
    filled = models.FloatField(null=True)  # mean share of a card that is filled in and not stale
    filled_by_value = models.FloatField(
        null=True
    )  # the same, each card weighted by what it spent in 12 months


class Position(models.Model):
    """For whom the shop is, in which category, against whom: the latest row holds, earlier ones stay."""

    for_whom = models.TextField()
    category = models.TextField(blank=True)
    against = models.TextField(blank=True)
    attributes = models.JSONField(default=list)  # keys of the attributes by which the buyers are looked at
    segment = models.CharField(max_length=120, blank=True)  # the segment that says "for whom" as a rule
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
