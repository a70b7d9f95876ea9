"""Fetching: every mail of the mailbox is dealt with once, in its order, whatever dies in between.

A mail, what it became and the place reached stand in one transaction: it is all there, or the mail is fetched again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from beizai.base.errors import Unavailable
from beizai.conversations.mails import entering, imap, reading
from beizai.conversations.mails import mailbox as boxes
from beizai.conversations.mails.imap import Box, Raw
from beizai.conversations.mails.reading import Letter
from beizai.conversations.models import FetchedMail, Mailbox
from beizai.staff.shop import shop

_log = logging.getLogger(__name__)
UNREADABLE = "unreadable"
Clock = Callable[[], datetime]


@dataclass
class Fetched:
    """How many mails became what (conversation, automatic, bounce, list, own, known, unreadable), and how many wait still."""

    became: dict[str, int] = field(default_factory=dict)
    waiting: int = 0

    @property
    def mails(self) -> int:
        return sum(self.became.values())


def fetch(*, now: datetime, at: datetime, most: int = 200) -> Fetched:
    """Fetches what is new, at most so many. Unavailable, kept with the mailbox, where the server cannot be had."""
    found = boxes.mailbox()
    result = Fetched()
    try:
        with imap.opened(boxes.account(found), writes=found.marks_seen) as box:
            _begin(found, box)
            numbers = box.newer(found.last_uid, found.from_on)
            for uid in numbers[:most]:
                became = _one(found, box, uid, now)
                result.became[became] = result.became.get(became, 0) + 1
            result.waiting = max(0, len(numbers) - most)
    except Unavailable as error:
        boxes.troubled(found, error, at=at)
        raise
    boxes.troubled(found, None, at=at)
    return result


def _begin(found: Mailbox, box: Box) -> None:
    """Where the folder's numbers were given anew, all of it is looked through again: what is known by its hash is passed over."""
    if found.uid_validity != box.uid_validity:
        found.uid_validity, found.last_uid = box.uid_validity, 0
        Mailbox.objects.filter(pk=found.pk).update(uid_validity=box.uid_validity, last_uid=0)


def _one(found: Mailbox, box: Box, uid: int, now: datetime) -> str:
    raw = box.mail(uid)
    if raw is None:
        _reach(found, uid)
        return "gone"
    letter = _read(raw)
    try:
        with transaction.atomic():
            became = _enter(found, letter, uid, now)
            _reach(found, uid)
    except IntegrityError:  # another process has just entered the same mail
        became = "known"
        _reach(found, uid)
    found.last_uid = max(found.last_uid, uid)
    if found.marks_seen and became == entering.CONVERSATION:
        box.mark_seen(uid)
    return became


def _read(raw: Raw) -> Letter | None:
    try:
        return reading.read(raw.content, cut=raw.cut)
    except Exception:  # noqa: BLE001  (the edge of a mail that is anybody's)
        # one odd mail must not keep back those behind it; it lies in the mailbox, and the page counts it
        _log.exception("mail %s of the mailbox could not be read", raw.uid)
        return None


def _enter(found: Mailbox, letter: Letter | None, uid: int, now: datetime) -> str:
    digest = letter.digest if letter is not None else f"{found.uid_validity}-{uid}"
    if FetchedMail.objects.filter(digest=digest).exists():
        return "known"
    became = UNREADABLE if letter is None else entering.enter(letter, shop(), now=now)
    FetchedMail.objects.create(
        uid_validity=found.uid_validity, uid=uid, digest=digest, became=became, fetched_at=now
    )
    return became


def _reach(found: Mailbox, uid: int) -> None:
    Mailbox.objects.filter(pk=found.pk, uid_validity=found.uid_validity, last_uid__lt=uid).update(
        last_uid=uid
    )
