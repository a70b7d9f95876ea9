"""Who may write just now: one holder per name, and a token by which a late one is known."""

import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from beizai.base.errors import Unavailable
from beizai.events.models import Counter, Lease

TTL = timedelta(seconds=30)
_POLL_SECONDS = 0.02
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# Leases are about processes, not about the shop: they go by the database's clock, the same for all.


@dataclass(frozen=True)
class Held:
    """A lease in somebody's hands."""

    name: str
    holder: str
    token: int

    def check(self) -> None:
        """Raises Unavailable where somebody else holds the lease by now."""
        if not Lease.objects.filter(
            name=self.name, holder=self.holder, token=self.token, until_at__gt=Now()
        ).exists():
            raise Unavailable(
                "The lease “{name}” was lost to another process.", hint="Try again.", name=self.name
            )

    def renew(self) -> None:
        """Holds on for another while; Unavailable where it is too late for that."""
        mine = Lease.objects.filter(name=self.name, holder=self.holder, token=self.token)
        if not mine.update(until_at=Now() + TTL):
            raise Unavailable(
                "The lease “{name}” was lost to another process.", hint="Try again.", name=self.name
            )


@dataclass(frozen=True)
class Both:
    """Two leases that must both hold: who may flush, and who may write this table."""

    first: Held
    second: Held

    @property
    def token(self) -> int:
        return self.first.token

    def check(self) -> None:
        self.first.check()
        self.second.check()


def this_process() -> str:
    """A name for this process and this use of it: host, process number, something unique."""
    return f"{socket.gethostname()}|{os.getpid()}|{uuid.uuid4().hex}"


def is_dead(holder: str) -> bool:
    """Whether the process that holds something is known to be gone (same host; elsewhere only time tells)."""
    host, _, rest = holder.partition("|")
    number = rest.partition("|")[0]
    if os.name != "posix" or host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@contextmanager
def hold(name: str, *, ttl: timedelta | None = None, wait_seconds: float = 20.0) -> Iterator[Held]:
    """Holds the lease of this name. Unavailable where it does not come free in time.

    A holder that died on this machine is followed at once, one elsewhere when its time is up; should it
    live after all, its lower token gives it away. Not inside a transaction: nobody else would see it.
    """
    held = _wait_for(name, ttl or TTL, wait_seconds)
    try:
        yield held
    finally:
        Lease.objects.filter(name=name, holder=held.holder).update(holder="", until_at=_LONG_AGO)


def _wait_for(name: str, ttl: timedelta, wait_seconds: float) -> Held:
    deadline = time.monotonic() + wait_seconds
    while True:
        held = _take(name, ttl)
        if held is not None:
            return held
        if time.monotonic() > deadline:
            raise Unavailable(
                "“{name}” has been busy for {seconds:.0f} seconds.",
                hint="Try again.",
                name=name,
                seconds=wait_seconds,
            )
        time.sleep(_POLL_SECONDS)


def _take(name: str, ttl: timedelta) -> Held | None:
    me = this_process()
    row = Lease.objects.filter(name=name).values_list("holder", "token").first()
    if row is None:
        Lease.objects.bulk_create([Lease(name=name, until_at=_LONG_AGO)], ignore_conflicts=True)
        row = ("", 0)
    holder, token = row
    free = Lease.objects.filter(name=name, holder=holder, token=token)
    if holder and not is_dead(holder):
        free = free.filter(until_at__lt=Now())
    if not free.update(holder=me, token=F("token") + 1, until_at=Now() + ttl):
        return None
    return Held(name, me, token + 1)


def lifted(held: Held, *, above: int) -> Held:
    """The same lease with a token above a number: an office restored from a backup counts from too low.

    Unavailable where the number is higher because somebody else holds the lease by now.
    """
    if held.token >= above:
        return held
    held.check()
    Lease.objects.filter(name=held.name, holder=held.holder).update(token=above + 1)
    return Held(held.name, held.holder, above + 1)


def next_number(name: str, *, above: int = 0) -> int:
    """The next number of this name, never given out twice; `above` lifts the counter first (after a restore)."""
    Counter.objects.bulk_create([Counter(name=name)], ignore_conflicts=True)
    with transaction.atomic():
        Counter.objects.filter(name=name, value__lt=above).update(value=above)
        Counter.objects.filter(name=name).update(value=F("value") + 1)
        return Counter.objects.values_list("value", flat=True).get(name=name)
