"""A delivery as it leaves: its body without people who are no longer in the book, signed at the moment it is sent."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from beizai.channels import webhook
from beizai.customers.models import Customer
from beizai.webhooks import endpoints, kinds
from beizai.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint

State = WebhookDelivery.State


@dataclass(frozen=True)
class Parcel:
    """One delivery in a hand; `at` is the machine's time when it was taken up, `taken_up` the same by the steady clock."""

    delivery_id: int
    webhook_id: str
    customer_id: int | None
    tries: int
    url: str
    body: bytes
    secrets: Sequence[str]
    at: datetime
    taken_up: float

    def headers(self) -> Mapping[str, str]:
        """Signed with the second in which it is sent, however long it waited in the hand."""
        second = int(self.at.timestamp() + time.monotonic() - self.taken_up)
        return webhook.headers(self.secrets, self.webhook_id, second, self.body)


def made(endpoint: WebhookEndpoint, rows: Sequence[WebhookDelivery], at: datetime) -> list[Parcel]:
    """The rows as they leave. One whose person is no longer in the book is emptied and does not."""
    numbers = {number for row in rows for number in _numbers(row)}
    there = set(Customer.objects.filter(pk__in=numbers).values_list("pk", flat=True)) if numbers else set()
    gone = [row.pk for row in rows if not _has_somebody(row, there)]
    if gone:
        empty(gone, at)
    secrets = endpoints.secrets_in_use(endpoint, at)
    began = time.monotonic()
    return [
        Parcel(
            row.pk,
            row.webhook_id,
            row.customer_id,
            row.attempts,
            endpoint.url,
            _body(row, there).encode(),
            secrets,
            at,
            began,
        )
        for row in rows
        if row.pk not in gone
    ]


def empty(delivery_ids: Sequence[int], at: datetime) -> int:
    """Takes everything personal out of deliveries; those that wait do not go out any more. The row stays, with its id."""
    rows = WebhookDelivery.objects.filter(pk__in=list(delivery_ids))
    DeliveryAttempt.objects.filter(delivery__in=rows).exclude(answer="").update(answer="")
    rows.filter(state=State.WAITING).update(state=State.EMPTIED, ended_at=at, owner="", leased_until=None)
    return rows.exclude(body="").update(body="")


def _numbers(row: WebhookDelivery) -> list[int]:
    """The people a delivery must not name once they are gone."""
    if row.kind in kinds.IN_SETS:
        found: list[int] = json.loads(row.body)["data"]["customer_ids"]
        return found
    return [row.customer_id] if row.customer_id is not None and row.kind != kinds.ERASED else []


def _has_somebody(row: WebhookDelivery, there: set[int]) -> bool:
    numbers = _numbers(row)
    return not numbers or any(number in there for number in numbers)


def _body(row: WebhookDelivery, there: set[int]) -> str:
    if row.kind not in kinds.IN_SETS:
        return row.body
    told = json.loads(row.body)
    numbers = told["data"]["customer_ids"]
    told["data"]["customer_ids"] = [number for number in numbers if number in there]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
