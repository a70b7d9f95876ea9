"""The contact history: what was sent and what bounced, written into the lake beside everything else that happened."""

from collections import defaultdict
from typing import Any

from beizai.base.clock import civil_date
from beizai.base.ids import new_event_id
from beizai.events import inbox
from beizai.messages.models import Message, State

_AT_ONCE = 500
_KINDS = {
    State.SENT: ("sent",),
    State.BOUNCED: ("bounced",),
    State.COMPLAINED: ("sent", "complained"),
}


def enter(*, timezone: str, simulated: bool, limit: int = _AT_ONCE) -> int:
    """Hands the outcomes that the history does not have yet to the inbox; returns how many rows it was.

    Safe to run twice: an event is known by the row and its kind. `timezone` is the shop's, for the civil date.
    """
    rows = list(Message.objects.filter(in_history=False).order_by("id")[:limit])
    inbox.current().put([event for row in rows for event in _events(row, timezone, simulated)])
    by_state: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_state[row.state].append(row.pk)
    for state, numbers in by_state.items():  # one that changed meanwhile is told again
        Message.objects.filter(pk__in=numbers, state=state).update(in_history=True)
    return len(rows)


def _events(row: Message, timezone: str, simulated: bool) -> list[inbox.Message]:
    at = row.sent_at or row.changed_at
    return [
        inbox.Message(
            id=f"message:{row.pk}:{kind}",
            rows={"events": [_event(row, kind, timezone, simulated)]},
            received_at=at,
        )
        for kind in _KINDS.get(State(row.state), ())
    ]


def _event(row: Message, kind: str, timezone: str, simulated: bool) -> dict[str, Any]:
    at = (row.sent_at if kind == "sent" else None) or row.changed_at
    return {
        "event_id": new_event_id(at),
        "customer_id": row.customer_id,
        "kind": kind,
        "occurred_at": at,
        "occurred_on": civil_date(at, timezone),
        "received_at": at,
        "campaign_id": row.campaign_id,
        "reason": row.reason or None,
        "simulated": simulated,
    }
