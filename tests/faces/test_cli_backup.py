"""A backup is made while everybody works; what is restored is one consistent book, and it is paused."""

import itertools
import shutil
import signal
import subprocess
import sys
import time
import uuid
import zipfile
from pathlib import Path

import psycopg
import pytest
from beizai_process import beizai, finished, helper, look, surroundings
from home_in_use import LINES_PER_ORDER, ORDERS_PER_BATCH

OWNER = "owner@example.test"


def _lines(path: Path, kind: str) -> set[str]:
    words = (line.split(" ", 1) for line in path.read_text().splitlines()) if path.exists() else ()
    return {word[1] for word in words if word[0] == kind and len(word) == 2}


def _database(request: pytest.FixtureRequest, engine: str) -> str:
    """A fresh empty database's URL; "" for SQLite."""
    if engine == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres_url")
    name = f"home_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.replace("/postgres?", f"/{name}?")


ENGINES = [
    pytest.param(source, target, marks=[pytest.mark.postgres] if "postgresql" in (source, target) else [])
    for source, target in itertools.product(("sqlite", "postgresql"), repeat=2)
]


@pytest.mark.parametrize(("source", "target"), ENGINES)
def test_a_backup_made_while_others_write_restores_to_one_consistent_paused_book(
    tmp_path: Path, request: pytest.FixtureRequest, source: str, target: str
) -> None:
    first, second = _database(request, source), _database(request, target)
    home, copy, acknowledged = tmp_path / "home", tmp_path / "copy", tmp_path / "acknowledged"
    assert beizai(home, "init", "--owner", OWNER, database=first).code == 0
    finished(helper(home, "plan-sending", "Autumn", database=first))
    workers = [helper(home, "work", acknowledged, database=first) for _ in range(2)]
    try:
        _wait_until(lambda: len(_lines(acknowledged, "batch")) > 6)
        before = {kind: _lines(acknowledged, kind) for kind in ("event", "batch")}
        made = beizai(home, "backup", tmp_path / "book.zip", "--json", database=first)
        assert made.code == 0, made.err
        at_work = len(_lines(acknowledged, "batch"))
        _wait_until(lambda: len(_lines(acknowledged, "batch")) > at_work)
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    restored = beizai(copy, "restore", tmp_path / "book.zip", "--json", database=second)
    assert restored.code == 0, restored.err
    assert restored.json["paused_campaigns"] == ["Autumn"]

    there, here = look(copy, database=second), look(home, database=first)
    assert there["sending_paused"] is True
    assert there["campaigns"] == [["Autumn", "paused", "restored"]]
    assert there["users"] == here["users"]
    assert before["event"] <= set(there["events"])
    assert len(set(there["events"])) == len(there["events"]), "an event came twice"
    assert {int(batch) for batch in before["batch"]} <= set(there["in_book"])
    assert there["orders"] == {str(batch): ORDERS_PER_BATCH for batch in there["in_book"]}
    assert there["lines"] == {str(batch): ORDERS_PER_BATCH * LINES_PER_ORDER for batch in there["in_book"]}


def _wait_until(true: object, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home that has an owner, and its backup."""
    folder = tmp_path_factory.mktemp("book")
    assert beizai(folder / "home", "init", "--owner", OWNER).code == 0
    assert beizai(folder / "home", "backup", folder / "book.zip").code == 0
    return folder


@pytest.fixture
def book(made_once: Path, tmp_path: Path) -> Path:
    """A copy of that home for one test, its backup beside it."""
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "home"


def test_keys_lie_apart_and_only_the_owner_may_read_either(book: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "book.zip") as archive:
        assert not [name for name in archive.namelist() if "key" in name]
    for name in ("book.zip", "book-keys.zip"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_without_its_keys_or_with_those_of_another_book_nothing_is_restored(
    book: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "book-keys.zip"
    keys.rename(tmp_path / "elsewhere.zip")
    refused = beizai(tmp_path / "copy", "restore", tmp_path / "book.zip", "--json")
    assert (refused.code, refused.json["error"]["kind"]) == (1, "notfound")
    beizai(tmp_path / "other", "init")
    beizai(tmp_path / "other", "backup", tmp_path / "other.zip")
    wrong = beizai(tmp_path / "copy", "restore", tmp_path / "book.zip", "--keys", tmp_path / "other-keys.zip")
    assert wrong.code == 1
    assert not (tmp_path / "copy").exists()


def test_a_damaged_backup_is_refused_and_leaves_nothing(book: Path, tmp_path: Path) -> None:
    whole = (tmp_path / "book.zip").read_bytes()
    (tmp_path / "book.zip").write_bytes(whole[: len(whole) // 2])
    refused = beizai(tmp_path / "copy", "restore", tmp_path / "book.zip")
    assert refused.code == 1
    assert "not a whole one" in refused.err
    assert not (tmp_path / "copy").exists()


def test_a_folder_that_holds_something_is_not_restored_into(book: Path, tmp_path: Path) -> None:
    refused = beizai(book, "restore", tmp_path / "book.zip")
    assert refused.code == 1
    assert "is not empty" in refused.err


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills are POSIX's")
def test_a_restore_killed_at_any_moment_leaves_a_message_and_nothing_half(book: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for seconds in (0.4, 0.6, 0.8, 1.1):
        with subprocess.Popen(_restoring(copy, tmp_path), **_quiet(copy)) as process:  # type: ignore[call-overload]
            time.sleep(seconds)
            process.kill()
        if copy.exists():
            break
        told = beizai(copy, "users", "list")
        assert told.code == 1
        assert "broken off" in told.err or "no book" in told.err
    else:
        assert beizai(copy, "restore", tmp_path / "book.zip").code == 0
    assert [user["email"] for user in beizai(copy, "users", "list", "--json").json["users"]] == [OWNER]
    assert beizai(copy, "settings", "--json").json["settings"]["sending_paused"] is True


def _restoring(copy: Path, folder: Path) -> list[str]:
    return [sys.executable, "-m", "beizai", "--home", str(copy), "restore", str(folder / "book.zip")]


def _quiet(home: Path) -> dict[str, object]:
    return {"env": surroundings(home), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
