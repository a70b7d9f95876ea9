"""Somebody unsubscribes: the permission is withdrawn in the consent ledger, once, with what was shown to them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from beizai.consent import ledger
from beizai.consent.ledger import Given
from beizai.consent.models import Decision, Purpose
from beizai.consent.rules import Reason, may_contact
from beizai.events.refining import Row
from beizai.sources.models import SourceKind
from beizai.sources.register import source

KINDS = ("unsubscribed",)
CHANNEL = "email"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def withdraw(
    customer_id: int, *, at: datetime, words: str, evidence: Mapping[str, Any], simulated: bool = False
) -> bool:
    """Writes the withdrawal down; `may_contact` refuses from its return. False where their last decision says so already."""
    if may_contact(customer_id, CHANNEL, Purpose.MARKETING, at).reason in (Reason.WITHDRAWN, Reason.REFUSED):
        return False
    given = Given(
        customer_id=customer_id,
        purpose=Purpose.MARKETING,
        decision=Decision.WITHDRAWN,
        text=words,
        at=at,
        source_id=source("Unsubscribe link", SourceKind.EDGE, now=at, simulated=simulated).pk,
        channel=CHANNEL,
        evidence=evidence,
        simulated=simulated,
    )
    ledger.record(given, now=at)
    return True


def refine(rows: list[Row]) -> list[Row]:
    """Carries every unsubscribing on its way to the lake into the ledger, should the edge not have got through to it."""
    for row in rows:
        if row.get("customer_id") is not None:
            withdraw(
                row["customer_id"],
                at=_EPOCH + timedelta(microseconds=row["occurred_at"]),
                words=row.get("reason") or "",
                evidence={"campaign_id": row.get("campaign_id"), "by": "event"},
                simulated=bool(row.get("simulated")),
            )
    return rows
