"""The whole mail for one person: headers that mailbox providers ask for, text first, HTML second, all of it ASCII.

Headers follow RFC 5322, 2047, 2369 and 8058 (one-click unsubscribe), 2919 (List-Id); Feedback-ID is Gmail's.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from beizai.base.errors import Invalid, NotFound
from beizai.base.tokens import Token
from beizai.channels.compile.bodies import Values
from beizai.channels.compile.fields import CLICK, PIXEL, PREFERENCES, UNSUBSCRIBE
from beizai.channels.compile.quoted import header_words, one_line
from beizai.channels.compile.template import Mail

_MAC_DIGITS = 16


@dataclass(frozen=True)
class Sender:
    """Who the mails of one campaign come from. `key` signs return paths; `unsubscribe_mailbox` may be empty."""

    name: str
    address: str
    reply_to: str
    shop_name: str
    campaign_id: int
    key: bytes
    unsubscribe_mailbox: str = ""


@dataclass(frozen=True)
class Recipient:
    """One person of the campaign: values by field name, signed addresses, and a pixel only where tracking is allowed."""

    customer_id: int
    address: str
    values: Values
    click_url: str
    unsubscribe_url: str
    pixel_url: str = ""
    preferences_url: str = ""


@dataclass(frozen=True)
class Outgoing:
    """A mail ready for the wire. `number` is the ledger's; `plain_from` serves servers that refuse a personal return path."""

    number: int
    mail_from: str
    rcpt_to: str
    data: bytes
    plain_from: str = ""


@lru_cache(maxsize=1_000)
def a_label(address: str) -> str:
    """The address with its domain in ASCII (IDNA); Invalid where the part before the @ is not ASCII."""
    local, _, domain = one_line(address).rpartition("@")
    if not local.isascii() or any(c in local for c in ' <>"\\') or not domain:
        raise Invalid(
            "Mail to “{address}” needs a server that takes such names.",
            hint="",
            code="address_not_ascii",
            address=address,
        )
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise Invalid(
            "“{domain}” is no name of a mail server.",
            hint="Check the address.",
            code="address",
            domain=domain,
        ) from None


def return_path(sender: Sender, customer_id: int) -> str:
    """The address a bounce of this mail goes to: it names campaign and recipient and cannot be forged (VERP)."""
    local, _, domain = a_label(sender.address).partition("@")
    mac = _mac(sender.key, f"bounce:{sender.campaign_id}:{customer_id}")
    return f"{local}+b-{sender.campaign_id}-{customer_id}-{mac}@{domain}"


def read_return_path(key: bytes, address: str) -> Token:
    """The campaign and recipient a return path names; NotFound where it is not ours."""
    parts = address.rpartition("@")[0].rpartition("+")[2].split("-")
    well_formed = len(parts) == 4 and parts[0] == "b" and parts[1].isdecimal() and parts[2].isdecimal()
    expected = _mac(key, f"bounce:{parts[1]}:{parts[2]}") if well_formed else ""
    if not well_formed or not hmac.compare_digest(expected, parts[3].lower()):
        raise NotFound("This return path is not ours.")
    return Token(int(parts[1]), int(parts[2]))


def message_id(sender: Sender, customer_id: int) -> str:
    """The same id each time for the same campaign and person, so that a mail sent again is seen as the same mail."""
    domain = a_label(sender.address).partition("@")[2]
    return (
        f"<{sender.campaign_id}.{_mac(sender.key, f'message:{sender.campaign_id}:{customer_id}')}@{domain}>"
    )


def _mac(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()[:_MAC_DIGITS]


def values_of(mail: Mail, recipient: Recipient) -> dict[str, str]:
    """Everything the template may name, for this person."""
    pixel = f'<img src="{recipient.pixel_url}" width="1" height="1" alt="">' if recipient.pixel_url else ""
    own = {
        **recipient.values,
        UNSUBSCRIBE.name: recipient.unsubscribe_url,
        PREFERENCES.name: recipient.preferences_url or recipient.unsubscribe_url,
        CLICK: recipient.click_url,
        PIXEL: pixel,
    }
    return mail.values(own)


def outgoing(mail: Mail, sender: Sender, recipient: Recipient, *, number: int, at: datetime) -> Outgoing:
    """The mail for this person, ready for the wire. Pure: the same arguments give the same bytes."""
    values = values_of(mail, recipient)
    to = a_label(recipient.address)
    boundary = _boundary(sender)
    head = _headers(mail, sender, recipient, values=values, to=to, at=at)
    text_part, html_part = mail.text.in_transit(values), mail.html.in_transit(values)
    data = b"".join(
        (
            head.encode("ascii"),
            _part(boundary, "plain"),
            text_part,
            _part(boundary, "html"),
            html_part,
            f"\r\n--{boundary}--\r\n".encode("ascii"),
        )
    )
    return Outgoing(number, return_path(sender, recipient.customer_id), to, data, a_label(sender.address))


def _part(boundary: str, kind: str) -> bytes:
    return (
        f"\r\n--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")


def _mailbox(name: str, address: str, *, used: int) -> str:
    name = one_line(name)
    if not name:
        return address
    if name.isascii():
        quoted_name = name.replace("\\", "").replace('"', "'")
        return f'"{quoted_name}" <{address}>'
    return f"{header_words(name, used=used)}\r\n <{address}>"


@lru_cache(maxsize=100)
def _letterhead(sender: Sender) -> tuple[str, str]:
    """The headers that are the same for the whole campaign: those above the recipient and those below."""
    address = a_label(sender.address)
    domain = address.partition("@")[2]
    shop = (
        f"{header_words(sender.shop_name, used=9)} "
        if sender.shop_name.isascii() and sender.shop_name
        else ""
    )
    below = [
        f"Reply-To: {a_label(sender.reply_to)}" if sender.reply_to else "",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f"List-Id: {shop}<news.{domain}>",
        f"Feedback-ID: {sender.campaign_id}:marketing:beizai:{domain}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{_boundary(sender)}"',
    ]
    return f"From: {_mailbox(sender.name, address, used=6)}\r\n", "\r\n".join(
        line for line in below if line
    ) + "\r\n"


@lru_cache(maxsize=100)
def _date(second: datetime) -> str:
    return format_datetime(second)


def _boundary(sender: Sender) -> str:
    return f"=_beizai_{sender.campaign_id:x}"  # "=_" never occurs in quoted-printable


def _headers(
    mail: Mail, sender: Sender, recipient: Recipient, *, values: Values, to: str, at: datetime
) -> str:
    above, below = _letterhead(sender)
    unsubscribe = f"<{one_line(recipient.unsubscribe_url)}>"
    if sender.unsubscribe_mailbox:
        unsubscribe += f",\r\n <mailto:{a_label(sender.unsubscribe_mailbox)}?subject=unsubscribe>"
    return (
        f"Date: {_date(at.replace(microsecond=0))}\r\n{above}To: {to}\r\n"
        f"Subject: {header_words(mail.subject_for(values), used=9)}\r\n"
        f"Message-ID: {message_id(sender, recipient.customer_id)}\r\n"
        f"List-Unsubscribe: {unsubscribe}\r\n{below}"
    )
