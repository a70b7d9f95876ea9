"""Step 3, who gets it: everyone in the segment, the share left alone, and a reason for each who is not written to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from beizai.campaigns import plan as plans
from beizai.campaigns.models import Campaign
from beizai.campaigns.outlook import Audience
from beizai.experiments.outlook import Outlook
from beizai.office import reasons
from beizai.office.campaigns import aiming, steps
from beizai.office.campaigns.drafting import PROPOSED, SHARES, plan_of
from beizai.office.frame import frame
from beizai.office.people import names
from beizai.office.permissions import needs, person
from beizai.staff.models import User
from beizai.staff.roles import May

_RANDOM = 5


@dataclass(frozen=True)
class Refused:
    """One reason and how many it keeps out."""

    code: str
    told: reasons.Told
    people: int


@dataclass(frozen=True)
class Somebody:
    """One of the segment, and what would happen to them."""

    customer_id: int
    name: str
    eligible: bool
    why: str


@dataclass(frozen=True)
class Part:
    """One of the three parts of the segment: how many, and its breadth in the picture."""

    css: str
    people: int
    grow: int


def refused(who: Audience) -> list[Refused]:
    """The reasons, the most frequent first."""
    return [Refused(code, reasons.refusal(code), people) for code, people in who.refused.most_common()]


def parts(treated: int, held_out: int, kept_out: int) -> list[Part]:
    """Those written to, left alone, refused; a part that is there is wide enough to be seen."""
    total = max(treated + held_out + kept_out, 1)
    return [
        Part(css, people, max(round(100 * people / total), 8))
        for css, people in (("send", treated), ("hold", held_out), ("ref", kept_out))
        if people
    ]


def at_random(user: User, who: Audience, *, turn: int) -> list[Somebody]:
    """Five of the segment, others at each turn; the same turn gives the same five."""
    chosen = _picked(sorted(who.verdicts), turn)
    called = names(user, chosen)
    return [
        Somebody(
            number,
            called[number],
            who.verdicts[number].eligible,
            reasons.refusal(who.verdicts[number].reason).name,
        )
        for number in chosen
    ]


def _picked(ids: list[int], turn: int) -> list[int]:
    if len(ids) <= _RANDOM:
        return ids
    step = max(len(ids) // _RANDOM, 1)
    return [ids[(turn * 7 + place * step) % len(ids)] for place in range(_RANDOM)]


@needs(May.EDIT_CAMPAIGNS)
def who(request: HttpRequest, number: int) -> HttpResponse:
    """The page; its counting comes in a box of its own where a script is there to ask for it."""
    campaign = plans.draft(number)
    if request.method == "POST":
        _keep_share(campaign, request)
        return redirect(f"{request.path}?full=1" if "full" in request.POST else request.path)
    context: dict[str, object] = {
        "campaign": campaign,
        "steps": steps.of(campaign, "who"),
        "safe": aiming.safe_words(),
    }
    if "full" in request.GET:
        context |= counted(person(request), campaign, turn=_turn(request)) | {"full": True}
    return render(request, "office/campaigns/who.html", context)


@require_safe
@needs(May.SEE_CAMPAIGNS)
def who_counted(request: HttpRequest, number: int) -> HttpResponse:
    """The counts, the choice of the share, the reasons."""
    campaign = plans.campaign(number)
    return render(
        request,
        "office/campaigns/who_counted.html",
        {"campaign": campaign, **counted(person(request), campaign, turn=_turn(request))},
    )


def counted(user: User, campaign: Campaign, *, turn: int) -> dict[str, object]:
    """Everything the step shows, counted now."""
    found = aiming.look(campaign, frame().shop, at=frame().now)
    seen = found.at(aiming.chosen_permille(campaign, found))
    kept_out = len(found.who.verdicts) - found.who.eligible.size
    return {
        **aiming.outlook_context(campaign, found),
        "steps": steps.of(campaign, "who"),
        "parts": parts(seen.treated, seen.held_out, kept_out),
        "kept_out": kept_out,
        "refused": refused(found.who),
        "people": at_random(user, found.who, turn=turn),
        "turn": turn + 1,
        "cost_minor": cost_minor(seen),
    }


def cost_minor(seen: Outlook) -> int:
    """What sending to them costs."""
    return round(seen.cost_minor)


def _keep_share(campaign: Campaign, request: HttpRequest) -> None:
    given = request.POST.get("share", "")
    if given != PROPOSED and given not in _values((*SHARES, campaign.holdout_permille)):
        return
    plan = plan_of(campaign)
    changed = replace(plan, holdout_permille=None if given == PROPOSED else int(given))
    plans.save(changed, now=frame().now, by=person(request), campaign_id=campaign.pk)


def _values(shares: Iterable[int]) -> set[str]:
    return {str(share) for share in shares}


def _turn(request: HttpRequest) -> int:
    text = request.GET.get("turn", "0")
    return int(text) if text.isdigit() and len(text) < 6 else 0
