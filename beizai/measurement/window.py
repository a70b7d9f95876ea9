"""The window of a campaign: the days fixed beforehand in which purchases count."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from beizai.base.clock import civil_date
from beizai.campaigns.models import Campaign


@dataclass(frozen=True)
class Window:
    """Days from `start_on` up to the day before `end_on`, seen up to the day before `until_on`."""

    start_on: date
    end_on: date  # the planned end: from this day on a verdict may be given
    until_on: date
    ended: bool

    @property
    def days(self) -> int:
        return (self.end_on - self.start_on).days

    @property
    def days_seen(self) -> int:
        return (self.until_on - self.start_on).days


def window_of(campaign: Campaign, *, as_of: datetime, timezone: str) -> Window | None:
    """The window as far as it is seen at `as_of`; None before sending has begun."""
    if campaign.started_at is None or campaign.window_ends_on is None or campaign.started_at > as_of:
        return None
    start_on, today = civil_date(campaign.started_at, timezone), civil_date(as_of, timezone)
    until_on = min(today + timedelta(days=1), campaign.window_ends_on)
    return Window(start_on, campaign.window_ends_on, until_on, ended=today >= campaign.window_ends_on)
