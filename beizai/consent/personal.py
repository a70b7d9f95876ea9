"""What the consent ledger holds of a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from beizai.base.keeping import Stays
from beizai.base.personal import Holding, register
from beizai.consent.ended import PROOF
from beizai.consent.models import ConsentEntry, ErasureCertificate, Preference, Restriction, SuppressedPoint


def _give_out(customer_id: int) -> Sequence[Mapping[str, Any]]:
    rows = ConsentEntry.objects.filter(customer_id=customer_id).order_by("at", "id")
    shown = ("purpose", "channel", "topic", "decision", "basis", "text", "form", "source__name")
    return list(rows.values(*shown, "address", "at", "expires_at"))


def _give_restrictions(customer_id: int) -> Sequence[Mapping[str, Any]]:
    rows = Restriction.objects.filter(customer_id=customer_id).order_by("at", "id")
    return list(rows.values("restricted", "reason", "at"))


def _give_lists(customer_id: int) -> Sequence[Mapping[str, Any]]:
    return list(SuppressedPoint.objects.filter(customer_id=customer_id).values("channel", "reason", "at"))


def _erase_lists(customer_id: int, at: datetime) -> int:
    return SuppressedPoint.objects.filter(customer_id=customer_id).delete()[0]


def _erase(customer_id: int, at: datetime) -> int:
    return 0


register(
    Holding(
        table="consent_consententry",
        what="what they allowed and refused, in whose words, and when",
        give_out=_give_out,
        erase=_erase,
        kept_because="The proof that we were allowed to write stays, by the number of the card alone, as long as it can be asked for.",
        kept=PROOF,
    )
)
register(
    Holding(
        table="consent_restriction",
        what="since when their data is only kept, and why",
        give_out=_give_restrictions,
        erase=_erase,
        kept_because="That a restriction was asked for and kept stays, by the number of the card alone.",
        kept=Stays.PROOF,
    )
)
register(
    Holding(
        table="consent_suppressedpoint",
        what="which of their addresses stand on a list of those not to be written to",
        give_out=_give_lists,
        erase=_erase_lists,
        kept=Stays.AS_THE_CARD,
    )
)


def _give_preference(customer_id: int) -> Sequence[Mapping[str, Any]]:
    rows = Preference.objects.filter(pk=customer_id)
    return list(rows.values("frequency", "day_part", "changed_at"))


def _erase_preference(customer_id: int, at: datetime) -> int:
    return Preference.objects.filter(pk=customer_id).delete()[0]


def _give_certificates(customer_id: int) -> Sequence[Mapping[str, Any]]:
    return list(ErasureCertificate.objects.filter(customer_id=customer_id).values("reason", "sha256", "at"))


register(
    Holding(
        table="consent_preference",
        what="how often and when they wish to hear from us",
        give_out=_give_preference,
        erase=_erase_preference,
        kept=Stays.AS_THE_CARD,
    )
)
register(
    Holding(
        table="consent_erasurecertificate",
        what="that they were erased: what went, what stayed and why",
        give_out=_give_certificates,
        erase=_erase,
        kept_because="The proof that the erasure was done names the card by its number alone.",
        kept=Stays.PROOF,
    )
)
