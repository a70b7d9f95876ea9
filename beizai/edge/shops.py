"""Where connected web shops deliver: signature checked, made durable, answered. Mounted under /w/."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import Error as DatabaseError

from beizai.base import clock
from beizai.base.errors import BeizaiError, Unavailable
from beizai.edge.http import NOT_FOUND, Answer, Receive, Scope, Send, TooLarge, send_answer
from beizai.edge.office import in_thread
from beizai.imports.shops import arriving, connections, counting
from beizai.imports.shops.connections import KnownShop
from beizai.staff import shop as shops

logger = logging.getLogger(__name__)
PREFIX = connections.PATH
_AT_ONCE, _AT_ONCE_OF_ONE = 200, 20  # requests under way; more are asked to come again
_BYTES_AT_ONCE = 64 << 20
_SECONDS = 15.0  # for a request to come in and to be durable
_FRESH_SECONDS, _STALE_SECONDS = 2.0, 60.0
_SOON_SECONDS = 0.5  # a shop nobody knows yet may have been connected a moment ago
_COUNT_SECONDS = 0.5
_LONGEST_KEY = 40
_HEADERS = (b"x-wc-webhook-", b"x-shopify-")
_OK = Answer(200, b"OK\n")
_UNSIGNED = Answer(401, b"The signature does not fit.\n")
_TOO_LARGE = Answer(413, b"Too large.\n")
_BUSY = Answer(503, b"Busy, please try again.\n", headers=((b"retry-after", b"5"),))
_NOT_ALLOWED = Answer(405, b"Not allowed.\n", headers=((b"allow", b"POST"),))
# Each writes and waits for the disk by itself: shops deliver by the dozen, not by the thousand.
_WRITERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="deliveries")


@dataclass(frozen=True)
class _Office:
    shops: Mapping[str, KnownShop] = field(default_factory=dict)
    clock_at: datetime | None = None

    def now(self) -> datetime:
        return self.clock_at or clock.machine_now()


class Door:
    """The ASGI application. One per process: it remembers the connections for two seconds."""

    def __init__(self) -> None:
        self._office = _Office()
        self._asked_at = float("-inf")
        self._asking: asyncio.Lock | None = None
        self._under_way: Counter[str] = Counter()
        self._bytes = 0
        self._refused: Counter[int] = Counter()
        self._counting: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send_answer(send, await self._answer(scope, receive), head=False)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        key = scope["path"][len(PREFIX) :].rstrip("/")
        if scope["method"] != "POST":
            return _NOT_ALLOWED
        if len(key) > _LONGEST_KEY or "/" in key:
            return NOT_FOUND
        if self._under_way.total() >= _AT_ONCE or self._under_way[key] >= _AT_ONCE_OF_ONE:
            return _BUSY
        self._under_way[key] += 1
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._taken(key, scope, receive)
        except TooLarge:
            return _TOO_LARGE
        except (BeizaiError, DatabaseError, OSError):  # a TimeoutError is an OSError
            logger.exception("a delivery was not taken")
            return _BUSY
        finally:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]

    async def _taken(self, key: str, scope: Scope, receive: Receive) -> Answer:
        known = await self._known(key)
        if known is None:
            return NOT_FOUND
        headers = _headers(scope)
        body = await self._body(receive)
        try:
            if arriving.is_greeting(known.kind, headers, body):
                return _OK
            if not arriving.is_signed(known.kind, headers, body, known.secret):
                self._count_refused(known.connection_id)
                return _UNSIGNED
            now = self._office.now()
            told = arriving.delivery(known.kind, known.connection_id, headers, body, now)
            await asyncio.get_running_loop().run_in_executor(_WRITERS, arriving.take, told)
        finally:
            self._bytes -= len(body)
        return _OK

    async def _known(self, key: str) -> KnownShop | None:
        await self._look(_FRESH_SECONDS)
        found = self._office.shops.get(key)
        if found is None:
            await self._look(_SOON_SECONDS)
            found = self._office.shops.get(key)
        return found

    async def _look(self, fresh_seconds: float) -> None:
        """Asks the office where what is known is older; a busy office is not waited for while it is fairly fresh."""
        self._asking = self._asking or asyncio.Lock()
        async with self._asking:
            age = time.monotonic() - self._asked_at
            if age <= fresh_seconds:
                return
            try:
                self._office = await in_thread(_ask_office)
            except DatabaseError:
                if age > _STALE_SECONDS:
                    raise
            self._asked_at = time.monotonic()

    async def _body(self, receive: Receive) -> bytes:
        """The whole body, counted among what is in memory until it is durable; TooLarge past four million bytes."""
        gathered = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Unavailable("The request broke off.")
            gathered += message.get("body", b"")
            if len(gathered) > arriving.MOST_BYTES:
                raise TooLarge
            if self._bytes + len(gathered) > _BYTES_AT_ONCE:
                raise Unavailable("Too much is on its way.")
            if not message.get("more_body"):
                self._bytes += len(gathered)
                return bytes(gathered)

    def _count_refused(self, connection_id: int) -> None:
        """Wrong signatures are counted together, so that whoever sends many does not keep the office busy."""
        self._refused[connection_id] += 1
        if self._counting is None or self._counting.done():
            self._counting = asyncio.ensure_future(self._note_refused())

    async def _note_refused(self) -> None:
        while self._refused:
            await asyncio.sleep(_COUNT_SECONDS)
            counted, self._refused = self._refused, Counter()
            now = self._office.now()
            try:
                await in_thread(partial(counting.refused, counted, now))
            except DatabaseError:
                logger.exception("wrong signatures could not be counted")


def _ask_office() -> _Office:
    shop = shops.shop()
    return _Office(connections.known(), shops.now(shop) if shop.clock_at else None)


def _headers(scope: Scope) -> dict[str, str]:
    """The headers that say something of a delivery."""
    return {
        name.decode("latin-1").lower(): value[:500].decode("utf-8", "replace")
        for name, value in scope["headers"]
        if name.lower().startswith(_HEADERS)
    }


application = Door()
