"""What a card said before: every change with who, when and from where."""

from datetime import datetime
from typing import Any

from beizai.customers import belonging
from beizai.customers.models import FactChange
from beizai.sources.models import Source
from beizai.staff.models import User


def write(
    customer_id: int,
    field: str,
    old: Any,
    new: Any,
    *,
    source: Source,
    now: datetime,
    user: User | None = None,
) -> None:
    """Adds one line to the card's history; values as JSON knows them."""
    FactChange.objects.create(
        customer_id=customer_id, field=field, old=old, new=new, source=source, user=user, at=now
    )


def of(customer_id: int, limit: int = 200) -> list[FactChange]:
    """The changes of a card and of those joined to it, the latest first."""
    rows = FactChange.objects.filter(customer_id__in=belonging.ids_of(customer_id)).select_related(
        "source", "user"
    )
    return list(rows.order_by("-at", "-pk")[:limit])
