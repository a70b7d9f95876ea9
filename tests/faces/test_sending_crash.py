"""Workers killed at random moments: nobody is written to twice, and what is in doubt is at most one mail a connection."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from beizai.channels.catcher import Catcher, Mailbox

_CONNECTIONS = 8
_PREPARE = Path(__file__).with_name("sending_home.py")
_WORK = "import sys; from beizai.worker.process import work; work(sys.argv[1], sys.argv[2:])"
_COUNT = "SELECT state, count(*) FROM beizai_messages_message GROUP BY state"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")


@dataclass(frozen=True)
class Site:
    """A home with its workers as processes; `url` is empty on SQLite."""

    home: Path
    url: str = ""

    def python(self, *arguments: str) -> subprocess.Popen[bytes]:
        here = str(Path(__file__).parents[2])
        environment = {
            **os.environ,
            "BEIZAI_HOME": str(self.home),
            "PYTHONPATH": here,
            "DATABASE_URL": self.url,
        }
        return subprocess.Popen([sys.executable, *arguments], env=environment)

    def worker(self) -> subprocess.Popen[bytes]:
        return self.python("-c", _WORK, str(self.home), "sending")

    def states(self) -> Counter[str]:
        if self.url:
            with psycopg.connect(self.url) as database:
                return Counter(dict(database.execute(_COUNT).fetchall()))
        with closing(sqlite3.connect(self.home / "office.db", timeout=20)) as database:
            return Counter(dict(database.execute(_COUNT).fetchall()))


def _kill_after(box: Mailbox, site: Site, more: int) -> None:
    """Starts a worker and kills it when so many more mails were taken."""
    target, worker = box.count() + more, site.worker()
    deadline = time.monotonic() + 60
    while box.count() < target and worker.poll() is None and time.monotonic() < deadline:
        time.sleep(random.uniform(0.0005, 0.005))
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def _finish(site: Site, workers: int, seconds: float) -> None:
    """Lets workers send the rest, until nobody is left."""
    running = [site.worker() for _ in range(workers)]
    deadline = time.monotonic() + seconds
    while (site.states().keys() & {"chosen", "leased", "retry"}) and time.monotonic() < deadline:
        assert all(worker.poll() is None for worker in running), "a worker ended by itself"
        time.sleep(0.2)
    for worker in running:
        worker.terminate()
    for worker in running:
        assert worker.wait(timeout=30) == 0


def _survives(tmp_path: Path, *, people: int, kills: int, url: str = "", seconds: float = 240) -> None:
    site = Site(tmp_path / "home", url)
    with Catcher(tmp_path, keep=people * 2) as catcher:
        made = site.python(str(_PREPARE), str(site.home), str(people), str(catcher.port), str(_CONNECTIONS))
        assert made.wait(timeout=seconds) == 0
        box = Mailbox(tmp_path)
        for _ in range(kills):
            _kill_after(box, site, random.randint(1, max(2, people // (kills + 1))))
        _finish(site, 2, seconds)
    received, states = Counter(box.recipients()), site.states()
    assert max(received.values()) == 1, [to for to, times in received.items() if times > 1]
    assert states["sent"] + states["in_doubt"] == people
    assert states["in_doubt"] <= kills * _CONNECTIONS
    assert states["sent"] <= len(received) <= people
    assert not list((site.home / "journal").glob("*.journal"))


def test_three_killed_workers_write_to_nobody_twice(tmp_path: Path) -> None:
    _survives(tmp_path, people=2_000, kills=3)


@pytest.mark.postgres
def test_killed_workers_write_to_nobody_twice_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    name = f"crash_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as database:
        database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    _survives(tmp_path, people=600, kills=2, url=postgres_url.replace("/postgres?", f"/{name}?"))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_twenty_killed_workers_write_to_nobody_twice(tmp_path: Path) -> None:
    _survives(tmp_path, people=50_000, kills=20, seconds=1_800)
