"""From a delivery to the cards, the products and the orders: read, put where it belongs, or kept aside with the reason."""

import json
import time
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from beizai.base.errors import BeizaiError, NotFound
from beizai.events import leases
from beizai.imports.shops import (
    arriving,
    buyers,
    connections,
    goods,
    orders,
    privacy,
    reading,
    shopify,
    woocommerce,
)
from beizai.imports.shops.models import ShopConnection, ShopDelivery, ShopKind
from beizai.imports.shops.told import (
    Delivery,
    Gone,
    LoneRefund,
    Nothing,
    Order,
    Person,
    Products,
    Refund,
    Request,
    Said,
)
from beizai.staff import audit
from beizai.staff.models import User

LEASE = "shops"
_AT_ONCE = 50
_TURN_SECONDS = 0.05
_READ: dict[str, Callable[..., Said]] = {
    ShopKind.WOOCOMMERCE: woocommerce.read,
    ShopKind.SHOPIFY: shopify.read,
}
Outcome = ShopDelivery.Outcome


def bring_once(*, limit: int = _AT_ONCE) -> int:
    """Reads what shops have delivered; returns how many deliveries. 0 where nothing waits. Cheap to call often.

    Each delivery is one transaction; one that was read before a crash and not yet settled is known by its mark.
    """
    if not arriving.waiting(1):
        return 0
    with leases.hold(LEASE):
        waiting = arriving.waiting(limit)
        shops = {one.pk: one for one in ShopConnection.objects.select_related("source")}
        began = time.monotonic()
        for _, delivery in waiting:
            if delivery.connection_id in shops:
                bring(delivery, shops[delivery.connection_id])
            if time.monotonic() - began > _TURN_SECONDS:  # the others' turn
                time.sleep(_TURN_SECONDS)
                began = time.monotonic()
        arriving.settle([place for place, _ in waiting])
    return len(waiting)


def bring(delivery: Delivery, connection: ShopConnection) -> ShopDelivery:
    """One delivery, once: told again it changes nothing. What cannot be taken is kept aside, the others go on."""
    found = ShopDelivery.objects.filter(connection=connection, mark=delivery.key).first()
    if found is not None:
        return found
    with transaction.atomic():
        row = _row(delivery, connection)
        row.about, row.outcome, row.reason = _taken(delivery, connection, row)
        row.body = _kept_body(delivery) if row.outcome == Outcome.ASIDE else ""
        row.save()
        rows = ShopConnection.objects.filter(pk=connection.pk)
        rows.update(delivered=F("delivered") + 1, delivered_at=delivery.received_at)
    return row


def _row(delivery: Delivery, connection: ShopConnection) -> ShopDelivery:
    return ShopDelivery(
        connection=connection,
        mark=delivery.key,
        topic=delivery.topic,
        triggered_at=delivery.triggered_at,
        received_at=delivery.received_at,
    )


def _taken(delivery: Delivery, connection: ShopConnection, row: ShopDelivery) -> tuple[str, str, str]:
    """What it is about, what became of it and why; whatever was half written before a refusal is taken back."""
    about = ""
    try:
        said = _READ[connection.kind](delivery, prefix=connections.prefix(connection.pk))
        about = _about(said)
        if isinstance(said, Nothing):
            return about, Outcome.NO_USE, said.reason
        with transaction.atomic():
            _put(said, delivery, connection)
    except BeizaiError as error:
        row.detail = json.dumps(error.phrase.as_data(), ensure_ascii=False)
        return about, Outcome.ASIDE, (error.code or "not_taken")[:30]
    row.detail = ""
    return about, Outcome.TAKEN, ""


def _put(said: Said, delivery: Delivery, connection: ShopConnection) -> None:
    _must_be_past(said, delivery.received_at)
    match said:
        case Order() | LoneRefund() | Gone(what="order"):
            orders.enter(said, delivery, connection)
        case Person():
            at = min(said.at, delivery.received_at)
            buyers.enter(said.buyer, connection, at=at, received_at=delivery.received_at)
        case Products():
            goods.enter(said, connection)
        case Gone(what="product"):
            goods.leave(said, connection)
        case Gone():
            privacy.left(said, connection)
        case Request():
            privacy.ask(said, connection, received_at=delivery.received_at)


def _must_be_past(said: Said, received_at: datetime) -> None:
    match said:
        case Order():
            reading.not_ahead(max(said.at, said.occurred_at), received_at)
        case LoneRefund(refund=Refund(at=datetime() as at)):
            reading.not_ahead(at, received_at)
        case Products() | Gone():
            reading.not_ahead(said.at, received_at)
        case _:
            pass  # what people say of themselves is dated at most when it came


def _about(said: Said) -> str:
    match said:
        case LoneRefund():
            return said.order_key
        case Person():
            return said.buyer.number
        case Nothing():
            return ""
        case _:
            return said.key[:60]


def _kept_body(delivery: Delivery) -> str:
    return delivery.body.decode("utf-8", "replace").replace("\x00", "")


def replay(delivery_id: int, *, now: datetime, user: User | None = None) -> ShopDelivery:
    """Tries a delivery that was kept aside again, as it came. NotFound where it is not aside any more."""
    with leases.hold(LEASE):
        row = ShopDelivery.objects.select_related("connection__source").filter(pk=delivery_id).first()
        if row is None or row.outcome != Outcome.ASIDE:
            raise NotFound("There is no delivery {n} aside.", n=delivery_id, hint="See the list.")
        delivery = Delivery(
            connection_id=row.connection_id,
            key=row.mark,
            topic=row.topic,
            received_at=row.received_at,
            body=row.body.encode(),
            triggered_at=row.triggered_at,
        )
        with transaction.atomic():
            row.about, row.outcome, row.reason = _taken(delivery, row.connection, row)
            row.body = row.body if row.outcome == Outcome.ASIDE else ""
            row.save()
            audit.record("shop.replayed", at=now, user=user, delivery=row.pk, outcome=row.outcome)
    return row


def replay_alike(
    connection_id: int, reason: str = "", *, now: datetime, user: User | None = None
) -> tuple[int, int]:
    """Tries everything of a shop that was kept aside (for this reason) again; how many went, how many stay."""
    rows = ShopDelivery.objects.filter(connection_id=connection_id, outcome=Outcome.ASIDE)
    rows = rows.filter(reason=reason) if reason else rows
    went = left = 0
    for number in list(rows.order_by("pk").values_list("pk", flat=True)[:5_000]):
        if replay(number, now=now, user=user).outcome == Outcome.ASIDE:
            left += 1
        else:
            went += 1
    return went, left


def throw_away(delivery_id: int, *, now: datetime, user: User | None = None) -> None:
    """Throws away what was kept aside: it is noted as of no use."""
    rows = ShopDelivery.objects.filter(pk=delivery_id, outcome=Outcome.ASIDE)
    if not rows.update(outcome=Outcome.NO_USE, reason="thrown_away", body="", detail=""):
        raise NotFound("There is no delivery {n} aside.", n=delivery_id, hint="See the list.")
    audit.record("shop.thrown_away", at=now, user=user, delivery=delivery_id)
