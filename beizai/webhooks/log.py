"""The delivery log: what was told to whom, every attempt with its answer; told again by hand; a ping to try an endpoint."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.channels import webhook
from beizai.channels.webhook import Answer, Limits, Ways
from beizai.events import leases
from beizai.webhooks import delivering, endpoints, kinds
from beizai.webhooks.facts import Fact, body
from beizai.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint
from beizai.webhooks.writing import id_key

State = WebhookDelivery.State
_SOMEBODY_WAITS = Limits(connect_seconds=4, total_seconds=10)


@dataclass(frozen=True)
class Standing:
    """How many deliveries of an endpoint wait, were taken, were given up, and the last attempt that failed (None: none)."""

    waiting: int
    taken: int
    given_up: int
    last_failure: DeliveryAttempt | None


def deliveries(
    endpoint_id: int | None = None, *, state: str = "", kind: str = "", webhook_id: str = ""
) -> QuerySet[WebhookDelivery]:
    """The deliveries that are asked for, in no order yet. Invalid for a state or kind there is none of."""
    if state and state not in State.values:
        raise Invalid(
            "“{state}” is no state of a delivery.",
            state=state[:40],
            hint="There are: {names}.",
            names=", ".join(State.values),
        )
    if kind and kind not in (*kinds.KINDS, kinds.PING):
        raise Invalid(
            "No webhook tells of “{name}”.",
            name=kind[:60],
            hint="There are: {names}.",
            names=", ".join(kinds.KINDS),
        )
    asked = {"endpoint_id": endpoint_id, "state": state, "kind": kind, "webhook_id": webhook_id.strip()}
    return WebhookDelivery.objects.filter(**{name: value for name, value in asked.items() if value})


def attempts(deliveries: Sequence[WebhookDelivery]) -> dict[int, list[DeliveryAttempt]]:
    """The attempts of some deliveries, the first first."""
    found: dict[int, list[DeliveryAttempt]] = {row.pk: [] for row in deliveries}
    for one in DeliveryAttempt.objects.filter(delivery__in=list(found)).order_by("pk"):
        found[one.delivery_id].append(one)
    return found


def standing(endpoint: WebhookEndpoint) -> Standing:
    """How an endpoint is doing."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    counts = rows.aggregate(
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        taken=Count("pk", filter=Q(state=State.TAKEN)),
        given_up=Count("pk", filter=Q(state=State.GIVEN_UP)),
    )
    failed = DeliveryAttempt.objects.filter(delivery__endpoint=endpoint)
    failed = failed.exclude(status__gte=200, status__lt=300)
    return Standing(**counts, last_failure=failed.order_by("-pk").first())


def get(delivery_id: int) -> WebhookDelivery:
    """The delivery of this number, or NotFound."""
    found = WebhookDelivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if found is None:
        raise NotFound("There is no webhook delivery {n}.", n=delivery_id, hint="See the delivery log.")
    return found


def resend(delivery_id: int, *, at: datetime) -> WebhookDelivery:
    """Sends one again at once, with the same id, as often as a new one. Forbidden where nothing is left to be sent."""
    found = get(delivery_id)
    if found.state == State.EMPTIED or not found.body:
        raise Forbidden(
            "The delivery {n} is empty: whom it was about is no longer in the book.",
            n=delivery_id,
            code="emptied",
        )
    if found.endpoint.state == WebhookEndpoint.State.OFF:
        raise _switched_off(found.endpoint)
    _again(found.endpoint_id, WebhookDelivery.objects.filter(pk=delivery_id), at)
    return get(delivery_id)


def resend_given_up(endpoint_id: int, *, at: datetime) -> int:
    """Sends everything an endpoint did not take and that was given up again; how many."""
    if endpoints.get(endpoint_id).state == WebhookEndpoint.State.OFF:
        raise _switched_off(endpoints.get(endpoint_id))
    rows = WebhookDelivery.objects.filter(endpoint=endpoint_id, state=State.GIVEN_UP).exclude(body="")
    return _again(endpoint_id, rows.exclude(kind=kinds.PING), at)


def _switched_off(endpoint: WebhookEndpoint) -> Forbidden:
    return Forbidden(
        "“{name}” is switched off.", name=endpoint.name, hint="Switch it on first.", code="switched_off"
    )


def _again(endpoint_id: int, rows: QuerySet[WebhookDelivery], at: datetime) -> int:
    """Somebody asks for it now: the endpoint rests no longer."""
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(rests_until=None)
    return rows.update(state=State.WAITING, attempts=0, due_at=at, ended_at=None, owner="", leased_until=None)


def ping(endpoint_id: int, *, at: datetime, ways: Ways | None = None) -> tuple[WebhookDelivery, Answer]:
    """Tells an endpoint that we are here, now and once, switched on or not; the delivery and what became of it."""
    endpoint = endpoints.get(endpoint_id)
    fact = Fact(f"ping:{uuid.uuid4().hex}", kinds.PING, at, None, {"endpoint": endpoint.name})
    row = WebhookDelivery.objects.create(
        endpoint=endpoint,
        key=fact.key,
        webhook_id=webhook.webhook_id(id_key(), fact.key),
        kind=fact.kind,
        body=body(fact),
        due_at=at,
        owner=leases.this_process(),
        leased_until=at + delivering.LEASE,
        made_at=at,
    )
    answer = delivering.deliver_one(row, at=at, ways=ways or Ways(endpoints.allowed(), _SOMEBODY_WAITS))
    WebhookDelivery.objects.filter(pk=row.pk, state=State.WAITING).update(state=State.GIVEN_UP, ended_at=at)
    return get(row.pk), answer
