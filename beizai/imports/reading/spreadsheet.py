"""Excel workbooks: the sheet that holds the table, its stored results, its merged cells, its dates as dates."""

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from beizai.base.errors import Invalid, NotFound
from beizai.base.progress import Progress
from beizai.imports.reading.header import Header, find_header
from beizai.imports.reading.kinds import Kind
from beizai.imports.reading.staged import Options, Remark, Staged, columns_of, letter, write_rows
from beizai.imports.reading.workbook_guard import guard
from beizai.imports.words import field_of

_XLS_BYTES = 300 * 1024**2
_SHEETS = {
    "orders": ("order", "sale", "订单", "commande", "vente", "achat", "transaction"),
    "customers": ("customer", "client", "member", "客户", "顾客", "会员", "contact"),
}
_MONEY = {"quantity", "unit_price", "amount", "discount", "cost"}

Cells = list[str | None]


def stage_workbook(path: Path, folder: Path, kind: Kind, options: Options, progress: Progress) -> Staged:
    """One sheet of a workbook as a staged table; the others are named. Invalid for a locked or dangerous workbook."""
    progress(0, 0, "opening the workbook")
    if kind == Kind.XLS and path.stat().st_size > _XLS_BYTES:
        raise Invalid(
            "{file} is too large for an old workbook.", hint="Save it as .xlsx or CSV.", file=path.name
        )
    remarks = list(guard(path)) if kind == Kind.XLSX else []
    with _open(path) as book:
        names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        sheet = _choose(book, names, path.name, options)
        first = [_texts(row) for row in islice(sheet.iter_rows(), 40)]
        header = _header(first, options.header_row, sheet, path.name)
        top, left = sheet.start or (0, 0)
        columns = columns_of(header.names, offset=left)
        before = 0 if header.index is None else header.index + 1
        fill = _merged(sheet, first_row=top + before, left=left, headers=header.names)
        out = folder / "cells.parquet"
        rows = write_rows(out, len(columns), _rows(sheet, before, len(columns), fill, progress))
    if rows == 0:
        raise Invalid("{file} has column names and no rows.", hint="Export it again.", file=path.name)
    if fill:
        remarks.append(_merge_remark(fill, top + before + 1, left))
    return Staged(
        path=out,
        name=path.name,
        kind=kind.value,
        columns=columns,
        rows=rows,
        first_row=top + before + 1,
        sheet=sheet.name,
        sheets=tuple(names),
        remarks=tuple(remarks),
    )


def _open(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise Invalid(
            "{file} is locked with a password.", hint="Save it without one and try again.", file=path.name
        ) from None
    except (CalamineError, OSError, ValueError) as error:
        message = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Invalid(
            "{file} cannot be opened as a workbook ({reason}).",
            hint="It may be locked with a password or damaged: open it in Excel and save it again.",
            file=path.name,
            reason=message,
        ) from None


def _choose(book: CalamineWorkbook, names: Sequence[str], file: str, options: Options) -> CalamineSheet:
    if options.sheet is not None:
        if options.sheet not in names:
            raise NotFound(
                "{file} has no sheet “{sheet}”.",
                hint="Its sheets: {names}.",
                file=file,
                sheet=options.sheet,
                names=", ".join(names),
            )
        return _load(book, options.sheet, file)
    wanted = _SHEETS.get(options.kind or "", ())
    by_name = sorted(names, key=lambda name: not any(word in name.lower() for word in wanted))
    for name in by_name:
        sheet = _load(book, name, file)
        if sheet.height > 0:
            return sheet
    raise Invalid("{file} is empty: no sheet holds a cell.", hint="Export it again.", file=file)


def _load(book: CalamineWorkbook, name: str, file: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, OSError, ValueError) as error:
        raise Invalid(
            "{file}: the sheet “{name}” cannot be read ({reason}).",
            hint="Open and save it again.",
            file=file,
            name=name,
            reason=str(error),
        ) from None


def _header(first: Sequence[Cells], said: int | None, sheet: CalamineSheet, file: str) -> Header:
    if said is None:
        return find_header(first)
    width = max((len(row) for row in first), default=0)
    if said == 0:
        return Header(None, (None,) * width)
    index = said - 1 - (sheet.start or (0, 0))[0]
    if not 0 <= index < len(first):
        raise Invalid(
            "{file} has no row {said} to take the column names from.",
            hint="Give the row of the names.",
            file=file,
            said=said,
        )
    return Header(index, tuple(first[index]))


def _texts(row: Sequence[object]) -> Cells:
    return [as_text(value) for value in row]


def as_text(value: object) -> str | None:  # noqa: PLR0911  (one answer for each type of cell)
    """The cell as a person would have typed it.

    A whole number has no point; a number of 16 digits and more is written with an exponent, because Excel has
    already replaced its last digits by zeros.

    >>> as_text(17850.0), as_text(2.55), as_text(1.2345678901234568e17), as_text("")
    ('17850', '2.55', '1.2345678901234568e+17', None)
    """
    match value:
        case str():
            return value or None
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(float(value))
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return None


def _number(value: float) -> str | None:
    if not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return (
        f"{value:e}"
        if abs(value) >= 1e15 and value == round(value, -3) and len(repr(value)) < 8
        else repr(value)
    )


def _merged(
    sheet: CalamineSheet, *, first_row: int, left: int, headers: Sequence[str | None]
) -> dict[tuple[int, int], int]:
    """Cells (row from the first data row, column) below the first of a merged block, with the row to take the text from.

    Amounts and quantities are never filled down: they would be counted once for each line.
    """
    fill: dict[tuple[int, int], int] = {}
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or ():
        if top < first_row or first != last or bottom == top:
            continue
        column = first - left
        if 0 <= column < len(headers) and field_of(headers[column] or "") not in _MONEY:
            fill |= {(row - first_row, column): top - first_row for row in range(top + 1, bottom + 1)}
    return fill


def _merge_remark(fill: dict[tuple[int, int], int], first_row: int, left: int) -> Remark:
    row, column = min(fill)
    return Remark("merged_filled", len(fill), f"{letter(column + left)}{first_row + row}", first_row + row)


def _rows(
    sheet: CalamineSheet, before: int, width: int, fill: dict[tuple[int, int], int], progress: Progress
) -> Iterator[tuple[Cells, str | None]]:
    above: Cells = [None] * width
    filled_columns = {column for _, column in fill}
    total = sheet.height
    for number, row in enumerate(islice(sheet.iter_rows(), before, None)):
        cells = _texts(row)
        for column in filled_columns:
            if (number, column) in fill and cells[column] is None:
                cells[column] = above[column]
        above = cells
        if number % 20_000 == 0:
            progress(number, total, "reading")
        extra = any(chain(cells[width:]))
        yield cells, "too_many_cells" if extra else None
