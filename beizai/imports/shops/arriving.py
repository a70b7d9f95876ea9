"""A delivery of a web shop is checked for its signature and made durable, once, before it is answered."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from beizai.events import inbox
from beizai.imports.shops.told import Delivery

MOST_BYTES = 4_000_000  # an order of a thousand lines has about one
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_LONGEST = 200
_SIGNATURE = {"woocommerce": "x-wc-webhook-signature", "shopify": "x-shopify-hmac-sha256"}
Headers = Mapping[str, str]


def is_signed(kind: str, headers: Headers, body: bytes, secret: bytes) -> bool:
    """Whether the body is signed with this secret: the base64 HMAC-SHA256 of its bytes, compared in constant time."""
    expected = base64.b64encode(hmac.digest(secret, body, "sha256"))
    given = headers.get(_SIGNATURE[kind], "").strip().encode("utf-8", "replace")
    return hmac.compare_digest(expected, given)


def is_greeting(kind: str, headers: Headers, body: bytes) -> bool:
    """WooCommerce tries an address out, unsigned, before it keeps a webhook: `webhook_id=` and its number."""
    if kind != "woocommerce" or "x-wc-webhook-topic" in headers or len(body) > 40:
        return False
    name, _, number = body.partition(b"=")
    return name == b"webhook_id" and number.isdigit()


def delivery(kind: str, connection_id: int, headers: Headers, body: bytes, received_at: datetime) -> Delivery:
    """The delivery as it is kept.

    WooCommerce makes its delivery id of the webhook and the second, so two orders of one second share it: the body is
    part of the key there. Shopify's names the delivery alone.
    """

    def header(name: str) -> str:
        return headers.get(name, "")[:_LONGEST].replace("\x00", "")

    content = hashlib.sha256(body).hexdigest()
    if kind == "woocommerce":
        topic, named = header("x-wc-webhook-topic"), f"{header('x-wc-webhook-delivery-id')}|{content}"
        return Delivery(
            connection_id=connection_id,
            key=_mark(topic, named),
            topic=topic[:60],
            received_at=received_at,
            body=body,
        )
    topic = header("x-shopify-topic")
    return Delivery(
        connection_id=connection_id,
        key=_mark(topic, header("x-shopify-webhook-id") or content),
        topic=topic[:60],
        received_at=received_at,
        body=body,
        triggered_at=header("x-shopify-triggered-at")[:40],
        is_trial=header("x-shopify-test") == "true",
    )


def _mark(topic: str, named: str) -> str:
    return hashlib.sha256(f"{topic}\x1f{named}".encode()).hexdigest()


def take(told: Delivery) -> bool:
    """Makes a delivery durable; False where it had come before. Returns when it is on disk."""
    digest = hashlib.blake2b(f"{told.connection_id}\x1f{told.key}".encode(), digest_size=16).digest()
    body = msgspec.msgpack.encode(told)
    day = told.received_at.toordinal() - _EPOCH_ORDINAL
    return inbox.current().store.deliver(digest, body, day)


def waiting(limit: int) -> list[tuple[int, Delivery]]:
    """The oldest deliveries nobody has read yet, with their places."""
    rows = inbox.current().store.delivered(limit)
    return [(seq, msgspec.msgpack.decode(body, type=Delivery)) for seq, body in rows]


def settle(places: list[int]) -> None:
    """These have been read; that they came stays known for a week."""
    inbox.current().store.settle_deliveries(places)
