"""Writing down what a customer decided: the exact words, the source, the time, the basis."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from beizai.base import contact_points, home
from beizai.base.errors import Invalid
from beizai.consent.models import Basis, ConsentEntry, Decision, Purpose, Suppression
from beizai.staff.models import User


@dataclass(frozen=True)
class Given:
    """One decision as it is to be written down. `channel` "" means every channel."""

    customer_id: int
    purpose: str
    decision: str
    text: str
    at: datetime
    source_id: int | None
    channel: str = ""
    basis: str = Basis.CONSENT
    evidence: Mapping[str, Any] = field(default_factory=dict)
    import_id: int | None = None
    simulated: bool = False
    expires_at: datetime | None = None


def record(given: Given, *, now: datetime, user: User | None = None) -> ConsentEntry:
    """Adds one entry to the ledger. Invalid where a permission lacks its words, or its time lies ahead."""
    entry = _entry(given, now=now, user=user)
    entry.save(force_insert=True)
    return entry


def record_many(decisions: Iterable[Given], *, now: datetime, user: User | None = None) -> int:
    """Adds many entries in one statement per thousand; all are checked before any is written."""
    entries = [_entry(given, now=now, user=user) for given in decisions]
    ConsentEntry.objects.bulk_create(entries, batch_size=1000)
    return len(entries)


def suppress(
    channel: str, normal: str, reason: str, *, at: datetime, evidence: Mapping[str, Any] | None = None
) -> None:
    """Nobody writes to this contact point any more; saying it twice changes nothing."""
    Suppression.objects.bulk_create(
        [
            Suppression(
                channel=channel,
                normal_hash=contact_points.suppression_hash(
                    home.current().key("suppression"), channel, normal
                ),
                reason=reason,
                evidence=dict(evidence or {}),
                at=at,
            )
        ],
        ignore_conflicts=True,
    )


def _entry(given: Given, *, now: datetime, user: User | None) -> ConsentEntry:
    if given.purpose not in Purpose.values or given.decision not in Decision.values:
        raise Invalid(
            "“{decision} {purpose}” is not a decision.",
            hint="Purposes: {purposes}. Decisions: {decisions}.",
            decision=given.decision,
            purpose=given.purpose,
            purposes=", ".join(Purpose.values),
            decisions=", ".join(Decision.values),
        )
    if given.decision == Decision.GRANTED and not given.text.strip():
        raise Invalid(
            "A permission needs the words that were agreed to.",
            hint="Find the form or the till slip and enter its sentence.",
        )
    if given.at > now:
        raise Invalid(
            "A decision of {at:%Y-%m-%d %H:%M} lies ahead of today.", hint="Check the date.", at=given.at
        )
    return ConsentEntry(
        customer_id=given.customer_id,
        channel=given.channel,
        purpose=given.purpose,
        decision=given.decision,
        basis=given.basis,
        text=given.text,
        text_sha256=hashlib.sha256(given.text.encode()).hexdigest(),
        source_id=given.source_id,
        evidence=dict(given.evidence),
        user=user,
        import_id=given.import_id,
        simulated=given.simulated,
        at=given.at,
        recorded_at=now,
        expires_at=given.expires_at,
    )
