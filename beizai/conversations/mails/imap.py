"""The mailbox over IMAP: looked into, never emptied; what fails is said with the server's own words."""

import base64
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date

from beizai.base.errors import Unavailable

_SECONDS = 20
WHOLE_BYTES, BEGINNING_BYTES = 12_000_000, 1_000_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Account:
    """Which server, how, as whom, which folder."""

    host: str
    port: int
    security: str
    user: str
    password: str
    folder: str


@dataclass(frozen=True)
class Raw:
    """A mail as it lies there: its bytes, or where it is very large the beginning of them (`cut`)."""

    uid: int
    content: bytes
    cut: bool


class Box:
    """An opened folder."""

    def __init__(self, connection: imaplib.IMAP4, mails: int, uid_validity: int) -> None:
        self._connection, self.mails, self.uid_validity = connection, mails, uid_validity

    def newer(self, than: int, since: date | None) -> list[int]:
        """The numbers of the mails above this one that came on that day or later, rising."""
        criteria = [f"UID {than + 1}:*"]
        if since is not None:
            criteria += ["SINCE", f"{since.day:02d}-{_MONTHS[since.month - 1]}-{since.year}"]
        _ok, found = _done(self._connection.uid("SEARCH", *criteria))
        numbers = {int(one) for line in _lines(found) for one in line.split()}
        return sorted(
            number for number in numbers if number > than
        )  # "5:*" names the last mail even where it is 4

    def mail(self, uid: int) -> Raw | None:
        """One mail, nothing changed at it; None where it has gone meanwhile."""
        _ok, found = _done(self._connection.uid("FETCH", str(uid), "(RFC822.SIZE)"))
        size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(_lines(found)))
        if size is None:
            return None
        cut = int(size[1]) > WHOLE_BYTES
        most = BEGINNING_BYTES if cut else WHOLE_BYTES
        _ok, found = _done(self._connection.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{most}>)"))
        content = next((one[1] for one in found if isinstance(one, tuple)), None)
        return None if content is None else Raw(uid, bytes(content)[:most], cut)

    def mark_seen(self, uid: int) -> None:
        """Marks one as read there."""
        _done(self._connection.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)"))


def _lines(found: list[object]) -> list[bytes]:
    return [one[0] if isinstance(one, tuple) else one for one in found if isinstance(one, tuple | bytes)]


def _done(answer: tuple[str, list[object]]) -> tuple[str, list[object]]:
    if answer[0] != "OK":
        raise Unavailable(
            "The mailbox refused: {answer}", answer=_said(answer[1]), code="refused", hint="Try again later."
        )
    return answer


def _said(words: object) -> str:
    pieces = words if isinstance(words, list) else [words]
    said = b" ".join(one for one in pieces if isinstance(one, bytes)).decode("utf-8", "replace")
    return " ".join(said.split())[:300] or "no reason given"


@contextmanager
def opened(account: Account, *, writes: bool = False) -> Iterator[Box]:
    """The folder, open for looking (or for marking). Unavailable with the reason as a code:
    no_connection, no_tls, hang, garbage, auth_refused, no_folder, refused."""
    connection = _connected(account)
    try:
        try:
            _log_in(connection, account)
            answer, words = connection.select(quoted(account.folder), readonly=not writes)
            if answer != "OK":
                raise Unavailable(
                    "There is no folder “{folder}” in the mailbox: {answer}",
                    folder=account.folder,
                    answer=_said(words),
                    code="no_folder",
                    hint="The usual one is INBOX.",
                )
            _name, validity = connection.response("UIDVALIDITY")
            number = int(validity[0]) if validity and validity[0] else 0
            yield Box(connection, int(words[0] or 0), number)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            raise _refusal(error) from error
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            connection.logout()


def _connected(account: Account) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    try:
        if account.security == "tls":
            return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=_SECONDS)
        plain = imaplib.IMAP4(account.host, account.port, timeout=_SECONDS)
        if account.security == "starttls":
            plain.starttls(ssl_context=context)
        return plain
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise _refusal(error) from error


def _log_in(connection: imaplib.IMAP4, account: Account) -> None:
    """By LOGIN, or where the name or the password has other letters than English ones by PLAIN (RFC 4616)."""
    try:
        if (
            account.user.isascii()
            and account.password.isascii()
            and "LOGINDISABLED" not in connection.capabilities
        ):
            connection.login(account.user, account.password)
            return
        both = f"\0{account.user}\0{account.password}".encode()
        connection.authenticate("PLAIN", lambda _challenge: both)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise Unavailable(
            "The mailbox refused the name or the password: {answer}",
            answer=_words(error),
            code="auth_refused",
            hint="Enter the password again; many providers want an app password made for this use.",
        ) from error


def _refusal(error: Exception) -> Unavailable:
    said = _words(error)
    if isinstance(error, ssl.SSLError):
        return Unavailable(
            "No safe connection to the mailbox: {answer}",
            answer=said,
            code="no_tls",
            hint="Port 993 goes with TLS, port 143 with STARTTLS. Check the server's name.",
        )
    if isinstance(error, TimeoutError | socket.timeout):
        return Unavailable(
            "The mailbox does not answer: {answer}", answer=said, code="hang", hint="Check its name and port."
        )
    if isinstance(error, OSError) and not isinstance(error, imaplib.IMAP4.error):
        return Unavailable(
            "The mailbox cannot be reached: {answer}",
            answer=said,
            code="no_connection",
            hint="Check its name and port, and whether this machine is online.",
        )
    return Unavailable(
        "What answers there is no mailbox, or it broke off: {answer}",
        answer=said,
        code="garbage",
        hint="Check its name and port.",
    )


def _words(error: Exception) -> str:
    said = error.args[0] if error.args and isinstance(error.args[0], bytes) else None
    text = said.decode("utf-8", "replace") if said is not None else str(error) or type(error).__name__
    return " ".join(text.split())[:300]


def quoted(folder: str) -> str:
    """A folder's name as the wire has it: in quotation marks, other letters than English in IMAP's own UTF-7 (RFC 3501, 5.1.3).

    >>> quoted("INBOX"), quoted("Éléments & plus")
    ('"INBOX"', '"&AMk-l&AOk-ments &- plus"')
    """
    out, other = "", ""
    for one in [*folder, ""]:
        if one and not 0x20 <= ord(one) <= 0x7E:
            other += one
            continue
        if other:
            packed = base64.b64encode(other.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            out, other = f"{out}&{packed}-", ""
        out += "&-" if one == "&" else one
    return '"' + out.replace("\\", "\\\\").replace('"', '\\"') + '"'
