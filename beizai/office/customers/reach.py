"""How each customer may be reached: by which channels there is a way, and whether an offer is allowed on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from beizai.consent.models import Purpose
from beizai.consent.rules import Answer, may_contact_many, suppressed_among
from beizai.customers import belonging
from beizai.customers.models import ContactPoint, Customer

CHANNELS = ("email", "phone", "sms", "letter", "messenger")


@dataclass(frozen=True)
class Reach:
    """One channel of one customer: `way` where there is an address or number, `allowed` where an offer may go there."""

    channel: str
    words: str
    way: bool
    allowed: bool


def channel_name(channel: str) -> str:
    """The channel in the reader's words."""
    return {
        "email": _("email"),
        "phone": _("phone"),
        "sms": _("SMS"),
        "letter": _("letter"),
        "messenger": _("messenger"),
        "": _("every channel"),
    }.get(channel, channel)


def reach(customer_ids: Iterable[int], at: datetime) -> dict[int, list[Reach]]:
    """For each customer the channels in their order."""
    ids = list(customer_ids)
    ways = _ways(ids)
    answers: dict[str, dict[int, Answer]] = {
        channel: may_contact_many(ids, channel, Purpose.MARKETING, at) for channel in CHANNELS
    }
    return {
        customer_id: [
            Reach(
                channel,
                channel_name(channel),
                channel in ways.get(customer_id, set()),
                channel in ways.get(customer_id, set()) and answers[channel][customer_id].allowed,
            )
            for channel in CHANNELS
        ]
        for customer_id in ids
    }


def _ways(ids: list[int]) -> dict[int, set[str]]:
    ways: dict[int, set[str]] = {}
    whose = belonging.spread(ids)
    live = ContactPoint.objects.filter(customer_id__in=list(whose), ended_at=None)
    found = live.values_list("customer_id", "channel", "normal")
    points = [(whose[number], channel, normal) for number, channel, normal in found]
    blocked = suppressed_among("email", {normal for _id, channel, normal in points if channel == "email"})
    for customer_id, channel, normal in points:
        if channel == "email" and normal in blocked:
            continue
        ways.setdefault(customer_id, set()).update({channel, "sms"} if channel == "phone" else {channel})
    for customer_id in (
        Customer.objects.filter(pk__in=ids).exclude(postal_address="").values_list("pk", flat=True)
    ):
        ways.setdefault(customer_id, set()).add("letter")
    return ways
