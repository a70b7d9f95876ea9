"""How long what is held of people is kept: in plain words, with what goes next; the shop sets the days."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from beizai.base import clock
from beizai.base.errors import Invalid
from beizai.consent import retention
from beizai.consent.retention import Outlook, Rule
from beizai.office import refusals
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.settings import tabs
from beizai.office.wording import number
from beizai.staff.roles import May
from beizai.worker import jobs

_RUN = "retention"


def kinds() -> Mapping[str, tuple[str, str]]:
    """What each kind is called, and what it is."""
    return {
        "appointments": (_("Appointments"), _("When, with whom, for what, the wish agreed beforehand.")),
        "audit_log": (_("What was done"), _("Who looked at which card, exported or changed what.")),
        "card_history": (
            _("What cards said before"),
            _("The old value of each change. Without it, joined cards and imports cannot be taken back."),
        ),
        "consent_proof": (
            _("Proof of old permissions"),
            _("Counted from when a refusal ended them or the person was erased. A refusal in force stays."),
        ),
        "conversations": (_("Closed conversations"), _("What was said and answered, with pictures.")),
        "conversations_without_card": (
            _("Conversations without a card"),
            _("Of visitors of the chat and senders of mails nobody put on a card."),
        ),
        "export_requests": (_("Requests for exports"), _("Who asked for which list.")),
        "form_answers": (
            _("Answers to forms"),
            _("Who answered, free text and photos go; what was chosen stays for the report."),
        ),
        "form_events": (_("Form events of people"), _("That somebody answered a form, and what they chose.")),
        "gift_orders": (_("Gift orders"), _("Handed over or called off.")),
        "kept_aside_files": (_("Kept-aside files"), _("The rows of imports that could not be read.")),
        "machine_answers": (_("Answers by machines"), _("Sheets that were filled in by a program.")),
        "message_addresses": (
            _("Addresses of messages"),
            _("Where a mail went and what the mail server said; that it was sent stays."),
        ),
        "opens_and_clicks": (
            _("Opens and clicks of people"),
            _("They go on counting for their campaign, without a person."),
        ),
        "orders": (
            _("Whose an order was"),
            _("The order with its amount stays in the book and in the accounts, without its customer."),
        ),
        "partial_answers": (_("Unfinished answers"), _("Sheets somebody began and left.")),
        "quarantined_events": (_("Events kept aside"), _("What nobody has mended.")),
        "service_mails": (_("Service mails"), _("Reminders and confirmations: to whom, when.")),
        "shop_deliveries": (
            _("Deliveries of web shops"),
            _("The list of what came, and what of it was kept aside; the orders stay."),
        ),
        "site_visits": (
            _("Visits to the site"),
            _("Of known people and unknown visitors; the number of visits stays."),
        ),
        "unconfirmed_sign_ups": (
            _("Unconfirmed addresses"),
            _("Counted from when the link of the mail ended."),
        ),
        "webhook_deliveries": (
            _("Deliveries to other programs"),
            _("What other programs were told, and what they answered."),
        ),
        "uploaded_files": (_("Uploaded files"), _("Files that were never brought in.")),
    }


def fates() -> Mapping[str, str]:
    """What becomes of it."""
    return {
        "deleted": pgettext("after its time", "is deleted"),
        "emptied": pgettext("after its time", "loses names and addresses"),
        "anonymous": pgettext("after its time", "becomes anonymous"),
    }


def _line(one: Outlook, typed: Mapping[str, str]) -> dict[str, Any]:
    name, what = kinds().get(one.rule.kind, (one.rule.kind, one.rule.what))
    return {
        "rule": one.rule,
        "name": name,
        "what": what,
        "fate": fates()[one.rule.fate],
        "oldest_at": one.due.oldest_at,
        "due": one.due.count,
        "value": typed.get(one.rule.kind, "" if one.rule.keep_days is None else str(one.rule.keep_days)),
        "house": _("for ever") if one.rule.default_days is None else number(one.rule.default_days),
    }


@needs(May.CHANGE_SETTINGS)
def keeping(request: HttpRequest) -> HttpResponse:
    """The table; a POST sets the days that differ."""
    wrong = ""
    if request.method == "POST":
        try:
            changed = _save(request)
            if changed:
                messages.success(request, _("Saved. The next run keeps to it."))
            return redirect("keeping")
        except Invalid as error:
            wrong = refusals.in_words(error)
    typed = request.POST.dict() if request.method == "POST" else {}
    lines = sorted((_line(one, typed) for one in retention.outlook(frame().now)), key=lambda one: one["name"])
    last = retention.last_run()
    context = {
        "lines": lines,
        "wrong": wrong,
        "tabs": tabs("keeping"),
        "due": sum(one["due"] for one in lines),
        "last": last if last and last.finished_at else None,
        "under_way": last is not None and last.finished_at is None,
        "went": _went(last.taken) if last else "",
        "stands": frame().shop.clock_at is not None,
    }
    return render(request, "office/settings/keeping.html", context)


def _went(taken: Mapping[str, int]) -> str:
    names = kinds()
    return ", ".join(f"{names.get(kind, (kind, ''))[0]}: {number(count)}" for kind, count in taken.items())


def _save(request: HttpRequest) -> int:
    """All or nothing; empty means for ever."""
    changed = 0
    with transaction.atomic():
        for rule in retention.rules():
            if rule.kind not in request.POST:
                continue
            days = _days(request.POST[rule.kind], rule)
            if days != rule.keep_days:
                changed += 1
                if days == rule.default_days:
                    retention.back_to_default(rule.kind, at=frame().now, user=person(request))
                else:
                    retention.keep_for(rule.kind, days, at=frame().now, user=person(request))
    return changed


def _days(text: str, rule: Rule) -> int | None:
    clean = "".join(text.split())
    if not clean:
        return None
    if not (clean.isascii() and clean.isdigit() and len(clean) < 7):
        name = kinds().get(rule.kind, (rule.kind, ""))[0]
        raise Invalid(
            _("“%(text)s” is no number of days (%(name)s).") % {"text": text[:20], "name": name},
            hint=_("Write a whole number; empty keeps it for ever."),
        )
    return int(clean)


@require_POST
@needs(May.CHANGE_SETTINGS)
def carry_out(request: HttpRequest) -> HttpResponse:
    """Asks the worker to take out now what is older than its rule."""
    jobs.ask(_RUN, key=_RUN, now=clock.machine_now())
    messages.success(
        request, _("The worker takes it out now. What went will stand here and in “What was done”.")
    )
    return redirect("keeping")


urlpatterns = [
    path("settings/keeping/", keeping, name="keeping"),
    path("settings/keeping/run/", carry_out, name="keeping_run"),
]
