"""Time: instants in UTC, civil dates in the shop's zone."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from beizai.base.errors import Invalid


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name, or Invalid."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "“{name}” is not a time zone.",
            hint="Use a name such as Europe/London or Asia/Shanghai.",
            name=name,
        ) from None


def machine_now() -> datetime:
    """The machine's clock, for the faces; everybody else is given the time."""
    return datetime.now(UTC)


def naive_utc(at: datetime) -> datetime:
    """The instant as the lake keeps it: UTC without a zone. A time without a zone is refused."""
    if at.tzinfo is None:
        raise Invalid("The time {at} has no zone.", hint="Give times with their zone.", at=at.isoformat())
    return at.astimezone(UTC).replace(tzinfo=None)


def aware(naive: datetime) -> datetime:
    """A time of the lake (naive UTC) with its zone said."""
    return naive.replace(tzinfo=UTC)


def civil_date(at: datetime, zone_name: str) -> date:
    """The date on the shop's wall at that instant.

    >>> civil_date(datetime(2026, 1, 1, 23, 30, tzinfo=UTC), "Europe/Paris")
    datetime.date(2026, 1, 2)
    """
    return at.astimezone(zone(zone_name)).date()


def start_of(day: date, zone_name: str) -> datetime:
    """The first instant of a civil date in the shop's zone, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone(zone_name)).astimezone(UTC)
