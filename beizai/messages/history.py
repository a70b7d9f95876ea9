"""The contact history: what was sent and what bounced, written into the lake beside everything else that happened."""

import time
from collections import defaultdict

from beizai.events import inbox
from beizai.events.happenings import Happening
from beizai.messages.models import Message, State

_AT_ONCE = 200
_KINDS = {
    State.SENT: ("sent",),
    State.BOUNCED: ("bounced",),
    State.COMPLAINED: ("sent", "complained"),
}


def enter(*, simulated: bool, limit: int = _AT_ONCE) -> int:
    """Hands the outcomes that the history does not have yet to the inbox; returns how many rows it was.

    Safe to run twice: an event is known by the row and its kind.
    """
    rows = list(Message.objects.filter(in_history=False).order_by("id")[:limit])
    inbox.current().put([event.message() for row in rows for event in _events(row, simulated)])
    by_state: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_state[row.state].append(row.pk)
    began = time.monotonic()
    for state, numbers in by_state.items():  # one that changed meanwhile is told again
        Message.objects.filter(pk__in=numbers, state=state).update(in_history=True)
    if rows:
        time.sleep(min(0.25, time.monotonic() - began))  # others have their turn
    return len(rows)


def _events(row: Message, simulated: bool) -> list[Happening]:
    return [_event(row, kind, simulated) for kind in _KINDS.get(State(row.state), ())]


def _event(row: Message, kind: str, simulated: bool) -> Happening:
    at = (row.sent_at if kind == "sent" else None) or row.changed_at
    return Happening(
        id=f"message:{row.pk}:{kind}",
        kind=kind,
        occurred_at=at,
        received_at=at,
        customer_id=row.customer_id,
        campaign_id=row.campaign_id,
        reason=row.reason or None,
        simulated=simulated,
    )
