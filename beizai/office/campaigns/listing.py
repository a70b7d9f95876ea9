"""All campaigns: drafts that wait for you, what is sending, what is being watched, what is over."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from beizai.campaigns import mail as mails
from beizai.campaigns.models import Campaign, CampaignState
from beizai.messages.models import Message, State
from beizai.office import reasons
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import tally
from beizai.office.tabs import tabs
from beizai.segments.models import Segment
from beizai.staff.roles import May

_PAGE = 50


@dataclass(frozen=True)
class Line:
    """One campaign in the list."""

    campaign: Campaign
    subject: str
    state: reasons.Told
    segment: str
    written: int
    held_out: int
    watched: bool


@require_safe
@needs(May.SEE_CAMPAIGNS)
def campaigns(request: HttpRequest) -> HttpResponse:
    """The list, newest first, a page of 50 by key."""
    before = request.GET.get("before", "")
    found = Campaign.objects.filter(pk__lt=int(before)) if before.isdigit() else Campaign.objects.all()
    page = list(found.order_by("-pk")[: _PAGE + 1])
    return render(
        request,
        "office/campaigns/list.html",
        {
            "lines": lines(page[:_PAGE]),
            "older": page[_PAGE - 1].pk if len(page) > _PAGE else None,
            "newest_first": not before,
            "segment": Segment.objects.order_by("-pk").first(),
            "tabs": tabs(person(request), "campaigns", "campaigns"),
        },
    )


def lines(found: list[Campaign]) -> list[Line]:
    """Campaigns with their counts from the ledger."""
    numbers = [campaign.pk for campaign in found]
    rows = Message.objects.filter(campaign_id__in=numbers).values("campaign_id").order_by()
    counted = rows.annotate(
        written=Count("id", filter=Q(sent_at__isnull=False)),
        alone=Count("id", filter=Q(state=State.HELD_OUT)),
    )
    counts = {row["campaign_id"]: (row["written"], row["alone"]) for row in counted}
    segments = dict(Segment.objects.filter(pk__in={c.segment_id for c in found}).values_list("pk", "name"))
    today = frame().today
    return [
        Line(
            campaign,
            mails.subject_seen(campaign, frame().shop),
            reasons.campaign_state(campaign.state),
            segments.get(campaign.segment_id or 0, ""),
            counts.get(campaign.pk, (0, 0))[0],
            counts.get(campaign.pk, (0, 0))[1],
            bool(campaign.window_ends_on and campaign.window_ends_on >= today),
        )
        for campaign in found
    ]


@tally("campaigns")
def waiting() -> int:
    """Campaigns that wait for a person: approved and not begun, or paused."""
    return Campaign.objects.filter(state__in=(CampaignState.APPROVED, CampaignState.PAUSED)).count()
