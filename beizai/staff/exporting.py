"""Taking many cards out of the book needs two people; where there is only one, time to call it back."""

from datetime import datetime, timedelta

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.staff import audit
from beizai.staff.models import ExportRequest, User
from beizai.staff.roles import May, may

WAIT = timedelta(minutes=10)
GOOD_FOR = timedelta(hours=24)


def second_persons(user: User) -> list[User]:
    """Who else may take cards out, and so may release somebody's export."""
    others = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("pk")
    return [other for other in others if may(other, May.EXPORT)]


def ask(
    user: User, address: str, rows: int, *, typed: int | None, at: datetime, said_at: datetime
) -> ExportRequest:
    """Asks for an export. With nobody else to release it, the number must be typed, and ten minutes pass first.

    `at` is the machine's time, by which one waits; `said_at` the home's, by which it is recorded.
    """
    alone = not second_persons(user)
    if alone and typed != rows:
        raise Invalid("The number typed is not {rows}.", hint="Type how many cards it is.", rows=rows)
    made = ExportRequest.objects.create(
        address=address, rows=rows, by=user, asked_at=at, ready_at=at + WAIT if alone else None
    )
    audit.record("export.asked", at=said_at, user=user, request=made.pk, rows=rows, address=address[:300])
    return made


def release(request_id: int, user: User, *, at: datetime, said_at: datetime) -> ExportRequest:
    """A second person lets it go. Forbidden for whoever asked, and for what is over."""
    found = _open(request_id, at)
    if found.by_id == user.pk:
        raise Forbidden("Nobody releases an export of their own.", hint="Ask somebody else who may export.")
    if found.ready_at is None:
        ExportRequest.objects.filter(pk=found.pk).update(released_by=user, ready_at=at)
        audit.record("export.released", at=said_at, user=user, request=found.pk, rows=found.rows)
    return ExportRequest.objects.get(pk=found.pk)


def call_back(request_id: int, user: User, *, at: datetime, said_at: datetime) -> None:
    """It is not taken out after all; anybody who may export may say so until it is taken."""
    found = _open(request_id, at)
    ExportRequest.objects.filter(pk=found.pk).update(called_back_at=at)
    audit.record("export.called_back", at=said_at, user=user, request=found.pk)


def take(request_id: int, user: User, address: str, rows: int, *, at: datetime) -> None:
    """Uses a release up, once. Forbidden where it is not theirs, not ready, for something else or for more cards."""
    found = _open(request_id, at)
    if found.by_id != user.pk or found.address != address or rows > found.rows:
        raise Forbidden("This release is for another export.", hint="Ask for this one anew.")
    if found.ready_at is None or found.ready_at > at:
        raise Forbidden("This export is not released yet.", hint="Wait until it is, or call it back.")
    if not ExportRequest.objects.filter(pk=found.pk, taken_at=None, called_back_at=None).update(taken_at=at):
        raise Forbidden("This export is over.", hint="Ask for it anew.")


def open_ones(at: datetime) -> list[ExportRequest]:
    """What was asked for and neither taken nor called back, the latest first."""
    rows = ExportRequest.objects.filter(taken_at=None, called_back_at=None, asked_at__gt=at - GOOD_FOR)
    return list(rows.select_related("by", "released_by").order_by("-asked_at"))


def _open(request_id: int, at: datetime) -> ExportRequest:
    found = ExportRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such export.")
    if found.taken_at or found.called_back_at or found.asked_at <= at - GOOD_FOR:
        raise Forbidden("This export is over.", hint="Ask for it anew.")
    return found
