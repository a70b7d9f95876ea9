"""The appointments of one member of staff as a calendar any telephone subscribes to (RFC 5545)."""

from datetime import datetime, timedelta

from icalendar import Calendar, Event

from beizai.appointments.models import Appointment, AppointmentState
from beizai.base import home
from beizai.base.tokens import Token, derive_key, read, sign
from beizai.staff.models import Shop, User

_PURPOSE = "calendar feed"
_BACK, _AHEAD = timedelta(days=30), timedelta(days=180)
_MOST = 5_000


def token(staff: User) -> str:
    """The secret part of the feed's address. It changes when the password does, and dies with the account."""
    return sign(_key(staff), Token(0, staff.pk))


def whose(text: str, staff_id: int) -> User | None:
    """Whose feed a token opens; None where it opens none."""
    staff = User.objects.filter(pk=staff_id, is_active=True).first()
    if staff is None:
        return None
    return staff if read(_key(staff), text).recipient_id == staff.pk else None


def calendar(staff: User, the_shop: Shop, *, now: datetime) -> bytes:
    """What is booked with them, a month back and half a year ahead; called-off ones say so.

    A calendar is read by other programs on other machines: it holds first names and services, no address, no wish.
    """
    found = Calendar()
    found.add("prodid", "-//Beizai//appointments//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("name", the_shop.name)
    found.add("x-wr-calname", the_shop.name)
    found.add("refresh-interval", timedelta(minutes=15), parameters={"value": "DURATION"})
    rows = Appointment.objects.filter(
        staff=staff, starts_at__gt=now - _BACK, starts_at__lt=now + _AHEAD
    ).select_related("customer", "service")
    for row in rows.order_by("starts_at", "id")[:_MOST]:
        found.add_component(_event(row, the_shop, now))
    return bytes(found.to_ical())


def _event(row: Appointment, the_shop: Shop, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{row.number}@beizai")
    event.add("sequence", row.revision)
    event.add("dtstamp", now)
    event.add("dtstart", row.starts_at)
    event.add("dtend", row.starts_at + timedelta(minutes=row.minutes))
    event.add("summary", f"{row.service.name} · {_first_name(row)}")
    event.add("status", "CANCELLED" if row.state == AppointmentState.CANCELLED else "CONFIRMED")
    if the_shop.postal_address:
        event.add("location", " ".join(the_shop.postal_address.split()))
    return event


def _first_name(row: Appointment) -> str:
    card = row.customer
    if card.given_name:
        return card.given_name
    return card.name.split(" ", maxsplit=1)[0] if card.name.isascii() else card.name


def _key(staff: User) -> bytes:
    return derive_key(home.current().key("signing"), f"{_PURPOSE}:{staff.password}")
