"""What the consent ledger holds of a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from beizai.base.personal import Holding, register
from beizai.consent.models import ConsentEntry


def _give_out(customer_id: int) -> Sequence[Mapping[str, Any]]:
    rows = ConsentEntry.objects.filter(customer_id=customer_id).order_by("at", "id")
    return list(rows.values("purpose", "channel", "decision", "basis", "text", "at", "expires_at"))


def _erase(customer_id: int, at: datetime) -> int:
    return 0


register(
    Holding(
        table="consent_consententry",
        what="what they allowed and refused, in whose words, and when",
        give_out=_give_out,
        erase=_erase,
        kept_because="The proof that we were allowed to write stays, by the number of the card alone, as long as it can be asked for.",
    )
)
