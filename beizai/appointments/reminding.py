"""A reminder before an appointment, once, and only while it is of use; a card without a mailbox is shown to staff instead."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from beizai.appointments.models import Appointment, AppointmentState
from beizai.consent.rules import may_contact
from beizai.customers import belonging
from beizai.customers.models import Channel, ContactPoint
from beizai.messages import service
from beizai.staff.models import Shop

_LONGEST = timedelta(hours=24 * 14)
_AT_ONCE = 100


@dataclass(frozen=True)
class Words:
    """What a reminder says."""

    subject: str
    text: str


Write = Callable[[Appointment, Shop], Words]
"""Puts a reminder into words, in the customer's language; the face that knows languages gives it."""


def remind_due(the_shop: Shop, write: Write, *, now: datetime) -> int:
    """Asks for the mails of the appointments that begin soon; how many were dealt with.

    Who booked within the time of the reminder knows it anyway and is not reminded.
    """
    due = Appointment.objects.filter(
        state=AppointmentState.BOOKED,
        reminder="",
        starts_at__gt=now,
        starts_at__lte=now + _LONGEST,
        service__remind_hours__gt=0,
    )
    done = 0
    for one in due.select_related("customer", "service", "staff").order_by("starts_at")[:_AT_ONCE]:
        before = timedelta(hours=one.service.remind_hours)
        if one.starts_at - now > before:
            continue
        _settle(one, _remind(one, the_shop, write, before, now), now)
        done += 1
    return done


def _remind(one: Appointment, the_shop: Shop, write: Write, before: timedelta, now: datetime) -> str:
    if one.starts_at - one.booked_at <= before and not one.revision:
        return "just_booked"
    answer = may_contact(one.customer_id, "email", "service", now)
    if not answer.allowed:
        return str(answer.reason)
    mailbox = (
        ContactPoint.objects.filter(
            customer_id__in=belonging.ids_of(belonging.card_of(one.customer_id)),
            channel=Channel.EMAIL,
            ended_at=None,
        )
        .order_by(F("verified_at").desc(nulls_last=True), "id")
        .first()
    )
    if mailbox is None:
        return "no_address"
    words = write(one, the_shop)
    service.ask(
        f"reminder:{one.number}:{one.revision}",
        kind="reminder",
        to=mailbox.normal,
        subject=words.subject,
        text=words.text,
        customer_id=one.customer_id,
        good_until=one.starts_at,
        now=now,
    )
    return "asked"


def _settle(one: Appointment, outcome: str, now: datetime) -> None:
    same = Appointment.objects.filter(pk=one.pk, revision=one.revision)
    same.update(reminder=outcome, reminded_at=now)
