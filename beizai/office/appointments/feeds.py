"""A member of staff's appointments for their telephone's calendar, by an address that is itself the key."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from beizai.appointments import feed as feeds
from beizai.base.errors import NotFound
from beizai.office.frame import frame
from beizai.staff.models import User


@require_safe
def feed(request: HttpRequest, staff_id: int, secret: str) -> HttpResponse:
    """The calendar; nothing is told of why an address opens none."""
    staff = feeds.whose(secret, staff_id)
    if staff is None:
        raise NotFound("This link is not known here.")
    answer = HttpResponse(
        feeds.calendar(staff, frame().shop, now=frame().now), content_type="text/calendar; charset=utf-8"
    )
    answer["Cache-Control"] = "private, max-age=300"
    return answer


def address(staff: User) -> str:
    """What they enter in their calendar program."""
    path = reverse("calendar_feed", args=(staff.pk, feeds.token(staff)))
    return frame().shop.public_url.rstrip("/") + path
