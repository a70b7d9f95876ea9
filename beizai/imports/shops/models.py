"""What is remembered of web shops: their connections, what was delivered, each order as it is known, requests about privacy."""

from django.db import models

from beizai.products.models import Product
from beizai.sources.models import Source
from beizai.staff.models import User


class ShopKind(models.TextChoices):
    WOOCOMMERCE = "woocommerce"
    SHOPIFY = "shopify"


class ShopConnection(models.Model):
    """A web shop that may tell us things. Its secret is kept enciphered with the home's key and shown once, when it is made."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=ShopKind.choices)
    key = models.CharField(max_length=40, unique=True)  # in the address it delivers to
    secret = models.TextField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)  # of its prices; orders name their own
    email_words = models.TextField(blank=True)  # what is shown beside the tick for offers by email
    sms_words = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True)  # the last delivery that was signed rightly
    delivered = models.BigIntegerField(default=0)
    refused_at = models.DateTimeField(null=True)  # the last one with a wrong signature
    refused = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["ended_at", "name", "id"]

    def __str__(self) -> str:
        return self.name


class ShopDelivery(models.Model):
    """One delivery of a connected shop and what became of it. Its body stays only where it is kept aside, to be played again."""

    class Outcome(models.TextChoices):
        TAKEN = "taken"
        NO_USE = "no_use"  # a trial, a topic nobody asked for
        ASIDE = "aside"

    connection = models.ForeignKey(ShopConnection, on_delete=models.CASCADE, related_name="deliveries")
    mark = models.CharField(max_length=64)  # the same however often it is sent
    topic = models.CharField(max_length=60, blank=True)
    about = models.CharField(max_length=60, blank=True)  # the shop's own number of what it tells of
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=30, blank=True)
    detail = models.TextField(blank=True)
    body = models.TextField(blank=True)
    triggered_at = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "mark"], name="shop_delivery_once")]
        indexes = [
            models.Index(fields=["received_at"], name="shop_delivery_received"),
            models.Index(
                fields=["connection", "reason", "id"],
                name="shop_delivery_aside",
                condition=models.Q(outcome="aside"),
            ),
        ]


class ShopOrder(models.Model):
    """An order of a connected shop as all its deliveries together say it; the lake follows it (`dirty` until it does)."""

    connection = models.ForeignKey(ShopConnection, on_delete=models.CASCADE, related_name="orders")
    key = models.CharField(max_length=60)  # the shop's own number of it
    number = models.CharField(max_length=60, blank=True, db_index=True)  # by which the book knows it
    known = models.JSONField()  # folding.Known
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=1)  # of its money on its day
    version = models.BigIntegerField(default=0)  # grows with every delivery that changed something
    dirty = models.BooleanField(default=True)
    customer_id = models.BigIntegerField(null=True, db_index=True)
    guest = models.CharField(max_length=64, blank=True, db_index=True)  # keyed hash of a guest's email
    forgotten = models.BooleanField(default=False)  # the buyer was erased: it stays without a name
    in_lake = models.JSONField(
        default=dict
    )  # order id -> what stands in the lake, "" where that is not certain
    coupons_told = models.JSONField(default=list)
    without_category = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="shop_order_once")]
        indexes = [
            models.Index(fields=["id"], name="shop_order_dirty", condition=models.Q(dirty=True)),
            models.Index(
                fields=["connection"],
                name="shop_order_no_category",
                condition=models.Q(without_category=True),
            ),
        ]


class ShopProduct(models.Model):
    """Which product of the book a shop's product is, and how new what it said of it is."""

    connection = models.ForeignKey(ShopConnection, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)  # of the product, or its variant
    parent = models.CharField(max_length=60)  # of the product
    product = models.ForeignKey(Product, null=True, on_delete=models.SET_NULL, related_name="+")
    said_at = models.DateTimeField()
    gone = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="shop_product_once")]
        indexes = [models.Index(fields=["connection", "parent"], name="shop_product_parent")]


class ShopRequest(models.Model):
    """A shop asks that somebody's data be given out or erased. A person answers it: nothing is erased by itself."""

    class Kind(models.TextChoices):
        DATA_REQUEST = "data_request"
        REDACT = "redact"
        SHOP_REDACT = "shop_redact"
        CUSTOMER_DELETED = "customer_deleted"  # the account in the shop is gone, which by itself asks nothing

    connection = models.ForeignKey(ShopConnection, on_delete=models.CASCADE, related_name="requests")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=80)
    customer_id = models.BigIntegerField(
        null=True, db_index=True
    )  # null: nobody of the book, or all of the shop
    number = models.CharField(max_length=60, blank=True)  # of the customer in the shop
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=20, blank=True)  # given_out | erased | nothing_held | kept
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "key"], name="shop_request_once")
        ]
        indexes = [
            models.Index(fields=["due_on"], name="shop_request_waits", condition=models.Q(answered_at=None))
        ]
