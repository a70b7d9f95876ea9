"""What was brought in, from which file, with which mapping; and what foreign money was worth on a day."""

from django.db import models

from beizai.customers.models import Customer
from beizai.imports.shops.models import (
    ShopConnection,
    ShopDelivery,
    ShopKind,
    ShopOrder,
    ShopProduct,
    ShopRequest,
)
from beizai.products.models import Product
from beizai.sources.models import Source
from beizai.staff.models import User

__all__ = [
    "CardBefore",
    "ColumnMapping",
    "CurrencyRate",
    "Import",
    "ProductChange",
    "ShopConnection",
    "ShopDelivery",
    "ShopKind",
    "ShopOrder",
    "ShopProduct",
    "ShopRequest",
]


class Import(models.Model):
    """One file brought in: all of it or nothing, until it is undone. Its rows in the lake carry `batch_id`."""

    class State(models.TextChoices):
        COMING_IN = "coming_in"
        IN_BOOK = "in_book"
        UNDONE = "undone"

    kind = models.CharField(max_length=20)  # orders | customers
    state = models.CharField(max_length=10, choices=State.choices, default=State.COMING_IN)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    batch_id = models.BigIntegerField(unique=True)
    file_name = models.CharField(max_length=255)
    columns = models.JSONField(default=dict)  # field -> header
    choices = models.JSONField(
        default=dict
    )  # dates, decimal, encoding, delimiter, sheet, repairs, attributes made
    rows = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    anonymous_rows = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0)
    new_orders = models.BigIntegerField(default=0)
    changed_orders = models.BigIntegerField(default=0)
    known_orders = models.BigIntegerField(default=0)
    customers = models.BigIntegerField(default=0)
    new_customers = models.BigIntegerField(default=0)
    changed_customers = models.BigIntegerField(default=0)
    permissions = models.BigIntegerField(default=0)  # consents with their proof
    reasons = models.JSONField(default=dict)  # code:field -> rows kept aside
    remarks = models.JSONField(default=list)
    aside = models.CharField(max_length=255, blank=True)  # the kept-aside file, within the home
    seconds = models.FloatField(default=0)
    simulated = models.BooleanField(default=False)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    entered_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    undone = models.JSONField(default=dict)  # what was taken out, restored, and what stays and why

    class Meta:
        indexes = [models.Index(fields=["state", "-started_at"], name="import_by_state")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.pk})"


class ProductChange(models.Model):
    """What a product that was there before said until an import filled it in; gone once the import is undone."""

    import_id = models.BigIntegerField(db_index=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    old = models.JSONField()  # field -> what it said
    new = models.JSONField()  # field -> what the import wrote

    def __str__(self) -> str:
        return f"{self.product_id} by {self.import_id}"


class CardBefore(models.Model):
    """What a card that was there before said until an import completed it, with its sources and times; gone once it is undone."""

    import_id = models.BigIntegerField(db_index=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    facts = (
        models.JSONField()
    )  # key -> the fact as it stood, null where there was none; only those it changed
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["import_id", "customer"], name="card_before_once_an_import")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} before {self.import_id}"


class ColumnMapping(models.Model):
    """How the last file of a source was read, so that the next need not be asked about."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)
    columns = models.JSONField(default=dict)  # field -> header
    dates = models.CharField(max_length=3, blank=True)
    decimal = models.CharField(max_length=5, blank=True)
    profile = models.JSONField(
        default=dict
    )  # field -> what its column held, without a person's data (see columns)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind"], name="one_mapping_per_source")]


class CurrencyRate(models.Model):
    """What one unit of a foreign currency was worth in the book's own, from this day on until the next rate."""

    currency = models.CharField(max_length=3)
    since_on = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "since_on"], name="one_rate_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_is_positive"),
        ]
