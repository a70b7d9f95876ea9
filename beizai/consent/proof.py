"""The proof of a consent: the file that shows it, kept with its hash, and all of one person's proofs as one document."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from beizai.base import home
from beizai.base.errors import Invalid
from beizai.consent.models import ConsentEntry

FOLDER = "consent"
_LARGEST = 10_000_000


@dataclass(frozen=True)
class Kept:
    """A file of evidence: its name under uploads/ and the hash of its bytes."""

    name: str
    sha256: str


def keep(data: bytes, file_name: str) -> Kept:
    """Keeps a scan or a sound of the consent. The same bytes are kept once, under their own hash."""
    if not data or len(data) > _LARGEST:
        raise Invalid(
            "A file of evidence holds between 1 byte and 10 MB.",
            hint="Scan the page with fewer dots per inch.",
        )
    digest = hashlib.sha256(data).hexdigest()
    ending = re.sub(r"[^a-z0-9.]", "", Path(file_name).suffix.lower())[:8]
    folder = home.current().uploads / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest}{ending}"
    if not path.exists():
        new = path.with_suffix(".new")
        new.write_bytes(data)
        new.replace(path)
    return Kept(f"{FOLDER}/{path.name}", digest)


def file_state(entry: ConsentEntry) -> str:
    """ "none", "whole" (its bytes still have the hash of the ledger), "changed" or "missing"."""
    if not entry.evidence_file:
        return "none"
    path = home.current().uploads / entry.evidence_file
    if not path.is_file():
        return "missing"
    same = hashlib.sha256(path.read_bytes()).hexdigest() == entry.evidence_sha256
    return "whole" if same else "changed"


def entries(customer_id: int) -> list[dict[str, Any]]:
    """Each decision of a customer with its words, hash, form, time, basis and evidence, the oldest first."""
    rows = ConsentEntry.objects.filter(customer_id=customer_id).select_related("source", "user")
    return [_entry(row) for row in rows.order_by("at", "pk")]


def _entry(row: ConsentEntry) -> dict[str, Any]:
    plain = (
        "purpose", "channel", "topic", "decision", "basis", "assessment", "text", "text_sha256", "language",
        "separate", "form", "form_version", "address", "evidence_file", "evidence_sha256", "evidence",
        "at", "recorded_at", "expires_at", "simulated",
    )  # fmt: skip
    return {
        "entry": row.pk,
        **{name: getattr(row, name) for name in plain},
        "source": row.source.name if row.source else "",
        "recorded_by": str(row.user) if row.user else "",
        "text_is_whole": hashlib.sha256(row.text.encode()).hexdigest() == row.text_sha256,
        "file": file_state(row),
    }


def document(customer_id: int, *, at: datetime, answers: Mapping[str, Any]) -> dict[str, Any]:
    """All proofs of one person as one document, with the answers they lead to at a time."""
    return {
        "customer_id": customer_id,
        "as_of": at,
        "answers": {name: asdict(answer) for name, answer in answers.items()},
        "entries": entries(customer_id),
    }
