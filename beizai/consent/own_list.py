"""Those nobody contacts, as a person keeps the lists: put somebody on by hand, look somebody up, how old each list is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from beizai.base.errors import Invalid
from beizai.consent import suppression
from beizai.consent.countries import law_of
from beizai.consent.models import ListCheck, SuppressedPoint
from beizai.customers import points
from beizai.customers.models import Channel
from beizai.staff import audit
from beizai.staff.models import User
from beizai.staff.shop import shop

BY_HAND = "do_not_contact"


@dataclass(frozen=True)
class OthersList:
    """A list others keep, as it was looked at last. `good_for_days`: how old it may be by the shop's law (None: the law says nothing)."""

    name: str
    channel: str
    checked_at: datetime
    file_name: str
    points: int
    unread: int
    on_cards: int
    good_for_days: int | None
    is_stale: bool


def others(at: datetime) -> list[OthersList]:
    """The newest look at each list of others, the oldest first."""
    newest = [number for number, _ in suppression.looks(at).newest.values()]
    rows = SuppressedPoint.objects.filter(list_check_id__in=newest).values("list_check_id")
    cards: Mapping[int, int] = dict(
        rows.annotate(n=Count("customer_id", distinct=True)).values_list("list_check_id", "n")
    )
    checks = ListCheck.objects.filter(pk__in=newest).order_by("checked_at", "pk")
    return [_others_list(one, cards.get(one.pk, 0), at) for one in checks]


def _others_list(check: ListCheck, on_cards: int, at: datetime) -> OthersList:
    law = law_of(shop().country)
    days = law.list_days if law.list_days and check.channel in law.list_channels else None
    return OthersList(
        check.name,
        check.channel,
        check.checked_at,
        check.file_name,
        check.points,
        check.unread,
        on_cards,
        days,
        days is not None and check.checked_at + timedelta(days=days) <= at,
    )


def own_counts() -> list[tuple[str, str, int]]:
    """How many stand on our own list: (channel, reason, number), the most first."""
    rows = suppression.in_force().values("channel", "reason").annotate(n=Count("pk"))
    return sorted(
        ((one["channel"], one["reason"], one["n"]) for one in rows), key=lambda one: (-one[2], one[0], one[1])
    )


def read(channel: str, text: str) -> str:
    """The normal form of an address or number somebody typed; Invalid where it is none."""
    if channel not in Channel.values:
        raise Invalid(
            "“{channel}” is not a channel.",
            hint="Channels: {all}.",
            channel=channel,
            all=", ".join(Channel.values),
        )
    return points.normal(channel, text, shop().country)


def add(channel: str, text: str, why: str, *, at: datetime, user: User | None = None) -> str:
    """Puts an address or number on our own list; returns its normal form. Invalid without a reason."""
    normal = read(channel, text)
    if not why.strip():
        raise Invalid("The list needs a reason.", hint="Say who asked not to be contacted, when and how.")
    with transaction.atomic():
        suppression.suppress(channel, normal, BY_HAND, at=at, evidence={"why": why.strip()[:500]})
        audit.record("suppression.added", at=at, user=user, channel=channel)
    return normal


def look_up(
    channel: str, text: str, *, at: datetime, user: User | None = None
) -> tuple[str, list[suppression.OnList]]:
    """The normal form of what was typed, and every list it stands on; that somebody looked is in the audit log."""
    normal = read(channel, text)
    found = suppression.standing(channel, normal)
    audit.record("suppression.looked_up", at=at, user=user, channel=channel, lists=len(found))
    return normal, found


def take_off(
    channel: str, text: str, suppression_id: int, why: str, *, at: datetime, user: User | None = None
) -> None:
    """Takes an address or number off our own list, for a reason. Whether they are then written to, the ledger says."""
    normal = read(channel, text)
    with transaction.atomic():
        suppression.lift(channel, normal, suppression_id, why=why, at=at, user=user)
        audit.record("suppression.lifted", at=at, user=user, channel=channel)
