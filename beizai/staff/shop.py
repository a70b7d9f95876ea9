"""The shop's own settings and its clock."""

from datetime import UTC, datetime

from beizai.base import clock
from beizai.staff.models import Shop


def shop() -> Shop:
    """The one shop of this home (made with defaults where it is missing)."""
    found = Shop.objects.filter(pk=1).first()
    return found or Shop.objects.get_or_create(pk=1)[0]


def now(the_shop: Shop | None = None) -> datetime:
    """The home's time, zone-aware UTC: the home's own clock where it has one, else the machine's. For the faces."""
    fixed = (the_shop or shop()).clock_at
    return fixed.astimezone(UTC) if fixed else clock.machine_now()
