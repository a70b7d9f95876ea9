"""Signed links of forms: who answers, which sheet is gone on with, what is confirmed, what may be downloaded. None fits another's purpose."""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from beizai.base import tokens
from beizai.base.errors import NotFound

FILL_PATH = "/f/"
_MAC_BYTES = 16
_LONGEST = 2_000
PERSONAL, PARTIAL, CONFIRM, DOWNLOAD = "form personal", "form partial", "form confirm", "form download"
PERSONAL_DAYS = 180


def seal(secret: bytes, purpose: str, content: dict[str, Any]) -> str:
    """The content as text for an address, signed with the key of its purpose (128-bit MAC). It can be read, not forged."""
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()
    mac = hmac.digest(tokens.derive_key(secret, purpose), body, sha256)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(mac + body).rstrip(b"=").decode()


def unseal(secret: bytes, purpose: str, text: str) -> dict[str, Any]:
    """The content of a signed text; NotFound where it was not signed here for this purpose."""
    try:
        raw = base64.b64decode(text[:_LONGEST] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    expected = hmac.digest(tokens.derive_key(secret, purpose), body, sha256)[:_MAC_BYTES]
    if not hmac.compare_digest(mac, expected):
        raise NotFound("This link is not known here.", hint="Ask the shop for a new one.")
    found: dict[str, Any] = json.loads(body)
    return found


@dataclass(frozen=True)
class Personal:
    """What a personal link says: which form, who answers, and the hidden fields it carries."""

    form_id: int
    customer_id: int
    hidden: dict[str, str]


def personal(
    secret: bytes, form_id: int, customer_id: int, *, now: datetime, hidden: dict[str, str] | None = None
) -> str:
    """A link's token by which a known customer need not say who she is; good for 180 days."""
    until = int((now + timedelta(days=PERSONAL_DAYS)).timestamp())
    return seal(secret, PERSONAL, {"f": form_id, "c": customer_id, "h": hidden or {}, "u": until})


def read_personal(secret: bytes, text: str, form_id: int, *, now: datetime) -> Personal:
    """Who answers; NotFound where the token is another form's, too old or not ours."""
    found = unseal(secret, PERSONAL, text)
    if found["f"] != form_id or now.timestamp() > found["u"]:
        raise NotFound("This link is not known here.", hint="Ask the shop for a new one.")
    return Personal(form_id, int(found["c"]), {str(k): str(v) for k, v in found["h"].items()})


def number(secret: bytes, purpose: str, given: int) -> str:
    """A token that names one row, for a purpose."""
    return seal(secret, purpose, {"n": given})


def read_number(secret: bytes, purpose: str, text: str) -> int:
    """The row a token names; NotFound where it is not one of this purpose."""
    return int(unseal(secret, purpose, text)["n"])
