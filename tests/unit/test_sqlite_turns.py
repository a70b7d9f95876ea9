"""Waiting for the office database: a short pause of a busy writer is enough to get in."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from beizai.base.sqlite.base import TURN_SECONDS, Cursor


def opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=TURN_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection


def test_who_finds_the_database_locked_gets_in_as_soon_as_it_is_free(tmp_path: Path) -> None:
    holder, waiter = opened(tmp_path / "office.db"), opened(tmp_path / "office.db")
    holder.execute("CREATE TABLE t (n INTEGER)")
    holder.execute("BEGIN IMMEDIATE")
    threading.Timer(0.6, holder.execute, ("COMMIT",)).start()
    began = time.monotonic()
    waiter.cursor(factory=Cursor).execute("INSERT INTO t VALUES (1)")
    assert time.monotonic() - began >= 0.4
    assert waiter.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_a_statement_inside_a_transaction_is_never_asked_twice(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "office.db"), opened(tmp_path / "office.db")
    first.execute("CREATE TABLE t (n INTEGER)")
    second.execute("BEGIN")
    second.execute("SELECT count(*) FROM t").fetchone()
    first.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        second.cursor(factory=Cursor).execute("INSERT INTO t VALUES (2)")
