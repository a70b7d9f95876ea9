"""Proof of consent is kept for years after it ended, and then goes: the hash of its words stays, and names nobody."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from beizai.base import home
from beizai.base.keeping import Keeping, Mark, by_age
from beizai.consent.models import ConsentEntry, Decision, EndedProof, ErasureCertificate

KEEP_DAYS = 3 * 365
_LEAST_DAYS = 365


def _rows() -> QuerySet[Any]:
    """Entries that count for nothing any more, each with when it ended: a later refusal covers all it said, or the person was erased.

    The refusal itself stays, so that taking these out never changes whether somebody may be written to.
    """
    later_no = ConsentEntry.objects.filter(
        Q(channel="") | Q(channel=OuterRef("channel")),
        Q(topic="") | Q(topic=OuterRef("topic")),
        customer_id=OuterRef("customer_id"),
        purpose=OuterRef("purpose"),
        at__gt=OuterRef("at"),
    ).exclude(decision=Decision.GRANTED)
    erased = ErasureCertificate.objects.filter(customer_id=OuterRef("customer_id"))
    ended = Coalesce(
        Subquery(later_no.order_by("at").values("at")[:1]), Subquery(erased.order_by("at").values("at")[:1])
    )
    rows: Any = ConsentEntry.objects.all()
    found: QuerySet[Any] = rows.annotate(ended_at=ended).filter(ended_at__isnull=False)
    return found


def _take(marks: Sequence[Mark], before: datetime, spared: Collection[int]) -> int:
    over = list(_rows().filter(pk__in=list(marks), ended_at__lt=before))
    EndedProof.objects.bulk_create(
        EndedProof(entry_id=one.pk, text_sha256=one.text_sha256, ended_at=one.ended_at, out_at=before)
        for one in over
    )
    ConsentEntry.objects.filter(pk__in=[one.pk for one in over]).delete()
    for name in {one.evidence_file for one in over if one.evidence_file}:
        if not ConsentEntry.objects.filter(evidence_file=name).exists():
            (home.current().uploads / name).unlink(missing_ok=True)
    return len(over)


PROOF: Keeping = replace(
    by_age(
        "consent_proof",
        "the proof of permissions that were taken back, or of people who were erased",
        _rows,
        age="ended_at",
        counted_from="ended",
        keep_days=KEEP_DAYS,
        least_days=_LEAST_DAYS,
    ),
    take=_take,
)
