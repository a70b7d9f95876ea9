"""What every channel's driver has in common: it takes messages from a feed, says what became of each, and why it stopped.

The order that keeps anybody from being written to twice: `intend` before the first byte of a message that
could be delivered, `settle` when its fate is known; what was intended and never settled is in doubt.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from beizai.channels.compile import Outgoing


class Verdict(StrEnum):
    SENT = "sent"
    BOUNCED = "bounced"  # refused for good
    LATER = "later"  # refused for now
    DOUBT = "in_doubt"  # sent, and nobody knows whether it arrived
    UNSENT = "unsent"  # not a byte of it left


@dataclass(frozen=True)
class Outcome:
    """What became of a message: the reply's code (550), its enhanced status ("5.1.1") and words, where there are any."""

    verdict: Verdict
    code: int = 0
    status: str = ""
    words: str = ""

    @property
    def nobody_there(self) -> bool:
        """Whether the address itself is wrong (RFC 3463, 5.1.x but for the sender's own): nobody writes to it again.

        A refusal by policy (5.7.x) or a full mailbox says nothing about the person.
        """
        return (
            self.verdict is Verdict.BOUNCED
            and self.status.startswith("5.1.")
            and self.status not in ("5.1.7", "5.1.8")
        )


@dataclass(frozen=True)
class Stop:
    """Why a channel cannot go on: a code of ours and words a person can act on."""

    code: str
    words: str


class Feed(Protocol):
    """Where a driver takes its messages from. Called from one event loop."""

    async def next(self) -> Outgoing | None:
        """The next message, when there is one; None when there will be none."""

    def at_once(self) -> Outgoing | None:
        """The next message if it is there already."""

    async def intend(self, number: int) -> None:
        """Returns when the intent to send this message is durable."""

    def settle(self, number: int, outcome: Outcome) -> None:
        """What became of it."""


class Driver(Protocol):
    """One channel."""

    async def deliver(self, feed: Feed) -> Stop | None:
        """Sends until the feed ends (None) or the channel cannot go on. Every message taken is settled."""
