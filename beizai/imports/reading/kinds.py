"""What a file is, by its first bytes and not by its name; and a plain word where the two disagree."""

import zipfile
from enum import StrEnum
from pathlib import Path

from beizai.base.errors import Invalid, NotFound

MAX_BYTES = 40 * 1024**3
_HEAD = 4096


class Kind(StrEnum):
    TEXT = "text"
    XLSX = "xlsx"
    XLS = "xls"
    PARQUET = "parquet"


_NAMES = {
    Kind.TEXT: "a text file (CSV)",
    Kind.XLSX: "an Excel workbook (.xlsx)",
    Kind.XLS: "an old Excel workbook (.xls)",
    Kind.PARQUET: "a Parquet file",
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
    (b"%PDF", "a PDF", "Ask for the same data as CSV or Excel."),
    (b"\x89PNG", "a picture", "Ask for the same data as CSV or Excel."),
    (b"\xff\xd8\xff", "a picture", "Ask for the same data as CSV or Excel."),
    (b"GIF8", "a picture", "Ask for the same data as CSV or Excel."),
    (b"\x1f\x8b", "a compressed file (gzip)", "Unpack it first."),
    (b"7z\xbc\xaf", "a compressed file (7z)", "Unpack it first."),
    (b"Rar!", "a compressed file (RAR)", "Unpack it first."),
    (b"SQLite format 3", "a SQLite database", "Export the table as CSV."),
    (b"{\\rtf", "a text document (RTF)", "Save the table as CSV or Excel."),
)


def file_kind(path: Path) -> Kind:
    """What the file is. NotFound where there is none; Invalid where it is empty, foreign, or not what its name says."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", hint="Check the name and the folder.")
    size = path.stat().st_size
    if size == 0:
        raise Invalid(
            f"{path.name} is empty.", hint="Export it again; it should begin with a row of column names."
        )
    if size > MAX_BYTES:
        raise Invalid(
            f"{path.name} is larger than {MAX_BYTES // 1024**3} GB.", hint="Cut it into several files."
        )
    with path.open("rb") as file:
        head = file.read(_HEAD)
    kind = _by_content(path, head)
    said = _BY_SUFFIX.get(path.suffix.lower())
    if said is not None and said != kind:
        raise Invalid(
            f"{path.name} is not what its name says: inside it is {_NAMES[kind]}.",
            hint=f"Rename it to {path.stem}{'.csv' if kind == Kind.TEXT else '.' + kind}, or export it again.",
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
            raise Invalid(f"{path.name} is {what}, not a table.", hint=hint)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<head")):
        raise Invalid(
            f"{path.name} is a web page or XML, not a table.",
            hint="Open it in Excel or LibreOffice and save it as .xlsx or CSV.",
        )
    if not start.strip(b"\x00\xff\xfe"):
        raise Invalid(f"{path.name} holds no text.", hint="Export it again.")
    return Kind.TEXT


def _zipped(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {info.filename for info in archive.infolist()[:10_000]}
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Invalid(
            f"{path.name} is damaged: it cannot be unpacked.", hint="Download or export it again."
        ) from None
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if "xl/workbook.bin" in names or "mimetype" in names:
        raise Invalid(
            f"{path.name} is a workbook of another kind.", hint="Save it as “Excel workbook (.xlsx)”."
        )
    raise Invalid(f"{path.name} is a ZIP archive, not a table.", hint="Unpack it and choose the file inside.")
