"""CSV and its kin: in one fast sweep where the file is regular, record by record where it is not; the same cells either way."""

import csv
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from beizai.base.errors import Invalid
from beizai.base.progress import Progress
from beizai.imports.reading.encoding import Text, as_utf8
from beizai.imports.reading.header import Header, find_header
from beizai.imports.reading.staged import Options, Remark, Staged, columns_of, write_rows

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_BYTES = 1 << 18
_SAMPLE_ROWS = 200
_LONGEST_RECORD = 1000  # lines: a quotation mark that is still open after so many was never closed
_CHUNK = 1 << 24

Cells = list[str | None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out. `skip` counts lines before the data, `header_at` the record of the names."""

    delimiter: str
    header: Header
    width: int
    skip: int
    records_before: int
    one_line_each: bool


def stage_text(path: Path, folder: Path, options: Options, progress: Progress) -> Staged:
    """The file as a staged table. Invalid for a quotation mark that is never closed and for a file without rows."""
    size = path.stat().st_size
    progress(0, size, "reading")
    text = as_utf8(path, folder, options.encoding)
    layout = _layout(text, path.name, options)
    columns = columns_of(layout.header.names)
    out = folder / "cells.parquet"
    remarks = list(text.remarks)
    if not (layout.one_line_each and _regular(text.path) and _sweep(text.path, out, layout)):
        broken = _Broken()
        write_rows(out, layout.width, _records(text.path, path.name, layout, broken))
        remarks += broken.remarks()
    rows = pq.read_metadata(out).num_rows
    if rows == 0:
        raise Invalid("{file} has column names and no rows.", hint="Export it again.", file=path.name)
    progress(size, size, "reading")
    return Staged(
        path=out,
        name=path.name,
        kind="text",
        columns=columns,
        rows=rows,
        first_row=layout.records_before + 1,
        encoding=text.encoding,
        delimiter=layout.delimiter,
        remarks=tuple(remarks),
    )


def _layout(text: Text, name: str, options: Options) -> Layout:
    with text.path.open("rb") as file:
        raw = file.read(_SAMPLE_BYTES)
        more = bool(file.read(1))
    sample = raw.decode("utf-8-sig", errors="ignore").replace("\x00", "")
    lines = sample.splitlines(keepends=True)
    if more and len(lines) > 1:
        lines = lines[:-1]
    said = 1 if lines and lines[0].lower().startswith("sep=") else 0
    delimiter = options.delimiter or (lines[0].strip()[4:5] if said else "") or sniff(lines)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise Invalid(
            "“{delimiter}” cannot be the delimiter.",
            hint="Use one character: , ; | or a tab.",
            delimiter=delimiter,
        )
    records, ends = _first_records(lines[said:], delimiter, name)
    header = _header(records, options.header_row, said, name)
    before = 0 if header.index is None else header.index + 1
    skip = said + (ends[before - 1] if before else 0)
    width = len(header.names)
    return Layout(delimiter, header, width, skip, said + before, skip == said + before)


def _first_records(lines: Sequence[str], delimiter: str, name: str) -> tuple[list[Cells], list[int]]:
    reader = csv.reader(lines, delimiter=delimiter)
    records: list[Cells] = []
    ends: list[int] = []
    try:
        for record in islice(reader, _SAMPLE_ROWS):
            records.append([cell or None for cell in record])
            ends.append(reader.line_num)
    except csv.Error:
        raise _unclosed(name, len(records) + 1) from None
    if not records:
        raise Invalid("{name} holds no text.", hint="Export it again.", name=name)
    return records, ends


def _header(records: Sequence[Cells], said: int | None, before: int, name: str) -> Header:
    if said is None:
        return find_header(records[:40])
    if said == 0:
        return Header(None, (None,) * max(len(record) for record in records))
    index = said - 1 - before
    if not 0 <= index < len(records):
        raise Invalid(
            "{name} has no row {said} to take the column names from.",
            hint="Give the row of the names.",
            name=name,
            said=said,
        )
    return Header(index, tuple(records[index]))


def sniff(lines: Sequence[str]) -> str:
    """The delimiter that cuts the most lines into the same number of cells (at least two), comma where none does.

    >>> sniff(["a;b;c", "1,5;2;3", "2,5;2;3"])
    ';'
    """
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines[:_SAMPLE_ROWS], delimiter=delimiter) if row]
        except csv.Error:
            continue
        width, often = max(Counter(widths).items(), key=lambda pair: (pair[1], pair[0]), default=(1, 0))
        score = often / len(widths) * min(width, 8) if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _regular(path: Path) -> bool:
    """Whether the fast sweep would number the rows as a spreadsheet does: no blank lines, no zero bytes, no lone CR."""
    if any(character in str(path) for character in "*?["):
        return False  # the engine would take the name for a pattern
    last = b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            block = last + chunk
            if b"\n\n" in block or b"\x00" in chunk:
                return False
            if b"\r" in chunk and (b"\n\r\n" in block or block.count(b"\r", 0, -1) != block.count(b"\r\n")):
                return False
            last = chunk[-2:] if chunk.endswith(b"\r") else chunk[-1:]
    return True


def _sweep(path: Path, out: Path, layout: Layout) -> bool:
    """Writes the staged table with DuckDB in parallel; False where the file is not regular enough for it."""
    con = duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(out.parent)})
    try:
        con.execute("set enable_progress_bar = false").complete()  # it would go into standard output
        cells = con.read_csv(
            str(path),
            header=False,
            skiprows=layout.skip,
            sep=layout.delimiter,
            quotechar='"',
            escapechar='"',
            columns={f"c{index}": "VARCHAR" for index in range(layout.width)},
            auto_detect=False,
            strict_mode=True,
            encoding="utf-8",
        )
        cells.project("*, null::varchar as problem").write_parquet(
            str(out), compression="lz4", row_group_size=122_880
        )
    except duckdb.Error as error:
        logger.info("the fast sweep gave up, reading record by record: %s", type(error).__name__)
        return False
    finally:
        con.close()
    return True


class _Broken:
    """What the careful reading had to mend."""

    def __init__(self) -> None:
        self.short = 0
        self.long = 0

    def remarks(self) -> list[Remark]:
        found = (("short_rows", self.short), ("long_rows", self.long))
        return [Remark(code, count) for code, count in found if count]


class _Lines:
    """The lines of a file without zero bytes, remembering those of the record being read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines).replace("\x00", "")
        self.record.append(line)
        if len(self.record) > _LONGEST_RECORD:
            raise csv.Error("unclosed")
        return line


def _records(path: Path, name: str, layout: Layout, broken: _Broken) -> Iterator[tuple[Cells, str | None]]:
    number = 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=layout.delimiter)
        try:
            for number, record in enumerate(reader, start=1):
                if number > layout.records_before:
                    yield _mend(record, layout.width, broken)
                last, lines.record = lines.record, []
        except csv.Error:
            raise _unclosed(name, number + 1) from None
        if number and len(last) > 1 and "".join(last).count('"') % 2:
            raise _unclosed(name, number)


def _mend(record: Sequence[str], width: int, broken: _Broken) -> tuple[Cells, str | None]:
    cells: Cells = [cell or None for cell in record]
    if 0 < len(cells) < width:
        broken.short += 1
    if any(cells[width:]):
        broken.long += 1
        return cells, "too_many_cells"
    return cells, None


def _unclosed(name: str, row_no: int) -> Invalid:
    return Invalid(
        "{name}, row {row:,}: a quotation mark is opened and never closed.",
        hint="Correct this row, or export the file again; nothing was brought in.",
        name=name,
        row=row_no,
    )
