"""One thing a customer or an unknown visitor did, or was done to them, as it is put into the inbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beizai.base import ids
from beizai.events.inbox.message import Message
from beizai.lake import EVENTS


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event (kinds: lake.md and the glossary). `id` makes it one and the same however often it is told.

    Times are aware. The civil date is set by the flusher in the shop's zone.
    """

    id: str
    kind: str
    occurred_at: datetime
    received_at: datetime
    customer_id: int | None = None
    anonymous_id: str | None = None
    source_id: int | None = None
    campaign_id: int | None = None
    link_no: int | None = None
    verdict: str | None = None
    reason: str | None = None
    props: Mapping[str, Any] | None = None
    simulated: bool = False

    def message(self) -> Message:
        """The message for the inbox."""
        row = {
            "event_id": ids.new_event_id(self.occurred_at),
            "customer_id": self.customer_id,
            "anonymous_id": self.anonymous_id,
            "kind": self.kind,
            "occurred_at": self.occurred_at,
            "received_at": self.received_at,
            "source_id": self.source_id,
            "campaign_id": self.campaign_id,
            "link_no": self.link_no,
            "verdict": self.verdict,
            "reason": self.reason,
            "props": json.dumps(dict(self.props), ensure_ascii=False, sort_keys=True) if self.props else None,
            "simulated": self.simulated,
        }
        return Message(self.id, {EVENTS: [row]}, self.received_at)
