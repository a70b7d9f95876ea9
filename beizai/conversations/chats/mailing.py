"""Answers by mail to who has left the chat, and whose address it is: the mail asks, the button on its page proves."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from beizai.base.contact_points import normal_email
from beizai.base.errors import Invalid
from beizai.consent.rules import suppressed_among
from beizai.conversations import talking
from beizai.conversations.chats import limits, links, wording
from beizai.conversations.chats.thread import SOURCE
from beizai.conversations.models import Chat, Conversation, Speaker, Utterance
from beizai.customers import cards, points, search
from beizai.customers.models import Channel, ContactPoint, Customer
from beizai.identity import anonymous, deterministic
from beizai.identity.cards import card_of
from beizai.identity.deterministic import Point
from beizai.messages import service
from beizai.sources.models import SourceKind
from beizai.sources.register import source
from beizai.staff.models import Shop
from beizai.staff.shop import shop

CONFIRM_KIND, ANSWER_KIND = "chat_confirmation", "chat_answer"
_ADDRESSES_A_DAY, _MAILS_A_DAY = 3, 3
_MAILS_UNPROVED = 3
_GONE = timedelta(seconds=60)  # a page that has not asked for so long is closed or hidden
_AT_ONCE = 20


def leave_address(chat: Chat, email: str, *, name: str, address: str, now: datetime, at: datetime) -> None:
    """Where the answer goes. The owner of the address is asked by mail; whether the book knows it is not shown.

    `address` is the net address. Errors: Invalid where it can be no email, Unavailable past a limit.
    """
    normal = normal_email(email)
    called = " ".join(name.split())[:120]
    if normal == chat.email:
        Chat.objects.filter(pk=chat.pk).update(name=called or chat.name)
        return
    if chat.proved_at is not None:
        raise Invalid(
            "This conversation has its address already.", hint="Begin a new one.", code="has_address"
        )
    limits.count("address", str(chat.pk), most=_ADDRESSES_A_DAY, at=at, minutes=1440)
    limits.count("addresses", limits.net(address), most=10 * _ADDRESSES_A_DAY, at=at, minutes=1440)
    chat.email, chat.name, chat.disowned_at, chat.mails = normal, called or chat.name, None, 0
    with transaction.atomic():
        chat.save(update_fields=["email", "name", "disowned_at", "mails"])
        _ask(chat, now=now, at=at)


def _ask(chat: Chat, *, now: datetime, at: datetime) -> None:
    """One mail to the address, unless it was asked too often today or may not be written to; neither is shown."""
    if suppressed_among(Channel.EMAIL, [chat.email]):
        return
    try:
        limits.count("asked", chat.email, most=_MAILS_A_DAY, at=at, minutes=1440)
    except Exception as error:
        if getattr(error, "code", "") == "too_often":
            return
        raise
    here, words = shop(), wording.words(chat.language)
    token = links.mail(chat)
    service.ask(
        f"chat-confirm:{chat.pk}:{token[-12:]}",
        kind=CONFIRM_KIND,
        to=chat.email,
        subject=words.confirm_subject.format(shop=here.name),
        text=words.confirm_text.format(shop=here.name, link=_url(here, token)),
        now=now,
    )


def _url(here: Shop, token: str) -> str:
    return f"{here.public_url.rstrip('/')}{links.PATH}mail/{token}/"


def confirm(token: str, *, now: datetime) -> Chat:
    """The owner of the address says that it was they who wrote: the conversation comes to their card, a new one where there is
    none for certain. Pressed again it changes nothing."""
    with transaction.atomic():
        found = links.read_mail(token)
        chat = Chat.objects.select_for_update().get(pk=found.pk)
        if chat.proved_at is not None:
            return chat
        conversation = Conversation.objects.select_for_update().get(pk=chat.pk)
        same = deterministic.same_card(
            points=[Point(Channel.EMAIL, chat.email, verified=True)], name=chat.name
        )
        card = _card(chat, conversation, same.card_id, now)
        if conversation.customer_id is None:
            talking.belongs_to(chat.pk, card.pk)
        deterministic.propose(card.pk, same, now=now)
        if chat.anonymous_id:
            anonymous.join(chat.anonymous_id, card.pk, now)
        chat.proved_at = now
        chat.save(update_fields=["proved_at"])
    return chat


def _card(chat: Chat, conversation: Conversation, certain: int | None, now: datetime) -> Customer:
    """The card staff put the conversation on, else the one that is certain, else a new one; the address on it is proved now."""
    origin = source(SOURCE, SourceKind.CHAT, now=now)
    number = card_of(conversation.customer_id) if conversation.customer_id is not None else certain
    if number is None:
        card = cards.add(
            cards.NewCard(
                name=chat.name,
                language=chat.language,
                points=[(Channel.EMAIL, chat.email)],
                simulated=conversation.simulated,
            ),
            source=origin,
            now=now,
        )
    else:
        card = Customer.objects.select_for_update().get(pk=number)
        points.add(card, Channel.EMAIL, chat.email, source=origin, now=now)
        search.index_one(card.pk)
    rows = ContactPoint.objects.filter(
        customer=card, channel=Channel.EMAIL, normal=chat.email, verified_at=None
    )
    rows.update(verified_at=now)
    return card


def disown(token: str, *, now: datetime) -> None:
    """The owner of the address says that it was not they: no further mail, and the address is forgotten."""
    chat = links.read_mail(token)
    if chat.proved_at is None:
        Chat.objects.filter(pk=chat.pk).update(email="", disowned_at=now)


def mail_answers(*, now: datetime, at: datetime) -> int:
    """Mails what staff have answered to those whose page is closed; how many mails were asked for. Twice is once."""
    gone = Q(seen_at=None) | Q(seen_at__lt=at - _GONE)
    rows = Chat.objects.exclude(email="").filter(gone, answered_id__gt=F("shown_id"), disowned_at=None)
    rows = rows.filter(answered_id__gt=F("mailed_id"))
    rows = rows.exclude(proved_at=None, mails__gte=_MAILS_UNPROVED)
    return sum(_mail(chat, now) for chat in rows.order_by("pk")[:_AT_ONCE])


def _mail(chat: Chat, now: datetime) -> int:
    since = max(chat.shown_id, chat.mailed_id)
    said = Utterance.objects.filter(
        conversation_id=chat.pk,
        pk__gt=since,
        pk__lte=chat.answered_id,
        speaker=Speaker.STAFF,
        automatic=False,
    ).order_by("pk")
    texts = [one.text for one in said if one.text]
    here, words = shop(), wording.words(chat.language)
    with transaction.atomic():
        mine = Chat.objects.filter(pk=chat.pk, mailed_id=chat.mailed_id)
        if not mine.update(mailed_id=chat.answered_id, mails=F("mails") + 1):
            return 0
        if not texts or suppressed_among(Channel.EMAIL, [chat.email]):
            return 0
        why = words.proved if chat.proved_at is not None else words.unproved
        service.ask(
            f"chat-answer:{chat.pk}:{chat.answered_id}",
            kind=ANSWER_KIND,
            to=chat.email,
            subject=words.answer_subject.format(shop=here.name),
            text=words.answer_text.format(
                answer="\n\n".join(texts), link=_url(here, links.mail(chat)), why=why, shop=here.name
            ),
            customer_id=chat.conversation.customer_id if chat.proved_at is not None else None,
            now=now,
        )
    return 1
