"""How long what is held of people is kept: each room says it, the shop may say otherwise, and the worker keeps to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from beizai.base import personal
from beizai.base.errors import Invalid, NotFound
from beizai.consent.models import RetentionRule
from beizai.staff import audit

_LONGEST_DAYS = 36_500


@dataclass(frozen=True)
class Rule:
    """How long one table is kept (None: as long as the person is in the book). `runs`: what is older is taken out."""

    table: str
    what: str
    keep_days: int | None
    by_the_shop: bool
    runs: bool


def rules() -> list[Rule]:
    """Every table that holds something of people, and how long."""
    own: Mapping[str, int | None] = dict(RetentionRule.objects.values_list("table", "keep_days"))
    return [
        Rule(
            one.table,
            one.what,
            own.get(one.table, one.keep_days),
            one.table in own,
            one.expire is not None,
        )
        for one in personal.holdings()
    ]


def keep_for(table: str, days: int | None, *, at: datetime) -> None:
    """The shop keeps a table's rows for so many days (None: for ever). NotFound, Invalid."""
    known = {one.table: one for one in rules()}
    if table not in known or not known[table].runs:
        raise NotFound(
            "Nothing is taken out of “{table}” by its age.",
            hint="These have an age: {tables}.",
            table=table,
            tables=", ".join(one.table for one in known.values() if one.runs),
        )
    if days is not None and not 1 <= days <= _LONGEST_DAYS:
        raise Invalid(
            "{days} days cannot be kept to.", hint="Between 1 and {most}.", days=days, most=_LONGEST_DAYS
        )
    RetentionRule.objects.update_or_create(table=table, defaults={"keep_days": days, "changed_at": at})


def carry_out(at: datetime) -> dict[str, int]:
    """Takes out what is older than its rule says; returns how many rows of which table. Twice is once."""
    days = {one.table: one.keep_days for one in rules()}
    gone = {}
    for one in personal.holdings():
        kept = days[one.table]
        if one.expire is not None and kept is not None:
            count = one.expire(at - timedelta(days=kept))
            if count:
                gone[one.table] = count
    if gone:
        audit.record("retention.carried_out", at=at, user=None, rows=gone)
    return gone
