"""What runs by itself around conversations: answers by mail to who has left the chat, the mailbox, what is no longer counted."""

from collections.abc import Mapping
from typing import Any

from beizai.base import clock
from beizai.base.errors import Unavailable
from beizai.base.progress import Progress
from beizai.conversations.chats import limits, mailing
from beizai.conversations.mails import fetching, mailbox
from beizai.staff.shop import now
from beizai.worker import background, jobs, rounds
from beizai.worker.loop import REST

_MAILBOX = "mailbox"
_ANSWER_SECONDS, _FETCH_SECONDS, _SWEEP_SECONDS = 10.0, 60.0, 3600.0


def enlist() -> None:
    """Registers all of it. Twice is once."""
    rounds.register("chat answers", REST, _ANSWER_SECONDS, _mail_answers)
    rounds.register("chat limits", REST, _SWEEP_SECONDS, _sweep)
    background.register(_MAILBOX, _fetch)
    rounds.register(_MAILBOX, REST, _FETCH_SECONDS, _look)


def _mail_answers() -> int:
    return mailing.mail_answers(now=now(), at=clock.machine_now())


def _sweep() -> int:
    return limits.sweep(clock.machine_now())


def _look() -> int:
    """A mail server may be slow: it is asked beside the other rounds."""
    if mailbox.mailbox().active:
        jobs.ask(_MAILBOX, key=_MAILBOX, now=clock.machine_now())
    return 0


def _fetch(_arguments: Mapping[str, Any], _progress: Progress) -> Mapping[str, Any]:
    """What fails is kept with the mailbox and shown there; the next round tries again."""
    try:
        return {"mails": fetching.fetch(now=now(), at=clock.machine_now()).mails}
    except Unavailable as error:
        return {"failed": error.code}
