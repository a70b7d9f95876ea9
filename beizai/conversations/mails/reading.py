"""One mail as it came over the wire, read with limits: who, what, what it answers, what kind of mail it is (pure).

Whatever is in it, reading ends soon and raises nothing: what cannot be read is left out, and `cut` says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from hashlib import sha256

import inscriptis

from beizai.conversations.mails.quoting import parted
from beizai.conversations.pictures import Came

_HEAD_BYTES, _MOST_BOUNDARIES, _MOST_PARTS, _MOST_FILES = 256_000, 1_000, 200, 30
_LONGEST_HEAD, _LONGEST_TEXT, _LONGEST_HTML = 10_000, 20_000, 400_000
_LARGEST_PICTURE = 10_000_000
_ID = re.compile(r"<[^<>\s]{1,250}>")
_SUBJECT = re.compile(
    r"^\s*((re|aw|sv|tr|fw|fwd|wg|回复|答复|转发|回覆)(\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE
)
_ROBOTS = re.compile(r"^(mailer-daemon|postmaster|no-?reply|donotreply|bounces?)\b", re.IGNORECASE)
LETTER, AUTOMATIC, BOUNCE, LIST = "letter", "automatic", "bounce", "list"


@dataclass(frozen=True)
class Bounce:
    """What a mail server says of a mail of ours: the mail's id, the code of the state (5.1.1), its words."""

    original_id: str
    status: str
    words: str

    @property
    def for_good(self) -> bool:
        return self.status.startswith("5")


@dataclass(frozen=True)
class Letter:
    """A mail read. `nature` is letter, automatic, bounce or list; `digest` knows the same mail again."""

    digest: str
    nature: str
    message_id: str = ""
    answers: tuple[str, ...] = ()  # the ids it refers to, the nearest last
    subject: str = ""
    sender: str = ""
    sender_name: str = ""
    text: str = ""
    quoted: str = ""
    files: tuple[Came, ...] = ()
    cut: bool = False
    bounce: Bounce | None = None


def plain_subject(text: str) -> str:
    """The subject by which mails of one matter are known.

    >>> plain_subject("Re: AW: 回复：Black shoes ")
    'black shoes'
    """
    return " ".join(_SUBJECT.sub("", text).split()).casefold()[:200]


def read(raw: bytes, *, cut: bool = False) -> Letter:
    """The mail of these bytes (`cut`: they are only its beginning)."""
    shorter = _within(raw)
    heads, body, broken = _parsed(shorter)
    cut = cut or broken or len(shorter) < len(raw)
    sender_name, sender = _sender(heads)
    message_id = next(iter(_ID.findall(_head(heads, "Message-ID"))), "")
    nature, bounce = _nature(heads, body, sender)
    text, files = ("", ()) if nature != LETTER else _content(body)
    said, quoted = parted(text)
    return Letter(
        digest=_digest(raw, heads, message_id),
        nature=nature,
        message_id=message_id,
        answers=_answers(heads),
        subject=" ".join(_head(heads, "Subject").split())[:200],
        sender=sender,
        sender_name=sender_name,
        text=said[:_LONGEST_TEXT],
        quoted=quoted[:_LONGEST_TEXT],
        files=tuple(files),
        cut=cut or len(text) > _LONGEST_TEXT,
        bounce=bounce,
    )


def _within(raw: bytes) -> bytes:
    """The bytes up to where there are more parts than any letter has, or heads without an end."""
    end = re.search(rb"\r?\n\r?\n", raw[:_HEAD_BYTES])
    if end is None:
        return raw[:_HEAD_BYTES]
    for found, place in enumerate(re.finditer(rb"\n--", raw), 1):
        if found > _MOST_BOUNDARIES:
            return raw[: place.start()]
    return raw


def _parsed(raw: bytes) -> tuple[Message, Message | None, bool]:
    """The heads, the whole where it can be taken apart, and whether something was left out."""
    heads = BytesHeaderParser(policy=policy.compat32).parsebytes(raw[:_HEAD_BYTES])
    try:
        return heads, message_from_bytes(raw, policy=policy.compat32), False
    except (
        RecursionError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        AssertionError,
        HeaderParseError,
    ):
        return (
            heads,
            None,
            True,
        )  # nested deeper than any letter, or broken in a way the parser does not expect


def _digest(raw: bytes, heads: Message, message_id: str) -> str:
    known = "\n".join(str(heads.get(name, ""))[:_LONGEST_HEAD] for name in ("From", "Date", "Subject"))
    told = f"{message_id}\n{known}".encode("utf-8", "replace") if message_id else raw[:_HEAD_BYTES]
    return sha256(told).hexdigest()


