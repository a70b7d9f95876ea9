"""All that is held of one person, from every room, as something they can read: JSON and a workbook (GDPR art. 15 and 20)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from beizai.base import personal
from beizai.base.cells import plain_cell
from beizai.customers import belonging, cards

_LONGEST_CELL = 32_767
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class Part:
    """What one table holds: its rows in readable words."""

    table: str
    what: str
    keep_days: int | None
    rows: Sequence[Mapping[str, Any]]


def parts(customer_id: int) -> list[Part]:
    """Everything registered, of this card and of those joined to it; empty tables are named too. NotFound where no card is."""
    numbers = belonging.ids_of(cards.get(customer_id).pk)
    return [
        Part(
            one.table,
            one.what,
            one.keep_days,
            [dict(row) for number in numbers for row in one.give_out(number)],
        )
        for one in personal.holdings()
    ]


def document(customer_id: int, *, at: datetime, shop_name: str) -> dict[str, Any]:
    """The whole as one document; times are ISO text, money is in minor units of the book's currency."""
    return {
        "customer": customer_id,
        "held_by": shop_name,
        "as_of": at.isoformat(),
        "data": [
            {"table": one.table, "what": one.what, "kept_days": one.keep_days, "rows": list(one.rows)}
            for one in parts(customer_id)
        ],
    }


def as_json(found: Mapping[str, Any]) -> str:
    """The document as text a person can read and a machine too."""
    return json.dumps(found, ensure_ascii=False, indent=2, default=str)


def write(found: Mapping[str, Any], folder: Path) -> tuple[Path, Path]:
    """Writes customer-N.json and customer-N.xlsx (one sheet a table that holds something); returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"customer-{found['customer']}"
    text, book = folder / f"{name}.json", folder / f"{name}.xlsx"
    text.write_text(as_json(found), encoding="utf-8")
    write_xlsx(found, book)
    return text, book


def write_xlsx(found: Mapping[str, Any], path: Path) -> None:
    """The same as a workbook: a first sheet that says what is where, then a sheet for each table with rows."""
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        bold = book.add_format({"bold": True})
        first = book.add_worksheet("Contents")
        _line(first, 0, ["Sheet", "What", "Rows", "Kept for days"], bold)
        for number, part in enumerate(found["data"], start=1):
            sheet = f"{number} {part['table'].split('.')[-1].split('_')[-1]}"[:31] if part["rows"] else ""
            _line(first, number, [sheet, part["what"], len(part["rows"]), part["kept_days"] or ""])
            if part["rows"]:
                _sheet(book.add_worksheet(sheet), part["rows"], bold)
        first.set_column(0, 1, 40)


def _sheet(page: Any, rows: Sequence[Mapping[str, Any]], bold: Any) -> None:
    heads = list(dict.fromkeys(key for row in rows for key in row))
    _line(page, 0, [head.replace("__", " ").replace("_", " ") for head in heads], bold)
    for number, row in enumerate(rows, start=1):
        _line(page, number, [row.get(head) for head in heads])
    page.freeze_panes(1, 0)


def _line(page: Any, row: int, cells: Sequence[Any], style: Any = None) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            page.write_number(row, column, cell, style)
        elif cell not in (None, ""):
            text = (
                json.dumps(cell, ensure_ascii=False, default=str)
                if isinstance(cell, dict | list)
                else str(cell)
            )
            page.write_string(row, column, plain_cell(text)[:_LONGEST_CELL], style)
