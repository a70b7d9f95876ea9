"""A mail becomes part of a conversation: the one it answers, the one of its sender and subject, or a new one."""

import hashlib
import re
import uuid
from datetime import datetime, timedelta

from beizai.base.contact_points import normal_email
from beizai.base.errors import Invalid
from beizai.conversations import pictures, talking
from beizai.conversations.chats import desk
from beizai.conversations.mails import answering, reading
from beizai.conversations.mails.reading import Bounce, Letter, plain_subject
from beizai.conversations.models import (
    Attachment,
    Conversation,
    Kind,
    MailHead,
    Speaker,
    Utterance,
    Way,
)
from beizai.conversations.talking import Also
from beizai.customers.models import Channel, ContactPoint
from beizai.identity import deterministic
from beizai.identity.cards import cards_of, ids_of
from beizai.messages import service
from beizai.messages.models import ServiceMail, ServiceState
from beizai.sources.models import SourceKind
from beizai.sources.register import source
from beizai.staff.models import Shop

CONVERSATION, OWN = "conversation", "own"
SOURCE = "Mailbox"
_SAME_SUBJECT = timedelta(days=30)
_OURS = re.compile(r"<service-([0-9a-f]{32})@")
_MOST_PICTURES = 10
_FIRST_REPLY = timedelta(days=1)


def enter(letter: Letter, the_shop: Shop, *, now: datetime) -> str:
    """What the mail became; run inside a transaction. Machines' mails become no conversation."""
    if letter.nature == reading.BOUNCE:
        _bounced(letter.bounce, now)
        return reading.BOUNCE
    if letter.nature != reading.LETTER:
        return letter.nature
    sender = _normal(letter.sender)
    if not sender:
        return reading.AUTOMATIC
    if sender == _normal(the_shop.sender_address) and _OURS.match(letter.message_id):
        return OWN
    held = _answered(letter, sender) or _same_subject(letter, sender, now)
    is_new = held is None
    conversation = held or _opened(letter, sender, the_shop, now)
    _say(conversation, letter, sender, now)
    if is_new:
        _reply(conversation, letter, the_shop, now)
    return CONVERSATION


def _normal(address: str) -> str:
    try:
        return normal_email(address)
    except Invalid:
        return ""


def _answered(letter: Letter, sender: str) -> Conversation | None:
    """The conversation of the mail it answers, where its sender is the one we speak with there.

    Who answers a mail that was sent to somebody else begins a conversation of their own.
    """
    for message_id in reversed(letter.answers):
        number = _conversation_of(message_id)
        found = Conversation.objects.filter(pk=number).first() if number else None
        if found is not None and _is_party(found, sender):
            return found
    return None


def _conversation_of(message_id: str) -> int | None:
    ours = _OURS.match(message_id)
    if ours is None:
        rows = MailHead.objects.filter(message_id=message_id[:300])
        return rows.values_list("utterance__conversation_id", flat=True).first()
    key = (
        ServiceMail.objects.filter(number=uuid.UUID(hex=ours[1])).values_list("key", flat=True).first() or ""
    )
    number = key.removeprefix(answering.key(0)[:-1])
    if not number.isdecimal():
        return None
    return Utterance.objects.filter(pk=int(number)).values_list("conversation_id", flat=True).first()


def _is_party(found: Conversation, sender: str) -> bool:
    if MailHead.objects.filter(utterance__conversation=found, sender=sender).exists():
        return True
    if found.customer_id is None:
        return False
    whose = ContactPoint.objects.filter(customer_id__in=ids_of(found.customer_id), channel=Channel.EMAIL)
    return whose.filter(normal=sender).exists()


def _same_subject(letter: Letter, sender: str, now: datetime) -> Conversation | None:
    subject = plain_subject(letter.subject)
    if not subject:
        return None
    rows = Conversation.objects.filter(
        way=Way.EMAIL, said_at__gte=now - _SAME_SUBJECT, utterances__head__sender=sender
    )
    return next(
        (one for one in rows.order_by("-said_at").distinct()[:20] if plain_subject(one.subject) == subject),
        None,
    )


