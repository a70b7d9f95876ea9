"""Writing down what a customer decided: the exact words, the source, the time, the basis, the proof."""

import hashlib
import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from beizai.base.errors import Invalid
from beizai.consent import suppression
from beizai.consent.countries import Law
from beizai.consent.models import Basis, ConsentEntry, Decision, Purpose
from beizai.consent.rules import laws_of
from beizai.staff.models import User


@dataclass(frozen=True)
class Given:
    """One decision as it is to be written down. `channel` "" means every channel, `topic` "" every topic.

    `language` is that of the text; `form` and `form_version` say where it was shown; `separate` is False where
    one sentence asked for several purposes; `address` is the network address the request came from (what may not
    be kept of it in the customer's country is not); `evidence_file` and `evidence_sha256` are what `proof.keep`
    returned; `assessment` says why a legitimate interest outweighs theirs.
    """

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
    topic: str = ""
    language: str = ""
    form: str = ""
    form_version: str = ""
    separate: bool = True
    assessment: str = ""
    address: str = ""
    evidence_file: str = ""
    evidence_sha256: str = ""


def record(given: Given, *, now: datetime, user: User | None = None) -> ConsentEntry:
    """Adds one entry to the ledger. Invalid where a permission lacks its words, or its time lies ahead."""
    entry = _entry(given, now=now, user=user, law=_laws([given]).get(given.customer_id))
    entry.save(force_insert=True)
    return entry


def record_many(decisions: Iterable[Given], *, now: datetime, user: User | None = None) -> int:
    """Adds many entries in one statement per thousand; all are checked before any is written.

    What one sentence asked of one person for several purposes at once is written down as not separate.
    """
    given = list(decisions)
    together = _asked_together(given)
    laws = _laws(given)
    entries = []
    for one in given:
        entry = _entry(one, now=now, user=user, law=laws.get(one.customer_id))
        entry.separate = one.separate and _sentence(one) not in together
        entries.append(entry)
    ConsentEntry.objects.bulk_create(entries, batch_size=1000)
    return len(entries)


def _sentence(given: Given) -> tuple[int, datetime, str]:
    return given.customer_id, given.at, given.text


def _asked_together(given: Iterable[Given]) -> set[tuple[int, datetime, str]]:
    purposes: dict[tuple[int, datetime, str], set[str]] = defaultdict(set)
    for one in given:
        if one.decision == Decision.GRANTED:
            purposes[_sentence(one)].add(one.purpose)
    return {sentence for sentence, asked in purposes.items() if len(asked) > 1}


def _laws(given: Iterable[Given]) -> dict[int, Law]:
    """The law of those whose network address came with their decision."""
    return laws_of(sorted({one.customer_id for one in given if one.address}))


def _entry(given: Given, *, now: datetime, user: User | None, law: Law | None) -> ConsentEntry:
    _check(given, now)
    return ConsentEntry(
        customer_id=given.customer_id,
        channel=given.channel,
        purpose=given.purpose,
        topic=given.topic,
        decision=given.decision,
        basis=given.basis,
        text=given.text,
        text_sha256=hashlib.sha256(given.text.encode()).hexdigest(),
        language=given.language,
        separate=given.separate,
        assessment=given.assessment,
        form=given.form,
        form_version=given.form_version,
        address=lawful_address(given.address, law) if law else "",
        evidence_file=given.evidence_file,
        evidence_sha256=given.evidence_sha256,
        source_id=given.source_id,
        evidence=dict(given.evidence),
        user=user,
        import_id=given.import_id,
        simulated=given.simulated,
        at=given.at,
        recorded_at=now,
        expires_at=given.expires_at,
    )


def _check(given: Given, now: datetime) -> None:
    if given.purpose not in Purpose.values or given.decision not in Decision.values:
        raise Invalid(
            "“{decision} {purpose}” is not a decision.",
            hint="Purposes: {purposes}. Decisions: {decisions}.",
            decision=given.decision,
            purpose=given.purpose,
            purposes=", ".join(Purpose.values),
            decisions=", ".join(Decision.values),
        )
    if given.basis not in Basis.values:
        raise Invalid(
            "“{basis}” is not a lawful basis.",
            hint="There are: {bases}.",
            basis=given.basis,
            bases=", ".join(Basis.values),
        )
    if given.decision == Decision.GRANTED and not given.text.strip():
        raise Invalid(
            "A permission needs the words that were agreed to.",
            hint="Find the form or the till slip and enter its sentence.",
            code="words_missing",
        )
    if (
        given.decision == Decision.GRANTED
        and given.basis == Basis.LEGITIMATE_INTEREST
        and not given.assessment.strip()
    ):
        raise Invalid(
            "A legitimate interest needs its assessment.",
            hint="Write what the interest is, why it needs this, and why theirs does not outweigh it.",
            code="assessment_missing",
        )
    if given.at > now:
        raise Invalid(
            "A decision of {at} lies ahead of today.",
            hint="Check the date.",
            at=f"{given.at:%Y-%m-%d %H:%M}",
            code="lies_ahead",
        )


def lawful_address(address: str, law: Law) -> str:
    """What may be kept of a network address in a country: all of it, its network, or nothing.

    >>> from beizai.consent.countries import law_of
    >>> [lawful_address("203.0.113.77", law_of(country)) for country in ("FR", "CA", "CN")]
    ['203.0.113.0', '203.0.113.77', '']
    """
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if law.address == "none":
        return ""
    if law.address == "whole":
        return str(found)
    bits = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network(f"{found}/{bits}", strict=False).network_address)


suppress = suppression.suppress
