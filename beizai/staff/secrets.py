"""Passwords of other servers, kept enciphered with the home's key."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from beizai.base import home, tokens
from beizai.base.errors import Invalid


def _cipher() -> Fernet:
    key = tokens.derive_key(home.current().key("signing"), "secrets")
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key).digest()))


def encipher(text: str) -> str:
    """The text as only this home can read it; empty stays empty."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def decipher(text: str) -> str:
    """The text again; Invalid where it was enciphered by another home's key."""
    if not text:
        return ""
    try:
        return _cipher().decrypt(text.encode()).decode()
    except InvalidToken:
        raise Invalid(
            "A stored password cannot be read with this home's key.",
            hint="Enter the password again in the settings, or restore the keys folder.",
        ) from None
