"""Visits without a name join the card of whoever said who they are on that device, each their own.

Before the first who said so, the device is theirs; from then on it is whoever said so last. Two people on
one device stay two.
"""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
from django.db.models import Max

from beizai.base import clock, home
from beizai.base.errors import Invalid
from beizai.identity.cards import card_of
from beizai.identity.models import AnonymousJoin

_LONGEST = 200
_EARLIEST, _LATEST = datetime(1, 1, 1), datetime(9999, 1, 1)  # noqa: DTZ001  (the lake's times are naive)
_kept: dict[str, tuple[tuple[int, int], pa.Table]] = {}


def join(anonymous_id: str, customer_id: int, at: datetime) -> bool:
    """Whoever uses this anonymous id said at that time that they are this customer; False where that was known.

    Said again by the same customer in a row, it is kept once. Times may come in any order.
    """
    if not anonymous_id.strip() or len(anonymous_id) > _LONGEST:
        raise Invalid(
            "“{anonymous_id}” is not an anonymous id.",
            anonymous_id=anonymous_id[:60],
            hint="It has at most {longest} characters, and at least one.",
            longest=_LONGEST,
        )
    before = _last(anonymous_id, at)
    if before is not None and before.customer_id == customer_id:
        return False
    _row, made = AnonymousJoin.objects.get_or_create(
        anonymous_id=anonymous_id, customer_id=customer_id, at=at
    )
    return made


def join_many(said: Iterable[tuple[str, int, datetime]]) -> int:
    """`join` for many (anonymous id, customer, time), in their order; returns how many were new."""
    return sum(join(*one) for one in said)


def owner_of(anonymous_id: str, at: datetime) -> int | None:
    """The card a visit under this id at that time belongs to; None where nobody ever said who it is."""
    rows = AnonymousJoin.objects.filter(anonymous_id=anonymous_id)
    found = _last(anonymous_id, at) or rows.order_by("at", "pk").first()
    return None if found is None else card_of(found.customer_id)


def ids_used_by(customer_ids: Iterable[int]) -> list[str]:
    """The anonymous ids these customers ever used."""
    rows = AnonymousJoin.objects.filter(customer_id__in=list(customer_ids))
    return sorted(set(rows.values_list("anonymous_id", flat=True)))


def intervals() -> pa.Table:
    """Who an anonymous id was, from when until when: anonymous_id, from_at, until_at, known_as, naive UTC.

    Kept in this process until somebody joins.
    """
    counted = AnonymousJoin.objects.aggregate(last=Max("pk"))["last"] or 0
    mark = (counted, AnonymousJoin.objects.count()) if counted else (0, 0)
    place = str(home.current().root)
    if place not in _kept or _kept[place][0] != mark:
        _kept[place] = (mark, _intervals())
    return _kept[place][1]


def _last(anonymous_id: str, at: datetime) -> AnonymousJoin | None:
    rows = AnonymousJoin.objects.filter(anonymous_id=anonymous_id, at__lte=at)
    return rows.order_by("-at", "-pk").first()


def _intervals() -> pa.Table:
    rows = AnonymousJoin.objects.order_by("anonymous_id", "at", "pk")
    said = list(rows.values_list("anonymous_id", "at", "customer_id").iterator(chunk_size=20_000))
    starts, ends = [], []
    for place, (who, at, _customer) in enumerate(said):
        first = place == 0 or said[place - 1][0] != who
        last = place + 1 == len(said) or said[place + 1][0] != who
        starts.append(_EARLIEST if first else clock.naive_utc(at))
        ends.append(_LATEST if last else clock.naive_utc(said[place + 1][1]))
    return pa.table(
        {
            "anonymous_id": pa.array([one[0] for one in said], pa.string()),
            "from_at": pa.array(starts, pa.timestamp("us")),
            "until_at": pa.array(ends, pa.timestamp("us")),
            "known_as": pa.array([one[2] for one in said], pa.int64()),
        }
    )
