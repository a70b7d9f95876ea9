"""Appointments: reminders are asked for in time, and what became of them goes into the book."""

from beizai.appointments import reminding, telling, wording
from beizai.staff.shop import now, shop


def remind() -> int:
    """The reminders that are due."""
    the_shop = shop()
    return reminding.remind_due(the_shop, wording.reminder, now=now(the_shop))


def tell() -> int:
    """What became of appointments."""
    return telling.tell()
