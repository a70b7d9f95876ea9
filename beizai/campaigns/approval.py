"""Approval: the mail is checked, everybody judged, the lot drawn once and stored. Nothing of it changes afterwards."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction

from beizai.base.errors import Forbidden, Invalid
from beizai.base.progress import Progress, silent
from beizai.campaigns import mail
from beizai.campaigns.models import STATES_SAID, Campaign, CampaignLink, CampaignState
from beizai.campaigns.outlook import Audience, Past, as_fields, audience, expect, past, share_of
from beizai.campaigns.plan import campaign as campaign_of
from beizai.experiments.draw import OUTSIDE, Draw, draw
from beizai.experiments.outlook import Outlook
from beizai.messages.models import Group, Message, State
from beizai.segments import membership
from beizai.staff import audit
from beizai.staff.models import Shop, User
from beizai.value.contribution import current_margins

_ROWS_AT_ONCE = 500  # about 20 ms of a lock; others get their turn in between


@dataclass(frozen=True)
class Preview:
    """What approval would do now: who is eligible, who not, what the outlook is."""

    audience: Audience
    outlook: Outlook
    share: float


def preview(campaign_id: int, shop: Shop, *, at: datetime) -> Preview:
    """Looks, and changes nothing."""
    campaign = campaign_of(campaign_id)
    who = audience(campaign, shop, at=at)
    spent = past(
        who.eligible, shop=shop, margins=current_margins(shop), window_days=campaign.window_days, at=at
    )
    return Preview(who, expect(campaign, who.eligible, spent), share_of(campaign, who.eligible.size))


def approve(
    campaign_id: int, shop: Shop, *, at: datetime, by: User | None, progress: Progress = silent
) -> Campaign:
    """Fixes the campaign: mail, margins, cost, window, and for everyone in the segment a row of the ledger.

    Cut off half-way (state "approving") it is begun anew by the next call; nothing has been sent by then.
    Errors: Forbidden when it is approved already, Invalid when the mail or the sender cannot be used, or nobody
    may be written to.
    """
    campaign = campaign_of(campaign_id)
    check_sender(shop)
    compiled = mail.ready(campaign, shop)
    _claim(campaign, at=at, by=by)
    _clear(campaign.pk)
    progress(0, 0, "judging who may be written to")
    who = audience(campaign, shop, at=at)
    if not who.eligible.size:
        Campaign.objects.filter(pk=campaign.pk).update(
            state=CampaignState.DRAFT, approved_at=None, approved_by=None
        )
        raise Invalid(
            "Nobody in the segment of “{name}” may be written to.",
            hint="See the reasons in the preview: most need a permission or an address.",
            name=campaign.name,
        )
    margins = current_margins(shop)
    spent = past(who.eligible, shop=shop, margins=margins, window_days=campaign.window_days, at=at)
    share = share_of(campaign, who.eligible.size)
    lot = draw(who.eligible, np.rint(spent.history), campaign_id=campaign.pk, share=share, spared=who.spared)
    _write_ledger(campaign, who, lot, at=at, progress=progress)
    with transaction.atomic():
        CampaignLink.objects.bulk_create(
            CampaignLink(campaign=campaign, number=link.number, url=link.url, label=link.label[:200])
            for link in compiled.links
        )
        _fix(
            campaign,
            spent,
            margins=margins.as_fields(),
            share=share,
            found=expect(campaign, who.eligible, spent),
        )
        audit.record("campaign.approved", at=at, user=by, campaign_id=campaign.pk, people=len(who.verdicts))
    return campaign_of(campaign.pk)


def check_sender(shop: Shop) -> None:
    """Refuses to approve what could never be sent."""
    if not shop.sender_address:
        raise Invalid(
            "The shop has no sender's address.",
            hint="Set one: settings → sender, or 'beizai settings set sender_address=…'.",
        )
    if not shop.smtp_host:
        raise Invalid(
            "The shop has no mail server to send by.",
            hint="Set one: settings → sender, or 'beizai settings set smtp_host=…'.",
        )


def _claim(campaign: Campaign, *, at: datetime, by: User | None) -> None:
    segment = membership.segment(campaign.segment_id or 0)
    claimed = Campaign.objects.filter(
        pk=campaign.pk, state__in=(CampaignState.DRAFT, CampaignState.APPROVING)
    ).update(
        state=CampaignState.APPROVING, approved_at=at, approved_by=by, segment_version=segment.current_version
    )
    if not claimed:
        raise Forbidden(
            "“{name}” is {state} already.",
            hint="Copy it to send something else.",
            name=campaign.name,
            state=STATES_SAID[campaign.state],
        )
    campaign.refresh_from_db()


def _clear(campaign_id: int) -> None:
    """Takes out what a cut-off approval left behind."""
    CampaignLink.objects.filter(campaign_id=campaign_id).delete()
    rows = Message.objects.filter(campaign_id=campaign_id)
    while ids := list(rows.values_list("pk", flat=True)[:_ROWS_AT_ONCE]):
        Message.objects.filter(pk__in=ids).delete()


def _write_ledger(campaign: Campaign, who: Audience, lot: Draw, *, at: datetime, progress: Progress) -> None:
    total, done = len(who.verdicts), 0
    for rows in _slices(_rows(campaign, who, lot, at), _ROWS_AT_ONCE):
        began = time.monotonic()
        Message.objects.bulk_create(rows)
        done += len(rows)
        progress(done, total, "writing the ledger")
        time.sleep(min(0.05, time.monotonic() - began))  # as long a pause as the lock was held


def _rows(campaign: Campaign, who: Audience, lot: Draw, at: datetime) -> Iterator[Message]:
    place = {int(i): n for n, i in enumerate(lot.customer_ids.tolist())}
    for customer_id in sorted(who.verdicts):
        verdict = who.verdicts[customer_id]
        row = Message(
            campaign_id=campaign.pk,
            customer_id=customer_id,
            channel=campaign.channel,
            address=verdict.address,
            consent_id=verdict.consent_id,
            changed_at=at,
        )
        if not verdict.eligible:
            row.state, row.reason = State.REFUSED, verdict.reason
            yield row
            continue
        n = place[customer_id]
        outside = lot.block[n] == OUTSIDE
        row.block = None if outside else int(lot.block[n])
        row.group = Group.OUTSIDE if outside else Group.HELD_OUT if lot.held_out[n] else Group.TREATED
        row.state = State.HELD_OUT if lot.held_out[n] else State.CHOSEN
        yield row


def _fix(
    campaign: Campaign, spent: Past, *, margins: dict[str, object], share: float, found: Outlook
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(
        state=CampaignState.APPROVED,
        holdout_permille=round(share * 1000),
        margins=margins,
        past_from_on=spent.from_on,
        outlook=as_fields(found),
    )


def _slices(rows: Iterator[Message], size: int) -> Iterator[list[Message]]:
    batch: list[Message] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
