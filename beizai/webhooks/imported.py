"""A file brought in is told in sets of customers once all of it is in the book: a million cards are two thousand webhooks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from beizai.consent.models import ConsentEntry
from beizai.customers.models import Customer, FactChange
from beizai.imports.models import Import
from beizai.webhooks import kinds
from beizai.webhooks.facts import Fact
from beizai.webhooks.logs import OF_IMPORTS, decision
from beizai.webhooks.models import ToldImport, WebhookEndpoint
from beizai.webhooks.writing import write

_SETS_AT_ONCE = 10


@dataclass(frozen=True)
class _Part:
    """One part of what an import brought: its rows by number, and the facts a few of them are."""

    kind: str
    rows: Callable[[Import], QuerySet[Any]]
    facts: Callable[[Import, list[Any]], Iterator[Fact]]


def tell_next(endpoint: WebhookEndpoint, *, now: datetime, at: datetime) -> int:
    """Writes down the next sets of an import an endpoint is to be told of; how many rows were looked at. 0: there is none."""
    if not OF_IMPORTS & set(endpoint.kinds):
        return 0
    row = _next(endpoint)
    if row is None:
        return 0
    with transaction.atomic():
        told, _ = ToldImport.objects.select_for_update().get_or_create(
            endpoint=endpoint, import_id=row.pk, state=row.state
        )
        return 1 + (0 if told.done else _step(endpoint, row, told, now, at))


def _next(endpoint: WebhookEndpoint) -> Import | None:
    done = ToldImport.objects.filter(
        endpoint=endpoint, import_id=OuterRef("pk"), state=OuterRef("state"), done=True
    )
    ended = Import.objects.exclude(state=Import.State.COMING_IN)
    return ended.exclude(Exists(done)).select_related("source").order_by("pk").first()


def _step(endpoint: WebhookEndpoint, row: Import, told: ToldImport, now: datetime, at: datetime) -> int:
    if row.state == Import.State.UNDONE:
        write(endpoint, _undone(endpoint, row, now), now=now, at=at)
        told.done = True
        told.save()
        return 1
    part = _PARTS[told.part]
    limit = kinds.SET_SIZE * _SETS_AT_ONCE
    rows = []
    if part.kind in endpoint.kinds:
        rows = list(part.rows(row).filter(pk__gt=told.last_id).order_by("pk")[:limit])
        write(endpoint, part.facts(row, rows), now=now, at=at)
    if len(rows) == limit:
        told.last_id = rows[-1].pk
    else:
        told.part, told.last_id = told.part + 1, 0
        told.done = told.part == len(_PARTS)
    told.save()
    return len(rows)


def _undone(endpoint: WebhookEndpoint, row: Import, now: datetime) -> Iterable[Fact]:
    """Told where the import itself was: one that failed on its way in never came."""
    known = ToldImport.objects.filter(endpoint=endpoint, import_id=row.pk, state=Import.State.IN_BOOK)
    if row.entered_at is not None or known.exists():
        data = {**_about(row), "customers_taken_out": row.undone.get("customers_out", 0)}
        yield Fact(f"undone:{row.pk}", kinds.UNDONE, row.undone_at or now, None, data)


def _about(row: Import) -> dict[str, Any]:
    about: dict[str, Any] = {"import_id": row.pk, "source": row.source.name}
    return about | {"simulated": True} if row.simulated else about


def _made(row: Import, rows: list[Customer]) -> Iterator[Fact]:
    yield from _sets(row, "made", [one.pk for one in rows])


def _changed(row: Import, rows: list[FactChange]) -> Iterator[Fact]:
    """Cards that were in the book before. One whose changes lie in two steps is named in both."""
    made = set(
        Customer.objects.filter(pk__in={one.customer_id for one in rows}, import_id=row.pk).values_list(
            "pk", flat=True
        )
    )
    yield from _sets(
        row, "changed", sorted({one.customer_id for one in rows} - made), first=rows[0].pk if rows else 0
    )


def _sets(row: Import, what: str, numbers: list[int], *, first: int = 0) -> Iterator[Fact]:
    at = row.entered_at or row.started_at
    for place in range(0, len(numbers), kinds.SET_SIZE):
        some = numbers[place : place + kinds.SET_SIZE]
        data = {**_about(row), "cards": what, "customer_ids": some}
        yield Fact(f"import:{row.pk}:{what}:{first}:{some[0]}", kinds.IMPORTED, at, None, data)


def _decided(row: Import, rows: list[ConsentEntry]) -> Iterator[Fact]:
    def alike(one: ConsentEntry) -> tuple[str, ...]:
        return one.purpose, one.channel, one.topic, one.decision, one.basis

    for _, some in groupby(sorted(rows, key=lambda one: (alike(one), one.pk)), key=alike):
        group = list(some)
        for place in range(0, len(group), kinds.SET_SIZE):
            piece = group[place : place + kinds.SET_SIZE]
            said = {
                key: value
                for key, value in decision(piece[0]).items()
                if key not in ("consent_id", "expires_at")
            }
            data = {**_about(row), **said, "customer_ids": [one.customer_id for one in piece]}
            yield Fact(
                f"consents:{row.pk}:{piece[0].pk}",
                kinds.CONSENT_IMPORTED,
                row.entered_at or row.started_at,
                None,
                data,
            )


_PARTS = (
    _Part(kinds.IMPORTED, lambda row: Customer.objects.filter(import_id=row.pk).only("pk"), _made),
    _Part(
        kinds.IMPORTED,
        lambda row: FactChange.objects.filter(import_id=row.pk).only("pk", "customer_id"),
        _changed,
    ),
    _Part(kinds.CONSENT_IMPORTED, lambda row: ConsentEntry.objects.filter(import_id=row.pk), _decided),
)
