"""The shop's mailbox: where it is, whether it opens, what came of the last look; failures in words."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from beizai.base import clock
from beizai.base.errors import BeizaiError, Invalid, Phrase
from beizai.conversations.mails import fetching, mailbox
from beizai.conversations.models import Mailbox
from beizai.office import refusals, wording
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.staff import audit
from beizai.staff.roles import May

_TEXTS = ("host", "port", "security", "user", "folder", "address", "from_on")
_TICKED = ("marks_seen", "active")


@needs(May.CHANGE_SETTINGS)
def mailbox_page(request: HttpRequest) -> HttpResponse:
    """One page: what is typed is kept, tried, or fetched from at once."""
    found, wrong = mailbox.mailbox(), ""
    given: dict[str, Any] = {name: getattr(found, name) or "" for name in _TEXTS}
    given |= {name: getattr(found, name) for name in _TICKED}
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in _TEXTS}
        given |= {name: bool(request.POST.get(name)) for name in _TICKED}
        try:
            _save(request, given)
            if _done(request):
                return redirect("mailbox")
        except BeizaiError as error:
            wrong = refusals.in_words(error)
            found = mailbox.mailbox()
    context = {
        "given": given,
        "has_password": bool(found.password),
        "wrong": wrong,
        "trouble": _trouble(found),
        "found": found,
        "fetched_at": found.fetched_at,
        "unreadable": mailbox.unreadable(),
        "securities": [
            ("tls", _("TLS (port 993)")),
            ("starttls", _("STARTTLS (port 143)")),
            ("none", _("none, on this machine only")),
        ],
    }
    return render(request, "office/conversations/mailbox.html", context, status=400 if wrong else 200)


def _save(request: HttpRequest, given: dict[str, Any]) -> None:
    values = dict(given)
    if request.POST.get("password"):
        values["password"] = request.POST["password"]
    mailbox.change(values, today=frame().today)
    audit.record("mailbox.changed", at=frame().now, user=person(request), host=values["host"])


def _done(request: HttpRequest) -> bool:
    """Tries or fetches, where that was pressed."""
    step = request.POST.get("step", "save")
    if step == "test":
        tried = mailbox.test(mailbox.mailbox())
        words = _("The mailbox opens: %(mails)s mails lie there, %(new)s of them would be fetched.")
        counts = {"mails": wording.number(tried.mails), "new": wording.number(tried.new)}
        messages.success(request, words % counts)
    elif step == "fetch":
        result = fetching.fetch(now=frame().now, at=clock.machine_now())
        words = _("%(mails)s mails were fetched, %(new)s of them into conversations.")
        counts = {
            "mails": wording.number(result.mails),
            "new": wording.number(result.became.get("conversation", 0)),
        }
        messages.success(request, words % counts)
    elif step == "save":
        messages.success(request, _("Saved."))
    else:
        raise Invalid("That step is not known.")
    return True


def _trouble(found: Mailbox) -> str:
    """Why the last look failed, in the reader's words; "" where it did not."""
    if not found.trouble or "said" not in found.trouble:
        return ""
    said = refusals.said(Phrase.from_data(found.trouble["said"]))
    return wording.sentences(said, refusals.said(Phrase.from_data(found.trouble["hint"])))
