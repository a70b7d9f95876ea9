"""The SMTP driver against real servers: a good one, and those that refuse, hang, close and talk nonsense."""

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from beizai.channels.catcher import Catcher, Mailbox
from beizai.channels.compile import Outgoing
from beizai.channels.driver import Outcome, Stop, Verdict
from beizai.channels.smtp import SmtpDriver, SmtpServer, Timeouts
from beizai.channels.smtp.session import stuffed

SHORT = Timeouts(connect=1, command=1, message=1)


def mail(number: int, *, to: str = "", data: bytes = b"Subject: x\r\n\r\nHello\r\n") -> Outgoing:
    return Outgoing(
        number, f"news+b-{number}@shop.example", to or f"c{number}@example.test", data, "news@shop.example"
    )


@dataclass
class ListFeed:
    """A feed over a list, which remembers what was intended and settled."""

    waiting: list[Outgoing]
    intended: list[int] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    async def next(self) -> Outgoing | None:
        return self.at_once()

    def at_once(self) -> Outgoing | None:
        return self.waiting.pop(0) if self.waiting else None

    async def intend(self, number: int) -> None:
        await asyncio.sleep(0)
        self.intended.append(number)

    def settle(self, number: int, outcome: Outcome) -> None:
        assert number not in self.outcomes
        self.outcomes[number] = outcome

    def verdicts(self) -> list[str]:
        return [self.outcomes[number].verdict.value for number in sorted(self.outcomes)]


