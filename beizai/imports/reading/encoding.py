"""The writing of a text file: which encoding it is in, and a copy in UTF-8 where it is in another or in two."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from beizai.base.errors import Invalid
from beizai.imports.reading.staged import Remark

_CHUNK = 1 << 24
_SAMPLE_BYTES = 200_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1252", "cp1250", "cp1251")
_ACCENTS = set("éèêàçùôîïâûëüöäßñáíóúÉÈÀÇÖÜÄ€’“”«»–°œæåøÅØÆãõ")
_CYRILLIC = re.compile(r"[а-яА-ЯёЁ]")


@dataclass(frozen=True)
class Text:
    """A text file in UTF-8 at `path`; `encoding` is what it was."""

    path: Path
    encoding: str
    remarks: tuple[Remark, ...] = ()


def as_utf8(path: Path, folder: Path, said: str | None = None) -> Text:
    """The file, or a copy of it in UTF-8. Lines written in a second encoding are repaired one by one and remarked.

    Invalid where the encoding said is unknown or does not fit.
    """
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    encoding = _known(said) if said else _by_mark(head)
    if encoding in ("utf-8-sig", "utf-8") or (encoding is None and _is_utf8(path)):
        if encoding == "utf-8" and not _is_utf8(path):
            raise _misfit(path, "UTF-8")
        return Text(path, "utf-8")
    copy = folder / "text.utf8"
    if encoding is not None:
        _transcode(path, copy, encoding)
        return Text(copy, encoding)
    return _by_line(path, copy)


def _known(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise Invalid(
            "“{name}” is not an encoding.",
            hint="Use a name such as utf-8, gb18030, big5 or cp1252.",
            name=name,
        ) from None


def _misfit(path: Path, encoding: str) -> Invalid:
    return Invalid(
        "{file} is not written in {encoding}.",
        hint="Leave the encoding out, or save the file as UTF-8.",
        file=path.name,
        encoding=encoding,
    )


def _by_mark(head: bytes) -> str | None:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    sample = head[:_SAMPLE_BYTES]
    if sample.count(0) > len(sample) // 5:
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    return None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if not chunk.isascii() or decoder.getstate()[0]:
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _transcode(path: Path, copy: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file, copy.open("wb") as out:
            while chunk := file.read(_CHUNK):
                out.write(decoder.decode(chunk).encode())
            out.write(decoder.decode(b"", final=True).encode())
    except (UnicodeDecodeError, UnicodeEncodeError):
        raise _misfit(path, encoding) from None


def _by_line(path: Path, copy: Path) -> Text:
    """A file that is not UTF-8 as a whole: decided over its lines with letters beyond ASCII."""
    sample: list[bytes] = []
    good = bad = 0
    size = 0
    for line in _lines(path):
        if line.isascii():
            continue
        if _decodes(line, "utf-8"):
            good += 1
        else:
            bad += 1
            if size < _SAMPLE_BYTES:
                sample.append(line)
                size += len(line)
    legacy = guess(b"".join(sample))
    mixed = good >= max(1, (good + bad) // 20)
    order = ("utf-8", legacy) if mixed else (legacy, "utf-8")
    other, first = _write(path, copy, order)
    if not mixed and not other:
        return Text(copy, legacy)
    return Text(copy, order[0], (Remark("two_encodings", other, f"{order[1]}: {first[1]}", first[0]),))


def _write(path: Path, copy: Path, order: tuple[str, str]) -> tuple[int, tuple[int, str]]:
    other = 0
    first = (0, "")
    with copy.open("wb") as out:
        for number, line in enumerate(_lines(path), start=1):
            if line.isascii():
                out.write(line)
                continue
            text, main = _read(line, order)
            out.write(text.encode())
            if not main:
                other += 1
                first = first if first[0] else (number, text.strip()[:60])
    return other, first


def _read(line: bytes, order: tuple[str, str]) -> tuple[str, bool]:
    for encoding in order:
        try:
            return line.decode(encoding), encoding == order[0]
        except UnicodeDecodeError:
            continue
    return line.decode("cp1252", errors="replace"), False


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def guess(sample: bytes) -> str:
    """The likeliest encoding of a text that is not UTF-8, by how common its characters would be in each.

    >>> guess("订单编号,数量,买家会员名".encode("gb18030")), guess("Prénom,Café".encode("cp1252"))
    ('gb18030', 'cp1252')
    """
    best, best_score = "cp1252", -1.0
    for encoding in _LEGACY:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        score = _plausible(text, encoding)
        if score > best_score + 1e-9:
            best, best_score = encoding, score
    return best


def _plausible(text: str, encoding: str) -> float:
    """The share of the letters beyond ASCII that are everyday ones in that encoding's language."""
    letters = [c for c in text if ord(c) > 127]
    if not letters:
        return 0.0
    usual = _USUAL.get(encoding, _european)
    return sum(1.0 for c in letters if usual(c)) / len(letters) - 0.05 * (encoding in ("cp1250", "cp1251"))


def _lead(character: str, codec: str, low: int, high: int) -> bool:
    try:
        raw = character.encode(codec)
    except UnicodeEncodeError:
        return False
    return len(raw) == 2 and low <= raw[0] <= high


def _gb(c: str) -> bool:
    return _lead(c, "gb2312", 0xB0, 0xD7) or c in "，。：；？！“”‘’（）《》、￥·"


def _big5(c: str) -> bool:
    return _lead(c, "big5", 0xA4, 0xC6) or c in "，。：；？！「」『』（）《》、"


def _japanese(c: str) -> bool:
    return "\u3040" <= c <= "\u30ff" or _lead(c, "cp932", 0x88, 0x97) or c in "、。「」（）・ー"


def _korean(c: str) -> bool:
    return "\uac00" <= c <= "\ud7a3" and _lead(c, "euc_kr", 0xB0, 0xC8)


def _european(c: str) -> bool:
    return c in _ACCENTS


def _cyrillic(c: str) -> bool:
    return bool(_CYRILLIC.match(c))


_USUAL: dict[str, Callable[[str], bool]] = {
    "gb18030": _gb,
    "big5hkscs": _big5,
    "cp932": _japanese,
    "euc_jp": _japanese,
    "cp949": _korean,
    "cp1251": _cyrillic,
}