def _opened(letter: Letter, sender: str, the_shop: Shop, now: datetime) -> Conversation:
    return Conversation.objects.create(
        customer_id=_card(sender),
        kind=Kind.QUESTION,
        way=Way.EMAIL,
        subject=letter.subject,
        source=source(SOURCE, SourceKind.CHAT, now=now),
        opened_at=now,
        said_at=now,
        due_at=now + (talking.wait_of(Kind.QUESTION) or timedelta()),
        simulated=the_shop.simulated,
    )


def _card(sender: str) -> int | None:
    """The one card that has this address; nobody's where several share it. A sender's name proves nothing: facts are only proposed."""
    rows = ContactPoint.objects.filter(channel=Channel.EMAIL, normal=sender, ended_at=None)
    found = set(cards_of(rows.values_list("customer_id", flat=True)[:20]).values())
    if len(found) != 1 or deterministic.is_shared(Channel.EMAIL, sender):
        return None
    return found.pop()


def _say(conversation: Conversation, letter: Letter, sender: str, now: datetime) -> None:
    text = letter.text or ("" if letter.files else letter.subject) or "…"
    said = talking.say(
        conversation.pk,
        text,
        speaker=Speaker.CUSTOMER,
        said_at=now,
        by=None,
        also=Also(
            key=hashlib.sha256(f"mail\n{letter.digest}".encode()).hexdigest(),
            attachments=_attachments(letter),
            quoted=letter.quoted,
            heard=True,
        ),
    )
    if said is not None:
        MailHead.objects.create(
            utterance=said,
            message_id=letter.message_id,
            references=" ".join(letter.answers),
            subject=letter.subject,
            sender=sender,
            sender_name=letter.sender_name,
        )


def _attachments(letter: Letter) -> list[Attachment]:
    """Pictures are kept, drawn anew; anything else is listed and stays in the mailbox."""
    found = []
    for number, came in enumerate(letter.files):
        if came.content is None or number >= _MOST_PICTURES:
            found.append(pictures.listed(came))
            continue
        mark = hashlib.sha256(f"mail\n{letter.digest}\n{number}".encode()).hexdigest()
        try:
            found.append(pictures.keep(came, mark))
        except Invalid:
            found.append(pictures.listed(came))
    return found


def _reply(conversation: Conversation, letter: Letter, the_shop: Shop, now: datetime) -> None:
    """The automatic reply to a first mail, where the desk wishes it: once a day to one sender, so that no two machines talk."""
    here = desk.desk()
    text = desk.said(here.reply, the_shop.language)
    head = MailHead.objects.filter(utterance__conversation=conversation).order_by("pk").first()
    if not here.mail_reply or not text or head is None or not answering.may_answer(head.sender):
        return
    recent = ServiceMail.objects.filter(
        kind="mail_reply", address=head.sender, asked_at__gt=now - _FIRST_REPLY
    )
    if recent.exists():
        return
    words = desk.automatic(here, text, the_shop, the_shop.language)
    said = talking.say(
        conversation.pk,
        words,
        speaker=Speaker.STAFF,
        said_at=now,
        by=None,
        also=Also(key="automatic", automatic=True),
    )
    if said is not None:
        service.ask(
            f"mail-reply:{conversation.pk}",
            kind="mail_reply",
            to=head.sender,
            subject=answering.subject(head),
            text=f"{words}\n\n{the_shop.name}\n",
            headers=answering.headers(head),
            customer_id=conversation.customer_id,
            now=now,
        )


def _bounced(bounce: Bounce | None, now: datetime) -> None:
    """A mail of ours that did not arrive. Only one that names a mail's own id, which nobody can guess, is believed."""
    ours = _OURS.match(bounce.original_id) if bounce is not None else None
    if bounce is None or ours is None or not bounce.for_good:
        return
    mails = ServiceMail.objects.filter(number=uuid.UUID(hex=ours[1]), state=ServiceState.SENT)
    key = mails.values_list("key", flat=True).first()
    if key is None:
        return
    words = f"{bounce.status} {bounce.words}".strip()
    mails.update(state=ServiceState.FAILED, detail=words[:300])
    conversation = _conversation_of(bounce.original_id)
    if conversation is not None:
        talking.say(
            conversation,
            f"⚠ {words}",
            speaker=Speaker.STAFF,
            said_at=now,
            by=None,
            also=Also(key=f"bounce:{ours[1]}", automatic=True),
        )
        Conversation.objects.filter(pk=conversation).update(closed_at=None)
