"""Contact points of a card: added in their normal form, ended rather than deleted."""

from datetime import datetime

from beizai.base.contact_points import normal_email, normal_phone
from beizai.base.errors import Invalid
from beizai.customers import history, search
from beizai.customers.models import Channel, ContactPoint, Customer
from beizai.sources.models import Source
from beizai.staff.models import User

_LONGEST = 254


def normal(channel: str, value: str, country: str = "") -> str:
    """The address or number as it is compared and written by; Invalid where it cannot be one.

    >>> normal("phone", "06 12 34 56 78", "FR"), normal("messenger", " LinWei ")
    ('+33612345678', 'linwei')
    """
    text = value.strip()
    if not text or len(text) > _LONGEST:
        raise Invalid(
            "An address or number needs something written." if not text else "This address is too long.",
            hint="At most {limit} characters.",
            limit=_LONGEST,
        )
    match channel:
        case Channel.EMAIL:
            return normal_email(text)
        case Channel.PHONE | Channel.SMS:
            return normal_phone(text, country)
        case Channel.LETTER | Channel.MESSENGER:
            return " ".join(text.split()).casefold()
    raise Invalid(
        "“{channel}” is not a channel.",
        hint="Channels: {channels}.",
        channel=channel,
        channels=", ".join(Channel.values),
    )


def add(
    customer: Customer,
    channel: str,
    value: str,
    *,
    source: Source,
    now: datetime,
    user: User | None = None,
    country: str = "",
    simulated: bool = False,
) -> ContactPoint:
    """Adds it once; one that had ended is taken up again. Run it inside a transaction and index the card after it.

    Refused for somebody known only through another: their address is theirs to give (see `named.came`).
    """
    if customer.only_named:
        raise Invalid(
            "{name} is known only through another customer.",
            hint="An address is theirs to give. When they come themselves, say so on their card first.",
            code="only_named",
            name=customer.name or f"#{customer.pk}",
        )
    found, made = ContactPoint.objects.get_or_create(
        customer=customer,
        channel=channel,
        normal=normal(channel, value, customer.country or country),
        defaults={"value": value.strip(), "source": source, "added_at": now, "simulated": simulated},
    )
    if not made and found.ended_at is None:
        return found
    if not made:
        ContactPoint.objects.filter(pk=found.pk).update(ended_at=None, value=value.strip(), source=source)
    history.write(customer.pk, f"contact:{channel}", None, value.strip(), source=source, user=user, now=now)
    return found


def end(point: ContactPoint, *, source: Source, now: datetime, user: User | None = None) -> None:
    """Nobody writes there any more; the row stays as evidence."""
    if point.ended_at is not None:
        return
    ContactPoint.objects.filter(pk=point.pk).update(ended_at=now)
    history.write(
        point.customer_id, f"contact:{point.channel}", point.value, None, source=source, user=user, now=now
    )
    search.index_one(point.customer_id)
