"""One customer read out of an open question: the card from the snapshot, their own orders, lines and events."""

import json
from typing import Any

import pyarrow.compute as pc

from beizai.segments.attributes import column
from beizai.segments.folding import SEPARATOR
from beizai.segments.person import Event, Line, Person
from beizai.segments.questions import Question
from beizai.segments.rows import CHANNELS, PURPOSES, definitions
from beizai.segments.rule.checking import STANDARD
from beizai.value.purchases import Order


def person(question: Question, customer_id: int) -> Person | None:
    """The customer with everything a rule may look at; None where nobody has this number as of the time."""
    rows = question.cards.filter(pc.equal(question.cards["customer_id"], customer_id)).to_pylist()
    if not rows:
        return None
    card = rows[0]
    names = [*STANDARD, *definitions()]
    return Person(
        customer_id=customer_id,
        attributes={name: card.get(column(name)) for name in names},
        tags=frozenset(tag for tag in card["tags"].split(SEPARATOR) if tag),
        source=card["source"],
        referred=card["referred"],
        referrals=card["referrals"],
        left_contact=card["left_contact"],
        may=frozenset(
            (channel, purpose)
            for channel in CHANNELS
            for purpose in PURPOSES
            if card[f"may_{channel}_{purpose}"]
        ),
        orders=tuple(
            Order(*row)
            for row in _mine(question, "orders", customer_id, "occurred_on", "kind", "amount_minor")
        ),
        lines=tuple(
            Line(*row)
            for row in _mine(
                question,
                "lines",
                customer_id,
                "order_id",
                "occurred_on",
                "product",
                "category",
                "quantity_milli",
            )
        ),
        events=tuple(
            Event(kind, on, campaign_id, verdict, *_told(props))
            for kind, on, campaign_id, verdict, props in _mine(
                question, "events", customer_id, "kind", "occurred_on", "campaign_id", "verdict", "props"
            )
        ),
    )


def _told(props: str | None) -> tuple[str | None, dict[str, Any]]:
    """The name and the properties a site told of an event."""
    found = json.loads(props) if props else {}
    name, properties = found.get("name"), found.get("properties")
    return name if isinstance(name, str) else None, properties if isinstance(properties, dict) else {}


def _mine(question: Question, table: str, customer_id: int, *columns: str) -> list[tuple[Any, ...]]:
    rows = getattr(question.book, table)
    mine = rows.filter(rows.customer_id == customer_id, rows.occurred_on <= question.on).select(*columns)
    found = question.book.arrow(mine)
    return list(zip(*(found[name].to_pylist() for name in columns), strict=True))
