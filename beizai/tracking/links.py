"""The addresses in a mail: signed, so that nobody forges a click, reads another's, or unsubscribes a stranger."""

from dataclasses import dataclass

from beizai.base import tokens
from beizai.base.errors import NotFound
from beizai.base.tokens import Token

CLICK_PATH, OPEN_PATH, UNSUBSCRIBE_PATH = "/t/c/", "/t/o/", "/t/u/"
PREFERENCES_PATH = "/preferences/"
TOKEN_LENGTH = 28
_LINK_DIGITS = 3
_HIGHEST_ID = (1 << 63) - 1


@dataclass(frozen=True)
class Keys:
    """A key for each purpose: what opens a picture cannot unsubscribe."""

    click: bytes
    open: bytes
    unsubscribe: bytes
    preferences: bytes


@dataclass(frozen=True)
class Click:
    """Whose link was followed, and which: `link_no` counts the campaign's own list of targets, from 1."""

    token: Token
    link_no: int


def keys(secret: bytes) -> Keys:
    """The keys of a home, from its signing key (`Home.key("signing")`)."""
    purposes = ("click", "open", "unsubscribe", "preferences")
    return Keys(*(tokens.derive_key(secret, purpose) for purpose in purposes))


def click_url(key: Keys, base_url: str, token: Token) -> str:
    """The signed part of a tracked link; "." and the link's number follow it.

    >>> key = keys(bytes(32))
    >>> click_url(key, "https://shop.test/", Token(7, 12345))
    'https://shop.test/t/c/AQAAAAcAAAAAAAAwOf62goexUhHx'
    >>> read_click(key, "AQAAAAcAAAAAAAAwOf62goexUhHx.3")
    Click(token=Token(campaign_id=7, recipient_id=12345), link_no=3)
    """
    return f"{base_url.rstrip('/')}{CLICK_PATH}{tokens.sign(key.click, token)}"


def pixel_url(key: Keys, base_url: str, token: Token) -> str:
    """The address of the picture that tells of an opened mail."""
    return f"{base_url.rstrip('/')}{OPEN_PATH}{tokens.sign(key.open, token)}.gif"


def unsubscribe_url(key: Keys, base_url: str, token: Token) -> str:
    """The address for List-Unsubscribe and for the link in the mail: a GET shows a page, a POST unsubscribes."""
    return f"{base_url.rstrip('/')}{UNSUBSCRIBE_PATH}{tokens.sign(key.unsubscribe, token)}"


def preferences_url(key: Keys, base_url: str, token: Token) -> str:
    """The address of the page where somebody chooses what to hear of, how often, and when."""
    return f"{base_url.rstrip('/')}{PREFERENCES_PATH}{tokens.sign(key.preferences, token)}/"


def read_preferences(key: Keys, text: str) -> Token:
    """What follows the path of the preferences; NotFound where it is not ours."""
    return _read(key.preferences, text)


def read_click(key: Keys, text: str) -> Click:
    """What follows the path of a click; NotFound where it is not ours, after the same work in each case."""
    signed, _, number = text.partition(".")
    token = _read(key.click, signed)
    if not (number.isascii() and number.isdecimal() and len(number) <= _LINK_DIGITS):
        raise NotFound("This link is not known here.")
    return Click(token, int(number))


def read_open(key: Keys, text: str) -> Token:
    """What follows the path of the picture; NotFound where it is not ours."""
    return _read(key.open, text.removesuffix(".gif"))


def read_unsubscribe(key: Keys, text: str) -> Token:
    """What follows the path of an unsubscribe; NotFound where it is not ours."""
    return _read(key.unsubscribe, text)


def _read(key: bytes, text: str) -> Token:
    # a text of the wrong length is read as an empty one: the same work, whatever is sent
    token = tokens.read(key, text if len(text) == TOKEN_LENGTH else "")
    if token.recipient_id > _HIGHEST_ID:
        raise NotFound("This link is not known here.")
    return token
