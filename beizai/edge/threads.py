"""Django's pages for everybody, answered by a few lasting threads: neither a thread nor a database connection is made for each request."""

import asyncio
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any

from django.db import connections

from beizai.edge.http import Receive, Scope, Send

Handler = Callable[[dict[str, Any], Callable[..., Any]], Any]
"""A WSGI application whose answers are Django's."""

_THREADS = 4
_IN_MEMORY = 256_000
_CONNECTION_SECONDS = 60.0  # then a thread opens a new one, as after an upgrade it must


@dataclass(frozen=True)
class _Said:
    """An answer: its status and headers, and its body whole or, for a file, in pieces."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    pieces: Any = None


class InThreads:
    """The ASGI application: reads the request, has a thread answer it, sends the answer."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="forms")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
            if not await _read(receive, body):
                return
            said = await loop.run_in_executor(self._threads, self._answer, _environ(scope, body))
        await send({"type": "http.response.start", "status": said.status, "headers": said.headers})
        if said.pieces is None:
            await send({"type": "http.response.body", "body": said.body})
            return
        try:
            pieces: Iterator[bytes] = iter(said.pieces)
            while piece := await loop.run_in_executor(self._threads, next, pieces, b""):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await loop.run_in_executor(self._threads, said.pieces.close)

    def _answer(self, environ: dict[str, Any]) -> _Said:
        head: list[tuple[str, list[tuple[str, str]]]] = []
        response = self._handler(environ, lambda status, headers, exc=None: head.append((status, headers)))
        status, headers = head[0]
        _keep_connection()
        sent = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if getattr(response, "streaming", False):
            return _Said(int(status[:3]), sent, b"", response)
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else b"".join(response)
        response.close()
        return _Said(int(status[:3]), sent, body)


async def _read(receive: Receive, body: IO[bytes]) -> bool:
    """The whole body into a file in memory (on disk where it is large); False where the asker has gone."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        body.write(message.get("body", b""))
        if not message.get("more_body"):
            body.seek(0)
            return True


def _environ(scope: Scope, body: IO[bytes]) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333): bytes of the path and the headers as Latin-1 text."""
    host, port = scope.get("server") or ("localhost", 80)
    found = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(host),
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": str((scope.get("client") or ("", 0))[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr or io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        plain = name.decode("latin-1").upper().replace("-", "_")
        key = plain if plain in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{plain}"
        text = value.decode("latin-1")
        joint = ";" if key == "HTTP_COOKIE" else ","
        found[key] = f"{found[key]}{joint}{text}" if key in found else text
    if "CONTENT_LENGTH" not in found:  # sent in pieces: the length is what came
        found["CONTENT_LENGTH"] = str(body.seek(0, io.SEEK_END))
        body.seek(0)
    return found


def _keep_connection() -> None:
    """Lets this thread keep its connection to the office database for a while, which Django would close with the answer."""
    for connection in connections.all(initialized_only=True):
        if connection.close_at is not None and connection.close_at <= time.monotonic():
            connection.close_at = time.monotonic() + _CONNECTION_SECONDS
