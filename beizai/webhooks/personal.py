"""What the webhooks hold of a person."""

from datetime import datetime
from typing import Any

from beizai.base import keeping
from beizai.base.personal import Holding, register
from beizai.webhooks import kinds, parcels
from beizai.webhooks.models import WebhookDelivery


def _give_out(customer_id: int) -> list[dict[str, Any]]:
    rows = WebhookDelivery.objects.filter(customer_id=customer_id).order_by("id")
    shown = rows.values("endpoint__name", "kind", "body", "state", "made_at", "ended_at")
    return [dict(row) for row in shown]


def _erase(customer_id: int, at: datetime) -> int:
    """What waits is emptied and never sent; that they were erased is still told, by the number of the card alone."""
    rows = WebhookDelivery.objects.filter(customer_id=customer_id).exclude(kind=kinds.ERASED)
    return parcels.empty(list(rows.values_list("pk", flat=True)), at)


register(
    Holding(
        table="webhooks_webhookdelivery",
        what="what other programs were told about them",
        give_out=_give_out,
        erase=_erase,
        kept_because="That a program was told something of the number of a card stays for as long as the log is kept; what it was told goes.",
        kept=keeping.by_age(
            "webhook_deliveries",
            "the delivery log: what other programs were told, and what they answered",
            WebhookDelivery.objects.all,
            age="made_at",
            counted_from="told",
            keep_days=30,
        ),
    )
)
