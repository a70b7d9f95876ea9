"""Finished campaigns: what each earned is kept, and the year is the sum of them."""

from dataclasses import dataclass
from datetime import date, datetime

from beizai.base.clock import civil_date
from beizai.campaigns.models import Campaign
from beizai.experiments.evidence import Evidence, families_unpacked
from beizai.experiments.profit import Profit, judge
from beizai.measurement.models import Result
from beizai.measurement.report import Report, measure, the_campaign
from beizai.staff.models import Shop
from beizai.staff.shop import shop


def settle(campaign_id: int, as_of: datetime) -> Report:
    """The report, and from the planned end on its evidence kept for the year. Doing it again replaces what was kept."""
    campaign, the_shop = the_campaign(campaign_id), shop()
    made, found = measure(campaign, the_shop, as_of=as_of)
    if found is not None and made.window is not None:
        _keep(campaign_id, made.window.end_on, found, made.profit, as_of)
    return made


def settle_due(as_of: datetime) -> list[int]:
    """Settles every campaign whose window has ended and that is not kept yet; returns which. For the worker, daily."""
    due = [campaign_id for campaign_id in _ended(shop(), as_of) if not _kept(campaign_id, as_of)]
    for campaign_id in due:
        settle(campaign_id, as_of)
    return due


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
    the_shop = shop()
    today = civil_date(as_of, the_shop.timezone)
    rows = Result.objects.filter(ended_on__gte=date(today.year, 1, 1), ended_on__lte=today).order_by(
        "campaign_id"
    )
    running = Campaign.objects.filter(started_at__lte=as_of, window_ends_on__gt=today).count()
    kept = [
        row for row in rows if row.families
    ]  # without draws to make again nothing can be said of a campaign
    return Year(
        today.year, judge([_evidence(row) for row in kept]), tuple(row.campaign_id for row in kept), running
    )


def _ended(the_shop: Shop, as_of: datetime) -> list[int]:
    today = civil_date(as_of, the_shop.timezone)
    ended = Campaign.objects.filter(started_at__lte=as_of, window_ends_on__lte=today)
    return list(ended.order_by("pk").values_list("pk", flat=True))


def _kept(campaign_id: int, as_of: datetime) -> bool:
    return Result.objects.filter(campaign_id=campaign_id, as_of__lte=as_of).exists()


def _keep(campaign_id: int, ended_on: date, found: Evidence, profit: Profit, as_of: datetime) -> None:
    if Result.objects.filter(campaign_id=campaign_id, as_of__gt=as_of).exists():
        return  # what is kept knows more: this was a look into the past
    Result.objects.update_or_create(
        campaign_id=campaign_id,
        defaults={
            "as_of": as_of,
            "ended_on": ended_on,
            "treated": found.treated,
            "held_out": found.held_out,
            "buyers_treated": found.buyers_treated,
            "buyers_held_out": found.buyers_held_out,
            "cost_minor": found.cost_minor,
            "mean_treated_minor": found.mean_treated_minor,
            "effect_minor": found.effect_minor,
            "families": found.families_packed(),
            "verdict": profit.verdict.value,
        },
    )


def _evidence(row: Result) -> Evidence:
    shift, proportion = families_unpacked(bytes(row.families))
    return Evidence(
        treated=row.treated,
        held_out=row.held_out,
        buyers_treated=row.buyers_treated,
        buyers_held_out=row.buyers_held_out,
        cost_minor=row.cost_minor,
        mean_treated_minor=row.mean_treated_minor,
        effect_minor=row.effect_minor,
        shift=shift,
        proportion=proportion,
    )
