"""Connecting a web shop: its address and its secret, what is shown beside its ticks, and the end of it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from beizai.base.errors import Invalid, NotFound
from beizai.base.money import check_currency
from beizai.imports.shops.models import ShopConnection, ShopKind
from beizai.sources import register
from beizai.sources.models import Source, SourceKind
from beizai.staff import audit
from beizai.staff import secrets as kept_secrets
from beizai.staff.models import User
from beizai.staff.shop import shop

PATH = "/w/"
_KEY_BYTES, _SECRET_BYTES = 15, 32
_SHORTEST, _LONGEST = 16, 500


@dataclass(frozen=True)
class KnownShop:
    """What the edge must know of a connection."""

    connection_id: int
    kind: str
    secret: bytes


def connect(
    name: str,
    kind: str,
    *,
    now: datetime,
    user: User | None = None,
    secret: str = "",
    source: Source | None = None,
    currency: str = "",
    email_words: str = "",
    sms_words: str = "",
) -> tuple[ShopConnection, str]:
    """A new connection and its secret, which is shown this once. WooCommerce takes the one made here where none is given;
    Shopify makes its own, which must be given. Without a source, one of the connection's own name is made.
    """
    clean = " ".join(name.split())[:80]
    if not clean:
        raise Invalid("A shop needs a name.", hint="Choose one by which you tell it from others.")
    if kind not in ShopKind.values:
        raise Invalid(
            "“{kind}” is no kind of shop.",
            kind=kind,
            hint="There are: {known}.",
            known=", ".join(ShopKind.values),
        )
    text = _secret(secret, kind)
    with transaction.atomic():
        row = ShopConnection.objects.create(
            name=clean,
            kind=kind,
            key=secrets.token_urlsafe(_KEY_BYTES),
            secret=kept_secrets.encipher(text),
            source=source or register.source(clean, SourceKind.ORDERS, now=now),
            currency=check_currency(currency or shop().currency),
            email_words=email_words.strip(),
            sms_words=sms_words.strip(),
            made_at=now,
            made_by=user,
        )
        audit.record("shop.connected", at=now, user=user, connection=row.pk, kind=kind)
    return row, text


def _secret(given: str, kind: str) -> str:
    text = given.strip()
    if not text and kind == ShopKind.SHOPIFY:
        raise Invalid(
            "Shopify signs with a secret of its own.",
            hint="Copy it from Settings › Notifications › Webhooks, or from the app.",
            code="secret_missing",
        )
    if text and not _SHORTEST <= len(text) <= _LONGEST:
        raise Invalid(
            "A secret has {least} to {most} characters.", least=_SHORTEST, most=_LONGEST, code="secret_length"
        )
    return text or secrets.token_urlsafe(_SECRET_BYTES)


def change(
    connection_id: int,
    *,
    now: datetime,
    user: User | None = None,
    secret: str = "",
    email_words: str | None = None,
    sms_words: str | None = None,
) -> ShopConnection:
    """A new secret (empty keeps the old one), or other words beside the ticks: they hold for what is decided from then on."""
    row = get(connection_id)
    if secret.strip():
        row.secret = kept_secrets.encipher(_secret(secret, row.kind))
    row.email_words = row.email_words if email_words is None else email_words.strip()
    row.sms_words = row.sms_words if sms_words is None else sms_words.strip()
    row.save(update_fields=["secret", "email_words", "sms_words"])
    audit.record("shop.changed", at=now, user=user, connection=row.pk, secret=bool(secret.strip()))
    return row


def end(connection_id: int, *, now: datetime, user: User | None = None) -> None:
    """Nothing is taken from this shop any more; what came in stays."""
    row = get(connection_id)
    if row.ended_at is None:
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        audit.record("shop.ended", at=now, user=user, connection=row.pk)


def get(connection_id: int) -> ShopConnection:
    """The connection of this number, or NotFound."""
    found = ShopConnection.objects.select_related("source").filter(pk=connection_id).first()
    if found is None:
        raise NotFound("There is no connected shop {n}.", n=connection_id, hint="See the list of shops.")
    return found


def address(connection: ShopConnection, public_url: str) -> str:
    """Where the shop delivers to."""
    return f"{public_url.rstrip('/')}{PATH}{connection.key}"


def known() -> Mapping[str, KnownShop]:
    """Every connection that is heeded, by the key in its address."""
    rows = ShopConnection.objects.filter(ended_at=None)
    return {one.key: KnownShop(one.pk, one.kind, kept_secrets.decipher(one.secret).encode()) for one in rows}


def prefix(connection_id: int) -> str:
    """What marks a product of this shop that has no number of its own."""
    return f"{connection_id}-"


def guest(email: str, connection_id: int) -> str:
    """By what a guest is known again in this shop: a hash of their email in its normal form."""
    return hashlib.sha256(f"{connection_id}\x1f{email}".encode()).hexdigest() if email else ""
