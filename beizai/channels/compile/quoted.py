"""Words in the form mail travels in: quoted-printable bodies and encoded header words, both pure ASCII.

Bodies carry CRLF, lines of at most 76 characters and no line that begins with a dot, so the SMTP driver
sends them as they are (RFC 2045 section 6.7, RFC 5321 section 4.5.2).
"""

import base64
import binascii
import re

_NEWLINES = re.compile(r"\r\n|\r|\n")
_TO_MEND = re.compile(rb"^(?:\.[^\r\n]*|[^\r\n]{77,})", re.MULTILINE)
_LINE = 76
_HEADER_LINE = 76
_CHUNK_BYTES = 39  # an encoded word of 64 characters: fits beside the longest header name we write
SOFT_BREAK = b"=\r\n"


def crlf(text: str) -> str:
    """The text with every line ended by CRLF."""
    return _NEWLINES.sub("\r\n", text)


def clean(value: str) -> str:
    """A value as a body may hold it: no NUL, no bare carriage return."""
    if "\r" in value or "\0" in value:
        return value.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return value


def one_line(value: str) -> str:
    """A value as a header may hold it: one line, without control characters.

    >>> one_line("Sale\\r\\nBcc: all@example.test")
    'Sale Bcc: all@example.test'
    """
    if value.isprintable():
        return value.strip()
    kept = "".join(
        " " if c in "\r\n\t\u2028\u2029\x85" else c
        for c in value
        if c in "\r\n\t" or (c >= " " and c != "\x7f")
    )
    return " ".join(kept.split())


def _mended(found: re.Match[bytes]) -> bytes:
    """A line without a dot at its beginning, cut where it is too long (binascii leaves both)."""
    out, line = [], _dot_quoted(found[0])
    while len(line) > _LINE:
        cut = _LINE - 1
        while b"=" in line[cut - 2 : cut]:
            cut -= 1
        out.append(line[:cut])
        line = _dot_quoted(line[cut:])
    return SOFT_BREAK.join([*out, line])


def _dot_quoted(line: bytes) -> bytes:
    return b"=2E" + line[1:] if line.startswith(b".") else line


def quoted(text: str) -> bytes:
    """The text in quoted-printable, UTF-8.

    >>> quoted("Café\\n.hidden")
    b'Caf=C3=A9\\r\\n=2Ehidden'
    """
    raw = binascii.b2a_qp(crlf(text).encode("utf-8", "replace"), istext=True)
    if b"\r\n" not in raw:  # binascii breaks lines with a bare newline where the text has no CRLF
        raw = raw.replace(b"\n", b"\r\n")
    return _TO_MEND.sub(_mended, raw)


def soft_ended(encoded: bytes) -> bytes:
    """Encoded words that leave a fresh line behind them, without adding a line break to what is read."""
    if not encoded or encoded.endswith(b"\r\n"):
        return encoded
    last = encoded.rfind(b"\n") + 1
    if len(encoded) - last < _LINE:
        return encoded + SOFT_BREAK
    cut = len(encoded) - 3
    while b"=" in encoded[cut - 2 : cut]:
        cut -= 1
    return encoded[:cut] + SOFT_BREAK + _dot_quoted(encoded[cut:]) + SOFT_BREAK


def quoted_hole(value: str) -> bytes:
    """One value between two soft line breaks: it begins on a fresh line and leaves one behind it."""
    if not value:
        return b""
    if (
        len(value) <= _LINE - 2
        and value.isascii()
        and value.isprintable()
        and "=" not in value
        and value[0] != "."
    ):
        return value.encode("ascii") + SOFT_BREAK
    return soft_ended(quoted(value))


def _chunks(text: str) -> list[bytes]:
    """The text cut into UTF-8 pieces that never split a character."""
    chunks, current = [], b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(current) + len(encoded) > _CHUNK_BYTES:
            chunks.append(current)
            current = b""
        current += encoded
    return [*chunks, current]


def _folded(text: str, used: int) -> str:
    """ASCII words folded at spaces so that lines stay within 76 characters."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        room = _HEADER_LINE - (used if not lines else 1)
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def header_words(text: str, *, used: int) -> str:
    """The text of a header: plain where it is short ASCII, encoded words (RFC 2047) otherwise.

    `used` is how many characters of the first line the header's name takes.

    >>> header_words("Prix d'été", used=9)
    '=?utf-8?B?UHJpeCBkJ8OpdMOp?='
    """
    text = one_line(text)
    if text.isascii() and "=?" not in text and all(len(word) <= 60 for word in text.split(" ")):
        return _folded(text, used)
    words = (f"=?utf-8?B?{base64.b64encode(chunk).decode('ascii')}?=" for chunk in _chunks(text))
    return "\r\n ".join(words)
