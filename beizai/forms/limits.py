"""How often one address of the net may do a thing within an hour: counted in the database, so that every process knows."""

import hmac
import ipaddress
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import F

from beizai.base import home, tokens
from beizai.base.errors import Unavailable
from beizai.forms.models import Attempt

STARTS, PAGES, MAILS = "start", "page", "mail"
PAGES_A_START, MAILS_PER_DAY = 20, 3
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


def hashed(what: str) -> str:
    """A keyed hash: an address of the net or of a mailbox that can be compared and not read."""
    key = tokens.derive_key(home.current().key("suppression"), "form limits")
    return hmac.digest(key, what.encode(), sha256).hex()


def count(what: str, form_id: int, address: str, *, most: int, at: datetime, hours: int = 1) -> None:
    """Counts one more; Unavailable past `most` within the hour (or so many hours). `at` is the machine's time.

    Who is past the limit changes no row.
    """
    window = int(at.timestamp()) // (3600 * hours)
    bucket = hashed(f"{what}\x1f{form_id}\x1f{net(address)}\x1f{window}")
    rows = Attempt.objects.filter(bucket=bucket)
    if rows.filter(times__lt=most).update(times=F("times") + 1):
        return
    if rows.exists():
        raise Unavailable(
            "This came too often from your address.", hint="Please try again in an hour.", code="too_often"
        )
    Attempt.objects.bulk_create([Attempt(bucket=bucket, times=1, at=at)], ignore_conflicts=True)


def sweep(at: datetime) -> int:
    """Forgets what is no longer counted."""
    return Attempt.objects.filter(at__lt=at - _KEPT).delete()[0]