@dataclass
class Script:
    """A server that answers as it is told: a reply by command (MAIL, RCPT, DATA, BODY …); None is silence, "" hangs up."""

    replies: dict[str, str | None] = field(default_factory=dict)
    features: tuple[str, ...] = ("PIPELINING",)
    greeting: str | None = "220 ready"
    refuse_for: str = ""
    seen: list[str] = field(default_factory=list)
    bodies: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._say(writer, self.greeting)
            while line := (await reader.readline()).decode().rstrip():
                await self._answer(line, reader, writer)
        except (ConnectionError, EOFError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _say(self, writer: asyncio.StreamWriter, reply: str | None) -> None:
        if reply is None:
            await asyncio.sleep(30)
        if not reply:
            raise EOFError
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.append(line)
        word = line.split(" ", maxsplit=1)[0].upper()
        usual = {
            "EHLO": "\r\n".join(["250-here", *(f"250-{f}" for f in self.features), "250 OK"]),
            "DATA": "354 go",
        }
        reply = self.replies.get(word, usual.get(word, "250 ok"))
        if word == "RCPT" and self.refuse_for and self.refuse_for not in line:
            reply = "250 ok"
        await self._say(writer, reply)
        if word == "DATA" and reply and reply.startswith("354"):
            while await reader.readline() not in (b".\r\n", b""):
                pass
            self.bodies += 1
            await self._say(writer, self.replies.get("BODY", "250 2.0.0 ok"))


@asynccontextmanager
async def running(script: Script):  # type: ignore[no-untyped-def]
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    async with server:
        yield SmtpServer(
            "127.0.0.1", server.sockets[0].getsockname()[1], "none", connections=1, timeouts=SHORT
        )
        server.close()


def deliver(script: Script, feed: ListFeed, **changes: object) -> Stop | None:
    async def run() -> Stop | None:
        async with running(script) as server:
            return await asyncio.wait_for(SmtpDriver(replace(server, **changes)).deliver(feed), 20)

    return asyncio.run(run())


def many(count: int) -> ListFeed:
    return ListFeed([mail(number) for number in range(1, count + 1)])


# A server as it should be


@pytest.mark.parametrize("connections", [1, 4])
def test_mails_reach_the_catcher_once_each(tmp_path: Path, connections: int) -> None:
    feed = many(60)
    with Catcher(tmp_path) as catcher:
        server = SmtpServer("127.0.0.1", catcher.port, "none", connections=connections)
        assert asyncio.run(SmtpDriver(server).deliver(feed)) is None
        box = Mailbox(tmp_path)
        assert sorted(box.recipients()) == sorted(f"c{number}@example.test" for number in range(1, 61))
        assert sorted(feed.intended) == list(range(1, 61))
        assert set(feed.verdicts()) == {"sent"}
        newest = box.newest(search="c60@", limit=5)[0]
        assert (newest.subject, box.read(newest.id).part("plain").strip()) == ("x", "Hello")


def test_the_catcher_keeps_no_more_than_it_is_told(tmp_path: Path) -> None:
    with Catcher(tmp_path, keep=10) as catcher:
        server = SmtpServer("127.0.0.1", catcher.port, "none", connections=2)
        asyncio.run(SmtpDriver(server).deliver(many(510)))
    assert Mailbox(tmp_path).count() <= 30


@pytest.mark.parametrize("features", [("PIPELINING",), ()])
def test_one_connection_carries_message_after_message(features: tuple[str, ...]) -> None:
    script, feed = Script(features=features), many(20)
    assert deliver(script, feed) is None
    assert feed.verdicts() == ["sent"] * 20
    assert sum(line.startswith("EHLO") for line in script.seen) == 1
    assert script.seen[-1] == "QUIT"


def test_lines_that_begin_with_a_dot_arrive_with_it() -> None:
    assert stuffed(b".a\r\n.\r\nb") == b"..a\r\n..\r\nb\r\n"


# One address refused


@pytest.mark.parametrize("features", [("PIPELINING",), ()])
def test_an_unknown_address_bounces_and_the_others_go_on(features: tuple[str, ...]) -> None:
    script, feed = _Strict({"RCPT": "550 5.1.1 no such user"}, features=features, refuse_for="c2@"), many(4)
    assert deliver(script, feed) is None
    assert feed.verdicts() == ["sent", "bounced", "sent", "sent"]
    assert feed.outcomes[2].nobody_there
    assert 2 not in feed.intended


class _Strict(Script):
    """A server that refuses DATA where it took no recipient."""

    refused = False

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if line.startswith("RCPT"):
            self.refused = self.refuse_for in line
        if line == "DATA" and self.refused:
            self.seen.append(line)
            await self._say(writer, "503 5.5.1 no recipient")
            return
        given = dict(self.replies)
        if not self.refused:
            self.replies.pop("RCPT", None)
        try:
            await super()._answer(line, reader, writer)
        finally:
            self.replies = given


def test_a_server_that_wants_the_mail_of_nobody_gets_an_empty_one() -> None:
    script, feed = Script({"RCPT": "550 5.1.1 no such user"}), many(3)
    assert deliver(script, feed) is None
    assert feed.verdicts() == ["bounced"] * 3
    assert feed.intended == []


def test_a_full_mailbox_is_tried_later() -> None:
    feed = many(1)
    assert deliver(_Strict({"RCPT": "452 4.2.2 mailbox full"}, refuse_for="c1@"), feed) is None
    assert (feed.outcomes[1].verdict, feed.outcomes[1].status) == (Verdict.LATER, "4.2.2")


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ("550 5.1.1 unknown", True),
        ("554 5.7.1 spam", False),
        ("550 refused", False),
        ("553 5.1.8 sender", False),
    ],
)
def test_only_a_wrong_address_counts_against_the_address(words: str, gone: bool) -> None:
    feed = many(1)
    deliver(Script({"BODY": words}), feed)
    assert feed.outcomes[1].verdict is Verdict.BOUNCED
    assert feed.outcomes[1].nobody_there is gone


