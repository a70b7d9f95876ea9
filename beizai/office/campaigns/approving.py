"""The last steps: a test mail to yourself, approval, and the sending with its progress, pause and going on."""

from dataclasses import replace

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from beizai.base.errors import BeizaiError
from beizai.campaigns import approval, sending, stopping
from beizai.campaigns import mail as mails
from beizai.campaigns import plan as plans
from beizai.campaigns.models import Campaign, CampaignState
from beizai.office import reasons, refusals, waiting, wording
from beizai.office.campaigns import aiming, choosing, steps
from beizai.office.campaigns.drafting import checklist, plan_of
from beizai.office.campaigns.words import checked, somebody
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies
from beizai.office.sources import words as source_words
from beizai.staff.roles import May
from beizai.worker import asked
from beizai.worker.sending import mail_for, send_test


class TryForm(forms.Form):
    """Where a test mail goes."""

    address = forms.EmailField(label=gettext_lazy("Send a test to"))


@needs(May.EDIT_CAMPAIGNS)
def trial(request: HttpRequest, number: int) -> HttpResponse:
    """Step 4: one mail to yourself, as one of the customers would get it."""
    campaign = plans.draft(number)
    form = TryForm(request.POST or None, initial={"address": person(request).email})
    if request.method == "POST" and form.is_valid() and _sent_test(request, campaign, form):
        return redirect("campaign_try", number)
    return render(
        request,
        "office/campaigns/try.html",
        {
            "form": form,
            "campaign": campaign,
            "checked": checked(campaign),
            "steps": steps.of(campaign, "try"),
            "somebody": somebody(person(request), campaign),
            "safe": aiming.safe_words(),
        },
    )


def _sent_test(request: HttpRequest, campaign: Campaign, form: TryForm) -> bool:
    """Hands the test mail over; what the server says against it stands on the form."""
    given, address = request.POST.get("for", ""), form.cleaned_data["address"]
    try:
        mail = mail_for(campaign, frame().shop, int(given) if given.isdigit() else 0, to=address)
        send_test(mail, frame().shop)
    except BeizaiError as error:
        form.add_error("address", refusals.in_words(error))
        return False
    messages.success(request, _("The mail server took the test mail to %(address)s.") % {"address": address})
    return True


@needs(May.EDIT_CAMPAIGNS)
def approve(request: HttpRequest, number: int) -> HttpResponse:
    """Step 5: everything once more in words, and the button that fixes it."""
    campaign = plans.draft(number)
    context: dict[str, object] = {
        "campaign": campaign,
        "checked": checked(campaign),
        "steps": steps.of(campaign, "approve"),
        "unanswered": [checklist()[item][0] for item in mails.unanswered(campaign)],
        "safe": _(
            "Approval fixes mail, groups, window and margins. Sending begins with the next click, not with this one."
        ),
    }
    if "full" in request.GET:
        context |= choosing.counted(person(request), campaign, turn=0) | {
            "full": True,
            "steps": steps.of(campaign, "approve"),
        }
    return render(request, "office/campaigns/approve.html", context)


@require_safe
@needs(May.EDIT_CAMPAIGNS)
def approve_counted(request: HttpRequest, number: int) -> HttpResponse:
    """What approval would fix, counted now."""
    campaign = plans.draft(number)
    counted = choosing.counted(person(request), campaign, turn=0)
    return render(request, "office/campaigns/approve_counted.html", {"campaign": campaign, **counted})


@require_POST
@needs(May.APPROVE_CAMPAIGNS)
def approve_now(request: HttpRequest, number: int) -> HttpResponse:
    """Has a worker fix the campaign: the ledger is written, the lot drawn once and for all."""
    found = plans.draft(number)
    approval.check_sender(frame().shop)
    mails.ready(found, frame().shop)
    forget_tallies()
    return waiting.ask(asked.APPROVE, {"campaign_id": number, "user_id": person(request).pk}, key=str(number))


@require_POST
@needs(May.APPROVE_CAMPAIGNS)
def send(request: HttpRequest, number: int) -> HttpResponse:
    """Lets the workers send."""
    sending.start(number, frame().shop, at=frame().now, by=person(request))
    forget_tallies()
    return redirect("campaign", number)


@require_POST
@needs(May.APPROVE_CAMPAIGNS)
def pause(request: HttpRequest, number: int) -> HttpResponse:
    """Stops after the mails under way."""
    sending.pause(number, at=frame().now, by=person(request))
    return redirect("campaign", number)


@require_POST
@needs(May.APPROVE_CAMPAIGNS)
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """Goes on where it stopped."""
    sending.resume(number, at=frame().now, by=person(request))
    return redirect("campaign", number)


@require_POST
@needs(May.EDIT_CAMPAIGNS)
def copy(request: HttpRequest, number: int) -> HttpResponse:
    """The same plan as a new draft."""
    campaign = plans.campaign(number)
    name = _("%(name)s, again") % {"name": campaign.name}
    plan = replace(plan_of(campaign), name=name[:200], holdout_permille=None)
    fresh = plans.save(plan, now=frame().now, by=person(request))
    return redirect("campaign_aim", fresh.pk)


@require_safe
@needs(May.SEE_CAMPAIGNS)
def campaign(request: HttpRequest, number: int) -> HttpResponse:
    """A campaign: a draft leads to its first open step; what is approved shows where it stands."""
    found = plans.campaign(number)
    if found.state == CampaignState.DRAFT:
        return redirect("campaign_aim" if not found.subject else "campaign_words", number)
    return render(request, "office/campaigns/campaign.html", progress_context(found))


@require_safe
@needs(May.SEE_CAMPAIGNS)
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """How far the sending is, for the box that asks every two seconds."""
    found = plans.campaign(number)
    response = render(request, "office/campaigns/progress.html", progress_context(found))
    if found.state not in (CampaignState.SENDING, CampaignState.APPROVING):
        response.headers["X-Done"] = "1"
    return response


def progress_context(found: Campaign) -> dict[str, object]:
    """What the sending page shows."""
    seen = sending.progress(found.pk)
    done = seen.sent + seen.bounced + seen.in_doubt
    total = done + seen.left
    return {
        "campaign": found,
        "subject": mails.subject_seen(found, frame().shop),
        "state": reasons.campaign_state(found.state),
        "seen": seen,
        "done": done,
        "total": total,
        "share": done / total if total else 1.0,
        "paused_why": reasons.pause(seen.pause_reason),
        "running": found.state == CampaignState.SENDING,
        "stops": [(one, source_words.stop(one.stop)) for one in stopping.of_campaign(found)],
        "parts": choosing.parts(total, seen.held_out, seen.refused),
        "everyone": total + seen.held_out + seen.refused,
        "send_words": _("Send to %(n)s") % {"n": wording.number(total)},
    }
