"""What happened long ago loses its name: it still counts, and nobody can say any more whose it was."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from beizai.base import clock
from beizai.base.keeping import Due, Fate, Found, Keeping, Mark
from beizai.events import batches, leases, places
from beizai.identity.models import AnonymousJoin
from beizai.lake import EVENTS, LINES, ORDERS, duck
from beizai.lake.names import Named

_LONG = timedelta(minutes=10)
_OLDEST = "SELECT min(occurred_at) FROM {table} WHERE {named}"
_DUE = "SELECT count(*) FROM {table} WHERE {named} AND occurred_at < $before"
_NEXT = "SELECT min(period) FROM {table} WHERE {named} AND occurred_at < $before AND period > $after"


def _named(table: str, kinds: tuple[str, ...], spared: Collection[int]) -> Named:
    devices = (
        AnonymousJoin.objects.filter(customer_id__in=sorted(spared)).values_list("anonymous_id", flat=True)
        if spared
        else ()
    )
    return Named(table, kinds, frozenset(spared), frozenset(devices))


def _asked(named: Named, question: str, **values: object) -> object:
    """The one answer to a question about rows that still have a name; text of our own, values bound."""

    def ask() -> object:
        connection = duck.connect()
        try:
            duck.view(connection, places.lake().files(named.table))
            text = question.format(table=named.table, named=named.condition)
            rows = connection.sql(text, params=values or None).fetchall()
            return rows[0][0] if rows else None
        finally:
            connection.close()

    return duck.retrying(ask)


def _due(tables: tuple[str, ...], kinds: tuple[str, ...]) -> Callable[[datetime, Collection[int]], Due]:
    def due(before: datetime, spared: Collection[int]) -> Due:
        count, oldest = 0, []
        for table in tables:
            named = _named(table, kinds, spared)
            found = _asked(named, _DUE, before=clock.naive_utc(before))
            first = _asked(named, _OLDEST)
            count += found if isinstance(found, int) and table != LINES else 0
            oldest += [clock.aware(first)] if isinstance(first, datetime) else []
        return Due(count, min(oldest, default=None))

    return due


def _find(
    tables: tuple[str, ...], kinds: tuple[str, ...]
) -> Callable[[datetime, Collection[int], Mark], Found]:
    """One month of one table at a time: what is rewritten stays small."""

    def find(before: datetime, spared: Collection[int], after: Mark) -> Found:
        at, _, period = str(after).partition(":")
        for table in tables[tables.index(at) if at else 0 :]:
            named = _named(table, kinds, spared)
            values = {"before": clock.naive_utc(before), "after": period if table == at else ""}
            month = _asked(named, _NEXT, **values)
            if month is not None:
                mark = f"{table}:{month}"
                return Found([mark], mark)
        return Found((), None)

    return find


def _take(kinds: tuple[str, ...]) -> Callable[[Sequence[Mark], datetime, Collection[int]], int]:
    def take(marks: Sequence[Mark], before: datetime, spared: Collection[int]) -> int:
        count = 0
        for mark in marks:
            table, _, period = str(mark).partition(":")
            named = _named(table, kinds, spared)
            with leases.hold(table, ttl=_LONG) as lease:
                gone = places.lake().unname(named, period=period, before=clock.naive_utc(before), lease=lease)
            count += gone if table != LINES else 0
        with transaction.atomic():  # a reader with an older file list must ask again
            batches.draw_stamp()
        return count

    return take


def _keeping(
    kind: str,
    what: str,
    *,
    tables: tuple[str, ...] = (EVENTS,),
    kinds: tuple[str, ...] = (),
    keep_days: int | None,
    least_days: int,
) -> Keeping:
    return Keeping(
        kind,
        what,
        Fate.ANONYMOUS,
        "happened",
        keep_days,
        _due(tables, kinds),
        _find(tables, kinds),
        _take(kinds),
        in_office=False,
        least_days=least_days,
    )


SALES = _keeping(
    "orders",
    "whose an order was; the order itself stays in the book",
    tables=(LINES, ORDERS),
    keep_days=None,
    least_days=365,
)
OF_EVENTS = (
    _keeping(
        "site_visits",
        "what people and unknown visitors did on the site and in programs",
        kinds=("visited", "tracked", "identified", "grouped", "aliased"),
        keep_days=395,
        least_days=30,
    ),
    _keeping(
        "opens_and_clicks",
        "who opened a mail and followed its links",
        kinds=("opened", "clicked"),
        keep_days=1095,
        least_days=90,
    ),
    _keeping(
        "form_events",
        "that somebody answered a form, and what they chose",
        kinds=("form_answered", "answered", "asked"),
        keep_days=1095,
        least_days=30,
    ),
)
