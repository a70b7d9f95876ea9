"""RFM for everybody and five-condition segments over a million customers and fifty million events, beside plain scans."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench import Line
from bench.lake_data import make

CUSTOMERS, EVENTS = 1_000_000, 50_000_000
AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)
ROUNDS = 5
LIMIT = 1.6

# A plain scan touches every value of the columns once and groups nothing.
_SCAN = {
    "orders": "SELECT sum(customer_id), sum(amount_minor), max(occurred_on), count(*) FILTER (kind = 'sale') FROM orders",
    "lines": "SELECT sum(customer_id), sum(quantity_milli), max(occurred_on), count(*) FILTER (category = '') FROM lines",
    "events": "SELECT sum(customer_id), max(occurred_on), count(*) FILTER (kind = ''), count(*) FILTER (verdict = '') FROM events",
}


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """Medians of interleaved rounds: ours, and scans of the same columns, in one process."""
    home = folder if scale == 1 else folder / f"segments-{scale:g}"
    home.mkdir(parents=True, exist_ok=True)
    customers = int(CUSTOMERS * scale)
    make(home / "lake", customers=customers, events=int(EVENTS * scale))
    os.environ["BEIZAI_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    times = _times(customers)
    yield from _lines(times, customers)


def _times(customers: int) -> dict[str, float]:
    """The median seconds of each thing measured, rounds taken in turns so that a busy machine slows all alike."""
    from beizai.events.book import open_book

    seconds: dict[str, list[float]] = {}
    with open_book() as book:
        book.con.con.register("customers", _cards(customers))
        things = _things(book)
        for _ in range(ROUNDS):
            for name, thing in things.items():
                began = time.perf_counter()
                thing()
                seconds.setdefault(name, []).append(time.perf_counter() - began)
    return {name: statistics.median(found[1:]) for name, found in seconds.items()}


def _things(book: Any) -> dict[str, Callable[[], object]]:
    from beizai.segments import rule as r
    from beizai.segments.compile import members
    from beizai.segments.features import MEASURES, Tables
    from beizai.value.customers import measures, scores
    from beizai.value.thresholds import Thresholds

    half_year, year, two_years = (r.Window(within_days=days) for days in (180, 365, 730))
    shared = (r.Attribute("country", "is", "FR"), r.NeverBought(category="category 3", window=year))
    plain = r.All(
        (
            *shared,
            r.Orders("orders", "at_least", 3, two_years),
            r.Recency("at_least", 30),
            r.Happened("clicked", 1, None, half_year),
        )
    )
    silent = r.All(
        (
            *shared,
            r.Orders("spent_minor", "at_least", 10_000, year),
            r.Silence("at_least", 20),
            r.Happened("visited", 5, None, year),
        )
    )
    connection = book.con.con

    def scan(*tables: str) -> Callable[[], object]:
        return lambda: [connection.sql(_SCAN[table]).to_arrow_table() for table in tables]

    def found(rule: r.Rule, *, measured: bool) -> pa.Table:
        if measured:
            connection.register(MEASURES, measures(book, AS_OF))
        names = ("customers", "orders", "lines", "events", *((MEASURES,) if measured else ()))
        tables = Tables(*(book.con.table(name) for name in names))
        on = date(AS_OF.year, AS_OF.month, AS_OF.day)
        return book.arrow(members(rule, tables, as_of_on=on, lines=Thresholds(on, 0)))

    return {
        "scan_orders": scan("orders"),
        "scan_all": scan("orders", "lines", "events"),
        "scan_events": scan("orders", "events"),
        "rfm": lambda: scores(book, AS_OF),
        "segment": lambda: found(plain, measured=False),
        "silent": lambda: found(silent, measured=True),
    }


def _cards(customers: int) -> pa.Table:
    lot = np.random.default_rng(7)
    country = pa.array(np.array(["fr", "de", "it"])[lot.integers(0, 3, customers)])
    return pa.table({"customer_id": np.arange(1, customers + 1), "country": country})


def _lines(times: dict[str, float], customers: int) -> Iterator[Line]:
    book = f"{customers:,} customers"
    yield _line(
        f"RFM for all of {book}",
        times,
        "rfm",
        "scan_events",
        "a plain scan of their columns over the whole book",
    )
    yield _line(
        f"RFM for all of {book}", times, "rfm", "scan_orders", "a plain scan of the orders alone", limit=None
    )
    yield _line(
        f"five-condition segment of {book}", times, "segment", "scan_all", "a plain scan of its columns"
    )
    yield _line(
        f"five conditions, one of them the own usual gap, of {book}",
        times,
        "silent",
        "scan_all",
        "a plain scan of its columns",
        limit=None,
    )


def _line(
    what: str, times: dict[str, float], ours: str, rival: str, called: str, *, limit: float | None = LIMIT
) -> Line:
    ratio = times[ours] / times[rival]
    return Line(
        what=what,
        ours=f"{times[ours]:.2f} s",
        rival=f"{called}: {times[rival]:.2f} s",
        ratio=ratio,
        limit=f"at most {limit} times" if limit else "",
        kept=ratio <= limit if limit else None,
    )
