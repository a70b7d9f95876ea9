"""The inbox knows an id again: at once, after it was settled, in another process, after a write that failed."""

import hashlib
from pathlib import Path

import pytest

from beizai.events.inbox import fresh
from beizai.events.inbox.message import Arrival
from beizai.events.inbox.sqlite import SqliteStore


def arrival(*numbers: int, day: int = 20_000) -> Arrival:
    digests = [hashlib.blake2b(b"%d" % number, digest_size=16).digest() for number in numbers]
    return Arrival(digests, b"events", day)


def new(store: SqliteStore, *numbers: int) -> int:
    return store.write([], [arrival(*numbers)])[1][0]


def test_an_id_told_again_is_known_before_and_after_it_was_settled(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "inbox.db")
    assert new(store, 1, 2, 3) == 3
    assert new(store, 3, 4) == 1
    assert store.settle_ids(all_of_them=True) == 4
    assert store.settle_ids(all_of_them=True) == 0
    assert new(store, 1, 4, 5) == 1
    assert [len(one.told) for one in store.arrived(10)] == [0, 1, 2]


def test_two_arrivals_of_one_commit_are_told_apart(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "inbox.db")
    assert store.write([], [arrival(1, 2), arrival(2, 3)])[1] == [2, 1]


def test_what_another_process_was_told_is_known(tmp_path: Path) -> None:
    here, there = SqliteStore(tmp_path / "inbox.db"), SqliteStore(tmp_path / "inbox.db")
    assert new(here, 1, 2) == 2
    assert new(there, 2, 3) == 1
    there.settle_ids(all_of_them=True)
    assert new(here, 3, 4) == 1


def test_after_a_write_that_failed_what_it_brought_is_new_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path / "inbox.db")
    new(store, 1)
    with monkeypatch.context() as patch:
        patch.setattr(fresh.Fresh, "is_full", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.write([], [arrival(2), arrival(3)])
    assert new(store, 1, 2, 3) == 2


def test_what_fills_the_memory_is_settled_by_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "_MOST", 5)
    monkeypatch.setattr(fresh, "SETTLED_AT", 3)
    store = SqliteStore(tmp_path / "inbox.db")
    for start in range(0, 40, 4):
        assert new(store, *range(start, start + 4)) == 4
    assert len(store._fresh._ids) < 16
    assert new(store, *range(41)) == 1


def test_ids_of_days_gone_by_are_forgotten(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "inbox.db")
    new(store, 1)
    store.forget(20_001)
    assert SqliteStore(tmp_path / "inbox.db").write([], [arrival(1)])[1] == [1]
