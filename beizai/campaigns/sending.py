"""Sending a campaign: begun, paused, gone on with, seen while it runs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from beizai.base.clock import civil_date
from beizai.base.errors import Forbidden, Invalid
from beizai.campaigns.models import STATES_SAID, Campaign, CampaignState
from beizai.campaigns.plan import campaign as campaign_of
from beizai.messages.models import Message, State
from beizai.staff import audit
from beizai.staff.models import Shop, User

_LEFT = (State.CHOSEN, State.LEASED, State.RETRY)


@dataclass(frozen=True)
class SendingProgress:
    """How far the sending is. `left` are still to be written to; `in_doubt` never are again by themselves."""

    state: str
    pause_reason: str
    pause_detail: str
    sent: int
    left: int
    bounced: int
    in_doubt: int
    refused: int
    held_out: int


def start(campaign_id: int, shop: Shop, *, at: datetime, by: User | None) -> Campaign:
    """Lets the workers send what was approved; from this day the window counts. Saying it twice changes nothing."""
    with transaction.atomic():
        campaign = campaign_of(campaign_id)
        if campaign.state in (CampaignState.SENDING, CampaignState.SENT):
            return campaign
        if campaign.state == CampaignState.PAUSED:
            return resume(campaign_id, at=at, by=by)
        if campaign.state != CampaignState.APPROVED:
            raise Forbidden(
                "“{name}” is {state}.",
                hint="Approve it first.",
                name=campaign.name,
                state=STATES_SAID[campaign.state],
            )
        if shop.sending_paused:
            raise Invalid(
                "Sending is paused for the whole home.",
                hint="A restored home starts so. Look at what is planned, then 'beizai settings set sending_paused=false'.",
            )
        campaign.state, campaign.started_at = CampaignState.SENDING, at
        campaign.window_ends_on = civil_date(at, shop.timezone) + timedelta(days=campaign.window_days)
        campaign.save(update_fields=["state", "started_at", "window_ends_on"])
        audit.record("campaign.started", at=at, user=by, campaign_id=campaign.pk)
    return campaign


def pause(campaign_id: int, *, at: datetime, by: User | None, reason: str = "", detail: str = "") -> Campaign:
    """Stops after the mails under way; `reason` is a code where the program paused it, empty where a person did."""
    changed = Campaign.objects.filter(pk=campaign_id, state=CampaignState.SENDING).update(
        state=CampaignState.PAUSED, pause_reason=reason, pause_detail=detail[:2000]
    )
    campaign = campaign_of(campaign_id)
    if changed:
        audit.record("campaign.paused", at=at, user=by, campaign_id=campaign_id, reason=reason)
    elif campaign.state != CampaignState.PAUSED:
        raise Forbidden(
            "“{name}” is {state}.",
            hint="Only a campaign that is sending can be paused.",
            name=campaign.name,
            state=STATES_SAID[campaign.state],
        )
    return campaign


def resume(campaign_id: int, *, at: datetime, by: User | None) -> Campaign:
    """Goes on where it stopped: nobody is written to twice."""
    changed = Campaign.objects.filter(pk=campaign_id, state=CampaignState.PAUSED).update(
        state=CampaignState.SENDING, pause_reason="", pause_detail=""
    )
    campaign = campaign_of(campaign_id)
    if changed:
        audit.record("campaign.resumed", at=at, user=by, campaign_id=campaign_id)
    elif campaign.state not in (CampaignState.SENDING, CampaignState.SENT):
        raise Forbidden(
            "“{name}” is {state}.",
            hint="Only a paused campaign can be resumed.",
            name=campaign.name,
            state=STATES_SAID[campaign.state],
        )
    return campaign


def finish_if_done(campaign_id: int, *, at: datetime) -> bool:
    """Marks the campaign sent once nobody is left to write to."""
    if Message.objects.filter(campaign_id=campaign_id, state__in=_LEFT).exists():
        return False
    return bool(
        Campaign.objects.filter(pk=campaign_id, state=CampaignState.SENDING).update(
            state=CampaignState.SENT, finished_at=at
        )
    )


def progress(campaign_id: int) -> SendingProgress:
    """How far it is, counted from the ledger."""
    campaign = campaign_of(campaign_id)
    rows = Message.objects.filter(campaign_id=campaign_id).values_list("state").annotate(Count("id"))
    counts = dict(rows)
    return SendingProgress(
        state=STATES_SAID[campaign.state],
        pause_reason=campaign.pause_reason,
        pause_detail=campaign.pause_detail,
        sent=counts.get(State.SENT, 0) + counts.get(State.COMPLAINED, 0),
        left=sum(counts.get(state, 0) for state in _LEFT),
        bounced=counts.get(State.BOUNCED, 0),
        in_doubt=counts.get(State.IN_DOUBT, 0),
        refused=counts.get(State.REFUSED, 0),
        held_out=counts.get(State.HELD_OUT, 0),
    )
