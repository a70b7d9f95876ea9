"""The watch: two workers at work, started again when they fall over, gone when they are told, or when their parent is."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from beizai.channels.catcher import Catcher, Mailbox

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
_WATCH = """
import sys
from pathlib import Path
from beizai.worker.process import Watch
if __name__ == "__main__":
    with Watch(Path(sys.argv[1])) as watch:
        print(*watch.pids(), flush=True)
        for line in sys.stdin:
            print(*watch.pids(), flush=True)
"""


def _environment(home: Path) -> dict[str, str]:
    here = str(Path(__file__).parents[2])
    return {**os.environ, "BEIZAI_HOME": str(home), "PYTHONPATH": here, "DATABASE_URL": ""}


@pytest.fixture
def watch(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A home with a campaign to forty people, and the watch over its two workers as a process."""
    home, script = tmp_path / "home", tmp_path / "watch.py"
    script.write_text(_WATCH, encoding="utf-8")
    prepare = Path(__file__).with_name("sending_home.py")
    with Catcher(tmp_path) as catcher:
        made = [sys.executable, str(prepare), str(home), "40", str(catcher.port), "2"]
        subprocess.run(made, env=_environment(home), check=True)
        process = subprocess.Popen(
            [sys.executable, str(script), str(home)],
            env=_environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        yield process
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def _pids(watch: "subprocess.Popen[str]", *, ask: bool = False) -> list[int]:
    assert watch.stdin is not None
    assert watch.stdout is not None
    if ask:
        watch.stdin.write("\n")
        watch.stdin.flush()
    return [int(pid) for pid in watch.stdout.readline().split()]


def _campaign(home: Path) -> str:
    with closing(sqlite3.connect(home / "office.db", timeout=20)) as database:
        return str(database.execute("SELECT state FROM campaigns_campaign").fetchone()[0])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait(until: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(0.1)
    return until()


def test_workers_send_are_started_again_and_go_when_told(
    watch: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    first = _pids(watch)
    assert len(first) == 2
    assert _wait(lambda: _campaign(tmp_path / "home") == "sent")
    assert Mailbox(tmp_path).count() == 40
    os.kill(first[0], signal.SIGKILL)
    assert _wait(lambda: len(_pids(watch, ask=True)) == 2 and first[0] not in _pids(watch, ask=True))
    now = _pids(watch, ask=True)
    assert watch.stdin is not None
    watch.stdin.close()
    assert watch.wait(timeout=60) == 0
    assert not any(_alive(pid) for pid in now)


def test_workers_do_not_outlive_the_watch(watch: "subprocess.Popen[str]", tmp_path: Path) -> None:
    pids = _pids(watch)
    assert _wait(lambda: Mailbox(tmp_path).count() == 40)
    watch.kill()
    watch.wait()
    assert _wait(lambda: not any(_alive(pid) for pid in pids))
