"""Chats as other programs give them out: WhatsApp's text, Telegram's JSON, a plain table (pure)."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from beizai.base.errors import Invalid

_MOST = 200_000
_WHATSAPP = re.compile(
    r"^[\u200e\ufeff]?\[?(?P<a>\d{1,4})[./-](?P<b>\d{1,2})[./-](?P<c>\d{1,4}),? (?:(?P<early>上午|下午))?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:[ \u202f\u00a0]?(?P<half>[AaPp]\.?[Mm]\.?))?\]?"
    r"(?: - |:? )(?P<who>[^:]{1,80}): ?(?P<text>.*)$"
)
_WHO, _AT, _TEXT = (
    ("who", "from", "name", "sender", "auteur", "de", "发送人", "昵称", "姓名"),
    ("at", "time", "date", "datetime", "heure", "时间", "日期"),
    ("text", "message", "content", "texte", "内容", "消息"),
)


@dataclass(frozen=True)
class Line:
    """One message of an export: who, when by the shop's clock (no zone), what."""

    who: str
    at: datetime
    text: str


def read(data: bytes, *, dates: str = "") -> list[Line]:
    """The messages of an export, whatever its kind. Invalid says what is wrong, or that the dates read in two ways.

    `dates` is dmy or mdy where the file itself does not show it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(
            "The file is no text in UTF-8.", hint="Export the chat again, as text or JSON."
        ) from None
    lines = _read(text, dates)
    if not lines:
        raise Invalid(
            "No message could be read from the file.",
            hint="WhatsApp: Export chat, without media. Telegram: JSON. Else a table with the columns who, at, text.",
        )
    if len(lines) > _MOST:
        raise Invalid("The file has over {most} messages.", most=_MOST, hint="Export a shorter time.")
    return lines


def _read(text: str, dates: str) -> list[Line]:
    if text.lstrip().startswith("{"):
        return _telegram(text)
    first = text.lstrip().split("\n", 1)[0]
    if _WHATSAPP.match(first.strip("\r")) or re.match(
        r"^[\u200e\ufeff]?\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? ", first
    ):
        return _whatsapp(text, dates)
    return _table(text)


def _telegram(text: str) -> list[Line]:
    try:
        document = json.loads(text)
        messages = document["messages"]
        return [
            Line(
                str(one["from"]), datetime.fromisoformat(one["date"]).replace(tzinfo=None), _flat(one["text"])
            )
            for one in messages
            if one.get("type") == "message" and one.get("from") and _flat(one.get("text", ""))
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid(
            "The file is no chat of Telegram's.", hint="Export it as machine-readable JSON."
        ) from None


def _flat(text: object) -> str:
    """Telegram gives formatted text as a list of pieces."""
    if isinstance(text, str):
        return text
    if isinstance(text, list):
        return "".join(piece if isinstance(piece, str) else str(piece.get("text", "")) for piece in text)
    return ""


def _whatsapp(text: str, dates: str) -> list[Line]:
    pieces = list(_pieces(text))
    order = dates or _order(pieces)
    lines = []
    for match, body in pieces:
        try:
            lines.append(Line(match["who"].strip(), _moment(match, order), body.strip()))
        except ValueError:
            continue  # a line of a message that happens to begin like a date
    return [line for line in lines if line.text and not line.text.startswith(("<Media", "\u200e"))]


def _pieces(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each message with the lines that belong to it."""
    held: re.Match[str] | None = None
    body: list[str] = []
    for row in text.splitlines():
        match = _WHATSAPP.match(row)
        if match is None:
            body.append(row)
            continue
        if held is not None:
            yield held, "\n".join(body)
        held, body = match, [match["text"]]
    if held is not None:
        yield held, "\n".join(body)


def _order(pieces: list[tuple[re.Match[str], str]]) -> str:
    """Day or month first, decided over the whole file; two ways that both fit are asked."""
    if any(len(match["a"]) == 4 for match, _ in pieces):
        return "ymd"
    day_first = any(int(match["a"]) > 12 for match, _ in pieces)
    month_first = any(int(match["b"]) > 12 for match, _ in pieces)
    if day_first != month_first:
        return "dmy" if day_first else "mdy"
    raise Invalid(
        "The dates of the chat can be read in two ways.",
        hint="Say whether the day or the month stands first.",
        code="dates_ambiguous",
    )


def _moment(match: re.Match[str], order: str) -> datetime:
    first, second, third = int(match["a"]), int(match["b"]), int(match["c"])
    year, month, day = {
        "ymd": (first, second, third),
        "dmy": (third, second, first),
        "mdy": (third, first, second),
    }[order]
    hour = int(match["hour"])
    half = (match["half"] or "").lower()[:1] or {"上午": "a", "下午": "p"}.get(match["early"] or "", "")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    year += 2000 if year < 100 else 0
    return datetime(  # noqa: DTZ001  (an export's times are the shop's own; who brings it in gives them its zone)
        year, month, day, hour, int(match["minute"]), int(match["second"] or 0)
    )


def _table(text: str) -> list[Line]:
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:4_000], ",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(io.StringIO(text), dialect=dialect)
    heads = {(name or "").strip().lower(): name for name in rows.fieldnames or []}
    who, at, said = (
        next((heads[word] for word in words if word in heads), None) for words in (_WHO, _AT, _TEXT)
    )
    if who is None or at is None or said is None:
        return []
    lines = []
    for number, row in enumerate(rows, 2):
        if not (row.get(said) or "").strip():
            continue
        try:
            moment = datetime.fromisoformat((row.get(at) or "").strip().replace("/", "-")).replace(
                tzinfo=None
            )
        except ValueError:
            raise Invalid(
                "Row {row}: “{text}” is no time.",
                row=number,
                text=row.get(at) or "",
                hint="Write 2026-04-14 09:30.",
            ) from None
        lines.append(Line((row.get(who) or "").strip(), moment, (row.get(said) or "").strip()))
    return lines
