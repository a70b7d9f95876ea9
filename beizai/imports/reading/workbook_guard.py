"""What is looked at before a workbook is opened, so that a file made to hurt cannot fill the memory."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from beizai.base.errors import Invalid, Phrase
from beizai.imports.reading.staged import Remark

MAX_UNPACKED = 3 * 1024**3
MAX_RATIO = 400  # a sheet packs 5 to 30 times; 1,000 is what a bomb of zeros reaches
MAX_CELLS = 60_000_000  # 24 bytes and more each, held at once
MAX_TEXT = 3 * 1024**3
_MAX_ENTRIES = 10_000
_BLOCK = 1 << 22

_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d{1,9})\"")
_FAR_COLUMN = re.compile(rb"\br=\"([A-Z]{2,4})\d+\"")
_SHARED = re.compile(rb"t=\"s\"[^>]*>\s*<(?:\w+:)?v>(\d{1,9})<")
_NO_RESULT = re.compile(rb"</(?:\w+:)?f>(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>|<(?:\w+:)?v\s*/>)?</(?:\w+:)?c>")


def guard(path: Path) -> tuple[Remark, ...]:
    """Refuses a zip bomb, a sheet with a cell at the far end of the world, and texts repeated without end.

    Returns remarks on formulas: how many, and how many of them have no stored result.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _declared(path, entries)
        lengths = _shared_lengths(path, archive)
        formulas = unsolved = 0
        for entry in entries:
            if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                found = _sheet(path, archive, entry, lengths)
                formulas, unsolved = formulas + found[0], unsolved + found[1]
    remarks = (Remark("formulas", formulas), Remark("formulas_without_result", unsolved))
    return tuple(remark for remark in remarks if remark.count)


def _bomb(path: Path, why: Phrase) -> Invalid:
    return Invalid(
        "{file} is not opened: {why}.",
        hint="If the file is honest, save it again from Excel, or as CSV.",
        file=path.name,
        why=why,
    )


def _declared(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > _MAX_ENTRIES:
        raise _bomb(path, Phrase("it holds {n:,} parts", n=len(entries)))
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED:
        raise _bomb(path, Phrase("unpacked it would be {size:,.1f} GB", size=total / 1024**3))
    for entry in entries:
        if entry.file_size > 50_000_000 and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise _bomb(
                path,
                Phrase(
                    "its part {part} unpacks to {times:,} times its size",
                    part=entry.filename,
                    times=entry.file_size // max(1, entry.compress_size),
                ),
            )


def _blocks(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, end: bytes) -> Iterator[bytes]:
    """The unpacked part in blocks that end after `end`, counted as it unpacks, whatever its entry says."""
    rest = b""
    seen = 0
    try:
        with archive.open(entry) as file:
            while data := file.read(_BLOCK):
                seen += len(data)
                if seen > MAX_UNPACKED:
                    raise _bomb(path, Phrase("it unpacks without end"))
                data = rest + data
                cut = data.rfind(end) + len(end)
                if cut < len(end):
                    cut = len(data) if len(data) > 8 * _BLOCK else 0
                yield data[:cut]
                rest = data[cut:]
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
        raise Invalid(
            "{file} is damaged: it cannot be unpacked.", hint="Download or export it again.", file=path.name
        ) from None
    yield rest


def _shared_lengths(path: Path, archive: zipfile.ZipFile) -> list[int]:
    lengths: list[int] = []
    for entry in archive.infolist():
        if entry.filename == "xl/sharedStrings.xml":
            for block in _blocks(path, archive, entry, b"</si>"):
                lengths += [len(piece) for piece in block.split(b"</si>")[:-1]]
    return lengths


def _sheet(
    path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, lengths: list[int]
) -> tuple[int, int]:
    rows = columns = formulas = unsolved = shared = 0
    for block in _blocks(path, archive, entry, b"</row>"):
        rows = max([rows, *(int(number) for number in _ROW.findall(block)[-1:])])
        columns = max([columns, *(_number(name) for name in set(_FAR_COLUMN.findall(block)))])
        here = block.count(b"<f>") + block.count(b"<f ") + block.count(b":f>") // 2
        if here:
            formulas += here
            unsolved += len(_NO_RESULT.findall(block))
        shared += block.count(b't="s"')
    if rows * max(columns, 26 if columns == 0 else 1) > MAX_CELLS and columns:
        raise _bomb(
            path,
            Phrase("a sheet has cells out to row {row:,} and column {column:,}", row=rows, column=columns),
        )
    if rows > 1_048_576 or columns > 16_384:
        raise _bomb(
            path, Phrase("a sheet has a cell at row {row:,}, column {column:,}", row=rows, column=columns)
        )
    if shared * max(lengths, default=0) > MAX_TEXT and _text_size(path, archive, entry, lengths) > MAX_TEXT:
        raise _bomb(path, Phrase("its texts are repeated until they would fill the memory"))
    return formulas, unsolved


def _text_size(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, lengths: list[int]) -> int:
    total = 0
    for block in _blocks(path, archive, entry, b"</row>"):
        numbers = (int(number) for number in _SHARED.findall(block))
        total += sum(lengths[number] for number in numbers if number < len(lengths))
    return total


def _number(name: bytes) -> int:
    """The number of a column by its letter.

    >>> _number(b"AA"), _number(b"XFD")
    (27, 16384)
    """
    number = 0
    for character in name:
        number = number * 26 + character - 64
    return number
