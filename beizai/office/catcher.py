"""The mails the built-in catcher took: what would have gone out, readable, and delivered to nobody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from beizai.base import home
from beizai.channels.catcher import Caught, Mailbox
from beizai.office import mailview
from beizai.office.permissions import needs, person
from beizai.office.tabs import tabs
from beizai.staff.roles import May

_PAGE = 50
_HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Reply-To",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Message-ID",
)


def _mailbox() -> Mailbox:
    return Mailbox(home.current().root)


@require_safe
@needs(May.SEE_CAMPAIGNS, May.SEE_CONTACT_POINTS)
def caught(request: HttpRequest) -> HttpResponse:
    """The caught mails, newest first."""
    search = request.GET.get("q", "").strip()
    before = request.GET.get("before", "")
    mails = _mailbox().newest(
        search=search, before=int(before) if before.isdigit() else None, limit=_PAGE + 1
    )
    return render(
        request,
        "office/catcher/list.html",
        {
            "mails": mails[:_PAGE],
            "older": mails[_PAGE - 1].id if len(mails) > _PAGE else None,
            "count": _mailbox().count(),
            "q": search,
            "newest_first": not before,
            "tabs": tabs(person(request), "campaigns", "catcher"),
        },
    )


@require_safe
@needs(May.SEE_CAMPAIGNS, May.SEE_CONTACT_POINTS)
def caught_mail(request: HttpRequest, number: int) -> HttpResponse:
    """One mail: how a computer, a telephone and a plain reader show it, and what it says to the machines on its way."""
    mail = _mailbox().read(number)
    view = request.GET.get("view", "wide")
    return render(
        request,
        "office/catcher/mail.html",
        {
            "mail": mail,
            "view": view if view in ("wide", "phone", "text") else "wide",
            "views": [("wide", _("Computer")), ("phone", _("Phone")), ("text", _("Text"))],
            "headers": _headers(mail),
            "source": mail.data[:20_000].decode("utf-8", "replace"),
        },
    )


@xframe_options_sameorigin
@require_safe
@needs(May.SEE_CAMPAIGNS, May.SEE_CONTACT_POINTS)
def caught_part(request: HttpRequest, number: int, part: str) -> HttpResponse:
    """One part of the mail, for the frame."""
    mail = _mailbox().read(number)
    return mailview.words(mail.part("plain")) if part == "text" else mailview.page(request, mail.part("html"))


def _headers(mail: Caught) -> list[tuple[str, str]]:
    message = mail.message()
    return [(name, str(message[name])) for name in _HEADERS if message[name]]


urlpatterns = [
    path("campaigns/caught/", caught, name="catcher"),
    path("campaigns/caught/<int:number>/", caught_mail, name="caught"),
    path("campaigns/caught/<int:number>/<slug:part>/", caught_part, name="caught_part"),
]
