"""One webhook handed over: connected to a checked address, given so many seconds in all, answered in a few kilobytes."""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache

from beizai.base.errors import BeizaiError
from beizai.channels.webhook.address import Allowed, Resolve, Target, checked_addresses, read_url

AGENT = "Beizai-Webhooks/1"
_MOST_BYTES = 32_768  # of an answer that are read
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Limits:
    """How long a receiver may take: to be connected to, and in all, from the first look-up to the end of the answer."""

    connect_seconds: float = 5.0
    total_seconds: float = 20.0
    kept_bytes: int = 500


@dataclass(frozen=True)
class Answer:
    """What became of one attempt. `problem`: "" where there was an answer, else why there was none:
    no_such_host, private_address, not_connected, not_trusted, too_slow, broken_off, no_http, and those of `read_url`.
    `first` are the first bytes of the answer's body. Redirects are answers like any other: nobody follows them.
    """

    status: int | None
    ms: int
    first: str = ""
    problem: str = ""
    retry_after_seconds: int | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver took it: any status of 200 to 299."""
        return self.status is not None and 200 <= self.status < 300


class _Failed(Exception):
    """Why there is no answer, as a code."""


@dataclass
class _Deadline:
    end: float

    def left(self) -> float:
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise _Failed("too_slow")
        return seconds


@dataclass(frozen=True)
class Ways:
    """How a house posts: which private hosts it may reach, how long it waits, whom it trusts.

    `resolve` and `connect` are the machine's own where nothing else is given; `trust` None: the machine's certificates.
    """

    allowed: Allowed = field(default_factory=Allowed)
    limits: Limits = field(default_factory=Limits)
    resolve: Resolve | None = None
    connect: Callable[..., socket.socket] = socket.create_connection
    trust: ssl.SSLContext | None = None


def post(url: str, headers: Mapping[str, str], body: bytes, ways: Ways) -> Answer:
    """Posts a body once and says what became of it; never raises for what a receiver does. The environment's proxies are not used."""
    began = time.monotonic()
    deadline = _Deadline(began + ways.limits.total_seconds)
    try:
        target = read_url(url, ways.allowed)
        addresses = checked_addresses(target, ways.allowed, ways.resolve)
        with _connected(target, addresses, deadline, ways) as line:
            raw = _exchange(line, _request(target, headers, body), deadline)
        status, first, later = _read(raw, ways.limits.kept_bytes)
    except BeizaiError as error:
        return Answer(None, _ms(began), problem=error.code)
    except _Failed as failed:
        return Answer(None, _ms(began), problem=str(failed))
    return Answer(status, _ms(began), first, retry_after_seconds=later)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = {
        "host": target.host_header,
        "user-agent": AGENT,
        "content-type": "application/json",
        "content-length": str(len(body)),
        "accept-encoding": "identity",
        "connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {target.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _connected(target: Target, addresses: tuple[str, ...], deadline: _Deadline, ways: Ways) -> socket.socket:
    """A connection to the first address that takes one, encrypted where the address says so."""
    for address in addresses:
        seconds = min(ways.limits.connect_seconds, deadline.left())
        try:
            plain = ways.connect((address, target.port), timeout=seconds)
        except OSError:
            continue
        return _encrypted(plain, target, deadline, ways.trust) if target.secure else plain
    raise _Failed("not_connected")


def _encrypted(
    plain: socket.socket, target: Target, deadline: _Deadline, trust: ssl.SSLContext | None
) -> socket.socket:
    try:
        plain.settimeout(deadline.left())
        return (trust or _trusted()).wrap_socket(plain, server_hostname=target.host)
    except TimeoutError:
        plain.close()
        raise _Failed("too_slow") from None
    except (OSError, ValueError):  # an SSLError is an OSError
        plain.close()
        raise _Failed("not_trusted") from None


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _exchange(line: socket.socket, request: bytes, deadline: _Deadline) -> bytes:
    """Sends the request and reads its answer until it is whole, long enough, or the time is up."""
    got = b""
    try:
        line.settimeout(deadline.left())
        line.sendall(request)
        while len(got) < _MOST_BYTES and not _is_whole(got):
            line.settimeout(deadline.left())
            more = line.recv(8192)
            if not more:
                break
            got += more
    except TimeoutError:
        raise _Failed("too_slow") from None
    except OSError:
        if _HEAD_END not in got:  # an answer whose end is missing is an answer
            raise _Failed("broken_off") from None
    return got


def _is_whole(got: bytes) -> bool:
    """Whether no more is to come of an answer on a line that its server keeps open."""
    head, end, body = _final(got).partition(_HEAD_END)
    if not end:
        return False
    lines = head.lower().split(b"\r\n")
    if lines[0].split(b" ")[1:2] in ([b"204"], [b"304"]):
        return True
    fields = dict(line.split(b":", 1) for line in lines[1:] if b":" in line)
    length = fields.get(b"content-length", b"").strip()
    if length.isdigit():
        return len(body) >= int(length[:9])
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        return body.endswith(b"0\r\n\r\n")
    return False


def _final(got: bytes) -> bytes:
    """Without answers that only say to wait (100 to 199)."""
    while got.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")) and _HEAD_END in got:
        got = got.partition(_HEAD_END)[2]
    return got


class _Bytes:
    """Bytes that were read, where http.client expects a socket."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._raw)


def _read(raw: bytes, kept_bytes: int) -> tuple[int, str, int | None]:
    """Status, first bytes and Retry-After of an answer."""
    answer = http.client.HTTPResponse(_Bytes(_final(raw)), method="POST")  # type: ignore[arg-type]
    try:
        answer.begin()
    except (http.client.HTTPException, ValueError, OSError):
        raise _Failed("no_http") from None
    try:
        first = answer.read(kept_bytes)
    except (http.client.HTTPException, ValueError, OSError):
        first = b""
    text = first.decode("utf-8", "replace").replace("\x00", "")
    return (
        answer.status,
        text,
        _seconds(answer.getheader("retry-after") or "", answer.getheader("date") or ""),
    )


def _seconds(later: str, date: str) -> int | None:
    """How long the receiver asks us to wait: it says so in seconds, or as a time beside its own."""
    if later.strip().isdigit():
        return int(later.strip()[:6])
    try:
        return max(0, int((parsedate_to_datetime(later) - parsedate_to_datetime(date)).total_seconds()))
    except (ValueError, TypeError):
        return None