def _head(heads: Message, name: str) -> str:
    """A head decoded: what cannot be decoded is shown as it is, without control characters."""
    value = heads.get(name)
    if value is None:
        return ""
    text = str(value)[:_LONGEST_HEAD]
    try:
        pieces = decode_header(text)
        text = "".join(
            _decoded(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces
        )
    except (HeaderParseError, ValueError, LookupError):
        pass  # broken encoded words stay as they are written
    return clean(text)


def clean(text: str) -> str:
    """Text without control characters and halves of characters, which no database takes."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(one for one in whole.replace("\r\n", "\n") if one in "\n\t" or ord(one) >= 32)


def _decoded(raw: bytes, charset: str | None) -> str:
    name = (charset or "utf-8").strip().lower()
    name = {"gb2312": "gb18030", "gbk": "gb18030", "unknown-8bit": "utf-8", "us-ascii": "utf-8"}.get(
        name, name
    )
    try:
        return raw.decode(name, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _sender(heads: Message) -> tuple[str, str]:
    raw = str(heads.get("From", ""))[:2_000]
    try:
        pairs = [(name, address) for name, address in getaddresses([raw]) if "@" in address]
    except (RecursionError, ValueError, IndexError):
        pairs = []
    name, address = pairs[0] if pairs else ("", "")
    try:
        shown = "".join(
            _decoded(piece, charset) if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(name)
        )
    except (HeaderParseError, ValueError, LookupError):
        shown = name
    return " ".join(clean(shown).split())[:120], clean(address).strip()[:254]


def _answers(heads: Message) -> tuple[str, ...]:
    found = _ID.findall(_head(heads, "References")) + _ID.findall(_head(heads, "In-Reply-To"))
    return tuple(dict.fromkeys(found))[-50:]


def _nature(heads: Message, body: Message | None, sender: str) -> tuple[str, Bounce | None]:
    """What kind of mail it is: only letters become conversations (RFC 3834, RFC 3464, RFC 2919)."""
    kind = heads.get_content_type()
    report = str(heads.get_param("report-type", "")).lower()
    if kind == "multipart/report" and report in ("delivery-status", ""):
        return BOUNCE, _bounce(body)
    empty_path = _head(heads, "Return-Path").strip() == "<>"
    if empty_path and _ROBOTS.match(sender):
        return BOUNCE, _bounce(body)
    automatic = _head(heads, "Auto-Submitted").lower().split(";")[0].strip() not in ("", "no")
    told = any(heads.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress-Reply"))
    precedence = _head(heads, "Precedence").lower().strip()
    if automatic or told or empty_path or precedence == "auto_reply" or kind == "multipart/report":
        return AUTOMATIC, None
    if heads.get("List-Id") or heads.get("List-Unsubscribe") or precedence in ("bulk", "list", "junk"):
        return LIST, None
    return LETTER, None


def _bounce(body: Message | None) -> Bounce | None:
    if body is None:
        return None
    status = words = original = ""
    for part in _parts(body):
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in (
                [one for one in blocks[:20] if isinstance(one, Message)] if isinstance(blocks, list) else []
            ):
                status = status or str(block.get("Status", "")).strip()[:20]
                words = words or clean(str(block.get("Diagnostic-Code", "")))[:300]
        elif part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            original = original or _original(part)
    return Bounce(original, status, words) if original or status else None


def _original(part: Message) -> str:
    inside = part.get_payload()
    if isinstance(inside, list):
        first = inside[0] if inside else None
        text = str(first.get("Message-ID", "")) if isinstance(first, Message) else ""
    else:
        found = re.search(
            r"^message-id:\s*(<[^<>\s]{1,250}>)", str(inside)[:50_000], re.IGNORECASE | re.MULTILINE
        )
        text = found[1] if found else ""
    return next(iter(_ID.findall(text)), "")


def _parts(body: Message) -> Iterator[Message]:
    """The parts in their order, without recursion and not without end."""
    waiting = [body]
    for _number in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        inside = part.get_payload()
        if isinstance(inside, list) and part.get_content_maintype() == "multipart":
            waiting = [*inside[:_MOST_PARTS], *waiting]


def _content(body: Message | None) -> tuple[str, list[Came]]:
    """The text (the plain one where there is one, else that of the HTML) and the files."""
    plain, html = "", ""
    files: list[Came] = []
    for part in _parts(body) if body is not None else ():
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart":
            continue
        attached = "attachment" in str(part.get("Content-Disposition", "")).lower()
        if kind == "text/plain" and not attached and len(plain) < _LONGEST_TEXT:
            plain += _text(part)
        elif kind == "text/html" and not attached and not html:
            html = _text(part)[:_LONGEST_HTML]
        elif len(files) < _MOST_FILES:
            files.append(_file(part))
    return (plain if plain.strip() else of_html(html)), files


def _text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    try:
        charset = part.get_content_charset()
    except (ValueError, LookupError):
        charset = None
    return clean(_decoded(raw[: 4 * _LONGEST_HTML], charset))


def _file(part: Message) -> Came:
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        name = ""
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    picture = part.get_content_maintype() == "image" and 0 < len(content) <= _LARGEST_PICTURE
    return Came(_named(name), len(content), content if picture else None)


def _named(name: str) -> str:
    try:
        pieces = decode_header(name[:1_000])
        name = "".join(_decoded(one, charset) if isinstance(one, bytes) else one for one, charset in pieces)
    except (HeaderParseError, ValueError, LookupError):
        pass
    return clean(name)


def of_html(html: str) -> str:
    """The words of an HTML mail; "" where it cannot be read."""
    if not html.strip():
        return ""
    try:
        return clean(inscriptis.get_text(html)).strip()
    except (RecursionError, ValueError, TypeError, AttributeError, AssertionError, IndexError, KeyError):
        return clean(re.sub(r"<[^>]*>", " ", html)).strip()
