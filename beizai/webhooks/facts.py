"""One thing that happened, as it can be told: ids and plain values, in the payload Standard Webhooks describes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Fact:
    """One thing that happened. `key` names it for ever; `data` holds ids and plain values, never contact points."""

    key: str
    kind: str
    occurred_at: datetime
    customer_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def body(fact: Fact, extra: Mapping[str, Any] | None = None) -> str:
    """The payload: type, timestamp and data, as Standard Webhooks has it."""
    about = {} if fact.customer_id is None else {"customer_id": fact.customer_id}
    told = {
        "type": fact.kind,
        "timestamp": said(fact.occurred_at),
        "data": {**about, **(extra or {}), **fact.data},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def said(at: datetime) -> str:
    """A time as payloads have it.

    >>> said(datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC))
    '2026-11-22T03:04:05Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
