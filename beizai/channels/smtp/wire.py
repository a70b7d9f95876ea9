"""The wire to a mail server: bytes out, replies in, and a fault with a code when replies stay away or make no sense."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass

from beizai.base.errors import Unavailable

_REPLY_LINE = re.compile(rb"([2-5]\d\d)([ -]?)(.*)")
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_LONGEST_LINE = 4_096
_MOST_LINES = 200


@dataclass(frozen=True)
class Reply:
    """A reply of the server: 250, "2.0.0", "ok"."""

    code: int
    text: str

    @property
    def ok(self) -> bool:
        return 200 <= self.code < 300

    @property
    def status(self) -> str:
        """The enhanced status (RFC 3463), where the reply has one."""
        found = _STATUS.match(self.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """Code and text as the server said them, on one short line."""
        return f"{self.code} {' '.join(self.text.split())}"[:300]


class Wire(asyncio.Protocol):
    """One connection. Replies are kept in order until asked for."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._fault: Unavailable | None = None
        self._transport: asyncio.Transport | None = None
        self._room: asyncio.Event = asyncio.Event()
        self._room.set()

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(Unavailable("The mail server closed the connection.", code="closed"))

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if not self._take(line.rstrip(b"\r")):
                return self._garbage(line)
        if len(self._buffer) > _LONGEST_LINE:
            return self._garbage(self._buffer)
        if self._replies:
            self._wake()
        return None

    def _take(self, line: bytes) -> bool:
        found = _REPLY_LINE.fullmatch(line)
        if found is None or len(line) > _LONGEST_LINE or len(self._lines) > _MOST_LINES:
            return False
        self._lines.append(found[3].decode("utf-8", "replace"))
        if found[2] != b"-":
            self._replies.append(Reply(int(found[1]), "\n".join(self._lines)))
            self._lines = []
        return True

    def _garbage(self, line: bytes) -> None:
        shown = line[:60].decode("ascii", "replace")
        self._fail(
            Unavailable("The mail server answered what is not SMTP: “{shown}”.", code="garbage", shown=shown)
        )
        self.close()

    def _fail(self, fault: Unavailable) -> None:
        self._fault = self._fault or fault
        self._room.set()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # the session calls these

    @property
    def is_open(self) -> bool:
        return self._fault is None and self._transport is not None

    async def write(self, data: bytes, *, seconds: float) -> None:
        """Hands bytes over; waits while the connection takes no more. Errors: Unavailable, code "hang" or "closed"."""
        if self._fault is not None:
            raise self._fault
        assert self._transport is not None
        self._transport.write(data)
        if not self._room.is_set():
            try:
                await asyncio.wait_for(self._room.wait(), seconds)
            except TimeoutError:
                raise self._hang(seconds) from None

    async def reply(self, *, seconds: float) -> Reply:
        """The next reply. Errors: Unavailable, code "hang", "closed" or "garbage"."""
        while not self._replies:
            if self._fault is not None:
                raise self._fault
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(self._waiter, seconds)
            except TimeoutError:
                raise self._hang(seconds) from None
        return self._replies.popleft()

    def _hang(self, seconds: float) -> Unavailable:
        self._fail(
            Unavailable(
                "The mail server did not answer for {seconds:g} seconds.", code="hang", seconds=seconds
            )
        )
        self.close()
        assert self._fault is not None
        return self._fault

    async def secure(self, context: object, host: str, *, seconds: float) -> None:
        """Goes over to TLS. What came unasked before it is refused, lest somebody between us put it there."""
        if self._buffer or self._replies:
            raise Unavailable("The mail server spoke out of turn before TLS.", code="garbage")
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(
            self._transport,
            self,
            context,  # type: ignore[arg-type]  # an SSLContext
            server_hostname=host,
            ssl_handshake_timeout=seconds,
        )
        assert secured is not None
        self._transport = secured

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
