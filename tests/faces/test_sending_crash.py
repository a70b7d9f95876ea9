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
from pathlib import Path

import pytest

from beizai.channels.catcher import Catcher, Mailbox

_CONNECTIONS = 8
_PREPARE = Path(__file__).with_name("sending_home.py")
_WORK = "import sys; from beizai.worker.process import work; work(sys.argv[1], sys.argv[2:])"


def _python(*arguments: str, home: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "BEIZAI_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("DATABASE_URL", None)
    return subprocess.Popen([sys.executable, *arguments], env=environment)


def _states(home: Path) -> Counter[str]:
    with closing(sqlite3.connect(home / "office.db", timeout=20)) as database:
        rows = database.execute("SELECT state, count(*) FROM beizai_messages_message GROUP BY state")
        return Counter(dict(rows.fetchall()))


def _kill_after(box: Mailbox, home: Path, more: int) -> None:
    """Starts a worker and kills it when so many more mails were taken."""
    target = box.count() + more
    worker = _python("-c", _WORK, str(home), "sending", home=home)
    deadline = time.monotonic() + 60
    while box.count() < target and worker.poll() is None and time.monotonic() < deadline:
        time.sleep(random.uniform(0.0005, 0.005))
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def _finish(home: Path, workers: int) -> None:
    """Lets workers send the rest, until nobody is left."""
    running = [_python("-c", _WORK, str(home), "sending", home=home) for _ in range(workers)]
    deadline = time.monotonic() + 240
    while (_states(home).keys() & {"chosen", "leased", "retry"}) and time.monotonic() < deadline:
        assert all(worker.poll() is None for worker in running), "a worker ended by itself"
        time.sleep(0.2)
    for worker in running:
        worker.terminate()
    for worker in running:
        assert worker.wait(timeout=30) == 0


def _survives(tmp_path: Path, people: int, kills: int) -> None:
    home = tmp_path / "home"
    with Catcher(tmp_path, keep=people * 2) as catcher:
        made = _python(str(_PREPARE), str(home), str(people), str(catcher.port), str(_CONNECTIONS), home=home)
        assert made.wait(timeout=240) == 0
        box = Mailbox(tmp_path)
        for _ in range(kills):
            _kill_after(box, home, random.randint(1, max(2, people // (kills + 1))))
        _finish(home, workers=2)
    received, states = Counter(box.recipients()), _states(home)
    assert max(received.values()) == 1, [to for to, times in received.items() if times > 1]
    assert states["sent"] + states["in_doubt"] == people
    assert states["in_doubt"] <= kills * _CONNECTIONS
    assert states["sent"] <= len(received) <= people
    assert not list((home / "journal").glob("*.journal"))


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_three_killed_workers_write_to_nobody_twice(tmp_path: Path) -> None:
    _survives(tmp_path, people=2_000, kills=3)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_twenty_killed_workers_write_to_nobody_twice(tmp_path: Path) -> None:
    _survives(tmp_path, people=50_000, kills=20)
