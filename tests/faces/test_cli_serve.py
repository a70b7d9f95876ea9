"""The office opened from the command line: it answers, its workers are at work, and it closes in good order."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from beizai_process import beizai, surroundings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the test sends POSIX signals")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait_until(true: object, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)


def test_serve_opens_the_office_with_two_workers_and_closes_without_noise(tmp_path: Path) -> None:
    home, port = tmp_path / "home", _free_port()
    beizai(home, "init")
    command = [sys.executable, "-m", "beizai", "serve", "--port", str(port)]
    with subprocess.Popen(
        command, env=surroundings(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        try:
            _wait_until(lambda: _answers(f"http://127.0.0.1:{port}/account/login/"))
            _wait_until(lambda: _at_work(home) == {"sending", "rest"})
            taken = beizai(home, "serve", "--port", str(port), "--json")
            assert (taken.code, taken.json["error"]["kind"]) == (1, "unavailable")
        finally:
            served.send_signal(signal.SIGINT)
            out, err = served.communicate(timeout=60)
    assert served.returncode == 0
    assert f"http://127.0.0.1:{port}" in out
    assert err.strip() == "The office is closed."
    assert _at_work(home) == set()


def _at_work(home: Path) -> set[str]:
    folder = home / "log" / "workers"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_a_worker_told_to_do_what_there_is_ends_when_nothing_is_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    beizai(home, "init")
    done = beizai(home, "worker", "--once", "--json")
    assert done.code == 0, done.err
    assert done.json["done"] is True
