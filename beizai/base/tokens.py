"""Signed tokens: a link nobody can forge, each purpose with a key of its own."""

import base64
import binascii
import hashlib
import hmac
import json
import struct
from dataclasses import dataclass
from typing import Any

from beizai.base.errors import NotFound

_MAC_BYTES = 8
_SEAL_BYTES = 16
_LONGEST_SEAL = 2_000
_KEY_ID = 1


def derive_key(secret: bytes, purpose: str) -> bytes:
    """The key of one purpose, so that a token to open cannot unsubscribe (HKDF-Expand with one block, RFC 5869)."""
    return hmac.digest(secret, f"beizai:{purpose}\x01".encode(), hashlib.sha256)


@dataclass(frozen=True)
class Token:
    """What a token names: the campaign (0 for none) and the recipient (a customer's id)."""

    campaign_id: int
    recipient_id: int


def sign(key: bytes, token: Token) -> str:
    """The token as 28 characters for a URL: key id, campaign, recipient, 64-bit MAC.

    Errors: struct.error where an id does not fit 32 and 64 bits.
    """
    body = struct.pack(">BIQ", _KEY_ID, token.campaign_id, token.recipient_id)
    mac = hmac.digest(key, body, hashlib.sha256)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(body + mac).rstrip(b"=").decode()


def read(key: bytes, text: str) -> Token:
    """The token of this text; NotFound where it is not ours, after the same work in each case."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    well_formed = len(raw) == 13 + _MAC_BYTES and raw[0] == _KEY_ID
    body, mac = (raw[:13], raw[13:]) if well_formed else (bytes(13), bytes(_MAC_BYTES))
    expected = hmac.digest(key, body, hashlib.sha256)[:_MAC_BYTES]
    if not hmac.compare_digest(mac, expected) or not well_formed:
        raise NotFound("This link is not known here.")
    _, campaign_id, recipient_id = struct.unpack(">BIQ", body)
    return Token(campaign_id, recipient_id)


def seal(secret: bytes, purpose: str, content: dict[str, Any]) -> str:
    """The content as text for an address, signed with the key of its purpose (128-bit MAC). It can be read, not forged."""
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()
    mac = hmac.digest(derive_key(secret, purpose), body, hashlib.sha256)[:_SEAL_BYTES]
    return base64.urlsafe_b64encode(mac + body).rstrip(b"=").decode()


def unseal(secret: bytes, purpose: str, text: str) -> dict[str, Any]:
    """The content of a signed text; NotFound where it was not signed here for this purpose."""
    try:
        raw = base64.b64decode(text[:_LONGEST_SEAL] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    mac, body = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    expected = hmac.digest(derive_key(secret, purpose), body, hashlib.sha256)[:_SEAL_BYTES]
    if not hmac.compare_digest(mac, expected):
        raise NotFound("This link is not known here.", hint="Ask the shop for a new one.")
    found: dict[str, Any] = json.loads(body)
    return found
