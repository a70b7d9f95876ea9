"""Finished campaigns: which are to be settled, which have been read, and what the year brought."""

from dataclasses import dataclass
from datetime import date, datetime

from beizai.base.clock import civil_date
from beizai.campaigns.models import Campaign
from beizai.experiments.profit import Profit, judge
from beizai.measurement.keeping import evidence_of
from beizai.measurement.models import Result
from beizai.measurement.report import report
from beizai.staff.shop import shop


def settle_due(as_of: datetime) -> list[int]:
    """Makes the report of every campaign whose window has ended and that is not kept yet; returns which."""
    today = civil_date(as_of, shop().timezone)
    ended = Campaign.objects.filter(started_at__lte=as_of, window_ends_on__lte=today)
    due = ended.exclude(pk__in=Result.objects.values("campaign_id")).order_by("pk")
    found = list(due.values_list("pk", flat=True))
    for campaign_id in found:
        report(campaign_id, as_of)
    return found


def mark_read(campaign_id: int, at: datetime) -> None:
    """Somebody has looked at the finished report."""
    Result.objects.filter(campaign_id=campaign_id, read_at=None).update(read_at=at)


@dataclass(frozen=True)
class Year:
    """What the campaigns whose windows ended in a year up to `as_of` earned together: a plain sum, never shrunk."""

    year: int
    profit: Profit
    campaign_ids: tuple[int, ...]
    running: int  # campaigns begun whose window has not ended: not in the sum


def earned_in_year(as_of: datetime) -> Year:
    """The civil year of `as_of`, from what is kept (`settle_due` first)."""
    today = civil_date(as_of, shop().timezone)
    ended = Result.objects.filter(ended_on__gte=date(today.year, 1, 1), ended_on__lte=today)
    kept = [row for row in ended.order_by("campaign_id") if row.families]  # else nothing can be said of it
    running = Campaign.objects.filter(started_at__lte=as_of, window_ends_on__gt=today).count()
    profit = judge([evidence_of(row) for row in kept])
    return Year(today.year, profit, tuple(row.campaign_id for row in kept), running)
