"""The message ledger: one row for everyone a campaign thought of, with what became of it and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from beizai.base.errors import NotFound
from beizai.campaigns import mail as mails
from beizai.campaigns import plan as plans
from beizai.campaigns.models import Campaign
from beizai.consent.models import ConsentEntry
from beizai.customers import belonging
from beizai.messages.models import Message, State
from beizai.office import mailview, reasons, wording
from beizai.office.campaigns.words import seen_by
from beizai.office.frame import frame
from beizai.office.people import names
from beizai.office.permissions import needs, person
from beizai.office.tabs import tabs
from beizai.staff.models import User
from beizai.staff.roles import May, may

_PAGE = 50


@dataclass(frozen=True)
class Row:
    """One line of the ledger."""

    message: Message
    name: str
    campaign: str
    state: reasons.Told
    why: reasons.Told


@dataclass(frozen=True)
class Choice:
    """One filter: its value, its words, how many rows it leaves."""

    value: str
    words: str
    count: int
    chosen: bool


@require_safe
@needs(May.SEE_CAMPAIGNS)
def ledger(request: HttpRequest) -> HttpResponse:
    """The ledger of all campaigns or of one, narrowed by state and reason; a page of 50 by key."""
    campaign = (
        plans.campaign(int(request.GET["campaign"])) if request.GET.get("campaign", "").isdigit() else None
    )
    rows = _filtered(request, campaign)
    total = rows.count()
    before = request.GET.get("before", "")
    page = list((rows.filter(pk__lt=int(before)) if before.isdigit() else rows).order_by("-pk")[: _PAGE + 1])
    return render(
        request,
        "office/campaigns/ledger.html",
        {
            "rows": lines(person(request), page[:_PAGE]),
            "older": page[_PAGE - 1].pk if len(page) > _PAGE else None,
            "newest_first": not before,
            "campaign": campaign,
            "states": _states(request, campaign),
            "reasons": _reasons(request, campaign),
            "total": ngettext("%(n)s message", "%(n)s messages", total) % {"n": wording.number(total)},
            "tabs": tabs(person(request), "campaigns", "ledger"),
        },
    )


def _filtered(request: HttpRequest, campaign: Campaign | None) -> QuerySet[Message]:
    rows = Message.objects.all()
    if campaign:
        rows = rows.filter(campaign_id=campaign.pk)
    if state := request.GET.get("state", ""):
        rows = rows.filter(state=state)
    if reason := request.GET.get("reason", ""):
        rows = rows.filter(reason=reason)
    if customer := request.GET.get("customer", ""):
        numbers = belonging.ids_of(belonging.card_of(int(customer))) if customer.isdigit() else []
        rows = rows.filter(customer_id__in=numbers)
    return rows


def lines(user: User, messages: list[Message]) -> list[Row]:
    """Rows of the ledger in words."""
    called = names(user, {message.customer_id for message in messages})
    campaigns = dict(
        Campaign.objects.filter(pk__in={m.campaign_id for m in messages}).values_list("pk", "name")
    )
    return [
        Row(
            message,
            called[message.customer_id],
            campaigns.get(message.campaign_id, f"#{message.campaign_id}"),
            reasons.state(message.state),
            reasons.why(message.state, message.reason),
        )
        for message in messages
    ]


def _counts(campaign: Campaign | None, *fields: str) -> dict[tuple[str, ...], int]:
    rows = Message.objects.filter(campaign_id=campaign.pk) if campaign else Message.objects.all()
    found = rows.values_list(*fields).annotate(Count("id")).order_by()
    return {tuple(row[:-1]): row[-1] for row in found}


def _states(request: HttpRequest, campaign: Campaign | None) -> list[Choice]:
    counts = _counts(campaign, "state")
    chosen = request.GET.get("state", "")
    return [
        Choice(state, reasons.state(state).name, counts[state,], state == chosen)
        for state in State.values
        if (state,) in counts
    ]


def _reasons(request: HttpRequest, campaign: Campaign | None) -> list[Choice]:
    counts = _counts(campaign, "state", "reason")
    chosen = (request.GET.get("state", ""), request.GET.get("reason", ""))
    listed = [
        Choice(reason, _reason_name(state, reason), count, (state, reason) == chosen)
        for (state, reason), count in sorted(counts.items(), key=lambda item: -item[1])
        if reason and chosen[0] in ("", state)
    ]
    return listed


def _reason_name(state: str, reason: str) -> str:
    return reasons.refusal(reason).name if state == State.REFUSED else (reasons.outcome(reason) or reason)


def _message(number: int) -> Message:
    found = Message.objects.filter(pk=number).first()
    if found is None:
        raise NotFound(
            "There is no message {number}.", hint="Look for it in the message ledger.", number=number
        )
    return found


@require_safe
@needs(May.SEE_CAMPAIGNS)
def message(request: HttpRequest, number: int) -> HttpResponse:
    """One message: who, what became of it and why, on which permission it rests, and the mail as they saw it."""
    found = _message(number)
    user = person(request)
    view = request.GET.get("view", "wide")
    consent = ConsentEntry.objects.filter(pk=found.consent_id).first() if found.consent_id else None
    return render(
        request,
        "office/campaigns/message.html",
        {
            "row": lines(user, [found])[0],
            "message": found,
            "consent": consent,
            "view": view if view in ("wide", "phone", "text") else "wide",
            "views": [("wide", _("Computer")), ("phone", _("Phone")), ("text", _("Text"))],
            "shows_mail": found.state not in (State.REFUSED, State.HELD_OUT)
            and may(user, May.SEE_CONTACT_POINTS),
            "group": _group(found.group),
        },
    )


def _group(code: str) -> str:
    groups: Mapping[str, str] = {
        "treated": _("those written to"),
        "held_out": _("those left alone"),
        "outside": _("outside the comparison: may not be left alone a third time in a row"),
    }
    return groups.get(code, _("none: refused before the lot was drawn"))


@xframe_options_sameorigin
@require_safe
@needs(May.SEE_CAMPAIGNS, May.SEE_CONTACT_POINTS)
def message_part(request: HttpRequest, number: int, part: str) -> HttpResponse:
    """The mail as this customer saw it, for the frame. Its links lead nowhere, its pixel is left out."""
    found = _message(number)
    campaign = plans.campaign(found.campaign_id)
    mail = mails.compiled(campaign, frame().shop)
    values = seen_by(campaign, mail, found.customer_id)
    if part == "text":
        return mailview.words(f"{mail.subject_for(values)}\n\n{mail.text.plain(values)}")
    return mailview.page(request, mail.html.plain(values))
