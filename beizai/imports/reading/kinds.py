"""What a file is, by its first bytes and not by its name; and a plain word where the two disagree."""

import zipfile
from enum import StrEnum
from pathlib import Path

from beizai.base.errors import Invalid, NotFound, Phrase

MAX_BYTES = 40 * 1024**3
_HEAD = 4096


class Kind(StrEnum):
    TEXT = "text"
    XLSX = "xlsx"
    XLS = "xls"
    PARQUET = "parquet"


_NAMES = {
    Kind.TEXT: Phrase("a text file (CSV)"),
    Kind.XLSX: Phrase("an Excel workbook (.xlsx)"),
    Kind.XLS: Phrase("an old Excel workbook (.xls)"),
    Kind.PARQUET: Phrase("a Parquet file"),
}
_BY_SUFFIX = {
    ".csv": Kind.TEXT,
    ".tsv": Kind.TEXT,
    ".tab": Kind.TEXT,
    ".txt": Kind.TEXT,
    ".xlsx": Kind.XLSX,
    ".xlsm": Kind.XLSX,
    ".xls": Kind.XLS,
    ".parquet": Kind.PARQUET,
    ".pq": Kind.PARQUET,
}
_FOREIGN = (
    (b"%PDF", Phrase("a PDF"), Phrase("Ask for the same data as CSV or Excel.")),
    (b"\x89PNG", Phrase("a picture"), Phrase("Ask for the same data as CSV or Excel.")),
    (b"\xff\xd8\xff", Phrase("a picture"), Phrase("Ask for the same data as CSV or Excel.")),
    (b"GIF8", Phrase("a picture"), Phrase("Ask for the same data as CSV or Excel.")),
    (b"\x1f\x8b", Phrase("a compressed file (gzip)"), Phrase("Unpack it first.")),
    (b"7z\xbc\xaf", Phrase("a compressed file (7z)"), Phrase("Unpack it first.")),
    (b"Rar!", Phrase("a compressed file (RAR)"), Phrase("Unpack it first.")),
    (b"SQLite format 3", Phrase("a SQLite database"), Phrase("Export the table as CSV.")),
    (b"{\\rtf", Phrase("a text document (RTF)"), Phrase("Save the table as CSV or Excel.")),
)


def file_kind(path: Path) -> Kind:
    """What the file is. NotFound where there is none; Invalid where it is empty, foreign, or not what its name says."""
    if not path.is_file():
        raise NotFound("There is no file {path}.", hint="Check the name and the folder.", path=path)
    size = path.stat().st_size
    if size == 0:
        raise Invalid(
            "{file} is empty.",
            hint="Export it again; it should begin with a row of column names.",
            file=path.name,
        )
    if size > MAX_BYTES:
        raise Invalid(
            "{file} is larger than {limit} GB.",
            hint="Cut it into several files.",
            file=path.name,
            limit=MAX_BYTES // 1024**3,
        )
    with path.open("rb") as file:
        head = file.read(_HEAD)
    kind = _by_content(path, head)
    said = _BY_SUFFIX.get(path.suffix.lower())
    if said is not None and said != kind:
        raise Invalid(
            "{file} is not what its name says: inside it is {what}.",
            hint="Rename it to {stem}{ending}, or export it again.",
            file=path.name,
            what=_NAMES[kind],
            stem=path.stem,
            ending=".csv" if kind == Kind.TEXT else "." + kind,
        )
    return kind


def _by_content(path: Path, head: bytes) -> Kind:
    if head.startswith(b"PAR1"):
        return Kind.PARQUET
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Kind.XLS
    for magic, what, hint in _FOREIGN:
        if head.startswith(magic):
            raise Invalid("{file} is {what}, not a table.", hint=hint, file=path.name, what=what)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<head")):
        raise Invalid(
            "{file} is a web page or XML, not a table.",
            hint="Open it in Excel or LibreOffice and save it as .xlsx or CSV.",
            file=path.name,
        )
    if not start.strip(b"\x00\xff\xfe"):
        raise Invalid("{file} holds no text.", hint="Export it again.", file=path.name)
    return Kind.TEXT


def _zipped(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {info.filename for info in archive.infolist()[:10_000]}
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Invalid(
            "{file} is damaged: it cannot be unpacked.", hint="Download or export it again.", file=path.name
        ) from None
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if "xl/workbook.bin" in names or "mimetype" in names:
        raise Invalid(
            "{file} is a workbook of another kind.",
            hint="Save it as “Excel workbook (.xlsx)”.",
            file=path.name,
        )
    raise Invalid(
        "{file} is a ZIP archive, not a table.", hint="Unpack it and choose the file inside.", file=path.name
    )
