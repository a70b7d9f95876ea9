"""What the connected shops hold of a person, how it is given out, and how it goes."""

from datetime import datetime
from typing import Any

from beizai.base import keeping
from beizai.base.keeping import Stays
from beizai.base.personal import Holding, register
from beizai.imports.shops.models import ShopDelivery, ShopOrder, ShopRequest


def _orders(customer_id: int) -> list[dict[str, Any]]:
    rows = ShopOrder.objects.filter(customer_id=customer_id).order_by("pk")
    return [dict(row) for row in rows.values("connection__name", "number", "changed_at")]


def _forget_orders(customer_id: int, at: datetime) -> int:
    """The order stays without a name, and so do its later revisions."""
    return ShopOrder.objects.filter(customer_id=customer_id).update(
        customer_id=None, guest="", forgotten=True
    )


def _requests(customer_id: int) -> list[dict[str, Any]]:
    rows = ShopRequest.objects.filter(customer_id=customer_id).order_by("pk")
    return [dict(row) for row in rows.values("connection__name", "kind", "asked_at", "answered_at", "answer")]


register(
    Holding(
        ShopOrder._meta.db_table,
        "their orders in a web shop, as the book follows them",
        _orders,
        _forget_orders,
        kept=Stays.AS_THE_CARD,
    )
)
register(
    Holding(
        ShopRequest._meta.db_table,
        "what a web shop asked in their name: to give out what is held, or to erase it",
        _requests,
        lambda customer_id, at: 0,
        kept_because="It shows that the request was answered; it names the card by its number alone.",
        kept=Stays.PROOF,
    )
)
keeping.keep(
    keeping.by_age(
        "shop_deliveries",
        "the list of what web shops delivered, and what of it was kept aside",
        ShopDelivery.objects.all,
        age="received_at",
        counted_from="came_in",
        keep_days=90,
        owner="",
    )
)
