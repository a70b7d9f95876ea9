"""Signed links of the chat: one page begun, one thread, one confirmation. None fits another's purpose."""

import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from beizai.base import home, tokens
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.conversations.models import Chat

PATH = "/chat/"
_BEGUN, _THREAD, _MAIL, _NUMBER = "chat begun", "chat thread", "chat mail", "chat number"
_QUICKEST_SECONDS, _LONGEST_SECONDS = 1.5, 24 * 3600


@dataclass(frozen=True)
class Begun:
    """A page somebody opened to write: the number its chat will have, and when it was opened."""

    number: uuid.UUID
    opened: float


def _secret() -> bytes:
    return home.current().key("signing")


def begin(at: datetime) -> str:
    """A new page's token. Nothing is kept of it here."""
    return tokens.seal(_secret(), _BEGUN, {"n": uuid.uuid4().hex, "t": round(at.timestamp(), 1)})


def read_begun(token: str, *, at: datetime) -> Begun:
    """The page; NotFound where it is not ours, Invalid where it is too old, or sent quicker than anybody types."""
    found = tokens.unseal(_secret(), _BEGUN, token)
    age = at.timestamp() - found["t"]
    if age > _LONGEST_SECONDS:
        raise Invalid("The page was open for too long.", hint="Open it again.", code="stale")
    if age < _QUICKEST_SECONDS:
        raise Forbidden("That was quicker than anybody types.", hint="Send it again.", code="too_quick")
    body = hmac.digest(tokens.derive_key(_secret(), _NUMBER), found["n"].encode(), sha256)
    return Begun(uuid.UUID(bytes=body[:16], version=4), found["t"])


def thread(chat: Chat) -> str:
    """The token by which a visitor holds their thread."""
    return tokens.seal(_secret(), _THREAD, {"n": chat.number.hex})


def read_thread(token: str) -> uuid.UUID:
    """The number of the chat of a thread's token; NotFound where it is none."""
    return uuid.UUID(hex=tokens.unseal(_secret(), _THREAD, token)["n"])


def mail(chat: Chat) -> str:
    """The token that stands in mails to the address the chat has now; another address makes it void."""
    return tokens.seal(_secret(), _MAIL, {"n": chat.number.hex, "e": _mark(chat.email)})


def read_mail(token: str) -> Chat:
    """The chat whose address the token proves; NotFound where the address was changed or disowned since."""
    found = tokens.unseal(_secret(), _MAIL, token)
    chat = Chat.objects.filter(number=uuid.UUID(hex=found["n"])).first()
    if chat is None or not chat.email or not hmac.compare_digest(_mark(chat.email), found["e"]):
        raise NotFound("This link is not known here.", hint="Ask the shop for a new one.")
    return chat


def _mark(email: str) -> str:
    return sha256(email.encode()).hexdigest()[:16]
