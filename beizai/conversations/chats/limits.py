"""How often something may be done in the chat: counted in the database, so that every process knows."""

import hmac
import ipaddress
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import F

from beizai.base import home, tokens
from beizai.base.errors import Unavailable
from beizai.conversations.models import ChatAttempt

_KEPT = timedelta(days=2)


def net(address: str) -> str:
    """What is counted as one address: of IPv6 the half that a household has to itself.

    >>> net("2001:db8:1:2:3::4"), net("192.0.2.7")
    ('2001:db8:1:2::', '192.0.2.7')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False).network_address)


def count(what: str, of: str, *, most: int, at: datetime, minutes: int) -> None:
    """Counts one more; Unavailable past `most` within so many minutes. `at` is the machine's time.

    Who is past the limit changes no row.
    """
    window = int(at.timestamp()) // (60 * minutes)
    key = tokens.derive_key(home.current().key("suppression"), "chat limits")
    bucket = hmac.digest(key, f"{what}\x1f{of}\x1f{window}".encode(), sha256).hex()
    rows = ChatAttempt.objects.filter(bucket=bucket)
    if rows.filter(times__lt=most).update(times=F("times") + 1):
        return
    if rows.exists():
        raise Unavailable("This came too often.", hint="Please try again later.", code="too_often")
    ChatAttempt.objects.bulk_create([ChatAttempt(bucket=bucket, at=at)], ignore_conflicts=True)


def sweep(at: datetime) -> int:
    """Forgets what is no longer counted."""
    return ChatAttempt.objects.filter(at__lt=at - _KEPT).delete()[0]
