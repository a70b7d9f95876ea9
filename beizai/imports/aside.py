"""The kept-aside file: rows that could not be read, with their number, the column and the reason in words."""

import csv
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from beizai.base.cells import plain_cell
from beizai.imports.desk import Desk
from beizai.imports.reasons import in_words

_SHEET_ROWS = 200_000  # beyond that a CSV
_HEAD = ("Row", "Column", "Reason")


def write_aside(desk: Desk, folder: Path, name: str) -> Path:
    """Writes the rows of the table `rejected` with their cells as they stood; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    count = desk.rows("select count(*) from rejected")[0][0]
    if count > _SHEET_ROWS:
        return _csv(desk, folder / f"{name}.csv")
    return _xlsx(desk, folder / f"{name}.xlsx")


def _rows(desk: Desk) -> Iterator[list[str | None]]:
    desk.con.read_parquet(str(desk.staged.path), file_row_number=True).create_view(
        "as_it_stood", replace=True
    )
    desk.run(f"set variable first_row = {int(desk.staged.first_row)}")
    found = desk.con.execute(
        "select r.row_no, r.reason, s.* exclude (file_row_number, problem) from rejected r "
        "join as_it_stood s on s.file_row_number = r.row_no - getvariable('first_row') order by r.row_no, r.reason"
    )
    headers = {name: desk.staged.columns[index].header for name, index in desk.mapped.fields.items()}
    while rows := found.fetchmany(5000):
        for row_no, reason, *cells in rows:
            field = reason.partition(":")[2]
            yield [str(row_no), headers.get(field, field), in_words(reason), *cells]


def _csv(desk: Desk, path: Path) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*_HEAD, *(plain_cell(column.header) for column in desk.staged.columns)])
        for row in _rows(desk):
            writer.writerow([plain_cell(cell) if cell else "" for cell in row])
    return path


def _xlsx(desk: Desk, path: Path) -> Path:
    """Every cell is written as text, so that nothing in it is run as a formula."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Kept aside")
        bold = book.add_format({"bold": True})
        wide = book.add_format({"text_wrap": False})
        sheet.set_column(0, 1, 14, wide)
        sheet.set_column(2, 2, 60, wide)
        sheet.freeze_panes(1, 3)
        for index, head in enumerate((*_HEAD, *(column.header for column in desk.staged.columns))):
            sheet.write_string(0, index, head, bold)
        for number, row in enumerate(_rows(desk), start=1):
            sheet.write_number(number, 0, int(row[0] or 0))
            for index, cell in enumerate(row[1:], start=1):
                if cell:
                    sheet.write_string(number, index, cell[:32_000])
    return path
