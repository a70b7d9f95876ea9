"""The staged table: every cell as text in a Parquet file, in the order and with the numbering of the file it came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from beizai.base.errors import Invalid

MAX_COLUMNS = 1000
CHUNK_ROWS = 50_000


@dataclass(frozen=True)
class Options:
    """What the user may say about a file that cannot be seen in it; None lets the reader find out.

    `header_row` is the row number of the column names as a spreadsheet counts (1 is the first);
    0 says that the file has none.
    """

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    kind: str | None = None  # "orders" or "customers": which sheet of a workbook is meant


@dataclass(frozen=True)
class Column:
    """A column of the file: its place, its letter as a spreadsheet shows it, its header (or the letter where it has none)."""

    index: int
    letter: str
    header: str


@dataclass(frozen=True)
class Remark:
    """Something done or noticed while reading: a code, how often, and one example with its row."""

    code: str
    count: int
    example: str = ""
    row_no: int | None = None


@dataclass(frozen=True)
class Staged:
    """A file read into `path`: columns c0, c1, ... (text, null where blank) and `problem` (a reason code where the row
    itself is broken). Row `i` of it (from 0) is row `first_row + i` of the file."""

    path: Path
    name: str
    kind: str
    columns: tuple[Column, ...]
    rows: int
    first_row: int
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    remarks: tuple[Remark, ...] = field(default=())


def letter(index: int) -> str:
    """The letter of a column as a spreadsheet shows it.

    >>> letter(0), letter(25), letter(26), letter(701), letter(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def columns_of(headers: Sequence[str | None], *, offset: int = 0) -> tuple[Column, ...]:
    """The columns of these headers; equal headers are told apart by their letter."""
    if len(headers) > MAX_COLUMNS:
        raise Invalid(
            "The file has {n:,} columns; {limit:,} can be read.",
            hint="Delete the columns you do not need, or check that the delimiter is right.",
            n=len(headers),
            limit=MAX_COLUMNS,
        )
    seen: set[str] = set()
    columns = []
    for index, header in enumerate(headers):
        mark = letter(index + offset)
        text = " ".join((header or "").replace("\ufeff", "").split())[:200] or mark
        if text in seen:
            text = f"{text} ({mark})"
        seen.add(text)
        columns.append(Column(index, mark, text))
    return tuple(columns)


def schema(width: int) -> pa.Schema:
    """The Arrow schema of a staged table of so many columns."""
    return pa.schema([*((f"c{index}", pa.string()) for index in range(width)), ("problem", pa.string())])


def write_rows(path: Path, width: int, rows: Iterable[tuple[Sequence[str | None], str | None]]) -> int:
    """Writes (cells, problem) pairs, padding short rows and dropping cells past `width`; returns how many."""
    shape = schema(width)
    count = 0
    with pq.ParquetWriter(path, shape, compression="lz4") as writer:
        columns: list[list[str | None]] = [[] for _ in range(width + 1)]
        for cells, problem in rows:
            for index in range(width):
                columns[index].append(cells[index] if index < len(cells) else None)
            columns[width].append(problem)
            count += 1
            if count % CHUNK_ROWS == 0:
                writer.write_table(pa.table(columns, schema=shape))
                columns = [[] for _ in range(width + 1)]
        writer.write_table(pa.table(columns, schema=shape))
    return count
