"""How many events came in under which name: a bounded list, whatever a program invents."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from beizai.events.models import EventName

MOST = 1_000  # of a source; the rest share one line
_Key = tuple[int, str, str]


def count(heard: Iterable[tuple[int, str, str]], at: datetime) -> None:
    """Adds events (source, call, name) to the list. After a crash some may be counted twice; none is in the book twice."""
    counts: Counter[_Key] = Counter(heard)
    if not counts:
        return
    with transaction.atomic():
        left = {key: number for key, number in counts.items() if not _add(key, number, at)}
        room = {source: MOST - EventName.objects.filter(source_id=source).count() for source, _, _ in left}
        for (source, call, name), number in left.items():
            others = room[source] <= 0
            room[source] -= 1
            _first(source, call, "" if others else name, number, at, others=others)


def _add(key: _Key, number: int, at: datetime) -> bool:
    source, call, name = key
    rows = EventName.objects.filter(source_id=source, call=call, name=name, others=False)
    return bool(rows.update(count=F("count") + number, last_at=at))


def _first(source: int, call: str, name: str, number: int, at: datetime, *, others: bool) -> None:
    row, made = EventName.objects.get_or_create(
        source_id=source,
        call=call,
        name=name,
        others=others,
        defaults={"count": number, "first_at": at, "last_at": at},
    )
    if not made:
        EventName.objects.filter(pk=row.pk).update(count=F("count") + number, last_at=at)
