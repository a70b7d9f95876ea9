"""The day a question is asked for."""

from datetime import date, datetime, timedelta

from beizai.base.errors import Invalid


def as_of_or_now(text: str) -> datetime:
    """The last instant of this civil day in the shop's zone, or the home's now where no day is given."""
    from beizai.base.clock import start_of
    from beizai.staff.shop import now, shop

    if not text:
        return now()
    try:
        return start_of(civil(text) + timedelta(days=1), shop().timezone) - timedelta(microseconds=1)
    except OverflowError:
        raise Invalid("“{text}” is not a date.", hint="Write it as 2026-12-31.", text=text) from None


def civil(text: str) -> date:
    """The civil day somebody typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("“{text}” is not a date.", hint="Write it as 2026-12-31.", text=text) from None
