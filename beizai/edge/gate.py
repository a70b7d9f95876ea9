"""Events that come in at the same moment go to the disk together, and then everybody is answered."""

import asyncio
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from beizai.base.errors import Unavailable
from beizai.events import inbox
from beizai.events.arrivals import Told, arrival_of

_BYTES_AT_ONCE = 8 << 20  # in one commit
# The thread that writes gets its turn this often; with Python's usual 5 ms each of its statements waited that long
# for the thread that answers (measured: half the events).
_TURN_SECONDS = 0.0005
_BYTES_WAITING = 64 << 20  # in memory; more is asked to come again


@dataclass(slots=True)
class _Waiting:
    told: Told
    digests: Sequence[bytes]
    answer: "asyncio.Future[None]"


class Gate:
    """One per process. While one group is on its way to the disk, the next one gathers."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._bytes = 0
        self._under_way = False
        sys.setswitchinterval(_TURN_SECONDS)

    async def take(self, told: Told, digests: Sequence[bytes]) -> None:
        """Returns when the request is durable. Unavailable where too much waits, or the inbox cannot be written."""
        if self._bytes > _BYTES_WAITING:
            raise Unavailable("Too many events are on their way.", hint="Send them again in a few seconds.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(told, digests, answer))
        self._bytes += len(told.body)
        if not self._under_way:
            self._send(loop)
        await answer

    def _send(self, loop: asyncio.AbstractEventLoop) -> None:
        group = self._next_group()
        received_at: datetime = group[-1].told.received_at
        try:
            future = inbox.current().arrive(
                arrival_of([one.told for one in group], [one.digests for one in group], received_at)
            )
        except Exception:
            self._bytes -= sum(len(one.told.body) for one in group)
            for one in group:
                one.answer.cancel()
            raise
        self._under_way = True
        future.add_done_callback(lambda done: loop.call_soon_threadsafe(self._answer, loop, group, done))

    def _next_group(self) -> list[_Waiting]:
        size, count = 0, 0
        for one in self._waiting:
            size, count = size + len(one.told.body), count + 1
            if size > _BYTES_AT_ONCE:
                break
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    def _answer(self, loop: asyncio.AbstractEventLoop, group: list[_Waiting], done: "Future[int]") -> None:
        error = done.exception()
        for one in group:
            self._bytes -= len(one.told.body)
            if one.answer.done():
                continue  # nobody waits for it any more
            if error is None:
                one.answer.set_result(None)
            else:
                one.answer.set_exception(Unavailable("The inbox could not be written."))
        self._under_way = False
        if self._waiting:
            self._send(loop)