# The whole channel refused


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(greeting="554 5.7.1 you are listed"), "turned_away"),
        (Script(greeting="hello there"), "garbage"),
        (Script(greeting=None), "hang"),
        (Script(greeting=""), "closed"),
        (Script({"MAIL": "gibberish"}), "garbage"),
        (Script({"MAIL": None}), "hang"),
        (Script({"MAIL": ""}), "closed"),
        (Script({"MAIL": "550 5.7.1 sender not allowed"}), "sender_refused"),
        (Script({"MAIL": "451 4.7.1 slow down"}), "server_busy"),
        (Script({"MAIL": "421 4.7.0 too many connections"}), "closed"),
        (Script({"BODY": "554 5.7.1 looks like spam"}), "refused_by_policy"),
    ],
)
def test_a_server_that_cannot_be_worked_with_stops_the_channel_and_leaves_nothing_in_doubt(
    script: Script, code: str
) -> None:
    feed = many(30)
    stop = deliver(script, feed)
    assert stop is not None
    assert stop.code == code
    assert stop.words
    assert "in_doubt" not in feed.verdicts()


@pytest.mark.parametrize(("reply", "code"), [("", "closed_in_message"), (None, "hang"), ("what?", "garbage")])
def test_a_fault_in_the_middle_of_a_message_leaves_that_one_in_doubt(reply: str | None, code: str) -> None:
    feed = many(30)
    stop = deliver(Script({"BODY": reply}), feed)
    assert stop is not None
    assert stop.code == code
    assert [number for number, outcome in feed.outcomes.items() if outcome.verdict is Verdict.DOUBT] == [1]
    assert "sent" not in feed.verdicts()


def test_with_several_connections_at_most_one_mail_on_each_is_in_doubt() -> None:
    feed = many(60)
    deliver(Script({"BODY": ""}), feed, connections=5)
    assert 1 <= feed.verdicts().count("in_doubt") <= 5
    assert len(feed.outcomes) + len(feed.waiting) == 60


def test_nobody_listening_is_said_in_words() -> None:
    stop = asyncio.run(SmtpDriver(SmtpServer("127.0.0.1", 1, "none", timeouts=SHORT)).deliver(many(1)))
    assert stop is not None
    assert stop.code == "no_connection"
    assert "127.0.0.1:1" in stop.words


def test_a_refused_log_in_is_said_without_the_password() -> None:
    script = Script({"AUTH": "535 5.7.8 bad credentials"}, features=("PIPELINING", "AUTH PLAIN LOGIN"))
    stop = deliver(script, many(1), user="news", password="s3cret")
    assert stop is not None
    assert stop.code == "auth_refused"
    assert "535" in stop.words
    assert "s3cret" not in stop.words


def test_log_in_by_login_where_the_server_knows_nothing_else() -> None:
    script = Script(
        {"AUTH": "334 VXNlcjo=", "BMV3CW==": "334 UGFzczo=", "CZNJCMV0": "235 ok"}, features=("AUTH LOGIN",)
    )
    feed = many(2)
    assert deliver(script, feed, user="news", password="s3cret") is None
    assert feed.verdicts() == ["sent", "sent"]


def test_no_tls_is_no_reason_to_go_on_without() -> None:
    stop = deliver(Script(), many(1), security="starttls")
    assert stop is not None
    assert stop.code == "no_tls"


# Smaller kindnesses


def test_a_server_that_refuses_personal_return_paths_is_given_the_plain_one() -> None:
    class Plain(Script):
        async def _answer(
            self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            self.replies["MAIL"] = "550 5.7.60 not your address" if "+b-" in line else "250 ok"
            await super()._answer(line, reader, writer)

    feed = many(3)
    assert deliver(Plain(features=()), feed) is None
    assert feed.verdicts() == ["sent"] * 3


def test_a_connection_closed_between_messages_is_opened_again() -> None:
    class Short(Script):
        count = 0

        async def _answer(
            self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            if re.match("MAIL", line):
                self.count += 1
                self.replies["MAIL"] = "421 4.7.0 enough for now" if self.count % 4 == 0 else "250 ok"
            await super()._answer(line, reader, writer)
            if re.match("MAIL", line) and self.count % 4 == 0:
                raise EOFError

    feed = many(9)
    assert deliver(Short(), feed) is None
    assert feed.verdicts() == ["sent"] * 9
