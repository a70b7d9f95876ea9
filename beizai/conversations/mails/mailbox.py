"""The shop's mailbox: which it is, trying it, and what went wrong in words a person can act on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from beizai.base.contact_points import normal_email
from beizai.base.errors import Invalid, Unavailable
from beizai.conversations.mails import imap
from beizai.conversations.mails.imap import Account
from beizai.conversations.models import FetchedMail, Mailbox
from beizai.staff import secrets

SECURITIES = ("tls", "starttls", "none")
HERE_ALONE = ("localhost", "127.0.0.1", "::1")
FIELDS = (
    "host", "port", "security", "user", "password", "folder", "address", "marks_seen", "active", "from_on",
)  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """What a mailbox answered: how many mails lie in the folder, and how many of them would be fetched now."""

    mails: int
    new: int


def mailbox() -> Mailbox:
    """The mailbox as it is set; as it comes where nothing was set."""
    return Mailbox.objects.filter(pk=1).first() or Mailbox(pk=1)


def change(values: Mapping[str, Any], *, today: date) -> Mailbox:
    """Sets what is named, given as text. Invalid says which of it cannot be; then nothing is changed.

    Another server, user or folder begins anew with mails from today on, or from the day that is named.
    """
    found = mailbox()
    before = (found.host, found.user, found.folder)
    for name, value in values.items():
        if name not in FIELDS:
            raise Invalid(
                "The mailbox has no “{name}”.", name=name, hint="It has {names}.", names=", ".join(FIELDS)
            )
        setattr(found, name, _READ[name](value))
    if found.active and not (found.host and found.user and found.password):
        raise Invalid("The mailbox needs a server, a user and a password.", hint="Enter them first.")
    if found.security == "none" and found.host and found.host not in HERE_ALONE:
        raise Invalid(
            "Without encryption the password could be read on its way.", hint="Use TLS or STARTTLS."
        )
    if (found.host, found.user, found.folder) != before:
        found.uid_validity = found.last_uid = 0
        found.trouble = {}
        if "from_on" not in values or not values["from_on"]:
            found.from_on = today
    found.save()
    return found


def account(found: Mailbox) -> Account:
    """The mailbox as the connection needs it; Invalid where its password cannot be read any more."""
    if not found.host or not found.user:
        raise Invalid("No mailbox is set up yet.", hint="Enter server, user and password.", code="no_mailbox")
    return Account(
        found.host, found.port, found.security, found.user, secrets.decipher(found.password), found.folder
    )


def test(found: Mailbox) -> Tried:
    """Opens the mailbox and looks, changing nothing there. Unavailable with the server's words where it cannot."""
    with imap.opened(account(found)) as box:
        return Tried(box.mails, len(box.newer(*_from(found, box.uid_validity))))


def _from(found: Mailbox, uid_validity: int) -> tuple[int, date | None]:
    """After which number, and from which day, mails are new."""
    return (found.last_uid if found.uid_validity == uid_validity else 0), found.from_on


def troubled(found: Mailbox, error: Unavailable | None, *, at: datetime) -> None:
    """Keeps how the last fetch ended: its time, and why it failed."""
    trouble = (
        {}
        if error is None
        else {"code": error.code, "said": error.phrase.as_data(), "hint": error.hint_phrase.as_data()}
    )
    Mailbox.objects.filter(pk=found.pk).update(fetched_at=at, trouble=trouble)


def unreadable() -> int:
    """How many mails of the mailbox could not be read; they lie there still."""
    return FetchedMail.objects.filter(became="unreadable").count()


def _text(most: int) -> Any:
    def read(given: Any) -> str:
        text = str(given).strip()
        if len(text) > most or any(ord(one) < 32 for one in text):
            raise Invalid("“{text}” cannot be read.", text=text[:60])
        return text

    return read


def _port(given: Any) -> int:
    text = str(given).strip()
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Invalid("“{text}” is not a whole number from {low} to {high}.", text=text, low=1, high=65535)
    return int(text)


def _security(given: Any) -> str:
    if given not in SECURITIES:
        raise Invalid(
            "“{text}” is not possible here.",
            text=str(given),
            hint="Use one of: {words}.",
            words=", ".join(SECURITIES),
        )
    return str(given)


def _on(given: Any) -> date | None:
    if not given:
        return None
    try:
        return given if isinstance(given, date) else date.fromisoformat(str(given).strip())
    except ValueError:
        raise Invalid("“{text}” is no date.", text=str(given), hint="Write 2026-12-25.") from None


def _yes(given: Any) -> bool:
    return given if isinstance(given, bool) else str(given).strip().lower() in ("1", "yes", "true", "on")


_READ: Mapping[str, Any] = {
    "host": lambda given: _text(200)(given).lower(),
    "port": _port,
    "security": _security,
    "user": _text(200),
    "password": lambda given: secrets.encipher(str(given)),
    "folder": lambda given: _text(200)(given) or "INBOX",
    "address": lambda given: normal_email(str(given)) if str(given).strip() else "",
    "marks_seen": _yes,
    "active": _yes,
    "from_on": _on,
}
