"""Somebody is forgotten: out of every room that holds them, with a certificate of what went, what stays and why."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from beizai.base import personal
from beizai.base.errors import Invalid, NotFound
from beizai.consent import suppression
from beizai.consent.models import ErasureCertificate
from beizai.customers import belonging
from beizai.customers.models import ContactPoint, Customer
from beizai.staff import audit
from beizai.staff.models import User

_LAST = "customers_customer"  # the card itself, after everything that hangs on it
LAKE_WITHIN = timedelta(hours=24)
ERASED = "erased"


@dataclass(frozen=True)
class Line:
    """What became of one table's rows of a person. `erased` counts rows (for the lake: that it was asked)."""

    table: str
    what: str
    held: int
    erased: int
    kept_because: str


def erase(customer_id: int, reason: str, *, at: datetime, user: User | None = None) -> ErasureCertificate:
    """Erases a card, and those joined to it, from the office at once and from the lake within a day.

    Their addresses and numbers stay as keyed hashes on the suppression list, so that nobody writes to them when they
    come in again. Safe to run again after a crash: it is one transaction. NotFound where there is no card,
    Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid("An erasure needs its reason.", hint="Say who asked for it, and when.")
    if not Customer.objects.filter(pk=customer_id).exists():
        raise NotFound("There is no card {n}.", n=customer_id, hint="It may have been erased already.")
    numbers = sorted(belonging.ids_of(belonging.card_of(customer_id)))
    with transaction.atomic():
        Customer.objects.select_for_update().filter(pk__in=numbers).first()
        addresses = _suppress(numbers, at)
        lines = [_erased(one, numbers, at) for one in _in_order()]
        document = _document(customer_id, numbers, lines, addresses, reason=reason, at=at)
        text = canonical(document)
        certificate = ErasureCertificate.objects.create(
            customer_id=customer_id,
            reason=reason,
            document=document,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            user=user,
            at=at,
        )
        audit.record("customer.erased", at=at, user=user, customer_id=customer_id, certificate=certificate.pk)
    return certificate


def certificates(customer_id: int) -> list[ErasureCertificate]:
    """The certificates of a card, the latest first."""
    return list(ErasureCertificate.objects.filter(customer_id=customer_id).order_by("-pk"))


def is_whole(certificate: ErasureCertificate) -> bool:
    """Whether the certificate still says what it said."""
    return hashlib.sha256(canonical(certificate.document).encode()).hexdigest() == certificate.sha256


def canonical(document: Any) -> str:
    """The document as the one text its hash is taken of.

    >>> canonical({"b": 1, "a": "é"})
    '{"a":"é","b":1}'
    """
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _in_order() -> list[personal.Holding]:
    return sorted(personal.holdings(), key=lambda one: (one.table == _LAST, one.table))


def _suppress(numbers: Iterable[int], at: datetime) -> int:
    """Their addresses go onto the list by their hashes; returns how many."""
    points = set(ContactPoint.objects.filter(customer_id__in=numbers).values_list("channel", "normal"))
    for channel, normal in sorted(points):
        suppression.suppress(channel, normal, ERASED, at=at)
    return len(points)


def _erased(one: personal.Holding, numbers: list[int], at: datetime) -> Line:
    held = sum(len(one.give_out(number)) for number in numbers)
    erased = sum(one.erase(number, at) for number in numbers)
    return Line(one.table, one.what, held, erased, one.kept_because)


def _document(
    customer_id: int, numbers: list[int], lines: list[Line], addresses: int, *, reason: str, at: datetime
) -> dict[str, Any]:
    return {
        "customer": customer_id,
        "numbers": numbers,
        "asked": reason,
        "at": at.isoformat(),
        "lake_until": (at + LAKE_WITHIN).isoformat(),
        "suppressed_hashes": addresses,
        "erased": [
            {"table": one.table, "what": one.what, "rows": max(one.held, one.erased)}
            for one in lines
            if one.erased
        ],
        "kept": [
            {"table": one.table, "what": one.what, "rows": one.held, "because": one.kept_because}
            for one in lines
            if one.kept_because and one.held
        ],
    }
