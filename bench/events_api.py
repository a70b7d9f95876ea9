"""Events as they come in at the edge: durable and once before the answer, beside a bare handler that only appends and fsyncs.

Server, load and measurement are processes of their own; the load is 64 connections, each with one request of 20
events under way, every event with an id of its own.
"""

import asyncio
import base64
import json
import os
import queue
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import Line

ROOT = Path(__file__).resolve().parent.parent
_CONNECTIONS, _EVENTS, _SECONDS, _TURNS = 64, 20, 9.0, 3
_AT_LEAST, _SHARE, _P99_MS = 25_000, 0.5, 150.0


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """Both servers under the same load, in turns, so that whatever else the machine does meets both."""
    seconds = max(0.5, _SECONDS * scale / _TURNS)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        home = Path(scratch) / "home"
        key = _run("home", home, "")["key"]
        with (
            _server("each", home) as each,
            _server("grouped", home) as grouping,
            _server("ours", home) as port,
        ):
            turns = [
                [_load_on(one, home, key, seconds, f"{turn}-{one}") for one in (each, grouping, port)]
                for turn in range(_TURNS)
            ]
        bare, grouped, ours = (_together([turn[place] for turn in turns]) for place in range(3))
        kept = _run("count", home, "")["events"]
    rate, bare_rate = ours["events"] / ours["seconds"], bare["events"] / bare["seconds"]
    what = f"events/s in batches of {_EVENTS} over {_CONNECTIONS} connections, on the disk and once before the answer"
    yield Line(
        what=what,
        ours=f"{rate:,.0f} ({ours['events']:,} answered, {kept:,} kept)",
        rival=f"a bare ASGI handler that appends the same bytes and fsyncs each request: {bare_rate:,.0f}",
        ratio=rate / bare_rate,
        limit=f"{_AT_LEAST:,} and {_SHARE} of the rival",
        kept=rate >= _AT_LEAST and rate >= _SHARE * bare_rate and kept >= ours["events"],
    )
    grouped_rate = grouped["events"] / grouped["seconds"]
    yield Line(
        what="the same, beside a handler that gathers requests as ours does",
        ours=f"{rate:,.0f}",
        rival=f"appends and fsyncs what came in together, looks at nothing, knows no event again: {grouped_rate:,.0f}",
        ratio=rate / grouped_rate,
    )
    yield Line(
        what=f"the answer to a batch of {_EVENTS} events under that load",
        ours=f"median {ours['median']:.0f} ms, 99 of 100 within {ours['p99']:.0f} ms, worst {ours['worst']:.0f} ms",
        rival=f"the bare handler: median {bare['median']:.0f} ms, 99 of 100 within {bare['p99']:.0f} ms",
        ratio=ours["p99"] / bare["p99"],
        limit=f"99 of 100 within {_P99_MS:.0f} ms",
        kept=ours["p99"] <= _P99_MS,
    )


def _load_on(port: int, home: Path, key: str, seconds: float, name: str) -> dict[str, Any]:
    asked = {"port": port, "key": key, "seconds": seconds, "name": name}
    return _run("load", home, json.dumps(asked))


def _together(turns: list[dict[str, Any]]) -> dict[str, float]:
    """All turns as one."""
    waits = sorted(wait for turn in turns for wait in turn["waits"])
    return {
        "events": len(waits) * _EVENTS,
        "seconds": sum(turn["seconds"] for turn in turns),
        "median": statistics.median(waits) * 1000,
        "p99": waits[int(len(waits) * 0.99)] * 1000,
        "worst": waits[-1] * 1000,
    }


