"""The inbox as one file of its own: SQLite in WAL mode, each commit forced to disk."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from beizai.base.errors import Unavailable
from beizai.events.inbox import fresh
from beizai.events.inbox.group import Entry
from beizai.events.inbox.message import Arrival, Arrived, Claimed, digests_in

_TABLES = """
CREATE TABLE IF NOT EXISTS inbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL, batch INTEGER);
CREATE INDEX IF NOT EXISTS inbox_claimed ON inbox (batch) WHERE batch IS NOT NULL;
CREATE TABLE IF NOT EXISTS seen (digest BLOB PRIMARY KEY, day INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aside (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fence (one INTEGER PRIMARY KEY CHECK (one = 1), token INTEGER NOT NULL);
INSERT OR IGNORE INTO fence VALUES (1, 0);
CREATE TABLE IF NOT EXISTS arrivals (seq INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL, told BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (seq INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, day INTEGER NOT NULL, body BLOB);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (seq) WHERE body IS NOT NULL;
"""
_CACHE_KIB = 16_000
_CHECKPOINT_PAGES = 4_000
_FORGET_AT_ONCE = 5_000
_BUSY_SECONDS = 10.0


class SqliteStore:
    """Messages in a SQLite file; a connection per thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._fresh = fresh.Fresh()

    def write(
        self, entries: Sequence[Entry], arrivals: Sequence[Arrival] = ()
    ) -> tuple[list[bool], list[int]]:
        try:
            with self._transaction() as connection:
                new = [self._write_one(connection, entry) for entry in entries]
                counted = [self._arrive(connection, one) for one in arrivals]
                if self._fresh.is_full():
                    fresh.settle(connection)
        except BaseException:
            self._fresh = fresh.Fresh()  # it may have learned what is not there now
            raise
        return new, counted

    def _arrive(self, connection: sqlite3.Connection, arrival: Arrival) -> int:
        told = self._fresh.told(connection, arrival.digests)
        new = [digest for digest in arrival.digests if digest not in told] if told else arrival.digests
        fresh.remember(connection, new, arrival.day)
        connection.execute("INSERT INTO arrivals (body, told) VALUES (?, ?)", (arrival.body, b"".join(told)))
        return len(new)

    def settle_ids(self, *, all_of_them: bool = False) -> int:
        """Puts some of the latest ids where all ids are, once there are many; returns how many."""
        with self._transaction() as connection:
            if not all_of_them and fresh.waiting(connection) < fresh.SETTLED_AT:
                return 0
            return fresh.settle(connection)

    def arrived(self, limit: int) -> list[Arrived]:
        rows = self._connection().execute(
            "SELECT seq, body, told FROM arrivals ORDER BY seq LIMIT ?", (limit,)
        )
        return [Arrived(seq, body, digests_in(told)) for seq, body, told in rows]

    def exchange(self, seqs: Sequence[int], bodies: Sequence[bytes]) -> None:
        with self._transaction() as connection:
            connection.executemany("INSERT INTO inbox (body) VALUES (?)", [(body,) for body in bodies])
            gone = connection.executemany(
                "DELETE FROM arrivals WHERE seq = ?", [(seq,) for seq in seqs]
            ).rowcount
            if gone != len(seqs):
                raise Unavailable(
                    "Another process has read these arrivals.", hint="Nothing is lost; it goes on there."
                )

    def _write_one(self, connection: sqlite3.Connection, entry: Entry) -> bool:
        digest, body, day = entry
        if not connection.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, day)).rowcount:
            return False
        connection.execute("INSERT INTO inbox (body) VALUES (?)", (body,))
        return True

    def deliver(self, digest: bytes, body: bytes, day: int) -> bool:
        with self._transaction() as connection:
            row = (digest, day, body)
            return bool(
                connection.execute(
                    "INSERT OR IGNORE INTO deliveries (digest, day, body) VALUES (?, ?, ?)", row
                ).rowcount
            )

    def delivered(self, limit: int) -> list[tuple[int, bytes]]:
        rows = self._connection().execute(
            "SELECT seq, body FROM deliveries WHERE body IS NOT NULL ORDER BY seq LIMIT ?", (limit,)
        )
        return rows.fetchall()

    def settle_deliveries(self, seqs: Sequence[int]) -> None:
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE deliveries SET body = NULL WHERE seq = ?", [(seq,) for seq in seqs]
            )

    def waiting(self) -> int:
        rows = self._connection().execute("SELECT 1 FROM inbox LIMIT 1000").fetchall()
        return len(rows)

    def fence(self) -> int:
        [(token,)] = self._connection().execute("SELECT token FROM fence").fetchall()
        return int(token)

    def raise_fence(self, token: int) -> None:
        with self._transaction() as connection:
            self._pass_fence(connection, token)

    def claimed(self) -> list[int]:
        rows = self._connection().execute(
            "SELECT DISTINCT batch FROM inbox WHERE batch IS NOT NULL ORDER BY batch"
        )
        return [number for (number,) in rows.fetchall()]

    def claim(self, number: int, *, token: int, limit: int) -> int:
        with self._transaction() as connection:
            self._pass_fence(connection, token)
            return connection.execute(
                "UPDATE inbox SET batch = ? WHERE seq IN "
                "(SELECT seq FROM inbox WHERE batch IS NULL ORDER BY seq LIMIT ?)",
                (number, limit),
            ).rowcount

    def messages(self, number: int) -> list[Claimed]:
        rows = self._connection().execute(
            "SELECT seq, body FROM inbox WHERE batch = ? ORDER BY seq", (number,)
        )
        return [Claimed(seq, body) for seq, body in rows.fetchall()]

    def settle(self, number: int, *, token: int) -> None:
        with self._transaction() as connection:
            self._pass_fence(connection, token)
            connection.execute("DELETE FROM inbox WHERE batch = ?", (number,))

    def set_aside(self, seqs: Sequence[int], reason: str) -> None:
        with self._transaction() as connection:
            for seq in seqs:
                connection.execute(
                    "INSERT OR IGNORE INTO aside SELECT seq, body, ? FROM inbox WHERE seq = ?", (reason, seq)
                )
                connection.execute("DELETE FROM inbox WHERE seq = ?", (seq,))

    def aside(self) -> list[tuple[int, bytes, str]]:
        return self._connection().execute("SELECT seq, body, reason FROM aside ORDER BY seq").fetchall()

    def forget(self, before_day: int) -> int:
        with self._transaction() as connection:
            connection.execute("DELETE FROM fresh WHERE day < ?", (before_day,))
            connection.execute("DELETE FROM deliveries WHERE body IS NULL AND day < ?", (before_day,))
        total = 0
        while True:
            with self._transaction() as connection:
                gone = connection.execute(
                    "DELETE FROM seen WHERE digest IN (SELECT digest FROM seen WHERE day < ? LIMIT ?)",
                    (before_day, _FORGET_AT_ONCE),
                ).rowcount
            total += gone
            if gone < _FORGET_AT_ONCE:
                return total

    def close(self) -> None:
        with self._lock:
            connections, self._all = self._all, []
        for connection in connections:
            connection.close()
        self._local = threading.local()

    @staticmethod
    def _pass_fence(connection: sqlite3.Connection, token: int) -> None:
        if not connection.execute("UPDATE fence SET token = ? WHERE token <= ?", (token, token)).rowcount:
            raise Unavailable(
                "Another process flushes the inbox by now.", hint="Nothing is lost; it goes on there."
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._connect()
        return found

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # the numbers are ours: PRAGMA takes no parameters
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.executescript(_TABLES + fresh.TABLE)
        with self._lock:
            self._all.append(connection)
        return connection
