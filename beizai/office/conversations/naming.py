"""What conversations are called on the pages: who it is as far as anybody knows, what about, by which way."""

from django.utils.translation import gettext as _

from beizai.conversations.models import Chat, Conversation, Kind, Utterance, Way
from beizai.office.customers.listing import display_name
from beizai.staff.models import User
from beizai.staff.roles import May, may


def called(row: Conversation, reader: User) -> str:
    """The name on the card; without one what they call themselves, else a visitor, a sender."""
    if row.customer is not None:
        return display_name(row.customer, reader)
    if not may(reader, May.SEE_NAMES):
        return _("Somebody without a card")
    chat = chat_of(row)
    if chat is not None:
        return chat.name or _("A visitor")
    heads = [one.head for one in row.utterances.all() if hasattr(one, "head")]
    first = heads[0] if heads else None
    if first is None:
        return _("Somebody without a card")
    return first.sender_name or (first.sender if may(reader, May.SEE_CONTACT_POINTS) else _("A sender"))


def chat_of(row: Conversation) -> Chat | None:
    """The chat this conversation is held by, if it is."""
    return getattr(row, "chat", None)


def last_mail(row: Conversation) -> Utterance | None:
    """The last mail the customer sent in it."""
    return row.utterances.filter(head__isnull=False).select_related("head").order_by("-pk").first()


def kind_name(kind: str) -> str:
    """What a conversation is about, in the reader's words."""
    return {
        Kind.TALK: _("Talk"),
        Kind.QUESTION: _("Question"),
        Kind.WISH: _("Wish"),
        Kind.COMPLAINT: _("Complaint"),
        Kind.AFTER_SALES: _("After the sale"),
    }[Kind(kind)]


def way_name(way: str) -> str:
    """By which way it came, in the reader's words."""
    return {
        Way.CALL: _("by phone"),
        Way.VISIT: _("in the shop"),
        Way.EMAIL: _("by email"),
        Way.CHAT: _("by chat"),
        Way.MESSENGER: _("by messenger"),
    }[Way(way)]
