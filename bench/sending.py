"""Sending: personal mails through the journal to a mail server, beside postfix's own smtp-source sending one and the same."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from beizai.channels.compile import (
    Field,
    Fields,
    Mail,
    Outgoing,
    Recipient,
    Sender,
    Source,
    compile_mail,
    outgoing,
)
from beizai.channels.driver import Outcome, Verdict
from beizai.channels.smtp import SmtpDriver, SmtpServer
from beizai.messages.journal import Done, Journal
from bench import Line

_CONNECTIONS, _ROUNDS = 16, 3
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _mail() -> Mail:
    """Four products, twelve links, eight fields: about 24 kB on the wire."""
    known = [Field(f"customer.f{n}", sample="x") for n in range(8)]
    known += [Field("shop.name", constant="Shop"), Field("shop.postal_address", constant="1 Street, Town")]
    product = (
        '<mj-image src="https://shop.example/p.png" alt="shoe" href="https://shop.example/p" />'
        '<mj-text>{{ customer.f0 | default: "you" }} and {{ customer.f1 }}, this is for you.</mj-text>'
        '<mj-button href="https://shop.example/p">Look</mj-button><mj-button href="https://shop.example/q">Buy</mj-button>'
    )
    foot = (
        "<mj-text>{{ customer.f2 }}{{ customer.f3 }}{{ customer.f4 }}{{ customer.f5 }}{{ customer.f6 }}{{ customer.f7 }} "
        '{{ shop.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>'
    )
    page = (
        f"<mjml><mj-body><mj-section><mj-column>{product * 4}{foot}</mj-column></mj-section></mj-body></mjml>"
    )
    return compile_mail(Source("News for {{ customer.f0 | default: 'you' }}", page), Fields(known))


class _Feed:
    """Mails made as they are asked for, intended and settled in a real journal."""

    def __init__(self, count: int, journal: Journal) -> None:
        self._mail, self._journal = _mail(), journal
        self._sender = Sender("Shop", "news@shop.example", "", "Shop", 1, bytes(32))
        self._left, self.sent, self.size = count, 0, 0

    def _one(self, number: int) -> Outgoing:
        values = {f"customer.f{n}": f"value {n} of {number}" for n in range(8)}
        who = Recipient(
            number, f"c{number}@example.test", values, "https://t.example/t/c/x", "https://t.example/t/u/x"
        )
        mail = outgoing(self._mail, self._sender, who, number=number, at=_NOW)
        self.size = len(mail.data)
        return mail

    async def next(self) -> Outgoing | None:
        return self.at_once()

    def at_once(self) -> Outgoing | None:
        if not self._left:
            return None
        self._left -= 1
        return self._one(self._left + 1)

    async def intend(self, number: int) -> None:
        self._journal.intend(number)
        await self._journal.durable()

    def settle(self, number: int, outcome: Outcome) -> None:
        self._journal.done(Done(number, outcome, _NOW))
        self.sent += outcome.verdict is Verdict.SENT


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tool(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def _sink() -> Iterator[int]:
    port = _free_port()
    user = ["-u", "postfix"] if os.geteuid() == 0 else []
    sink = subprocess.Popen(
        [str(_tool("smtp-sink")), *user, f"127.0.0.1:{port}", "1000"], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        sink.terminate()
        sink.wait()


def _ours(count: int, port: int) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as scratch:
        journal = Journal(Path(scratch), "bench")
        feed = _Feed(count, journal)
        began = time.perf_counter()
        server = SmtpServer("127.0.0.1", port, "none", connections=_CONNECTIONS)
        stop = asyncio.run(SmtpDriver(server).deliver(feed))
        seconds = time.perf_counter() - began
        journal.close(remove=True)
    assert stop is None, stop
    assert feed.sent == count
    return count / seconds, feed.size


def _theirs(count: int, port: int, size: int) -> float:
    began = time.perf_counter()
    command = [str(_tool("smtp-source")), "-s", str(_CONNECTIONS), "-m", str(count), "-l", str(size)]
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True)
    return count / (time.perf_counter() - began)


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """Mails a second, ours and theirs in turn; nothing where postfix's tools are not installed."""
    if not (_tool("smtp-source") and _tool("smtp-sink")):
        return
    count = max(200, int(10_000 * scale))
    ours, theirs, size = [], [], 24_000
    with _sink() as port:
        for _ in range(_ROUNDS):
            rate, size = _ours(count, port)
            ours.append(rate)
            theirs.append(_theirs(count, port, size))
    yield Line(
        what=f"personal mails of {size // 1000} kB sent through the journal, {_CONNECTIONS} connections, loopback",
        ours=f"{median(ours):,.0f} a second",
        rival=f"smtp-source, the same mail each time, no journal: {median(theirs):,.0f} a second",
        ratio=median(theirs) / median(ours),
    )
