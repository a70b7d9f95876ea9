"""Where the column names stand: titles above them are passed over, a file without names is told from one with them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beizai.imports.words import field_of

Row = Sequence[str | None]

_DATA = re.compile(r"[\s(+-]*[\d.,'’\s/:\-T年月日]+[)%€$£¥]*")


@dataclass(frozen=True)
class Header:
    """`index` is the row (from 0) of the names among the rows looked at, None where the file has no names."""

    index: int | None
    names: tuple[str | None, ...]


def find_header(rows: Sequence[Row]) -> Header:
    """The header among the first rows of a file.

    The row with the most words we know as field names wins (at least two, or one in a table of one or two
    columns); else the first row that is as wide as the table and holds nothing that looks like data.
    """
    width = max((_filled(row) for row in rows), default=0)
    if width == 0:
        return Header(None, ())
    known = [len({field_of(cell) for cell in row if cell} - {None}) for row in rows]
    best = max(range(len(rows)), key=lambda index: (known[index], -index))
    if known[best] >= min(2, width):
        return Header(best, tuple(rows[best]))
    wide = next(index for index, row in enumerate(rows) if _filled(row) >= max(1, width - 1))
    if not any(_looks_like_data(cell) for cell in rows[wide] if cell):
        return Header(wide, tuple(rows[wide]))
    return Header(None, (None,) * max(len(row) for row in rows))


def _filled(row: Row) -> int:
    return sum(1 for cell in row if cell and cell.strip())


def _looks_like_data(cell: str) -> bool:
    text = cell.strip()
    return bool(text) and (bool(_DATA.fullmatch(text)) or "@" in text)
