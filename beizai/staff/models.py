"""The shop, the people who work in it, and the record of what they did."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Shop(models.Model):
    """The one shop whose book this is: one row, number 1."""

    name = models.CharField(max_length=200, default="My shop")
    postal_address = models.TextField(blank=True)
    trade = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    timezone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=10, default="en")
    country = models.CharField(max_length=2, blank=True)
    clock_at = models.DateTimeField(
        null=True, blank=True
    )  # a home with a clock of its own; null = the machine's
    simulated = models.BooleanField(default=False)  # the whole book is SIMULATED
    public_url = models.CharField(
        max_length=200, default="http://127.0.0.1:8765"
    )  # links in mails begin with it
    brand_colour = models.CharField(max_length=7, default="#1b4f86")
    sender_name = models.CharField(max_length=100, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    smtp_host = models.CharField(max_length=200, blank=True)
    smtp_port = models.PositiveIntegerField(default=587)
    smtp_security = models.CharField(max_length=10, default="starttls")  # none | starttls | tls
    smtp_user = models.CharField(max_length=200, blank=True)
    smtp_password = models.CharField(
        max_length=500, blank=True
    )  # enciphered with the home's key, see staff.secrets
    sending_connections = models.PositiveSmallIntegerField(default=4)
    sending_paused = models.BooleanField(default=False)  # a restored home starts paused
    book_margin_permille = models.PositiveIntegerField(default=300)
    customer_target = models.PositiveIntegerField(null=True, blank=True)
    customer_target_on = models.DateField(null=True, blank=True)
    standing_control = models.BooleanField(default=False)
    export_limit = models.PositiveIntegerField(default=1000)  # more cards than this are taken out only by two
    frequency_cap_days = models.PositiveSmallIntegerField(
        default=3
    )  # no second marketing mail within so many days

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_shop")]

    def __str__(self) -> str:
        return self.name


class Access(models.TextChoices):
    """Whom of the book the staff of a branch may open."""

    WHOLE_BOOK = "whole_book"
    LOOK_UP = "look_up"  # the branch's own customers, and anybody by exact phone, email or customer number
    OWN = "own"  # the branch's own customers alone


class Branch(models.Model):
    """A branch of the shop. Its own customers: at home there by their card, or served there before."""

    name = models.CharField(max_length=120, unique=True)
    postal_address = models.TextField(blank=True)
    access = models.CharField(max_length=10, choices=Access.choices, default=Access.WHOLE_BOOK)
    look_ups_a_day = models.PositiveSmallIntegerField(
        default=40
    )  # how many customers of other branches one person may open on a day

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner"
    MARKETER = "marketer"
    STAFF = "staff"
    ANALYST = "analyst"


class Accounts(BaseUserManager["User"]):
    """Makes users; an address is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """Somebody who works in the office, with one role."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.STAFF)
    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.SET_NULL)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=5, blank=True)  # light | dark | "" = as the system
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Accounts()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email


class ExportRequest(models.Model):
    """Somebody wishes to take out more cards than one person alone may; another releases it, or it waits to be called back."""

    address = models.TextField()  # of the export, as it will be opened
    rows = models.PositiveIntegerField()
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports_asked")
    asked_at = models.DateTimeField()
    released_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="exports_released"
    )
    ready_at = models.DateTimeField(null=True)
    called_back_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="export_asked")]


class AuditEntry(models.Model):
    """Who did what to what, and when. Never changed."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    action = models.CharField(max_length=60)  # "customers.exported", "campaign.approved"
    customer_id = models.BigIntegerField(null=True, db_index=True)
    detail = models.JSONField(default=dict)
