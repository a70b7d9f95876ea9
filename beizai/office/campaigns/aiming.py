"""Step 1, to whom and why; and what with this book can be seen of the result, said before anything is sent."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from beizai.campaigns import plan as plans
from beizai.campaigns.models import Campaign
from beizai.campaigns.outlook import Audience, audience, past
from beizai.experiments.outlook import Outlook, outlook, proposed_share
from beizai.office.campaigns import steps
from beizai.office.campaigns.drafting import PROPOSED, SHARES, AimForm, plan_of
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.segments.models import Segment
from beizai.staff.models import Shop
from beizai.staff.roles import May
from beizai.value.contribution import current_margins


@dataclass(frozen=True)
class Share:
    """One choice of how many are left alone, and what could then be told."""

    value: str
    permille: int
    people: int
    head_minor: int | None
    chosen: bool
    proposed: bool = False


@dataclass(frozen=True)
class Look:
    """Who is in the segment now, and the outlook for each share that may be left alone."""

    who: Audience
    outlooks: dict[int, Outlook]
    proposed_permille: int

    def at(self, permille: int) -> Outlook:
        return self.outlooks[permille]


def look(campaign: Campaign, shop: Shop, *, at: datetime) -> Look:
    """Looks at the segment and its past once, for every share at hand."""
    who = audience(campaign, shop, at=at)
    spent = past(
        who.eligible, shop=shop, margins=current_margins(shop), window_days=campaign.window_days, at=at
    )
    proposed = round(proposed_share(who.eligible.size) * 1000)
    shares = {*SHARES, proposed, campaign.holdout_permille}
    found = {
        permille: outlook(
            spent.last,
            spent.before,
            share=permille / 1000,
            window_days=campaign.window_days,
            contact_cost_minor=float(campaign.contact_cost),
            fixed_cost_minor=float(campaign.fixed_cost_minor),
        )
        for permille in sorted(shares)
    }
    return Look(who, found, proposed)


def chosen_permille(campaign: Campaign, found: Look) -> int:
    """The share that would be left alone now."""
    return found.proposed_permille if campaign.share_proposed else campaign.holdout_permille


def choices(campaign: Campaign, found: Look) -> list[Share]:
    """The shares to choose from, the proposed one first."""
    own = PROPOSED if campaign.share_proposed else str(campaign.holdout_permille)
    kept = set() if campaign.share_proposed else {campaign.holdout_permille}
    listed = sorted((set(SHARES) - {0, found.proposed_permille}) | kept - {0})
    pairs = [(PROPOSED, found.proposed_permille), *((str(p), p) for p in listed), ("0", 0)]
    return [
        Share(
            value,
            permille,
            seen.held_out,
            _rounded(seen.detectable_head_minor),
            value == own,
            value == PROPOSED,
        )
        for value, permille in pairs
        for seen in [found.at(permille)]
    ]


def _rounded(minor: float | None) -> int | None:
    return None if minor is None else round(minor)


@needs(May.EDIT_CAMPAIGNS)
def new(request: HttpRequest) -> HttpResponse:
    """A new campaign begins: its first step kept is its draft."""
    if not Segment.objects.exists():
        return render(request, "office/campaigns/no_segment.html")
    form = AimForm(request.POST or None, initial={"segment": request.GET.get("segment", "")})
    if request.method == "POST" and form.is_valid():
        campaign = plans.save(form.plan(None), now=frame().now, by=person(request))
        return redirect("campaign_aim" if "look" in request.POST else "campaign_words", campaign.pk)
    return render(request, "office/campaigns/aim.html", {"form": form, "steps": steps.of(None, "aim")})


@needs(May.EDIT_CAMPAIGNS)
def aim(request: HttpRequest, number: int) -> HttpResponse:
    """Step 1 of a draft."""
    campaign = plans.draft(number)
    before = plan_of(campaign)
    form = AimForm(request.POST or None, initial=AimForm.initial_of(before))
    if request.method == "POST" and form.is_valid():
        plans.save(form.plan(before), now=frame().now, by=person(request), campaign_id=number)
        return redirect("campaign_aim" if "look" in request.POST else "campaign_words", number)
    found = look(campaign, frame().shop, at=frame().now) if "full" in request.GET else None
    context = {"form": form, "campaign": campaign, "steps": steps.of(campaign, "aim"), "full": bool(found)}
    return render(
        request, "office/campaigns/aim.html", context | (outlook_context(campaign, found) if found else {})
    )


@require_safe
@needs(May.SEE_CAMPAIGNS)
def aim_outlook(request: HttpRequest, number: int) -> HttpResponse:
    """The outlook, for the box that is filled after the page stands."""
    campaign = plans.campaign(number)
    found = look(campaign, frame().shop, at=frame().now)
    return render(
        request, "office/campaigns/outlook.html", {"campaign": campaign, **outlook_context(campaign, found)}
    )


def outlook_context(campaign: Campaign, found: Look) -> dict[str, object]:
    """What the outlook shows."""
    seen = found.at(chosen_permille(campaign, found))
    return {
        "who": found.who,
        "seen": seen,
        "shares": choices(campaign, found),
        "segment_size": len(found.who.verdicts),
        "detectable_minor": _rounded(seen.detectable_minor),
        "more": seen.detectable_lift,
        "usual_minor": round(seen.usual_minor),
        "aim_url": reverse("campaign_aim", args=[campaign.pk]),
        "eligible": found.who.eligible.size,
    }


def safe_words() -> str:
    """What a wizard's bar says is safe."""
    return _("The draft is kept at every step. Nothing is sent before it is approved.")
