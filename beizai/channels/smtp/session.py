"""A conversation with one mail server: greeting, TLS, log-in, then message after message on the same connection."""

import asyncio
import base64
import socket
import ssl
from dataclasses import dataclass, field

from beizai.base.errors import Unavailable
from beizai.channels.compile import Outgoing
from beizai.channels.smtp.wire import Reply, Wire


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait: for a connection, for the reply to a command, for the reply to a whole message."""

    connect: float = 30
    command: float = 60
    message: float = 300


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `security` is none, starttls or tls."""

    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    connections: int = 4
    timeouts: Timeouts = Timeouts()
    tls: ssl.SSLContext | None = None  # None: the machine's own trusted roots

    def context(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()


class Session:
    """One open connection, ready for messages."""

    def __init__(self, server: SmtpServer, wire: Wire) -> None:
        self._server, self._wire = server, wire
        self._features: dict[str, str] = {}

    @classmethod
    async def open(cls, server: SmtpServer) -> "Session":
        """Connects, secures, logs in. Errors: Unavailable with the code of what failed and the server's words."""
        session = cls(server, await _connect(server))
        try:
            await session._begin()
        except BaseException:
            session._wire.abort()
            raise
        return session

    @property
    def pipelining(self) -> bool:
        return "PIPELINING" in self._features

    @property
    def is_open(self) -> bool:
        return self._wire.is_open

    async def _begin(self) -> None:
        greeting = await self._wire.reply(seconds=self._server.timeouts.command)
        if greeting.code != 220:
            raise Unavailable(
                "The mail server turned us away: {words}", code="turned_away", words=greeting.words
            )
        await self._hello()
        if self._server.security == "starttls":
            await self._start_tls()
        if self._server.user:
            await self._log_in()

    async def _hello(self) -> None:
        name = _own_name()
        reply = await self._ask(f"EHLO {name}")
        if not reply.ok:
            reply = await self._ask(f"HELO {name}")
            if not reply.ok:
                raise Unavailable(
                    "The mail server did not greet back: {words}", code="turned_away", words=reply.words
                )
            return
        lines = (line.strip().partition(" ") for line in reply.text.split("\n")[1:])
        self._features = {word.upper(): rest.upper() for word, _, rest in lines}

    async def _start_tls(self) -> None:
        if "STARTTLS" not in self._features:
            raise Unavailable(
                "The mail server offers no STARTTLS.",
                hint="Choose TLS (port 465) in the settings, or none on a network of your own.",
                code="no_tls",
            )
        reply = await self._ask("STARTTLS")
        if not reply.ok:
            raise Unavailable("The mail server refused TLS: {words}", code="no_tls", words=reply.words)
        try:
            await self._wire.secure(
                self._server.context(), self._server.host, seconds=self._server.timeouts.connect
            )
        except (ssl.SSLError, OSError) as error:
            raise _tls_fault(self._server, error) from None
        await self._hello()

    async def _log_in(self) -> None:
        ways = self._features.get("AUTH", "").split()
        user, password = self._server.user, self._server.password
        if "PLAIN" in ways or not ways:
            reply = await self._ask(f"AUTH PLAIN {_b64(f'{chr(0)}{user}{chr(0)}{password}')}")
        elif "LOGIN" in ways:
            reply = await self._ask("AUTH LOGIN")
            for word in (user, password):
                reply = await self._ask(_b64(word)) if reply.code == 334 else reply
        else:
            raise Unavailable(
                "The mail server knows only the log-in {ways}.", code="auth_refused", ways=", ".join(ways)
            )
        if not reply.ok:
            raise Unavailable(
                "The mail server refused the log-in of {user}: {words}",
                hint="Check user and password in the settings; some providers want a password made for this program.",
                code="auth_refused",
                user=user,
                words=reply.words,
            )

    async def _ask(self, command: str) -> Reply:
        seconds = self._server.timeouts.command
        await self._wire.write(command.encode("utf-8") + b"\r\n", seconds=seconds)
        return await self._wire.reply(seconds=seconds)

    # messages

    async def announce(
        self, message: Outgoing, sender: str, *, reset: bool = False
    ) -> tuple[Reply, Reply, Reply | None]:
        """Says who writes to whom; the replies to MAIL, RCPT and DATA (None where it was not asked for)."""
        if self.pipelining:
            await self._write(b"RSET\r\n" * reset + envelope(message, sender))
            if reset:
                await self._command_reply()
            return await self.announced()
        if reset:
            await self._ask("RSET")
        mail = await self._ask(f"MAIL FROM:<{sender}>")
        rcpt = await self._ask(f"RCPT TO:<{message.rcpt_to}>") if mail.ok else mail
        return mail, rcpt, await self._ask("DATA") if rcpt.ok else None

    async def announced(self) -> tuple[Reply, Reply, Reply | None]:
        """The replies to an envelope that is on its way. Where DATA was allowed all the same, it is ended empty."""
        mail, rcpt = await self._command_reply(), await self._command_reply()
        data = await self._command_reply()
        if data.code == 354 and not (mail.ok and rcpt.ok):
            await self._write(b".\r\n")
            await self._command_reply()
        return mail, rcpt, data

    async def body(self, message: Outgoing, following: bytes = b"") -> None:
        """The message itself, and in the same write the envelope that follows it."""
        await self._wire.write(
            stuffed(message.data) + b".\r\n" + following, seconds=self._server.timeouts.message
        )

    async def final(self) -> Reply:
        """The reply to the whole message."""
        return await self._wire.reply(seconds=self._server.timeouts.message)

    async def quit(self) -> None:
        """Says goodbye where the server still listens."""
        if self._wire.is_open:
            try:
                await self._write(b"QUIT\r\n")
                await self._wire.reply(seconds=min(2, self._server.timeouts.command))
            except Unavailable:
                pass
        self._wire.close()

    def abort(self) -> None:
        self._wire.abort()

    async def _write(self, data: bytes) -> None:
        await self._wire.write(data, seconds=self._server.timeouts.command)

    async def _command_reply(self) -> Reply:
        return await self._wire.reply(seconds=self._server.timeouts.command)


def envelope(message: Outgoing, sender: str) -> bytes:
    """MAIL, RCPT and DATA in one go (RFC 2920)."""
    return f"MAIL FROM:<{sender}>\r\nRCPT TO:<{message.rcpt_to}>\r\nDATA\r\n".encode("ascii")


def stuffed(data: bytes) -> bytes:
    """The data with a second dot where a line begins with one, ended by CRLF."""
    if b"\n." in data or data.startswith(b"."):
        data = (b"\r\n" + data).replace(b"\r\n.", b"\r\n..")[2:]
    return data if data.endswith(b"\r\n") else data + b"\r\n"


async def _connect(server: SmtpServer) -> Wire:
    loop = asyncio.get_running_loop()
    context = server.context() if server.security == "tls" else None
    try:
        async with asyncio.timeout(server.timeouts.connect):
            _, wire = await loop.create_connection(Wire, server.host, server.port, ssl=context)
    except TimeoutError:
        raise Unavailable(
            "The mail server {host}:{port} did not answer for {seconds:g} seconds.",
            hint="Check its name and port in the settings.",
            code="no_connection",
            host=server.host,
            port=server.port,
            seconds=server.timeouts.connect,
        ) from None
    except ssl.SSLError as error:
        raise _tls_fault(server, error) from None
    except OSError as error:
        raise Unavailable(
            "The mail server {host}:{port} cannot be reached: {reason}.",
            hint="Check its name and port in the settings, and that it is running.",
            code="no_connection",
            host=server.host,
            port=server.port,
            reason=error.strerror or error,
        ) from None
    return wire


def _tls_fault(server: SmtpServer, error: Exception) -> Unavailable:
    reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or str(error)
    return Unavailable(
        "No safe connection to {host}:{port}: {reason}.",
        hint="Check the port (587 with STARTTLS, 465 with TLS) and the server's certificate.",
        code="no_tls",
        host=server.host,
        port=server.port,
        reason=reason,
    )


def _own_name() -> str:
    name = socket.gethostname()
    return name if name.isascii() and "." in name and " " not in name else "[127.0.0.1]"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
