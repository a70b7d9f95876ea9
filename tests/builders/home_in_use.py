"""Run as a process of its own: somebody at work in a home (`work`), and what a home holds (`look`)."""

import itertools
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

LINES_PER_ORDER, ORDERS_PER_BATCH = 2, 20


def _said(file: Path, text: str) -> None:
    with file.open("a") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())


def work(acknowledged: Path) -> None:
    """Imports batches and takes events until it is killed; what was acknowledged is written down."""
    from beizai.events import batches, inbox
    from beizai.events.flusher import flush_once
    from beizai.events.happenings import Happening
    from beizai.events.orders import append_orders

    for round_ in itertools.count():
        now = datetime.now(UTC)
        ids = [f"{os.getpid()}-{round_}-{number}" for number in range(5)]
        inbox.current().put(
            [
                Happening(
                    id=one, kind="visited", occurred_at=now, received_at=now, props={"id": one}
                ).message()
                for one in ids
            ]
        )
        for one in ids:
            _said(acknowledged, f"event {one}")
        batch = batches.open_batch("orders", opened_at=now)
        append_orders(batch.pk, *_orders(batch.pk, now))
        if round_ % 3:
            flush_once()
        batches.enter(batch.pk, at=now)
        _said(acknowledged, f"batch {batch.pk}")
        time.sleep(0.01)


def _orders(batch_id: int, now: datetime) -> tuple[pa.Table, pa.Table]:
    moment, day = now.replace(tzinfo=None), now.date()
    order_ids = [batch_id * 1000 + number for number in range(ORDERS_PER_BATCH)]
    common = {"source_id": 1, "occurred_at": moment, "occurred_on": day}
    orders = [
        {"order_id": one, "number": str(one), "received_at": moment, "kind": "sale", "amount_minor": 500,
         "line_count": LINES_PER_ORDER, "currency": "EUR", **common}
        for one in order_ids
    ]  # fmt: skip
    lines = [
        {"order_id": one, "line_no": line, "quantity_milli": 1000, "amount_minor": 250, **common}
        for one in order_ids
        for line in range(LINES_PER_ORDER)
    ]
    return pa.Table.from_pylist(orders), pa.Table.from_pylist(lines)


def look() -> None:
    """What is in the book after everything unfinished was finished or taken out; one JSON document."""
    from beizai.campaigns.models import Campaign
    from beizai.events import batches, flusher
    from beizai.events.book import open_book
    from beizai.events.models import Batch
    from beizai.staff.models import User
    from beizai.staff.shop import shop

    batches.recover(at=datetime.now(UTC))
    for stale in Batch.objects.filter(state=Batch.State.COMING_IN):  # of a process that lives on elsewhere
        batches.undo(stale.pk, at=datetime.now(UTC))
    flusher.Flusher().flush_all()
    with open_book() as book:
        events = book.arrow(book.events.select("props")).column("props").to_pylist()
        orders = book.arrow(book.orders.group_by("batch_id").agg(n=book.orders.count())).to_pylist()
        lines = book.arrow(book.lines.group_by("batch_id").agg(n=book.lines.count())).to_pylist()
    document = {
        "events": [json.loads(event)["id"] for event in events],
        "orders": {row["batch_id"]: row["n"] for row in orders},
        "lines": {row["batch_id"]: row["n"] for row in lines},
        "in_book": list(Batch.objects.filter(state=Batch.State.IN_BOOK).values_list("pk", flat=True)),
        "campaigns": list(Campaign.objects.values_list("name", "state", "pause_reason")),
        "sending_paused": shop().sending_paused,
        "users": list(User.objects.values_list("email", "created_at")),
    }
    print(json.dumps(document, default=str))


def plan_sending(name: str) -> None:
    """A campaign that is being sent."""
    from beizai.campaigns.models import Campaign, CampaignState

    Campaign.objects.create(name=name, state=CampaignState.SENDING, created_at=datetime.now(UTC))


if __name__ == "__main__":
    from beizai.homes.opening import set_up_django

    set_up_django()
    match sys.argv[1:]:
        case ["work", path]:
            work(Path(path))
        case ["plan-sending", name]:
            plan_sending(name)
        case _:
            look()
