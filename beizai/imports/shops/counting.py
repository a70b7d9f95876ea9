"""What came from each shop, counted: rightly signed and refused, what became of it, what waits aside."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F

from beizai.base.errors import Phrase
from beizai.imports.shops.models import ShopConnection, ShopDelivery, ShopRequest


@dataclass(frozen=True)
class Shown:
    """A connection with what came by it in the last 90 days, and all that was ever refused."""

    row: ShopConnection
    taken: int
    no_use: int
    aside: int
    requests: int


def refused(counted: Mapping[int, int], at: datetime) -> None:
    """So many deliveries of each connection were not signed rightly."""
    for connection_id, count in counted.items():
        rows = ShopConnection.objects.filter(pk=connection_id)
        rows.update(refused=F("refused") + count, refused_at=at)


def shown() -> Sequence[Shown]:
    """Every connection, those that are heeded first."""
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    rows = ShopDelivery.objects.values_list("connection", "outcome").annotate(count=Count("pk"))
    for connection_id, outcome, count in rows:
        counted[connection_id][outcome] = count
    waiting = dict(
        ShopRequest.objects.filter(answered_at=None).values_list("connection").annotate(count=Count("pk"))
    )
    found = ShopConnection.objects.select_related("source")
    return [
        Shown(
            row,
            counted[row.pk].get(ShopDelivery.Outcome.TAKEN, 0),
            counted[row.pk].get(ShopDelivery.Outcome.NO_USE, 0),
            counted[row.pk].get(ShopDelivery.Outcome.ASIDE, 0),
            waiting.get(row.pk, 0),
        )
        for row in found
    ]


def aside(connection_id: int, limit: int = 200) -> Sequence[ShopDelivery]:
    """What of a shop was kept aside, the latest first."""
    rows = ShopDelivery.objects.filter(connection_id=connection_id, outcome=ShopDelivery.Outcome.ASIDE)
    return list(rows.order_by("-pk")[:limit])


def latest(connection_id: int, limit: int = 50) -> Sequence[ShopDelivery]:
    """The latest deliveries of a shop."""
    return list(ShopDelivery.objects.filter(connection_id=connection_id).order_by("-pk")[:limit])


def why(row: ShopDelivery) -> Phrase | None:
    """What exactly was wrong with a delivery that was kept aside, for the language of whoever looks."""
    return Phrase.from_data(json.loads(row.detail)) if row.detail else None


def waiting_aside() -> int:
    """How many deliveries of all shops wait aside, counted up to 1,000."""
    return ShopDelivery.objects.filter(outcome=ShopDelivery.Outcome.ASIDE)[:1_000].count()
