"""What became of attempts, noted: taken, to be tried again, given up; and how the endpoint is doing."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from beizai.channels.webhook import Answer
from beizai.webhooks import backing_off, endpoints
from beizai.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint
from beizai.webhooks.parcels import Parcel

State = WebhookDelivery.State
_GONE = 410
_SLOW_DOWN = frozenset({408, 429, 502, 503, 504})
_REST_SECONDS = 30  # where a receiver says that it is overloaded, and not for how long


def settle(endpoint_id: int, tried: Sequence[tuple[Parcel, Answer]], *, owner: str, at: datetime) -> None:
    """Notes some attempts of one endpoint in one transaction. A delivery somebody else has taken over keeps the attempt alone."""
    if not tried:
        return
    with transaction.atomic():
        known = set(
            WebhookDelivery.objects.filter(pk__in=[one.delivery_id for one, _ in tried]).values_list(
                "pk", flat=True
            )
        )
        DeliveryAttempt.objects.bulk_create(
            _attempt(parcel, answer, at) for parcel, answer in tried if parcel.delivery_id in known
        )
        taken = [parcel.delivery_id for parcel, answer in tried if answer.taken]
        mine(taken, owner).update(
            state=State.TAKEN, ended_at=at, attempts=F("attempts") + 1, owner="", leased_until=None
        )
        for parcel, answer in tried:
            if not answer.taken:
                _not_taken(parcel, answer, owner, at)
        _endpoint_is(endpoint_id, tried[-1][1], at)


def give_back(delivery_ids: Sequence[int], owner: str) -> None:
    """What a hand has not begun waits on as before."""
    if delivery_ids:
        mine(delivery_ids, owner).update(owner="", leased_until=None)


def mine(delivery_ids: Sequence[int], owner: str) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(pk__in=list(delivery_ids), owner=owner, state=State.WAITING)


def _attempt(parcel: Parcel, answer: Answer, at: datetime) -> DeliveryAttempt:
    return DeliveryAttempt(
        delivery_id=parcel.delivery_id,
        at=at,
        status=answer.status,
        ms=answer.ms,
        problem=answer.problem,
        answer=answer.first,
    )


def _not_taken(parcel: Parcel, answer: Answer, owner: str, at: datetime) -> None:
    tries = parcel.tries + 1
    again = backing_off.next_try(parcel.delivery_id, tries, at, wished_seconds=answer.retry_after_seconds)
    row = mine([parcel.delivery_id], owner)
    if again is None or answer.status == _GONE:
        row.update(state=State.GIVEN_UP, ended_at=at, attempts=tries, owner="", leased_until=None)
    else:
        row.update(due_at=again, attempts=tries, owner="", leased_until=None)


def _endpoint_is(endpoint_id: int, last: Answer, at: datetime) -> None:
    """Well, or failing for the nth time in a row: then it rests for a while, and in the end is switched off."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint_id)
    if last.taken:
        rows.update(
            failures=0, failing_since=None, taken_at=at
        )  # a rest it wished for a moment before stands
        return
    if last.status == _GONE:
        endpoints.turn_off(endpoint_id, WebhookEndpoint.Why.GONE, at=at)
        return
    row = rows.select_for_update().first()
    if row is None:
        return
    row.failures, row.failing_since = row.failures + 1, row.failing_since or at
    row.rests_until = _rest(row.failures, last, at)
    row.save(update_fields=["failures", "failing_since", "rests_until"])
    if backing_off.is_lost(row.failures, row.failing_since, at):
        endpoints.turn_off(endpoint_id, WebhookEndpoint.Why.FAILING, at=at)


def _rest(failures: int, last: Answer, at: datetime) -> datetime | None:
    """An endpoint that answers and refuses is there: only its delivery waits. One that is away or overloaded rests."""
    if last.status is not None and last.status < 500 and last.status not in _SLOW_DOWN:
        return None
    wished = last.retry_after_seconds
    if wished is None and last.status in _SLOW_DOWN:
        wished = _REST_SECONDS
    return backing_off.rests_until(failures, at, wished_seconds=wished)
