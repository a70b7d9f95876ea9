"""A worker is killed again and again while it delivers: nothing is lost, and what comes twice has the same id."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from webhook_receiver import Receiver, receiving

from beizai.base.home import Home

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "builders" / "webhook_home.py"
pytestmark = pytest.mark.skipif(
    os.environ.get("DATABASE_URL", "") != "", reason="the processes have a home of their own"
)
CARDS, KILLS = 200, 3


class Process:
    """Processes in one home."""

    def __init__(self, home: Home) -> None:
        path = os.pathsep.join([str(ROOT), str(SCRIPT.parent)])
        self.env = os.environ | {
            "BEIZAI_HOME": str(home.root),
            "BEIZAI_WEBHOOK_HOSTS": "127.0.0.0/8",
            "PYTHONPATH": path,
        }

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout

    @contextmanager
    def worker(self) -> Iterator[None]:
        """A worker at work, killed at the end of the block."""
        command = [sys.executable, str(SCRIPT), "work"]
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True) as worker:
            try:
                assert worker.stdout is not None
                assert worker.stdout.readline() == "ready\n"
                yield
            finally:
                worker.kill()


def test_nothing_is_lost_and_doubles_have_the_same_id(tmp_path: Path) -> None:
    home, lot = Home(tmp_path / "home"), random.Random(7)
    home.make()
    process = Process(home)
    with receiving(delay_seconds=0.01) as receiver:
        process.run("make", receiver.url, str(CARDS))
        for _ in range(KILLS):
            wanted = len(receiver.got) + lot.randrange(1, 20)
            with process.worker():
                _until(lambda wanted=wanted: len(receiver.got) > wanted or len(set(receiver.ids)) >= CARDS)
        with process.worker():
            _until(lambda: len(set(receiver.ids)) >= CARDS)
            _until(lambda: all(state == "taken" for _, _, state in json.loads(process.run("look"))))
        _check(receiver, json.loads(process.run("look")))


def _check(receiver: Receiver, rows: list[tuple[int, str, str]]) -> None:
    of_card = {customer: number for customer, number, _ in rows}
    assert len(of_card) == len(rows) == CARDS
    for told, number in zip(receiver.told, receiver.ids, strict=True):
        assert of_card[told["data"]["customer_id"]] == number
    assert set(receiver.ids) == set(of_card.values())


def _until(there: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.02)
