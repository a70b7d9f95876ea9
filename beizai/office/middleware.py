"""What surrounds every request of the office: its number, its language, its safe headers, and an error page that says what to do."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation

from beizai.base.errors import BeizaiError, NotFound
from beizai.customers import belonging
from beizai.office import errors, sight
from beizai.office.frame import Frame, enter, leave
from beizai.staff.models import User

_log = logging.getLogger("beizai.office")

Handler = Callable[[HttpRequest], HttpResponse]


def policy(nonce: str) -> str:
    """The content security policy of an office page: nothing from anywhere else, no style or script in attributes."""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )


class Office:
    """Puts the frame around a request and the headers on its answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        frame = Frame()
        request.frame = frame  # type: ignore[attr-defined]
        token = enter(frame)
        try:
            _speak(request)
            response = self.get_response(request)
        finally:
            leave(token)
        response.headers.setdefault("Content-Security-Policy", policy(frame.nonce))
        response.headers["X-Request-Number"] = frame.number
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Handler, args: tuple[object, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """The number of a card that was joined to another leads to that one: its pages move there, what is sent to it goes there.

        A card the reader's branch does not open is answered like one that is not there, whatever page of it is asked.
        """
        number = kwargs.get("customer_id")
        if not isinstance(number, int) or not isinstance(request.user, User):
            return None
        try:
            sight.require(request.user, number)
        except NotFound as error:
            return errors.refusal(request, error)
        card = belonging.card_of(number)
        if card == number:
            return None
        kwargs["customer_id"] = card
        if request.method not in ("GET", "HEAD") or request.resolver_match is None:
            return None
        moved = reverse(request.resolver_match.view_name, kwargs=kwargs)
        return HttpResponseRedirect(f"{moved}?{request.GET.urlencode()}" if request.GET else moved)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Words for a refusal of ours; anything else is logged under the request's number and gets page 500."""
        if isinstance(error, BeizaiError):
            return errors.refusal(request, error)
        return None


def _speak(request: HttpRequest) -> None:
    """The language the person chose for themselves wins over cookie and browser."""
    chosen = getattr(request.user, "language", "") if request.user.is_authenticated else ""
    if chosen and chosen != translation.get_language():
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