@contextmanager
def _server(part: str, home: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(_command(part, home, str(port)), env=_environment(home), cwd=ROOT)
    try:
        for _ in range(600):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _run(part: str, home: Path, argument: str) -> dict[str, Any]:
    done = subprocess.run(
        _command(part, home, argument),
        env=_environment(home),
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        timeout=300,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _command(part: str, home: Path, argument: str) -> list[str]:
    return [sys.executable, "-m", "bench.events_api", part, str(home), argument]


def _environment(home: Path) -> dict[str, str]:
    given = {**os.environ, "BEIZAI_HOME": str(home), "PYTHONPATH": str(ROOT)}
    given.pop("DATABASE_URL", None)
    return given | {"DJANGO_SETTINGS_MODULE": "beizai.settings"}


def make_home(home: Path, _argument: str) -> None:
    """A home with one write key."""
    from beizai.base.home import Home

    Home(home).make()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from beizai.base import clock
    from beizai.events import keys

    print(json.dumps({"key": keys.make("bench", now=clock.machine_now())[1]}))


def count_kept(home: Path, _argument: str) -> None:
    """How many events lie in the inbox, counted in what it holds."""
    import sqlite3

    from beizai.events import calls
    from beizai.events.arrivals import told_in

    with sqlite3.connect(home / "inbox.db") as inbox:
        bodies = (body for (body,) in inbox.execute("SELECT body FROM arrivals"))
        kept = sum(len(calls.unpack(one.body, single=False)) for body in bodies for one in told_in(body))
    print(json.dumps({"events": kept}))


def serve(target: str, port: str) -> None:
    """One server process, as `beizai serve` starts it."""
    import multiprocessing

    from granian import Granian
    from granian.constants import Interfaces

    multiprocessing.set_start_method("spawn", force=True)
    Granian(
        target,
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    ).serve()


async def _body_of(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _success(send: Any) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"16")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"success":true}'})


_opened: list[Any] = []


async def each(scope: Any, receive: Any, send: Any) -> None:
    """The rival: each request is appended and fsynced, nothing else."""
    if scope["type"] != "http":
        return
    body = await _body_of(receive)
    if not _opened:
        _opened.append((Path(os.environ["BEIZAI_HOME"]) / "appended-each").open("ab", buffering=0))
    _opened[0].write(body)
    os.fsync(_opened[0].fileno())
    await _success(send)


class _Grouping:
    """The other rival: what comes in at the same moment is appended together and fsynced, nothing else."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            threading.Thread(target=self._write, daemon=True).start()
        body = await _body_of(receive)
        done = self._loop.create_future()
        self._queue.put((body, done))
        await done
        await _success(send)

    def _write(self) -> None:
        assert self._loop is not None
        with (Path(os.environ["BEIZAI_HOME"]) / "appended").open("ab", buffering=0) as file:
            while True:
                group = [self._queue.get()]
                while not self._queue.empty():
                    group.append(self._queue.get())
                file.write(b"".join(body for body, _ in group))
                os.fsync(file.fileno())
                self._loop.call_soon_threadsafe(self._answer, [done for _, done in group])

    @staticmethod
    def _answer(waiting: list["asyncio.Future[None]"]) -> None:
        for one in waiting:
            one.set_result(None)


grouped = _Grouping()


def _request(number: int, authorization: str, port: int, name: str = "") -> bytes:
    events = [
        {
            "type": "track",
            "event": "Product Viewed",
            "messageId": f"bench-{name}-{number}-{place}",
            "userId": f"customer-{(number * 7 + place) % 5000}",
            "timestamp": "2026-11-21T20:00:00.000Z",
            "properties": {"product": f"P-{place}", "category": "Tea", "price": 12.5, "currency": "EUR"},
            "context": {"page": {"url": "https://shop.example/tea", "title": "Tea"}, "locale": "en-GB"},
        }
        for place in range(_EVENTS)
    ]
    body = json.dumps({"batch": events, "sentAt": "2026-11-21T20:00:01.000Z"}).encode()
    head = (
        f"POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    """One connection: sends the next request when the last one is answered."""

    def __init__(self, requests: Iterator[bytes], waits: list[float], until: float) -> None:
        self._requests, self._waits, self._until = requests, waits, until
        self._came = b""
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None) if time.perf_counter() < self._until else None
        if request is None:
            self._transport.close()
            self.ended.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, found, body = self._came.partition(b"\r\n\r\n")
        if not found or len(body) < 16:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._transport.close()
            self.ended.set_exception(RuntimeError(self._came.decode()))
            return
        self._came = b""
        self._waits.append(time.perf_counter() - self._sent_at)
        self._next()


def load(_home: Path, argument: str) -> None:
    """The load, its requests made before the clock starts."""
    asked = json.loads(argument)
    print(json.dumps(asyncio.run(_load(**asked))))


async def _load(port: int, key: str, seconds: float, name: str) -> dict[str, Any]:
    authorization = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    ready = iter([_request(number, authorization, port, name) for number in range(int(seconds * 9_000))])
    loop, waits = asyncio.get_running_loop(), list[float]()
    begun = time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Connection(ready, waits, begun + seconds), "127.0.0.1", port)
        for _ in range(_CONNECTIONS)
    ]
    await asyncio.gather(*(protocol.ended for _, protocol in made))
    return {"waits": waits, "seconds": time.perf_counter() - begun}


if __name__ == "__main__":
    _part, _home, _given = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if _part in ("ours", "each", "grouped"):
        serve("beizai.cli.served:application" if _part == "ours" else f"bench.events_api:{_part}", _given)
    else:
        {"home": make_home, "count": count_kept, "load": load}[_part](_home, _given)
