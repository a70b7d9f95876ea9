"""A visitor's thread: begun with the first message, each message entered once however often it is sent."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from beizai.base.errors import Forbidden, Invalid, NotFound, Unavailable
from beizai.conversations import pictures, talking
from beizai.conversations.chats import desk, limits
from beizai.conversations.chats.links import Begun
from beizai.conversations.models import Attachment, Chat, Conversation, Kind, Speaker, Utterance, Way
from beizai.conversations.pictures import Came
from beizai.conversations.talking import Also
from beizai.sources.models import SourceKind
from beizai.sources.register import source
from beizai.staff.models import User
from beizai.staff.shop import shop

LONGEST, LONGEST_NAME = 4_000, 120
_LONGEST_THREAD = 500
_STARTS_AN_HOUR, _MESSAGES_AN_HOUR, _PICTURES_AN_HOUR, _IN_TEN_MINUTES = 10, 200, 20, 40
_MOST_AT_ONCE = 200
LOOKED_AGAIN_SECONDS = 20
SOURCE = "Chat"


@dataclass(frozen=True)
class Sent:
    """What a visitor sends: `message_id` is made by their page and stays the same when it is sent again.

    `address` is the net address it comes from, `trap` a field only a program fills in.
    """

    text: str
    message_id: str
    address: str
    language: str
    picture: Came | None = None
    name: str = ""
    anonymous_id: str = ""
    trap: str = ""


def start(begun: Begun, sent: Sent, *, now: datetime, at: datetime) -> Chat:
    """The thread of a page, made with its first message and the automatic reply to it. Sent again it is the same thread.

    `now` is the home's time, `at` the machine's. Errors: Forbidden where a program sent it, Unavailable past a limit.
    """
    _look_at(sent)
    found = _of(begun.number)
    if found is not None:
        write(found, sent, now=now, at=at)
        return found
    if not desk.desk().open:
        raise Forbidden("There is no chat.", code="closed")
    limits.count("start", limits.net(sent.address), most=_STARTS_AN_HOUR, at=at, minutes=60)
    try:
        with transaction.atomic():
            chat = _made(begun.number, sent, now)
            write(chat, sent, now=now, at=at)
            desk.reply(chat, now=now)
    except IntegrityError:  # sent twice in the same moment: the other one made it
        found = _of(begun.number)
        if found is None:
            raise
        write(found, sent, now=now, at=at)
        return found
    return chat


def _made(number: uuid.UUID, sent: Sent, now: datetime) -> Chat:
    here = shop()
    conversation = Conversation.objects.create(
        kind=Kind.QUESTION,
        way=Way.CHAT,
        source=source(SOURCE, SourceKind.CHAT, now=now),
        opened_at=now,
        said_at=now,
        due_at=now + (talking.wait_of(Kind.QUESTION) or timedelta()),
        simulated=here.simulated,
    )
    return Chat.objects.create(
        conversation=conversation,
        number=number,
        language=sent.language,
        name=" ".join(plain(sent.name).split())[:LONGEST_NAME],
        anonymous_id=plain(sent.anonymous_id)[:200],
    )


def _of(number: uuid.UUID) -> Chat | None:
    return Chat.objects.select_related("conversation").filter(number=number).first()


def get(number: uuid.UUID) -> Chat:
    """The chat of this number, or NotFound."""
    found = _of(number)
    if found is None:
        raise NotFound("This conversation is gone.", hint="Begin a new one.")
    return found


def write(chat: Chat, sent: Sent, *, now: datetime, at: datetime) -> Utterance:
    """Enters a message; the one that stands there already where it was sent before. It is durable on return."""
    _look_at(sent)
    key = _key(sent)
    known = Utterance.objects.filter(conversation_id=chat.pk, key=key).first()
    if known is not None:
        return known
    _count(chat, sent, at)
    came = [_kept(sent.picture, chat, key)] if sent.picture is not None else []
    with transaction.atomic():
        said = talking.say(
            chat.pk,
            plain(sent.text),
            speaker=Speaker.CUSTOMER,
            said_at=now,
            by=None,
            also=Also(key=key, attachments=came, heard=True),
        )
        if said is None:
            return Utterance.objects.get(conversation_id=chat.pk, key=key)
        Chat.objects.filter(pk=chat.pk, waits_since=None).update(waits_since=at)
        Chat.objects.filter(pk=chat.pk).update(seen_at=at)
    return said


def plain(text: str) -> str:
    """The text without what is no text (a database takes no NUL): line ends and tabs stay.

    >>> plain("a\x00b\r\nc\x1b[31m")
    'ab\nc[31m'
    """
    return "".join(one for one in text.replace("\r\n", "\n") if one in "\n\t" or ord(one) >= 32)


def _look_at(sent: Sent) -> None:
    if sent.trap:
        raise Forbidden("A program sent this.", code="trap")
    if not 8 <= len(sent.message_id) <= 64 or not sent.message_id.isascii():
        raise Invalid("The message has no number of its own.", hint="Open the page again.")
    if len(sent.text) > LONGEST:
        raise Invalid(
            "The message has over {most} characters.", most=LONGEST, hint="Send it in two.", code="long"
        )
    if not plain(sent.text).strip() and sent.picture is None:
        raise Invalid("Nothing was written.", hint="Write your message.", code="empty")
    if sent.picture is not None and sent.picture.size > pictures.LARGEST_BYTES:
        raise Invalid("The picture is larger than 10 MB.", hint="Send a smaller one.", code="photo_large")


def _key(sent: Sent) -> str:
    picture = (
        hashlib.sha256(sent.picture.content).hexdigest() if sent.picture and sent.picture.content else ""
    )
    told = f"chat\n{sent.message_id}\n{sent.text.strip()}\n{picture}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _count(chat: Chat, sent: Sent, at: datetime) -> None:
    limits.count("message", limits.net(sent.address), most=_MESSAGES_AN_HOUR, at=at, minutes=60)
    limits.count("thread", str(chat.pk), most=_IN_TEN_MINUTES, at=at, minutes=10)
    if sent.picture is not None:
        limits.count("picture", limits.net(sent.address), most=_PICTURES_AN_HOUR, at=at, minutes=60)
    said = Utterance.objects.filter(conversation_id=chat.pk, speaker=Speaker.CUSTOMER)
    if said.count() >= _LONGEST_THREAD:
        raise Unavailable(
            "This conversation has become very long.", hint="Begin a new one.", code="thread_full"
        )


def _kept(picture: Came, chat: Chat, key: str) -> Attachment:
    try:
        return pictures.keep(picture, hashlib.sha256(f"{chat.number}\n{key}".encode()).hexdigest())
    except Invalid:
        raise Invalid(
            "This file is not a picture.", hint="Send a JPEG, PNG, WebP or GIF.", code="not_a_photo"
        ) from None


def news(chat: Chat, after: int) -> list[Utterance]:
    """What was said after the message of this number, in the order it was entered."""
    rows = Utterance.objects.filter(conversation_id=chat.pk, pk__gt=min(after, 2**62)).order_by("pk")
    return list(rows.prefetch_related("attachments")[:_MOST_AT_ONCE])


def looked(chat: Chat, shown: int, *, at: datetime) -> None:
    """Their page is open and shows everything up to this number. Written down when it tells something new."""
    last = chat.seen_at
    stale = last is None or (at - last).total_seconds() > LOOKED_AGAIN_SECONDS
    if stale or shown > chat.shown_id:
        Chat.objects.filter(pk=chat.pk).update(seen_at=at, shown_id=max(shown, chat.shown_id))


def answer(conversation_id: int, text: str, *, by: User | None, once: str, now: datetime) -> Utterance | None:
    """An answer of the staff's in a chat; None where it stands there already (`once` is the form's own number)."""
    key = hashlib.sha256(f"staff\n{once}".encode()).hexdigest() if once else ""
    with transaction.atomic():
        said = talking.say(
            conversation_id, text, speaker=Speaker.STAFF, said_at=now, by=by, also=Also(key=key)
        )
        if said is not None:
            Chat.objects.filter(pk=conversation_id).update(answered_id=said.pk, waits_since=None)
            Conversation.objects.filter(pk=conversation_id, owner=None).update(owner=by)
    return said
