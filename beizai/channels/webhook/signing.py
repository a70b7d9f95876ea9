"""The signature by which a receiver knows that a webhook is ours, and no older than a few minutes.

Standard Webhooks 1.0.0, symmetric scheme: HMAC-SHA256 over `id.timestamp.body`, in base64 behind "v1,".
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

from beizai.base.errors import Invalid

_PREFIX = "whsec_"
_SECRET_BYTES = 32
_SHORTEST, _LONGEST = 24, 64  # bytes, as the specification sets them


def new_secret() -> str:
    """A secret of 32 random bytes as receivers are given it: base64 behind "whsec_"."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature(secret: str, number: str, timestamp: int, body: bytes) -> str:
    """The signature of one attempt. `number` is the webhook's id; `timestamp` seconds since 1970; Invalid for no secret.

    >>> signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
    ...           b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = f"{number}.{timestamp}.".encode() + body
    mac = hmac.digest(_key(secret), signed, hashlib.sha256)
    return "v1," + base64.b64encode(mac).decode()


def headers(secrets_in_use: Sequence[str], number: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The three headers of one attempt; while a secret is being changed, a signature by each that is in use."""
    signatures = [signature(secret, number, timestamp, body) for secret in secrets_in_use]
    return {
        "webhook-id": number,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def webhook_id(key: bytes, what: str) -> str:
    """The id of what is told: the same whenever the same thing is told again, and without a dot.

    >>> webhook_id(bytes(32), "fact:7") == webhook_id(bytes(32), "fact:7")
    True
    """
    return "msg_" + hashlib.blake2b(what.encode(), key=key, digest_size=16).hexdigest()


def _key(secret: str) -> bytes:
    try:
        raw = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not _SHORTEST <= len(raw) <= _LONGEST:
        raise Invalid(
            "A webhook's secret is 24 to 64 bytes in base64 behind “whsec_”.",
            hint="Rotate the endpoint's secret.",
        )
    return raw
