"""Django's SQLite, with short turns at the door.

SQLite has no queue: who finds the database locked sleeps and asks again, after a while only every 100 ms, and
then misses the short pauses that bulk writers leave. Here the engine gives up after 60 ms, leaves a mark that somebody
waits (door.py), and the statement is asked anew, until 20 s are over. A statement is asked anew only outside a transaction, where nothing of it was done.
"""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.db.backends.sqlite3 import base

from beizai.base.sqlite.door import leave_mark, mark_of

PATIENCE_SECONDS = 20.0
TURN_SECONDS = 0.06
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_T = TypeVar("_T")


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose statements wait for the lock in short turns."""

    def execute(self, query: str, params: Any = None) -> Any:
        return self._patiently(lambda: super(Cursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        rows = list(param_list)
        return self._patiently(lambda: super(Cursor, self).executemany(query, rows))

    def _patiently(self, ask: Callable[[], _T]) -> _T:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return ask()
            except sqlite3.OperationalError as error:
                code = error.sqlite_errorcode & 0xFF
                if code not in _LOCKED or self.connection.in_transaction or time.monotonic() > deadline:
                    raise
                if (
                    code == sqlite3.SQLITE_LOCKED
                ):  # two threads in one memory: SQLite itself does not wait there
                    time.sleep(TURN_SECONDS)
                leave_mark(getattr(self.connection, "mark", None))


class Connection(sqlite3.Connection):
    """A connection that knows where who waits leaves a mark."""

    mark: Path | None = None


class DatabaseWrapper(base.DatabaseWrapper):
    """The engine settings name: `beizai.base.sqlite`."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Opening waits as long as it must (timeout of the settings); the short turns begin afterwards."""
        connection = super().get_new_connection({"factory": Connection, **conn_params})
        connection.mark = mark_of(str(conn_params["database"]))
        connection.execute(f"PRAGMA busy_timeout = {round(TURN_SECONDS * 1000)}")
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)
