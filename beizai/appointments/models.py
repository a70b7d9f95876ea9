"""What can be booked, when staff are there, and the bookings themselves."""

import uuid

from django.db import models

from beizai.customers.models import Customer
from beizai.sources.models import Source
from beizai.staff.models import User

GRAIN_MINUTES = 5


class Service(models.Model):
    """Something a customer comes for: a cut, a colour, a fitting."""

    name = models.CharField(max_length=120, unique=True)
    minutes = models.PositiveSmallIntegerField()  # a multiple of five
    pause_minutes = models.PositiveSmallIntegerField(default=0)  # kept free after it: cleaning, a tea
    price_minor = models.BigIntegerField(null=True, blank=True)
    product_number = models.CharField(max_length=100, blank=True)  # what the till rings up for it
    remind_hours = models.PositiveSmallIntegerField(default=24)  # before it; 0 = nobody is reminded
    active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class StaffHours(models.Model):
    """When a member of staff takes customers on a weekday, in the shop's own time; two rows make a lunch."""

    staff = models.ForeignKey(User, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()  # 0 = Monday
    begins = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["weekday", "begins"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("begins")), name="hours_end_after"),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="hours_on_a_weekday"),
        ]


class Absence(models.Model):
    """When a member of staff is away although the week says otherwise; nobody named means the shop is closed."""

    staff = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="absence_ends")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="absence_ends_after"
            )
        ]


class AppointmentState(models.TextChoices):
    BOOKED = "booked"
    ARRIVED = "arrived"
    DONE = "done"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Appointment(models.Model):
    """One customer, one service, one member of staff, one time; `wish` is what was agreed beforehand."""

    number = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="appointments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    pause_minutes = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=AppointmentState.choices, default=AppointmentState.BOOKED)
    wish = models.TextField(blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    revision = models.PositiveIntegerField(default=0)  # the SEQUENCE of its calendar entry
    reminded_at = models.DateTimeField(null=True, blank=True)
    reminder = models.CharField(max_length=30, blank=True)  # sent, or why not
    booked_at = models.DateTimeField()
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["starts_at", "staff"], name="appointment_day"),
            models.Index(fields=["customer", "starts_at"], name="appointment_customer"),
        ]


class TakenTime(models.Model):
    """Five minutes of a member of staff that are taken. The database itself holds that nobody is booked twice."""

    staff = models.ForeignKey(User, on_delete=models.CASCADE)
    begins_at = models.DateTimeField()
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="taken")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "begins_at"], name="taken_once")]


class AppointmentStep(models.Model):
    """What became of an appointment, step by step: booked, moved, arrived, done, missed, cancelled."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=10)
    starts_at = models.DateTimeField()  # when it was to begin, as of this step
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    told = models.BooleanField(default=False)  # carried into the book's events by the worker

    class Meta:
        indexes = [models.Index(fields=["told", "id"], name="step_untold")]


class MadeToMeasure(models.Model):
    """Something made to a customer's measures, and which attributes of the card it takes."""

    name = models.CharField(max_length=120, unique=True)
    attribute_keys = models.JSONField(default=list)  # all of them must be known
    good_for_months = models.PositiveSmallIntegerField(default=36)  # feet change; 0 = measures never age
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class GiftState(models.TextChoices):
    TAKEN = "taken"
    CAN_BE_MADE = "can_be_made"
    NEEDS_THEM = "needs_them"  # they have to come themselves; never says why
    MAKING = "making"
    READY = "ready"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"


class GiftOrder(models.Model):
    """One customer orders something made to the measures of another, without seeing them.

    What the giver said of the receiver stays in the order and never becomes a card or a contact point.
    """

    number = models.CharField(max_length=12, unique=True)
    giver = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="gifts_given")
    what = models.ForeignKey(MadeToMeasure, on_delete=models.PROTECT)
    wish = models.TextField(blank=True)  # style, colour, occasion
    price_minor = models.BigIntegerField(null=True, blank=True)
    wanted_on = models.DateField(null=True, blank=True)
    receiver_name = models.CharField(max_length=200)
    receiver_point = models.CharField(max_length=254)  # an address or number the giver gave
    receiver = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="gifts_received"
    )
    consent_id = models.BigIntegerField(null=True)  # the entry that allows it
    state = models.CharField(max_length=12, choices=GiftState.choices, default=GiftState.TAKEN)
    reason = models.CharField(max_length=20, blank=True)  # for the workshop only
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["state", "taken_at"], name="gift_open")]

    def __str__(self) -> str:
        return self.number


class GiftStep(models.Model):
    """What became of a gift order, step by step."""

    gift = models.ForeignKey(GiftOrder, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=12)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
