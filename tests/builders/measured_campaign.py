"""A campaign that has been sent, with the purchases of everybody in it before and after: what measurement reads."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from beizai.base import ids
from beizai.campaigns.models import Campaign, CampaignState
from beizai.events import batches
from beizai.events.orders import append_orders
from beizai.experiments.draw import OUTSIDE, Draw, draw
from beizai.messages.models import Group, Message, State

STARTED = datetime(2026, 5, 4, 9, tzinfo=UTC)
ENDED = STARTED + timedelta(days=28)
PAST_FROM = date(2025, 11, 3)


@dataclass
class Purchases:
    """Orders of one line each, to be brought in together."""

    orders: list[dict[str, object]] = field(default_factory=list)
    lines: list[dict[str, object]] = field(default_factory=list)

    def add(self, customer_id: int, on: date, amount: int, **line: object) -> None:
        number = f"N{len(self.orders)}-{customer_id}-{on}"
        at = datetime(on.year, on.month, on.day, 12)
        shared = {"order_id": ids.order_id(1, number), "customer_id": customer_id, "source_id": 1}
        shared |= {"occurred_at": at, "occurred_on": on, "amount_minor": amount}
        shared |= {"discount_minor": line.pop("discount_minor", 0), "simulated": line.pop("simulated", False)}
        kind = {"kind": "return" if amount < 0 else "sale", "line_count": 1, "currency": "EUR"}
        self.orders.append(shared | kind | {"number": number, "received_at": at})
        unknown = {"line_no": 1, "category": None, "cost_minor": None}
        self.lines.append(shared | unknown | {"quantity_milli": -1000 if amount < 0 else 1000} | line)

    def bring_in(self) -> None:
        batch = batches.open_batch("orders", opened_at=STARTED)
        append_orders(batch.pk, pa.Table.from_pylist(self.orders), pa.Table.from_pylist(self.lines))
        batches.enter(batch.pk, at=STARTED)


def sent_campaign(
    people: int = 60,
    *,
    number: int = 1,
    share: float = 0.5,
    spared: frozenset[int] = frozenset(),
    **fields: object,
) -> tuple[Campaign, Draw]:
    """Customers 1 to `people`, who spent their number x 10 before, drawn and written to."""
    campaign = Campaign.objects.create(
        id=number,
        name=f"Campaign {number}",
        state=CampaignState.SENT,
        created_at=STARTED,
        approved_at=STARTED,
        started_at=STARTED,
        finished_at=STARTED + timedelta(hours=1),
        window_ends_on=(STARTED + timedelta(days=28)).date(),
        past_from_on=PAST_FROM,
        **{"margins": {"book": 400, "categories": {"Tea": 500}}, "outlook": {"theta": 0.1}, **fields},
    )
    everybody = np.arange(1, people + 1)
    lot = draw(everybody, everybody * 10, campaign_id=number, share=share, spared=spared)
    Message.objects.bulk_create(
        Message(
            campaign_id=number,
            customer_id=customer_id,
            group=Group.HELD_OUT if alone else Group.OUTSIDE if block == OUTSIDE else Group.TREATED,
            block=None if block == OUTSIDE else block,
            state=State.HELD_OUT if alone else State.SENT,
            sent_at=None if alone else STARTED,
            changed_at=STARTED,
        )
        for customer_id, block, alone in zip(
            lot.customer_ids.tolist(), lot.block.tolist(), lot.held_out.tolist(), strict=True
        )
    )
    return campaign, lot


def usual_purchases(lot: Draw, *, extra: int = 0, seed: int = 1) -> Purchases:
    """Everybody buys in the past and in the window; the treated spend `extra` more (SIMULATED)."""
    luck = np.random.default_rng(seed)
    bought = Purchases()
    for customer_id, alone in zip(lot.customer_ids.tolist(), lot.held_out.tolist(), strict=True):
        bought.add(customer_id, PAST_FROM + timedelta(days=30), customer_id * 100)
        on = STARTED.date() + timedelta(days=int(luck.integers(0, 28)))
        bought.add(customer_id, on, 500 + int(luck.integers(0, 200)), category="Tea / Green")
        if extra and not alone:
            bought.add(customer_id, on, extra, simulated=True)
    return bought
