"""Error pages: what happened, what to do now, what is safe, and the number that finds the line in the log."""

import logging

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from beizai.base.errors import BeizaiError, Forbidden, NotFound, Unavailable
from beizai.office.frame import frame
from beizai.office.refusals import said

_log = logging.getLogger("beizai.office")


def _page(request: HttpRequest, status: int, title: str, text: str, hint: str = "") -> HttpResponse:
    words = {"title": title, "text": text, "hint": hint, "number": frame().number, "status": status}
    fragment = request.headers.get("X-Fragment") == "1"
    return render(
        request, "office/error_note.html" if fragment else "office/error.html", words, status=status
    )


def refusal(request: HttpRequest, error: BeizaiError) -> HttpResponse:
    """A refusal of ours: its own message, its hint, and the status that fits."""
    match error:
        case NotFound():
            status, title = 404, _("That is not in the book")
        case Forbidden():
            status, title = 403, _("That may not be done")
        case Unavailable():
            status, title = 503, _("Something outside does not answer")
        case _:
            status, title = 400, _("That cannot be right")
    _log.info("%s %s %s refused: %s", frame().number, request.method, request.path, type(error).__name__)
    return _page(request, status, title, said(error.phrase), said(error.hint_phrase))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _page(
        request,
        400,
        _("We could not read this request"),
        _("Nothing was changed."),
        _("Go back, reload the page and try again."),
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: what a role may not see or do, and who can give it."""
    reason = str(exception) if isinstance(exception, PermissionDenied) else ""
    text = reason or _("Your role does not allow this page.")
    return _page(
        request,
        403,
        _("Not for your role"),
        text,
        _("An owner of the book can change your role under Settings, Users."),
    )


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form whose protection does not fit: an old page, or cookies switched off."""
    return _page(
        request,
        403,
        _("This form is too old"),
        _("The page was open for too long, or your browser keeps no cookies. Nothing was changed."),
        _("Go back, reload the page and send it again."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _page(
        request,
        404,
        _("There is no such page"),
        _("The address leads nowhere, or what it named has been taken out of the book."),
        _("Search for it above, or begin at Home."),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """500: our mistake; the log line is found by the number."""
    return _page(
        request,
        500,
        _("Something broke on our side"),
        _("The request was stopped. What was saved before it is safe."),
        _(
            "Try once more. If it happens again, give the number below to whoever looks after this installation."
        ),
    )
