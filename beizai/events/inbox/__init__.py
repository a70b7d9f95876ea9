"""The inbox: what happened is written here durably, once, before anybody is answered; the worker carries it to the lake."""

import threading
from pathlib import Path
from typing import Any

from django.db import connections

from beizai.base import home
from beizai.events.inbox.group import Inbox
from beizai.events.inbox.message import Arrival, Arrived, Claimed, Message
from beizai.events.inbox.postgres import PostgresStore
from beizai.events.inbox.sqlite import SqliteStore

__all__ = [
    "Arrival",
    "Arrived",
    "Claimed",
    "Inbox",
    "Message",
    "current",
    "on_postgres",
    "on_sqlite",
    "opened",
]

_KEPT_OPEN = 4
_open: dict[str, Inbox] = {}
_lock = threading.Lock()


def on_sqlite(path: Path) -> Inbox:
    """The inbox in a file of its own, so that clicks never wait for a campaign."""
    return Inbox(SqliteStore(path))


def on_postgres(parameters: dict[str, Any]) -> Inbox:
    """The inbox in tables of the office's PostgreSQL (psycopg's connection parameters)."""
    return Inbox(PostgresStore(parameters))


def current() -> Inbox:
    """The inbox of this process's home: in PostgreSQL where the office is, else the file inbox.db."""
    settings = connections["default"].settings_dict
    postgres = connections["default"].vendor == "postgresql"
    name = f"{settings['HOST']}/{settings['NAME']}" if postgres else str(home.current().inbox_db)
    with _lock:
        if name not in _open:
            while len(_open) >= _KEPT_OPEN:
                _open.pop(next(iter(_open))).close()
            _open[name] = on_postgres(_parameters(settings)) if postgres else on_sqlite(Path(name))
        return _open[name]


def opened() -> list[Inbox]:
    """The inboxes this process has open, which it forgets: whoever asks closes them."""
    with _lock:
        found = list(_open.values())
        _open.clear()
    return found


def _parameters(settings: dict[str, Any]) -> dict[str, Any]:
    given = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    plain = {key: value for key, value in settings.get("OPTIONS", {}).items() if isinstance(value, str)}
    return plain | {key: value for key, value in given.items() if value}
