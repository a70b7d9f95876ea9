"""What the lake holds of a person, how it is given out, and how it goes."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from beizai.base import keeping
from beizai.base.keeping import Stays
from beizai.base.personal import Holding, register
from beizai.customers.models import ExternalId
from beizai.events import erasing, unnaming
from beizai.events.book import open_book
from beizai.events.models import Erasure, QuarantinedEvent
from beizai.lake import EVENTS, LINES, ORDERS

_COLUMNS = {
    ORDERS: ("number", "occurred_on", "kind", "amount_minor", "currency", "store"),
    LINES: ("occurred_on", "product", "category", "quantity_milli", "amount_minor"),
    EVENTS: ("kind", "occurred_at", "campaign_id", "props"),
}


def _given_out(table: str, customer_id: int) -> list[dict[str, Any]]:
    with open_book() as book:
        rows = book.con.table(table)
        mine = (
            rows.filter(rows.customer_id == customer_id).select(*_COLUMNS[table]).order_by(*_COLUMNS[table])
        )
        found: list[dict[str, Any]] = book.arrow(mine).to_pylist()
    return found


def _ask_to_erase(customer_id: int, at: datetime) -> int:
    return int(erasing.ask(customer_id, at=at))


def _register(table: str, what: str, kept: tuple[keeping.Keeping, ...]) -> None:
    register(
        Holding(
            f"lake.{table}",
            what,
            lambda customer_id: _given_out(table, customer_id),
            _ask_to_erase,
            kept=kept,
        )
    )


_register(ORDERS, "what they bought: the orders", (unnaming.SALES,))
_register(LINES, "what they bought: the lines", (unnaming.SALES,))
_register(EVENTS, "what they did and what was sent to them", unnaming.OF_EVENTS)


def _asked(customer_id: int) -> list[dict[str, Any]]:
    return [
        {"asked_at": erasure.asked_at, "done_at": erasure.done_at}
        for erasure in Erasure.objects.filter(customer_id=customer_id)
    ]


register(
    Holding(
        table=Erasure._meta.db_table,
        what="that their history was to be erased",
        give_out=_asked,
        erase=lambda customer_id, at: 0,
        kept_because="An older copy that is restored must be erased again.",
        kept=Stays.PROOF,
    )
)


def _mine(customer_id: int) -> QuerySet[QuarantinedEvent]:
    """Events aside that name this customer's number in their source."""
    numbers = ExternalId.objects.filter(
        customer_id=customer_id, source=OuterRef("source"), value=OuterRef("user_id")
    )
    return QuarantinedEvent.objects.filter(Exists(numbers))


register(
    Holding(
        table=QuarantinedEvent._meta.db_table,
        what="events of theirs that could not be taken and wait to be mended",
        give_out=lambda customer_id: list(_mine(customer_id).values("received_at", "name", "reason", "body")),
        erase=lambda customer_id, at: _mine(customer_id).delete()[0],
        kept=keeping.by_age(
            "quarantined_events",
            "events that could not be taken as they came, and that nobody mended",
            QuarantinedEvent.objects.all,
            age="received_at",
            counted_from="came_in",
            keep_days=90,
            owner="",
        ),
    )
)
