"""The inbox as tables of the office's PostgreSQL, through a connection of its own."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from beizai.base.errors import Unavailable
from beizai.events.inbox.group import Entry
from beizai.events.inbox.message import Arrival, Arrived, Claimed, digests_in

_TABLES = """
CREATE TABLE IF NOT EXISTS inbox (seq BIGSERIAL PRIMARY KEY, body BYTEA NOT NULL, batch BIGINT);
CREATE INDEX IF NOT EXISTS inbox_claimed ON inbox (batch) WHERE batch IS NOT NULL;
CREATE INDEX IF NOT EXISTS inbox_unclaimed ON inbox (seq) WHERE batch IS NULL;
CREATE TABLE IF NOT EXISTS inbox_seen (digest BYTEA PRIMARY KEY, day INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS inbox_aside (seq BIGINT PRIMARY KEY, body BYTEA NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS inbox_fence (one INTEGER PRIMARY KEY CHECK (one = 1), token BIGINT NOT NULL);
INSERT INTO inbox_fence VALUES (1, 0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS inbox_arrivals (seq BIGSERIAL PRIMARY KEY, body BYTEA NOT NULL, told BYTEA NOT NULL);
CREATE TABLE IF NOT EXISTS inbox_deliveries (seq BIGSERIAL PRIMARY KEY, digest BYTEA NOT NULL UNIQUE, day INTEGER NOT NULL, body BYTEA);
CREATE INDEX IF NOT EXISTS inbox_deliveries_waiting ON inbox_deliveries (seq) WHERE body IS NOT NULL;
"""
_CREATING = 0x6265697A  # advisory lock: two processes making the tables at once would collide
_FORGET_AT_ONCE = 5_000
_STATEMENT_MS = 20_000


class PostgresStore:
    """Messages in PostgreSQL; a connection per thread, made anew when it was cut."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._parameters = parameters
        self._local = threading.local()
        self._all: list[psycopg.Connection[Any]] = []
        self._lock = threading.Lock()

    def write(
        self, entries: Sequence[Entry], arrivals: Sequence[Arrival] = ()
    ) -> tuple[list[bool], list[int]]:
        first = {
            entry[0]: place for place, entry in reversed(list(enumerate(entries)))
        }  # a double within the group
        chosen = [entries[place] for place in sorted(first.values())]
        days = [(digest, day) for digest, _, day in chosen]
        days += [(digest, one.day) for one in arrivals for digest in one.digests if digest not in first]
        with self._transaction() as connection:
            new = self._remember(connection, dict(reversed(days)))
            bodies = [body for digest, body, _ in chosen if digest in new]
            connection.execute("INSERT INTO inbox (body) SELECT unnest(%s::bytea[])", (bodies,))
            written = [
                first[digest] == place and digest in new for place, (digest, _, _) in enumerate(entries)
            ]
            return written, [self._arrive(connection, one, new) for one in arrivals]

    @staticmethod
    def _arrive(connection: psycopg.Connection[Any], arrival: Arrival, new: set[bytes]) -> int:
        """Takes its digests out of `new`: told again by a later arrival of the same commit, they are no longer."""
        told = [digest for digest in arrival.digests if digest not in new]
        new.difference_update(arrival.digests)
        connection.execute(
            "INSERT INTO inbox_arrivals (body, told) VALUES (%s, %s)", (arrival.body, b"".join(told))
        )
        return len(arrival.digests) - len(told)

    def _remember(self, connection: psycopg.Connection[Any], days: dict[bytes, int]) -> set[bytes]:
        # in the order of the digests, so that two processes never wait for each other in a ring
        digests = sorted(days)
        rows = connection.execute(
            "INSERT INTO inbox_seen SELECT * FROM unnest(%s::bytea[], %s::int[]) ON CONFLICT DO NOTHING RETURNING digest",
            (digests, [days[digest] for digest in digests]),
        )
        return {bytes(digest) for (digest,) in rows.fetchall()}

    def settle_ids(self, *, all_of_them: bool = False) -> int:
        """Nothing: here ids are where all ids are from the beginning."""
        return 0

    def arrived(self, limit: int) -> list[Arrived]:
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT seq, body, told FROM inbox_arrivals ORDER BY seq LIMIT %s", (limit,)
            ).fetchall()
        return [Arrived(seq, bytes(body), digests_in(bytes(told))) for seq, body, told in rows]

    def exchange(self, seqs: Sequence[int], bodies: Sequence[bytes]) -> None:
        with self._transaction() as connection:
            gone = connection.execute(
                "DELETE FROM inbox_arrivals WHERE seq = ANY(%s)", (list(seqs),)
            ).rowcount
            if gone != len(seqs):
                raise Unavailable(
                    "Another process has read these arrivals.", hint="Nothing is lost; it goes on there."
                )
            connection.execute("INSERT INTO inbox (body) SELECT unnest(%s::bytea[])", (list(bodies),))

    def deliver(self, digest: bytes, body: bytes, day: int) -> bool:
        with self._transaction() as connection:
            row = (digest, day, body)
            return bool(
                connection.execute(
                    "INSERT INTO inbox_deliveries (digest, day, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    row,
                ).rowcount
            )

    def delivered(self, limit: int) -> list[tuple[int, bytes]]:
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT seq, body FROM inbox_deliveries WHERE body IS NOT NULL ORDER BY seq LIMIT %s",
                (limit,),
            ).fetchall()
        return [(seq, bytes(body)) for seq, body in rows]

    def settle_deliveries(self, seqs: Sequence[int]) -> None:
        with self._transaction() as connection:
            connection.execute("UPDATE inbox_deliveries SET body = NULL WHERE seq = ANY(%s)", (list(seqs),))

    def waiting(self) -> int:
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT count(*) FROM (SELECT 1 FROM inbox LIMIT 1000) AS found"
            ).fetchall()
        return int(rows[0][0])

    def fence(self) -> int:
        with self._transaction() as connection:
            rows = connection.execute("SELECT token FROM inbox_fence").fetchall()
        return int(rows[0][0])

    def raise_fence(self, token: int) -> None:
        with self._transaction() as connection:
            self._pass_fence(connection, token)

    def claimed(self) -> list[int]:
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT DISTINCT batch FROM inbox WHERE batch IS NOT NULL ORDER BY batch"
            )
            return [number for (number,) in rows.fetchall()]

    def claim(self, number: int, *, token: int, limit: int) -> int:
        with self._transaction() as connection:
            self._pass_fence(connection, token)
            return connection.execute(
                "UPDATE inbox SET batch = %s WHERE seq IN "
                "(SELECT seq FROM inbox WHERE batch IS NULL ORDER BY seq LIMIT %s)",
                (number, limit),
            ).rowcount

    def messages(self, number: int) -> list[Claimed]:
        with self._transaction() as connection:
            rows = connection.execute("SELECT seq, body FROM inbox WHERE batch = %s ORDER BY seq", (number,))
            return [Claimed(seq, bytes(body)) for seq, body in rows.fetchall()]

    def settle(self, number: int, *, token: int) -> None:
        with self._transaction() as connection:
            self._pass_fence(connection, token)
            connection.execute("DELETE FROM inbox WHERE batch = %s", (number,))

    def set_aside(self, seqs: Sequence[int], reason: str) -> None:
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO inbox_aside SELECT seq, body, %s FROM inbox WHERE seq = ANY(%s) ON CONFLICT DO NOTHING",
                (reason, list(seqs)),
            )
            connection.execute("DELETE FROM inbox WHERE seq = ANY(%s)", (list(seqs),))

    def aside(self) -> list[tuple[int, bytes, str]]:
        with self._transaction() as connection:
            rows = connection.execute("SELECT seq, body, reason FROM inbox_aside ORDER BY seq").fetchall()
        return [(seq, bytes(body), reason) for seq, body, reason in rows]

    def forget(self, before_day: int) -> int:
        with self._transaction() as connection:
            connection.execute("DELETE FROM inbox_deliveries WHERE body IS NULL AND day < %s", (before_day,))
        total = 0
        while True:
            with self._transaction() as connection:
                gone = connection.execute(
                    "DELETE FROM inbox_seen WHERE digest IN (SELECT digest FROM inbox_seen WHERE day < %s LIMIT %s)",
                    (before_day, _FORGET_AT_ONCE),
                ).rowcount
            total += gone
            if gone < _FORGET_AT_ONCE:
                return total

    def empty(self) -> None:
        """Forgets everything: for a book that begins anew in the same database."""
        with self._transaction() as connection:
            connection.execute("TRUNCATE inbox, inbox_seen, inbox_aside, inbox_arrivals, inbox_deliveries")
            connection.execute("UPDATE inbox_fence SET token = 0")

    def close(self) -> None:
        with self._lock:
            connections, self._all = self._all, []
        for connection in connections:
            connection.close()
        self._local = threading.local()

    @staticmethod
    def _pass_fence(connection: psycopg.Connection[Any], token: int) -> None:
        if not connection.execute(
            "UPDATE inbox_fence SET token = %s WHERE token <= %s", (token, token)
        ).rowcount:
            raise Unavailable(
                "Another process flushes the inbox by now.", hint="Nothing is lost; it goes on there."
            )

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        connection = self._connection()
        with connection.transaction():
            yield connection

    def _connection(self) -> psycopg.Connection[Any]:
        found: psycopg.Connection[Any] | None = getattr(self._local, "connection", None)
        if found is None or found.closed:
            found = self._local.connection = self._connect()
        return found

    def _connect(self) -> psycopg.Connection[Any]:
        options = f"-c statement_timeout={_STATEMENT_MS} -c synchronous_commit=on"
        connection = psycopg.connect(**self._parameters, autocommit=True, options=options)
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATING,))
            connection.execute(_TABLES)
        with self._lock:
            self._all = [one for one in self._all if not one.closed] + [connection]
        return connection
