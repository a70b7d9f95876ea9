"""Requests and answers in ASGI's own terms, with a limit on everything that comes in."""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_PATH = 200
MAX_HEADER = 300
MAX_BODY = 8_192
_BODY_SECONDS = 10.0
_BEHIND_PROXY = (
    os.environ.get("BEIZAI_HTTPS", "") == "1"
)  # reached through a proxy: the last X-Forwarded-For is believed


class TooLarge(Exception):
    """A body longer than any one-click unsubscribe."""


@dataclass(frozen=True)
class Request:
    """What is looked at in a request; headers are cut at 300 characters."""

    method: str
    path: str
    headers: dict[bytes, str]
    client: str

    def header(self, name: str) -> str:
        return self.headers.get(name.encode(), "")


@dataclass(frozen=True)
class Answer:
    """What is sent back. Nothing of it may be kept by a cache, where the headers do not say otherwise."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())


_NEVER_KEPT = ((b"cache-control", b"no-store, max-age=0"),)
NOT_FOUND = Answer(404, b"Not found.\n")


def request_of(scope: Scope) -> Request:
    """The request in a scope. Header values that are not UTF-8 are read with their bytes replaced."""
    headers = {
        name.lower(): value[:MAX_HEADER].decode("utf-8", "replace") for name, value in scope["headers"]
    }
    client = scope.get("client") or ("", 0)
    forwarded = headers.get(b"x-forwarded-for", "") if _BEHIND_PROXY else ""
    address = forwarded.rpartition(",")[2].strip() or str(client[0])
    return Request(scope["method"], scope["path"], headers, address)


async def read_body(receive: Receive) -> bytes:
    """The whole body; TooLarge past 8 KiB."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise TooLarge
        if not message.get("more_body"):
            return bytes(body)


async def timely_body(receive: Receive) -> bytes:
    """The whole body, or TimeoutError where it does not come in ten seconds."""
    return await asyncio.wait_for(read_body(receive), _BODY_SECONDS)


async def send_answer(send: Send, answer: Answer, *, head: bool) -> None:
    """Sends the answer, without its body where only the headers were asked for."""
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *(() if any(name == b"cache-control" for name, _ in answer.headers) else _NEVER_KEPT),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-robots-tag", b"noindex, nofollow"),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
