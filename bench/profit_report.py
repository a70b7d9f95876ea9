"""The report of a campaign to a million customers, and the textbook interval on the same groups beside it."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench import Line

CUSTOMERS, ORDERS, SLICE, DAYS = 1_000_000, 10_000_000, 500_000, 210
LIMIT_SECONDS = 10
FIRST_ON = date(2025, 11, 3)
STARTED = datetime(2026, 5, 4, 9, tzinfo=UTC)
WINDOW = timedelta(days=28)


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """Makes the book once (some minutes), then the report in a fresh process's first call."""
    os.environ["BEIZAI_HOME"] = str(folder / f"report-{scale:g}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
    import django

    from beizai.base.home import current

    current().make()
    django.setup()
    _make(int(CUSTOMERS * scale), int(ORDERS * scale))
    from beizai.measurement.report import report

    began = time.perf_counter()
    found = report(1, STARTED + WINDOW)
    seconds = time.perf_counter() - began
    textbook = _textbook()
    people = found.profit.treated + found.profit.held_out
    yield Line(
        f"Profit report, {people:,} customers, {int(ORDERS * scale):,} orders",
        f"{seconds:.1f} s",
        rival=f"Welch's interval alone, on the same contributions: {textbook:.2f} s",
        limit=f"{LIMIT_SECONDS} s",
        kept=seconds <= LIMIT_SECONDS,
    )


def _textbook() -> float:
    import numpy as np
    from scipy import stats

    from beizai.measurement.groups import assigned

    who = assigned(1)
    spent = np.random.default_rng(1).gamma(0.3, 4000, who.treated.size)
    began = time.perf_counter()
    test = stats.ttest_ind(spent[who.treated], spent[~who.treated], equal_var=False)
    test.confidence_interval()
    return time.perf_counter() - began


def _make(customers: int, orders: int) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from beizai.campaigns.models import Campaign, CampaignState

    if Campaign.objects.filter(pk=1).exists():
        return
    for first in range(0, orders, SLICE):
        _buy(first, min(SLICE, orders - first), customers)
        print(f"  {min(first + SLICE, orders):,} of {orders:,} orders", flush=True)
    _write(customers)
    Campaign.objects.create(  # last: a book that was cut off while it was made is made anew
        pk=1,
        name="Everybody",
        state=CampaignState.SENT,
        created_at=STARTED,
        approved_at=STARTED,
        started_at=STARTED,
        finished_at=STARTED,
        window_ends_on=(STARTED + WINDOW).date(),
        past_from_on=FIRST_ON,
        margins={"book": 400, "categories": {"Tea": 500}},
        outlook={"theta": 0.1},
        contact_cost=2,
    )


def _write(customers: int) -> None:
    """The draw, and a row of the ledger for everybody."""
    import numpy as np

    from beizai.experiments.draw import draw
    from beizai.messages.models import Group, Message, State

    Message.objects.all().delete()
    past = np.random.default_rng(1).integers(0, 10_000, customers)
    lot = draw(np.arange(1, customers + 1), past, campaign_id=1, share=0.1)
    rows = zip(lot.customer_ids.tolist(), lot.block.tolist(), lot.held_out.tolist(), strict=True)
    ready = (
        Message(
            campaign_id=1,
            customer_id=customer_id,
            group=Group.HELD_OUT if alone else Group.TREATED,
            block=block,
            state=State.HELD_OUT if alone else State.SENT,
            sent_at=None if alone else STARTED,
            changed_at=STARTED,
        )
        for customer_id, block, alone in rows
    )
    Message.objects.bulk_create(ready, batch_size=2_000)


def _buy(first: int, count: int, customers: int) -> None:
    """Orders of one line each, evenly over seven months."""
    import numpy as np
    import pyarrow as pa

    from beizai.events import batches
    from beizai.events.orders import append_orders

    luck = np.random.default_rng(first)
    number = np.arange(first, first + count)
    days = np.datetime64(FIRST_ON) + luck.integers(0, DAYS, count)
    shared = {
        "order_id": pa.array(number),
        "customer_id": pa.array(luck.integers(1, customers + 1, count)),
        "source_id": pa.array(np.ones(count, dtype=np.int64)),
        "occurred_at": pa.array(days.astype("datetime64[us]") + np.timedelta64(12, "h")),
        "occurred_on": pa.array(days.astype("datetime64[D]")),
        "amount_minor": pa.array(luck.integers(100, 9_000, count)),
        "discount_minor": pa.array(np.zeros(count, dtype=np.int64)),
    }
    order = {
        "number": pa.array(number.astype(str)),
        "received_at": shared["occurred_at"],
        "kind": pa.array(np.full(count, "sale")),
        "line_count": shared["source_id"],
        "currency": pa.array(np.full(count, "EUR")),
    }
    category = pa.array(np.array(["Tea", "Cups", "Tea / Green"])[luck.integers(0, 3, count)])
    line = {
        "line_no": shared["source_id"],
        "quantity_milli": pa.array(np.full(count, 1_000)),
        "category": category,
    }
    batch = batches.open_batch("orders", opened_at=STARTED)
    append_orders(batch.pk, pa.table(shared | order), pa.table(shared | line))
    batches.enter(batch.pk, at=STARTED)
