"""Events that could not be taken as they came: kept with the reason, mended, played again, or thrown away."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from beizai.base.errors import Invalid, NotFound
from beizai.events import calls, inbox
from beizai.events.arrivals import Told, arrival_of
from beizai.events.calls.request import Piece, digest
from beizai.events.models import QuarantinedEvent
from beizai.events.schemas import Checks
from beizai.staff import audit
from beizai.staff.models import User

NO_KEY = 0  # in a request that is played again: an event by itself, without a key


@dataclass(frozen=True)
class Misfit:
    """An event that was not taken: how it came, and why. `mark` is the same however often it is told."""

    mark: str
    told: Told
    piece: Piece
    error: Invalid


def keep(misfits: Sequence[Misfit]) -> None:
    """Keeps them aside; one that is there already stays as it is."""
    QuarantinedEvent.objects.bulk_create(map(_row, misfits), ignore_conflicts=True, batch_size=500)


def _row(one: Misfit) -> QuarantinedEvent:
    body = one.piece.raw.decode("utf-8", "replace").replace("\x00", "")
    given = _given(body)
    sent = given.get("sentAt") or one.piece.sent_at
    return QuarantinedEvent(
        mark=one.mark,
        source_id=one.told.source_id,
        in_browser=one.told.in_browser,
        call=one.told.kind or _short(given.get("type"), 10),
        name=_short(given.get("event") or given.get("name"), 200),
        user_id=_short(given.get("userId"), 200),
        reason=one.error.code or "not_taken",
        detail=one.error.message,
        body=body,
        sent_at=_short(sent, 60),
        received_at=one.told.received_at,
    )


def _given(body: str) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _short(value: Any, longest: int) -> str:
    return str(value)[:longest].replace("\x00", "") if isinstance(value, str | int) else ""


def get(event_id: int) -> QuarantinedEvent:
    """The event of this number, or NotFound (it was mended, or thrown away)."""
    found = QuarantinedEvent.objects.select_related("source").filter(pk=event_id).first()
    if found is None:
        raise NotFound("There is no event {number} aside.", number=event_id, hint="See the list.")
    return found


def replay(event_id: int, body: str | None = None, *, now: datetime, user: User | None = None) -> None:
    """Plays an event again as if it came in now, as it was or mended. Invalid where it would be kept aside again.

    Its time of receipt stays, so that its clock is put right as it was. It comes into the inbox first, and only
    then leaves the quarantine: after a crash between it is known by its id.
    """
    row = get(event_id)
    text = row.body if body is None else body
    _must_fit(row, text)
    _play([row], [text])
    with transaction.atomic():
        QuarantinedEvent.objects.filter(pk=event_id).delete()
        audit.record("event.replayed", at=now, user=user, event=event_id, mended=text != row.body)


def replay_alike(
    reason: str, name: str, *, now: datetime, user: User | None = None, limit: int = 10_000
) -> tuple[int, int]:
    """Plays all of a reason and name again, as they are; returns how many went, and how many still do not fit."""
    rows = QuarantinedEvent.objects.filter(reason=reason, name=name).order_by("pk")[:limit]
    fitting, left = [], 0
    for row in rows.iterator(chunk_size=500):
        try:
            _must_fit(row, row.body)
        except Invalid:
            left += 1
        else:
            fitting.append(row)
    for start in range(0, len(fitting), 100):
        some = fitting[start : start + 100]
        _play(some, [one.body for one in some])
        QuarantinedEvent.objects.filter(pk__in=[one.pk for one in some]).delete()
    audit.record("event.replayed_alike", at=now, user=user, reason=reason, name=name, events=len(fitting))
    return len(fitting), left


def throw_away(reason: str, name: str, *, now: datetime, user: User | None = None) -> int:
    """Throws all of a reason and name away."""
    count, _ = QuarantinedEvent.objects.filter(reason=reason, name=name).delete()
    audit.record("event.thrown_away", at=now, user=user, reason=reason, name=name, events=count)
    return count


def _must_fit(row: QuarantinedEvent, text: str) -> None:
    if len(text.encode("utf-8", "replace")) > calls.EVENT_BYTES:
        raise Invalid("An event has at most {limit} bytes.", limit=calls.EVENT_BYTES, code="event_too_large")
    piece = Piece(text.encode("utf-8", "replace"), row.sent_at or None)
    Checks().hold(calls.understand(piece, kind=row.call, received_at=row.received_at))


def _play(rows: Sequence[QuarantinedEvent], texts: Sequence[str]) -> None:
    told = [
        Told(NO_KEY, row.source_id, row.in_browser, row.received_at, row.call, _again(row, text))
        for row, text in zip(rows, texts, strict=True)
    ]
    digests = [[digest(row.source_id, _message_id(row))] for row in rows]
    arrival = arrival_of(told, digests, max(row.received_at for row in rows))
    inbox.current().arrive(arrival).result(30)


def _message_id(row: QuarantinedEvent) -> str:
    """An id of its own, since that of the event is known from the first time; played twice, it is still taken once."""
    return f"replay:{row.mark}"


def _again(row: QuarantinedEvent, text: str) -> bytes:
    given = json.loads(text)
    given |= {"messageId": _message_id(row)}
    if row.sent_at:
        given.setdefault("sentAt", row.sent_at)
    return json.dumps(given, ensure_ascii=False).encode("utf-8", "replace")
