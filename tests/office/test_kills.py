"""Processes are killed at any moment: what was answered is in the lake, once; an import is in the book or not."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from beizai.base.home import Home

HERE = Path(__file__).resolve().parent
pytestmark = pytest.mark.skipif(
    os.environ.get("DATABASE_URL", "") != "", reason="the processes have homes of their own"
)
STEPS_OF_FLUSHING = ("before claiming", "after claiming", "before committing", "before letting go")
TIMES = ("first", "second", "third")
STEPS_TAKEN_OUT = ("after opening", "before the first append", "between lines and orders", "after appending")
STEPS_FINISHED = ("before noting what is replaced", "before turning", "while turning", "after turning")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with its tables, to be copied."""
    home = Home(tmp_path_factory.mktemp("prepared") / "home")
    home.make()
    code = "import django; django.setup(); from django.core.management import call_command; call_command('migrate', verbosity=0)"
    subprocess.run([sys.executable, "-c", code], env=surroundings(home.root), check=True, cwd=HERE.parents[1])
    return home.root


@pytest.fixture
def root(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "home"))


def surroundings(root: Path) -> dict[str, str]:
    path = os.pathsep.join([str(HERE.parents[1]), str(HERE)])
    return os.environ | {
        "BEIZAI_HOME": str(root),
        "DJANGO_SETTINGS_MODULE": "beizai.settings",
        "PYTHONPATH": path,
    }


def start(root: Path, role: str, argument: str, log: Path | None = None) -> "subprocess.Popen[str]":
    command = [sys.executable, str(HERE / "killed.py"), role, argument]
    out = log.open("a", encoding="utf-8") if log else subprocess.PIPE
    try:
        return subprocess.Popen(command, env=surroundings(root), stdin=subprocess.PIPE, stdout=out, text=True)
    finally:
        if log:
            out.close()  # type: ignore[union-attr]


def answer(root: Path, role: str) -> object:
    done = start(root, role, "")
    printed, _ = done.communicate(timeout=120)
    assert done.returncode == 0
    return json.loads(printed)


def acknowledged(log: Path) -> set[str]:
    whole = log.read_text(encoding="utf-8").rpartition("\n")[0]
    return set(whole.split())


def check(root: Path, log: Path) -> None:
    in_lake = Counter(answer(root, "finish"))
    lost = acknowledged(log) - set(in_lake)
    doubled = [one for one, times in in_lake.items() if times > 1]
    assert acknowledged(log)
    assert (len(lost), len(doubled)) == (0, 0)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_nothing_answered_is_lost_or_doubled_when_flusher_and_inbox_are_killed(
    root: Path, tmp_path: Path, kills: int
) -> None:
    log, dice = tmp_path / "acknowledged", random.Random(kills)
    for round_number in range(kills):
        writer = start(root, "put", f"w{round_number}", log)
        flusher = start(root, "flush", "0")
        assert flusher.stdout is not None
        flusher.stdout.readline()
        time.sleep(dice.uniform(0.2, 1.5))
        victims = [flusher, writer]
        for victim in victims:
            victim.kill()
        for victim in victims:
            victim.communicate()
    check(root, log)


@pytest.mark.skipif(os.name != "posix", reason="processes are stopped and continued by signals")
@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("pauses", [60])
def test_two_flushers_one_of_which_falls_asleep_lose_and_double_nothing(
    root: Path, tmp_path: Path, pauses: int
) -> None:
    log, dice = tmp_path / "acknowledged", random.Random(pauses)
    writer = start(root, "put", "w", log)
    flushers = [start(root, "flush", "100") for _ in range(2)]
    for flusher in flushers:
        assert flusher.stdout is not None
        flusher.stdout.readline()
    for _ in range(pauses):
        sleeper = dice.choice(flushers)
        sleeper.send_signal(signal.SIGSTOP)
        time.sleep(dice.uniform(0.15, 0.5))  # longer than the lease of a tenth of a second
        sleeper.send_signal(signal.SIGCONT)
        time.sleep(dice.uniform(0.0, 0.1))
    for process in (writer, *flushers):
        process.kill()
        process.communicate()
    check(root, log)


@pytest.mark.skipif(os.name != "posix", reason="processes are stopped and continued by signals")
def test_a_flusher_that_slept_through_its_lease_at_any_step_loses_and_doubles_nothing(root: Path) -> None:
    other = start(root, "obey", "")

    def tell(line: str) -> None:
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdin.write(f"{line}\n")
        other.stdin.flush()
        assert other.stdout.readline() == "done\n"

    try:
        assert other.stdout is not None
        other.stdout.readline()
        for step in STEPS_OF_FLUSHING:
            tell(f"put first {step}")
            sleeper = start(root, "fall asleep", step)
            os.waitpid(sleeper.pid, os.WUNTRACED)
            tell("flush")
            tell(f"put second {step}")
            if step == "after claiming":
                tell("flush")
            tell(f"put third {step}")
            sleeper.send_signal(signal.SIGCONT)
            sleeper.communicate(timeout=60)
    finally:
        other.kill()
        other.communicate()
    expected = [f"{time_of} {step}-{n}" for step in STEPS_OF_FLUSHING for time_of in TIMES for n in range(10)]
    found = answer(root, "finish")
    assert isinstance(found, list)
    assert sorted(found) == sorted(expected)


def test_an_import_killed_at_any_step_is_in_the_book_whole_or_not_at_all(root: Path) -> None:
    for step in (*STEPS_TAKEN_OUT, *STEPS_FINISHED):
        start(root, "bring in", step).communicate(timeout=60)
    found = answer(root, "recover")
    assert isinstance(found, dict)
    assert found["states"] == dict.fromkeys(STEPS_TAKEN_OUT, "undone") | dict.fromkeys(
        STEPS_FINISHED, "in_book"
    )
    numbers = [number for number, _ in found["orders"]]
    assert sorted(numbers) == sorted(["A", *(f"only {step}" for step in STEPS_FINISHED)])
    assert found["lines"] == len(numbers)
    assert found["again"] == 0
