"""The catcher: a mail server that delivers to nobody. What it is given can be read in the office, and by tests.

It speaks real SMTP on this machine only. The mails lie in `catcher.db` in the home, the newest 20,000 of them.
"""

import asyncio
import email
import email.policy
import logging
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from beizai.base.errors import NotFound, Unavailable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received_at TEXT NOT NULL, mail_from TEXT NOT NULL,
    rcpt_to TEXT NOT NULL, subject TEXT NOT NULL, message_id TEXT NOT NULL, data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS mail_rcpt ON mail (rcpt_to);
"""
_KEEP = 20_000
_PRUNE_EVERY = 500
_PAGE = 50
_LARGEST = 10_000_000
logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's: it would write every address
GONE = "gone."
"""Domains that begin so have no mailboxes: what is written to them bounces, so that bounces can be seen."""


@dataclass(frozen=True)
class Caught:
    """One mail the catcher was given; `data` is empty in lists."""

    id: int
    received_at: datetime
    mail_from: str
    rcpt_to: str
    subject: str
    message_id: str
    data: bytes = b""

    def message(self) -> EmailMessage:
        """The mail, read."""
        message = email.message_from_bytes(self.data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def part(self, kind: str) -> str:
        """Its text ("plain") or its page ("html"), or nothing."""
        body = self.message().get_body((kind,))
        return str(body.get_content()) if body is not None else ""


def path_in(home: Path) -> Path:
    """Where the caught mails of this home lie."""
    return home / "catcher.db"


@contextmanager
def _database(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_SCHEMA)
        yield connection


class Mailbox:
    """Reading what was caught."""

    def __init__(self, home: Path) -> None:
        self._path = path_in(home)

    def count(self) -> int:
        """How many mails there are."""
        with _database(self._path) as database:
            return int(database.execute("SELECT count(*) FROM mail").fetchone()[0])

    def newest(self, *, search: str = "", before: int | None = None, limit: int = _PAGE) -> list[Caught]:
        """Mails without their data, newest first; `before` is the id a page ends at, `search` part of address or subject."""
        pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        sql = (
            "SELECT id, received_at, mail_from, rcpt_to, subject, message_id FROM mail "
            "WHERE id < ? AND (rcpt_to LIKE ? ESCAPE '\\' OR subject LIKE ? ESCAPE '\\') ORDER BY id DESC LIMIT ?"
        )
        with _database(self._path) as database:
            rows = database.execute(sql, (before or 1 << 62, pattern, pattern, limit)).fetchall()
        return [_caught(row) for row in rows]

    def read(self, number: int) -> Caught:
        """One mail with its data, or NotFound."""
        sql = "SELECT id, received_at, mail_from, rcpt_to, subject, message_id, data FROM mail WHERE id = ?"
        with _database(self._path) as database:
            row = database.execute(sql, (number,)).fetchone()
        if row is None:
            raise NotFound(
                "Mail {number} is not in the catcher.", hint="It keeps the newest 20,000.", number=number
            )
        return _caught(row)

    def recipients(self) -> list[str]:
        """Who was written to, once for each mail, in order."""
        with _database(self._path) as database:
            return [row[0] for row in database.execute("SELECT rcpt_to FROM mail ORDER BY id")]

    def clear(self) -> None:
        """Empties the catcher."""
        with _database(self._path) as database:
            database.execute("DELETE FROM mail")
            database.commit()


def _caught(row: tuple[Any, ...]) -> Caught:
    number, received_at, *rest = row
    return Caught(number, datetime.fromisoformat(received_at), *rest)


class _Handler:
    """What aiosmtpd calls for each mail: kept before it is accepted."""

    def __init__(self, path: Path, keep: int) -> None:
        self._path, self._keep = path, keep
        self._connection: sqlite3.Connection | None = None
        self._since_pruned = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if address.rpartition("@")[2].lower().startswith(GONE):
            return "550 5.1.1 nobody of this name here (the catcher plays a mailbox that is gone)"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        try:
            self._keep_mail(envelope)
        except sqlite3.Error as error:
            return f"451 4.3.0 The catcher could not keep the mail: {error}"
        return "250 2.0.0 caught"

    def _keep_mail(self, envelope: Envelope) -> None:
        data = envelope.original_content or b""
        head = email.message_from_bytes(data[:8_192].partition(b"\r\n\r\n")[0], policy=email.policy.default)
        now = datetime.now(UTC).isoformat()
        words = (str(head.get("Subject", "")), str(head.get("Message-ID", "")).strip())
        database = self._database()
        database.executemany(
            "INSERT INTO mail (received_at, mail_from, rcpt_to, subject, message_id, data) VALUES (?, ?, ?, ?, ?, ?)",
            [(now, envelope.mail_from or "", rcpt, *words, data) for rcpt in envelope.rcpt_tos],
        )
        self._prune(database)
        database.commit()

    def _database(self) -> sqlite3.Connection:
        if self._connection is None:
            with _database(self._path):
                pass
            self._connection = sqlite3.connect(self._path, timeout=20, check_same_thread=False)
            self._connection.execute("PRAGMA synchronous=NORMAL")
        return self._connection

    def _prune(self, database: sqlite3.Connection) -> None:
        self._since_pruned += 1
        if self._since_pruned >= _PRUNE_EVERY:
            self._since_pruned = 0
            database.execute("DELETE FROM mail WHERE id <= (SELECT max(id) FROM mail) - ?", (self._keep,))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class Catcher:
    """The running catcher, as a context: `with Catcher(home.root) as catcher: catcher.port`. It runs in a thread."""

    def __init__(self, home: Path, *, port: int = 0, keep: int = _KEEP) -> None:
        self._handler = _Handler(path_in(home), keep)
        self._wanted = port
        self._loop = asyncio.new_event_loop()
        self._ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="catcher", daemon=True)
        self.port = port

    def __enter__(self) -> "Catcher":
        self._thread.start()
        try:
            self.port = self._ready.result(timeout=20)
        except OSError as error:
            raise Unavailable(
                "The catcher cannot listen: {reason}.", hint="Choose another port.", reason=str(error)
            ) from None
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=20)

    def _server(self) -> SMTP:
        return SMTP(
            self._handler, hostname="catcher", data_size_limit=_LARGEST, enable_SMTPUTF8=True, loop=self._loop
        )

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        listening = self._loop.create_server(self._server, "127.0.0.1", self._wanted)
        try:
            server = self._loop.run_until_complete(listening)
        except OSError as error:
            self._ready.set_exception(error)
            return
        self._ready.set_result(server.sockets[0].getsockname()[1])
        try:
            self._loop.run_forever()
        finally:
            server.close()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()
            self._handler.close()
