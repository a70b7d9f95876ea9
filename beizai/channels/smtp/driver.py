"""The SMTP driver: a few connections side by side, each message intended before it leaves and settled by its reply.

What stops the whole channel, because going on would harm the sender or leave more in doubt: no connection, no
log-in, a sender that is refused, a server that closes or falls silent in the middle of a message or talks
nonsense, and ten refusals by policy in a row. One address that is refused stops nothing.
"""

import asyncio

from beizai.base.errors import Unavailable
from beizai.channels.compile import Outgoing
from beizai.channels.driver import Feed, Outcome, Stop, Verdict
from beizai.channels.smtp.session import Session, SmtpServer, envelope
from beizai.channels.smtp.wire import Reply

_POLICY_REFUSALS = 10
_CLOSED_WITHOUT_SUCCESS = 4
_BUSY = 5
_WAIT_BEFORE_RECONNECT = 0.2

Answers = tuple[Reply, Reply, Reply | None]


class SmtpDriver:
    """Delivers a feed through one server. Use once."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._stop: Stop | None = None
        self._open = 0
        self._fruitless = 0  # connections lost since the last message went through
        self._policy = 0  # refusals by policy in a row
        self._busy = 0  # senders put off in a row
        self._plain_sender = False
        self._halt = asyncio.Event()

    async def deliver(self, feed: Feed) -> Stop | None:
        """Sends until the feed ends (None) or the server makes going on impossible (why)."""
        try:
            first = await Session.open(self._server)
        except Unavailable as fault:
            return _stopped(fault)
        self._open = 1
        lanes = [_Lane(self, feed, first)]
        lanes += [_Lane(self, feed, None) for _ in range(self._server.connections - 1)]
        ends = await asyncio.gather(*(lane.run() for lane in lanes), return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end
        return self._stop

    # what the lanes share

    @property
    def stopped(self) -> bool:
        return self._stop is not None

    @property
    def plain_sender(self) -> bool:
        return self._plain_sender

    def use_plain_sender(self) -> None:
        self._plain_sender = True

    def stop(self, code: str, words: str) -> None:
        self._stop = self._stop or Stop(code, words)
        self._halt.set()

    async def take(self, feed: Feed) -> Outgoing | None:
        """The next message; None when the feed ends or the channel stops while we wait."""
        message = feed.at_once()
        if message is not None:
            return message
        waiting, halted = asyncio.ensure_future(feed.next()), asyncio.ensure_future(self._halt.wait())
        await asyncio.wait((waiting, halted), return_when=asyncio.FIRST_COMPLETED)
        halted.cancel()
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        return None

    def opened(self) -> None:
        self._open += 1

    def closed(self) -> None:
        self._open -= 1

    @property
    def others_open(self) -> bool:
        return self._open > 0

    def note(self, outcome: Outcome) -> None:
        """Counts what came in a row, so that a server that refuses everything is noticed."""
        if outcome.verdict is Verdict.SENT:
            self._policy = self._busy = self._fruitless = 0
        elif outcome.verdict is Verdict.BOUNCED and outcome.status.startswith("5.7."):
            self._policy += 1
            if self._policy >= _POLICY_REFUSALS:
                self.stop(
                    "refused_by_policy", f"The server refused {self._policy} mails in a row: {outcome.words}"
                )

    def put_off(self, reply: Reply) -> None:
        """The server puts the sender off, not one address."""
        self._busy += 1
        if self._busy >= _BUSY:
            self.stop("server_busy", f"The server takes no mail from us now: {reply.words}")

    def lost(self, words: str) -> None:
        """A connection ended between two messages."""
        self._fruitless += 1
        if self._fruitless >= _CLOSED_WITHOUT_SUCCESS:
            self.stop("closed", words)

    async def session(self) -> Session | None:
        """A new connection, or None where there is none to be had; others may still go on."""
        try:
            session = await Session.open(self._server)
        except Unavailable as fault:
            if not self.others_open:
                stop = _stopped(fault)
                self.stop(stop.code, stop.words)
            return None
        self.opened()
        return session


class _Lane:
    """One connection at a time, message after message."""

    def __init__(self, driver: SmtpDriver, feed: Feed, session: Session | None) -> None:
        self._driver, self._feed, self._session = driver, feed, session
        self._message: Outgoing | None = None  # taken from the feed, not yet settled

    async def run(self) -> None:
        """Until the feed ends or the channel stops. Leaves no message unsettled."""
        try:
            while not self._driver.stopped:
                self._session = self._session or await self._driver.session()
                if self._session is None or not await self._converse(self._session):
                    break
                await self._leave(self._session)
                await asyncio.sleep(_WAIT_BEFORE_RECONNECT)
        except BaseException:
            self._driver.stop("fault", "Sending was interrupted.")
            raise
        finally:
            if self._message is not None:
                self._settle(Outcome(Verdict.UNSENT))
            if self._session is not None:
                await self._leave(self._session)

    async def _leave(self, session: Session) -> None:
        self._session = None
        self._driver.closed()
        await session.quit()

    async def _converse(self, session: Session) -> bool:
        """Message after message on this connection; True when another connection is needed."""
        try:
            answers: Answers | None = None
            reset = False
            while await self._take():
                assert self._message is not None
                if answers is None:
                    answers = await session.announce(self._message, self._sender(), reset=reset)
                if self._closing(answers):
                    return not self._driver.stopped
                if self._allowed(answers):
                    answers, reset = await self._transmit(session), False
                else:
                    self._refused(answers)
                    answers, reset = None, True
            return False
        except Unavailable as fault:  # before any body: nothing in doubt
            if fault.code in ("garbage", "hang"):
                self._driver.stop(fault.code, fault.message)
            else:
                self._driver.lost(fault.message)
            return not self._driver.stopped

    async def _take(self) -> bool:
        """Makes sure there is a message in hand; False when there is none, or the channel has stopped."""
        if self._driver.stopped:
            return False
        if self._message is None:
            self._message = await self._driver.take(self._feed)
        return self._message is not None

    def _sender(self) -> str:
        assert self._message is not None
        return (self._driver.plain_sender and self._message.plain_from) or self._message.mail_from

    def _settle(self, outcome: Outcome) -> None:
        assert self._message is not None
        number, self._message = self._message.number, None
        self._driver.note(outcome)
        self._feed.settle(number, outcome)

    # the envelope's answers

    def _closing(self, answers: Answers) -> bool:
        """Whether the server ends the connection (421): the message in hand goes over the next one."""
        closing = next((reply for reply in answers if reply is not None and reply.code == 421), None)
        if closing is not None:
            self._driver.lost(f"The server closes its connections: {closing.words}")
        return closing is not None

    @staticmethod
    def _allowed(answers: Answers) -> bool:
        mail, rcpt, data = answers
        return mail.ok and rcpt.ok and data is not None and data.code == 354

    def _refused(self, answers: Answers) -> None:
        """Settles a message the server does not want to see; one whose sender it refuses is tried once more."""
        mail, rcpt, data = answers
        assert self._message is not None
        if mail.ok:
            reply = data if rcpt.ok and data is not None else rcpt
            self._settle(_refusal(reply))
        elif mail.code < 500:
            self._driver.put_off(mail)
            self._settle(_refusal(mail))
        elif self._message.plain_from and not self._driver.plain_sender:
            self._driver.use_plain_sender()
        else:
            self._driver.stop("sender_refused", f"The server refuses our sender: {mail.words}")

    # the message itself

    async def _transmit(self, session: Session) -> Answers | None:
        """Sends the message in hand; with pipelining the next one's envelope goes with it, and its answers come back."""
        assert self._message is not None
        await self._feed.intend(self._message.number)
        following = self._feed.at_once() if session.pipelining and not self._driver.stopped else None
        try:
            await session.body(
                self._message, envelope(following, self._sender_of(following)) if following else b""
            )
            reply = await session.final()
        except BaseException as fault:  # whatever it was, bytes may have left
            self._in_doubt(fault, following)
            session.abort()
            raise
        self._settle(_accepted(reply))
        if reply.code == 421:
            self._message = following
            raise Unavailable("The server closes its connections: {words}", code="closed", words=reply.words)
        self._message = following
        return await session.announced() if following else None

    def _sender_of(self, message: Outgoing) -> str:
        return (self._driver.plain_sender and message.plain_from) or message.mail_from

    def _in_doubt(self, fault: BaseException, following: Outgoing | None) -> None:
        """The connection failed in the middle of a message: nobody knows whether it arrived."""
        words = fault.message if isinstance(fault, Unavailable) else "Sending was interrupted."
        code = fault.code if isinstance(fault, Unavailable) else "interrupted"
        self._settle(Outcome(Verdict.DOUBT, words=words))
        self._message = following
        self._driver.stop("closed_in_message" if code == "closed" else code, words)


def _stopped(fault: Unavailable) -> Stop:
    return Stop(fault.code, f"{fault.message} {fault.hint}".strip())


def _refusal(reply: Reply) -> Outcome:
    verdict = Verdict.BOUNCED if reply.code >= 500 else Verdict.LATER
    return Outcome(verdict, reply.code, reply.status, reply.words)


def _accepted(reply: Reply) -> Outcome:
    if reply.ok:
        return Outcome(Verdict.SENT, reply.code, reply.status)
    return _refusal(reply)
