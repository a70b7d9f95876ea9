"""The write keys as the edge knows them: asked for every two seconds beside the requests, never by one of them."""

import asyncio
import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from beizai.base import clock
from beizai.base.errors import Forbidden
from beizai.edge.office import in_thread
from beizai.events import keys
from beizai.events.keys import Known
from beizai.staff import shop as shops

_FRESH_SECONDS = 2.0
_SOON_SECONDS = 0.5  # a key nobody knows yet may have been made a moment ago
_STALE_SECONDS = 60.0  # a busy office is not waited for so long
_REMEMBERED = 1_000


@dataclass(frozen=True)
class _Office:
    keys: Mapping[str, Known] = field(default_factory=dict)
    clock_at: datetime | None = None


class KnownKeys:
    """One per process."""

    def __init__(self) -> None:
        self._office = _Office()
        self._answered_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._by_header: dict[str, Known] = {}

    def now(self) -> datetime:
        """The home's clock, at most two seconds behind where it is not the machine's."""
        return self._office.clock_at or clock.machine_now()

    async def by_header(self, authorization: str) -> Known:
        """The key of a Basic Authorization header, or Forbidden."""
        await self._look(_FRESH_SECONDS)
        found = self._by_header.get(authorization)
        if found is None:
            found = await self.by_text(_basic(authorization))
            if len(self._by_header) > _REMEMBERED:
                self._by_header.clear()
            self._by_header[authorization] = found
        return found

    async def by_text(self, text: str) -> Known:
        """The key of this text, or Forbidden."""
        await self._look(_FRESH_SECONDS)
        digest = keys.digest(text)
        found = self._office.keys.get(digest)
        if found is None:
            await self._look(_SOON_SECONDS, wait=True)
            found = self._office.keys.get(digest)
        if found is None:
            raise Forbidden("This write key is not known.", code="invalid_write_key")
        return found

    async def _look(self, fresh_seconds: float, *, wait: bool = False) -> None:
        """Has the office asked where what is known is older; waited for where it is much older, or `wait`."""
        age = time.monotonic() - self._answered_at
        if age <= fresh_seconds:
            return
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
        if wait or age > _STALE_SECONDS:
            await asyncio.shield(self._asking)

    async def _ask(self) -> None:
        before = self._office.keys
        self._office = await in_thread(_ask_office)
        self._answered_at = time.monotonic()
        if self._office.keys != before:
            self._by_header.clear()


def _ask_office() -> _Office:
    shop = shops.shop()
    return _Office(keys.known(), shops.now(shop) if shop.clock_at else None)


def _basic(authorization: str) -> str:
    scheme, _, given = authorization.partition(" ")
    if scheme.casefold() != "basic":
        raise Forbidden("A write key is given by Basic authorization.", code="invalid_write_key")
    try:
        user, _, _ = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Forbidden("The authorization is not Basic.", code="invalid_write_key") from None
    return user
