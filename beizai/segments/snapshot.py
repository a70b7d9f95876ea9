"""The snapshot of the customers: a copy of all cards, laid out for counting, made anew when the office changed.

A million cards take some seconds to copy; so the copy is kept in the home, and where only some cards changed since, only those are read.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db.models import Max

from beizai.base import home
from beizai.consent.models import ConsentEntry, ListCheck, Restriction, SuppressedPoint
from beizai.consent.suppression import catch_up
from beizai.customers import belonging
from beizai.customers.models import ContactPoint, Customer, FactChange, Tag, Tie
from beizai.events.models import BookStamp
from beizai.identity.models import Touched
from beizai.segments import rows
from beizai.segments.rows import Asked
from beizai.staff.shop import shop
from beizai.value.cards import referrals

_NAME = "customers.parquet"
_MARK = b"mark"
_FEW = 20_000  # more changed cards than this, and all are read
_OF_A_CARD = (FactChange, ContactPoint, Tag, Tie, ConsentEntry, Restriction, SuppressedPoint, Touched)
_GROWING = (Customer, ListCheck, *_OF_A_CARD)


@dataclass(frozen=True)
class Mark:
    """What the office was known by when it was copied."""

    last_ids: dict[str, int]
    counts: dict[str, int]
    stamp: int
    kinds: dict[str, str]
    timezone: str
    at: str
    turns_at: str | None = None
    country: str = ""  # the shop's: whose law holds where a card names none

    def same_office(self, other: "Mark") -> bool:
        """Whether nothing changed between the two."""
        mine, theirs = self.__dict__, other.__dict__
        return all(
            mine[name] == theirs[name]
            for name in ("last_ids", "counts", "stamp", "kinds", "timezone", "country")
        )

    def same_shape(self, other: "Mark") -> bool:
        """Whether only single cards changed: no import came or went, no attribute was defined anew."""
        mine, theirs = self.__dict__, other.__dict__
        same_lists = self.last_ids["ListCheck"] == other.last_ids["ListCheck"]
        return same_lists and all(
            mine[name] == theirs[name] for name in ("stamp", "kinds", "timezone", "country")
        )


def customers(at: datetime) -> pa.Table:
    """The cards as of a time: one row per card, by rising customer_id; see `rows.schema`, and `referrals`.

    Now is answered from the kept copy, brought up to date; the past is read from the history of the cards and takes longer.
    """
    now = _mark(at)
    kept = _kept()
    if _is_past(at, kept[1] if kept else None):
        table, _ = rows.table(Asked(at, now.timezone, now.kinds, past=True))
    else:
        table = _present(at, now, kept)
    brought = referrals(table["customer_id"].to_numpy(), at)
    return table.append_column("referrals", pa.array(brought)).replace_schema_metadata(None)


def one(customer_id: int, at: datetime) -> pa.Table:
    """The card of one customer as of a time, read from the office itself: one row, or none."""
    numbers = belonging.ids_of(customer_id)
    past = any(
        rows_of.exists()
        for rows_of in (
            Customer.objects.filter(pk=customer_id, changed_at__gt=at),
            ConsentEntry.objects.filter(customer_id__in=numbers, at__gt=at),
            FactChange.objects.filter(customer_id__in=numbers, at__gt=at),
        )
    )
    table, _ = rows.table(Asked(at, shop().timezone, rows.definitions(), only=[customer_id], past=past))
    brought = referrals(table["customer_id"].to_numpy(), at)
    return table.append_column("referrals", pa.array(brought))


def _present(at: datetime, now: Mark, kept: tuple[pa.Table, Mark] | None) -> pa.Table:
    if kept is not None and _holds(kept[1], at):
        if kept[1].same_office(now):
            return kept[0]
        changed = _changed(kept[1], now)
        if changed is not None:
            return _keep(*_patched(kept, changed, at, now), now)
    return _keep(*rows.table(Asked(at, now.timezone, now.kinds)), now)


def _holds(mark: Mark, at: datetime) -> bool:
    """Whether no permission ended by itself since the copy was made."""
    return mark.turns_at is None or at < datetime.fromisoformat(mark.turns_at)


def _is_past(at: datetime, kept: Mark | None) -> bool:
    """Whether anything of the office is younger than the time asked for."""
    if Customer.objects.filter(changed_at__gt=at).exists():
        return True
    if kept is not None and at >= datetime.fromisoformat(kept.at):
        return False
    return ConsentEntry.objects.filter(at__gt=at).exists() or FactChange.objects.filter(at__gt=at).exists()


def _mark(at: datetime) -> Mark:
    catch_up()
    last = {
        model.__name__: model._default_manager.aggregate(last=Max("pk"))["last"] or 0 for model in _GROWING
    }
    counts = {model.__name__: model._default_manager.count() for model in (Customer, Tag, Tie)}
    stamp = BookStamp.objects.filter(pk=1).values_list("stamp", flat=True).first() or 0
    here = shop()
    return Mark(last, counts, stamp, rows.definitions(), here.timezone, at.isoformat(), country=here.country)


def _changed(old: Mark, now: Mark) -> set[int] | None:
    """The cards that changed since; None where all must be read."""
    grown = now.last_ids["Customer"] - old.last_ids["Customer"]
    if not old.same_shape(now) or now.counts["Customer"] - old.counts["Customer"] != grown or grown > _FEW:
        return None
    found: set[int] = set(
        Customer.objects.filter(pk__gt=old.last_ids["Customer"]).values_list("pk", flat=True)
    )
    for model in _OF_A_CARD:
        younger: Any = model._default_manager.filter(pk__gt=old.last_ids[model.__name__])
        found |= set(younger.values_list("customer_id", flat=True)[: _FEW + 1])
        if len(found) > _FEW:
            return None
    return found | set(belonging.cards_of(found).values())


def _patched(
    kept: tuple[pa.Table, Mark], changed: Iterable[int], at: datetime, now: Mark
) -> tuple[pa.Table, datetime | None]:
    table, mark = kept
    ids = np.array(sorted(changed), dtype=np.int64)
    fresh, turns_at = rows.table(Asked(at, now.timezone, now.kinds, only=ids.tolist()))
    stay = table.filter(pc.invert(pc.is_in(table["customer_id"], value_set=pa.array(ids))))
    whole = pa.concat_tables([stay, fresh]).sort_by("customer_id")
    turns = [
        turn for turn in (turns_at, datetime.fromisoformat(mark.turns_at) if mark.turns_at else None) if turn
    ]
    return whole, min(turns, default=None)


def _path() -> Path:
    return home.current().analysis / _NAME


def _kept() -> tuple[pa.Table, Mark] | None:
    try:
        table = pq.read_table(_path())
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    said = json.loads((table.schema.metadata or {}).get(_MARK, b"null"))
    mark = Mark(**said) if isinstance(said, dict) else None
    same = mark is not None and set(mark.last_ids) == {model.__name__ for model in _GROWING}
    if mark is None or not same or not table.schema.equals(rows.schema(mark.kinds)):
        return None  # an earlier version of the program made it
    return table, mark


def _keep(table: pa.Table, turns_at: datetime | None, now: Mark) -> pa.Table:
    """Whole or not at all: who reads sees the old file until the new one stands."""
    mark = Mark(**(now.__dict__ | {"turns_at": turns_at.isoformat() if turns_at else None}))
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    pq.write_table(
        table.replace_schema_metadata({_MARK: json.dumps(mark.__dict__).encode()}), new, compression="zstd"
    )
    os.replace(new, path)
    return table
