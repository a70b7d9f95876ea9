"""What happened to messages, heard on its way into the book: sent, bounced, complained of, opened, clicked, unsubscribed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from beizai.base import clock
from beizai.events import carried
from beizai.webhooks import endpoints, kinds
from beizai.webhooks.facts import Fact
from beizai.webhooks.writing import write

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 500


def register() -> None:
    """Has every event of a message told to us once it is in the lake."""
    carried.register(kinds.OF_THE_LAKE, hear)


def hear(rows: Sequence[carried.Row]) -> None:
    """Writes down what the endpoints are to be told of these events; the same events again are nothing new."""
    asking = [one for one in endpoints.on() if set(kinds.OF_THE_LAKE.values()) & set(one.kinds)]
    if not asking:
        return
    facts = list(_facts(rows))
    at = clock.machine_now()
    for endpoint in asking:
        for place in range(0, len(facts), _AT_ONCE):
            write(endpoint, facts[place : place + _AT_ONCE], now=at, at=at)


def _facts(rows: Iterable[carried.Row]) -> Iterable[Fact]:
    """Those of a known person: an opening by somebody who does not allow tracking is nobody's."""
    for row in rows:
        if row.get("customer_id") is not None:
            at = _EPOCH + timedelta(microseconds=row["occurred_at"])
            kind = kinds.OF_THE_LAKE[row["kind"]]
            yield Fact(f"event:{row['event_id']}", kind, at, row["customer_id"], _data(row))


def _data(row: carried.Row) -> dict[str, Any]:
    data = {"event_id": str(row["event_id"]), "campaign_id": row.get("campaign_id")}
    if row["kind"] == "clicked":
        data["link_no"] = row.get("link_no")
    if row["kind"] in ("opened", "clicked"):
        data |= {"by": row.get("verdict"), "reason": row.get("reason")}
    if row["kind"] == "bounced":
        data["reason"] = row.get("reason")
    return data
