"""A program that is told things: a real HTTP server on this machine that keeps what came and answers as it is told to."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What came, in order; `answers` are given one after the other, then `otherwise` for ever."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        self.answers: list[int] = []
        self.otherwise = 204
        self.headers: dict[str, str] = {}
        self.hangs = threading.Event()  # set: the next requests wait until it is over

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    @property
    def kinds(self) -> list[str]:
        return [one["type"] for one in self.told]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@contextmanager
def receiving(*, delay_seconds: float = 0) -> Iterator[Receiver]:
    """A receiver for the time of the block; it may think a while before each answer."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            over.wait(delay_seconds)
            if receiver.hangs.is_set():
                over.wait(30)
            self.send_response(receiver.answers.pop(0) if receiver.answers else receiver.otherwise)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hooks")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
