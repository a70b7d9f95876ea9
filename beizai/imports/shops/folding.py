"""Deliveries of one order put together: whatever order they come in, and however often, the same order stands there.

The newest revision says what the order is; an older one that comes late adds only what no later one takes back: that it
was once sold, and when a refund was first told. So putting together is commutative, associative and idempotent.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from beizai.imports.shops.told import Gone, LoneRefund, Order, Refund, Standing

_PROGRESS = {Standing.WAITING: 0, Standing.SOLD: 1, Standing.CANCELLED: 2}


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of an order. `rank` tells which revision `order` is; empty where none came yet."""

    rank: str = ""
    order: Order | None = None
    was_sold: bool = False
    refunds: dict[str, Refund] = field(default_factory=dict)  # those told for good
    first_told: dict[str, datetime] = field(
        default_factory=dict
    )  # refund -> the earliest revision that has it
    cancelled_at: datetime | None = (
        None  # the earliest revision that says so, of those since it was last sold
    )
    gone_at: datetime | None = None


def fold(known: Known, said: Order | LoneRefund | Gone, *, triggered_at: str = "") -> Known:
    """What is known after this, too, was said."""
    if isinstance(said, Gone):
        return replace(known, gone_at=max(filter(None, (known.gone_at, said.at))))
    if isinstance(said, LoneRefund):
        return replace(known, refunds=_with(known.refunds, (said.refund,)))
    told = _earliest(known.first_told, said)
    refunds = _with(known.refunds, said.refunds) if said.has_refunds_for_good else known.refunds
    was_sold = known.was_sold or said.standing != Standing.WAITING
    found = replace(known, was_sold=was_sold, refunds=refunds, first_told=told)
    if said.standing == Standing.CANCELLED or said.cancelled_at is not None:
        at = said.cancelled_at or said.at
        found = replace(found, cancelled_at=min(filter(None, (known.cancelled_at, at))))
    rank = rank_of(said, triggered_at)
    return replace(found, rank=rank, order=said) if rank > known.rank else found


def rank_of(order: Order, triggered_at: str) -> str:
    """By which of two revisions the newer is known, as text that sorts: its time, the shop's own time of the delivery,
    how far the order has come, how much was given back, and where all that is the same, the content.
    """
    content = hashlib.sha256(msgspec.json.encode(order, order="sorted")).hexdigest()[:16]
    refunded = len(order.refunds)
    return f"{order.at:%Y-%m-%dT%H:%M:%S.%f}|{triggered_at[:40]}|{_PROGRESS[order.standing]}|{refunded:05}|{content}"


def is_in_book(known: Known) -> bool:
    """Whether the order counts: it came, was sold, and the shop has not deleted it since."""
    if known.order is None or not known.was_sold:
        return False
    return known.gone_at is None or known.gone_at < known.order.at


def _with(refunds: dict[str, Refund], more: tuple[Refund, ...]) -> dict[str, Refund]:
    """Told twice and differently, the fuller one counts, and between equals the one whose text sorts first."""
    found = dict(refunds)
    for one in more:
        before = found.get(one.key)
        if before is None or _fuller(one) > _fuller(before):
            found[one.key] = one
    return found


def _fuller(refund: Refund) -> tuple[int, int, bytes]:
    return len(refund.lines), refund.amount_minor, msgspec.json.encode(refund, order="sorted")


def _earliest(told: dict[str, datetime], said: Order) -> dict[str, datetime]:
    found = dict(told)
    for one in said.refunds:
        found[one.key] = min(filter(None, (found.get(one.key), one.at or said.at)))
    return found
