"""What to do this week: by rules for now, each with whom it is about, what it should bring, and how we shall know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any

from django.db.models import Exists, OuterRef, Q

from beizai.base.clock import civil_date
from beizai.campaigns.models import Campaign
from beizai.consent.models import ConsentEntry, Purpose
from beizai.customers import belonging
from beizai.customers.models import ContactPoint, Standing
from beizai.experiments.draw import held_out_count
from beizai.experiments.outlook import proposed_share
from beizai.experiments.profit import judge
from beizai.imports.models import Import
from beizai.measurement.figures import reachable
from beizai.measurement.keeping import evidence_of
from beizai.measurement.models import Result
from beizai.segments.models import SegmentVersion
from beizai.staff.shop import shop

SILENT_GAPS = 2
BOUGHT_WITHIN_DAYS = 365
ASK_WITHIN_DAYS = 60
ASIDE_WITHIN_DAYS = 30
CHANNEL = "email"

SILENT_RULE: Mapping[str, Any] = {
    "all": [
        {"silence": {"op": "at_least", "gaps": SILENT_GAPS}},
        {"recency": {"op": "at_most", "days": BOUGHT_WITHIN_DAYS}},
    ]
}
"""Regulars gone quiet, as a segment: silent for twice their own usual gap, but customers within the year."""


class Code(StrEnum):
    """What is worth doing; the faces put words to it."""

    READ_REPORTS = "read_reports"
    WRITE_TO_SILENT = "write_to_silent"
    ASK_PERMISSION = "ask_permission"
    LOOK_AT_KEPT_ASIDE = "look_at_kept_aside"


@dataclass(frozen=True)
class Expected:
    """What it should bring if it goes as `campaign_id`, the latest of its kind, did: a projection, minor units.

    None: no limit can be given on that side.
    """

    estimate_minor: float
    low_minor: float | None
    high_minor: float | None
    campaign_id: int


@dataclass(frozen=True)
class Advice:
    """One thing to do. `expected` None: what it brings cannot be told yet.

    `count` is people, rows or reports, by the code; `refers_to` numbers of imports or campaigns; `rule` the segment
    it is about, where there is one.
    """

    code: Code
    count: int
    numbers: Mapping[str, float] = field(default_factory=dict)
    expected: Expected | None = None
    refers_to: tuple[int, ...] = ()
    rule: Mapping[str, Any] | None = None


def advice(as_of: datetime) -> tuple[Advice, ...]:
    """What is worth doing, the most useful first; what nobody needs to do is left out."""
    today = civil_date(as_of, shop().timezone)
    all_of_it = (_reports(), _silent(as_of, today), _permission(as_of, today), _aside(as_of))
    return tuple(one for one in all_of_it if one.count)


def _reports() -> Advice:
    unread = tuple(
        Result.objects.filter(read_at=None).order_by("-ended_on").values_list("campaign_id", flat=True)
    )
    return Advice(Code.READ_REPORTS, len(unread), refers_to=unread)


def _silent(as_of: datetime, today: date) -> Advice:
    """Written to can be only those who agreed; the rest are counted beside them."""
    known = Standing.objects.filter(
        usual_gap_days__isnull=False, last_order_on__gte=today - timedelta(days=BOUGHT_WITHIN_DAYS)
    )
    rows = known.values_list("customer_id", "last_order_on", "usual_gap_days").iterator(20_000)
    silent = {
        who: gap for who, last, gap in rows if last and gap and (today - last).days >= SILENT_GAPS * gap
    }
    if not silent:
        return Advice(Code.WRITE_TO_SILENT, 0)
    people = sum(1 for who in set(reachable(CHANNEL, as_of)) if who in silent)
    share = proposed_share(people)
    held_out = held_out_count(people, share)
    numbers = {
        "silent": len(silent),
        "usual_gap_days": median(silent.values()),
        "gaps": SILENT_GAPS,
        "held_out": held_out,
        "share": share,
    }
    expected = _as_last_time(people - held_out)
    return Advice(Code.WRITE_TO_SILENT, people, numbers, expected, rule=SILENT_RULE)


def _as_last_time(people: int) -> Expected | None:
    """What the latest finished campaign to silent customers earned a head, times so many."""
    for result in Result.objects.exclude(families=b"").order_by("-ended_on", "-campaign_id")[:50]:
        campaign = Campaign.objects.filter(pk=result.campaign_id).first()
        found = judge([evidence_of(result)])
        if campaign is None or found.estimate_minor is None or not _was_for_silent(campaign):
            continue
        each = people / found.treated
        low, high = (None if end is None else end * each for end in (found.low_minor, found.high_minor))
        return Expected(found.estimate_minor * each, low, high, campaign.pk)
    return None


def _was_for_silent(campaign: Campaign) -> bool:
    if campaign.segment_id is None or campaign.segment_version is None:
        return False
    versions = SegmentVersion.objects.filter(segment_id=campaign.segment_id, number=campaign.segment_version)
    return any(_asks_silence(version.rule) for version in versions)


def _asks_silence(rule: Any) -> bool:
    if isinstance(rule, dict):
        return "silence" in rule or any(_asks_silence(part) for part in rule.values())
    return isinstance(rule, list) and any(_asks_silence(part) for part in rule)


def _permission(as_of: datetime, today: date) -> Advice:
    """Who bought lately and left an address, but was never asked."""
    this_customer = OuterRef("customer_id")
    addresses = ContactPoint.objects.filter(channel=CHANNEL, ended_at=None)
    decisions = ConsentEntry.objects.filter(
        Q(channel=CHANNEL) | Q(channel=""), purpose=Purpose.MARKETING, at__lte=as_of
    )
    lately = Standing.objects.filter(
        last_order_on__gte=today - timedelta(days=ASK_WITHIN_DAYS), last_order_on__lte=today
    )
    has_address, has_decided = (
        Q(Exists(rows.filter(customer_id=this_customer)))
        | belonging.of_joined(rows.values_list("customer_id", flat=True), "customer_id")
        for rows in (addresses, decisions)
    )
    people = lately.filter(has_address & ~has_decided).count()
    return Advice(Code.ASK_PERMISSION, people, {"within_days": ASK_WITHIN_DAYS})


def _aside(as_of: datetime) -> Advice:
    """Rows of the last weeks' files that could not be read."""
    since = as_of - timedelta(days=ASIDE_WITHIN_DAYS)
    files = Import.objects.filter(state=Import.State.IN_BOOK, rejected__gt=0, started_at__gt=since)
    found = list(files.order_by("-started_at").values_list("pk", "rejected"))
    return Advice(
        Code.LOOK_AT_KEPT_ASIDE,
        sum(rejected for _, rejected in found),
        {"files": len(found)},
        refers_to=tuple(pk for pk, _ in found),
    )
