"""From a card to a regular: how many have come to each step of the trade's way, and what one of them has cost."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Count, Q

from beizai.customers import belonging
from beizai.customers.models import Customer
from beizai.segments import membership
from beizai.segments.questions import ask
from beizai.sources.models import Source
from beizai.staff.models import Shop
from beizai.trades import books


@dataclass(frozen=True)
class Step:
    """One step: who came to it and to all before it. `of_before`: their share of the step before; `cost_minor`: what all sources have cost
    by this many."""

    name: str
    customers: int
    of_before: float | None
    of_all: float | None
    cost_minor: int | None


@dataclass(frozen=True)
class Funnel:
    """The steps from the first to the last, and what the sources of these people have cost in all."""

    steps: tuple[Step, ...]
    cost_minor: int


def has_funnel(shop: Shop) -> bool:
    """Whether a book this shop has opened has one."""
    return any(one.funnel for one in books.opened(shop))


def funnel(shop: Shop, at: datetime, *, language: str = "") -> Funnel | None:
    """The funnel of the first opened book that has one; None where none has. Nobody counts at a step who is missing at one before it."""
    chosen = next((one for one in books.opened(shop) if one.funnel), None)
    if chosen is None:
        return None
    language = language or books.language_of(shop)
    tables = [books.said(table, language) for table in chosen.funnel]
    asked = tuple(membership.resolved(membership.read_rule(table["rule"])) for table in tables)
    with ask(at) as question:
        _, truths = question.truths(asked)
    reached = [int(row.sum()) for row in np.logical_and.accumulate(np.array(truths, dtype=np.bool_), axis=0)]
    cost = cost_of_sources()
    steps = tuple(
        Step(
            table["name"],
            count,
            _share(count, reached[place - 1]) if place else None,
            _share(count, reached[0]),
            round(cost / count) if count and cost else None,
        )
        for place, (table, count) in enumerate(zip(tables, reached, strict=True))
    )
    return Funnel(steps, cost)


def cost_of_sources() -> int:
    """What the sources have cost so far, in minor units: the sums paid, and so much for each card they brought."""
    brought = belonging.listed(Customer.objects.all()).values("source_id").annotate(n=Count("pk")).order_by()
    cards = dict(brought.values_list("source_id", "n"))
    paid = Source.objects.filter(Q(cost_minor__gt=0) | Q(cost_per_record_minor__gt=0))
    return sum(one.cost_minor + (one.cost_per_record_minor or 0) * cards.get(one.pk, 0) for one in paid)


def _share(count: int, of: int) -> float | None:
    return count / of if of else None
