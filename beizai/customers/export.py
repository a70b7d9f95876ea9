"""Cards taken out to a spreadsheet: as many as there are, in little memory, and nothing in them can run as a formula."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter

from beizai.base import money
from beizai.base.cells import plain_cell
from beizai.base.errors import Invalid
from beizai.base.progress import Progress, silent
from beizai.customers import answers, belonging, facts
from beizai.customers.models import AttributeDefinition, ContactPoint, Customer, ExternalId, Tag

Cell = str | int | float | date | None
_CHUNK = 1000
EXCEL_ROWS = 1_048_575  # below the heads


@dataclass(frozen=True)
class Sheet:
    """What goes out: heads and rows, the rows as they come."""

    heads: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def sheet(
    customer_ids: Iterable[int], *, currency: str, contact_points: bool, head: Callable[[str], str] = str
) -> Sheet:
    """The cards of these ids in their order. `head` puts words to the column keys; facts marked sensitive stay at home."""
    shown = [one for one in facts.definitions(retired=True) if not facts.is_sensitive(one)]
    keys = ["customer", "name", "given_name", "family_name", "country", "language", "birthday_on"]
    keys += ["postal_address", "email", "phone", "messenger"] if contact_points else []
    keys += [
        "numbers",
        "tags",
        "first_order_on",
        "last_order_on",
        "purchase_days",
        "spent",
        "spent_12m",
        "tier",
        "stage",
        "type",
    ]
    heads = [head(key) for key in keys] + [one.label for one in shown] + [head("simulated")]
    return Sheet(heads, _rows(customer_ids, currency, contact_points, shown))


def _rows(
    customer_ids: Iterable[int], currency: str, contact_points: bool, shown: list[AttributeDefinition]
) -> Iterator[Sequence[Cell]]:
    rest = iter(customer_ids)
    while chunk := list(islice(rest, _CHUNK)):
        found = Customer.objects.filter(pk__in=chunk).select_related("standing").in_bulk()
        whose = belonging.spread(chunk)
        live = ContactPoint.objects.filter(customer_id__in=list(whose), ended_at=None)
        points = _joined(live, "channel", "value", whose)
        numbers = _joined(ExternalId.objects.filter(customer_id__in=list(whose)), None, "value", whose)
        tags = _joined(Tag.objects.filter(customer_id__in=list(whose)), None, "tag", whose)
        for customer_id in chunk:
            card = found.get(customer_id)
            if card is not None:
                yield [
                    *_person(card, points if contact_points else None),
                    numbers.get((customer_id, ""), ""),
                    tags.get((customer_id, ""), ""),
                    *_standing(card, currency),
                    *(_fact(card, one, currency) for one in shown),
                    "SIMULATED" if card.simulated else "",
                ]


def _person(card: Customer, points: dict[tuple[int, str], str] | None) -> list[Cell]:
    cells: list[Cell] = [
        card.pk,
        card.name,
        card.given_name,
        card.family_name,
        card.country,
        card.language,
        card.birthday_on,
    ]
    if points is not None:
        cells += [
            card.postal_address,
            *(points.get((card.pk, channel), "") for channel in ("email", "phone", "messenger")),
        ]
    return cells


def _standing(card: Customer, currency: str) -> list[Cell]:
    row = getattr(card, "standing", None)
    if row is None:
        return [None] * 8
    spent = [float(money.from_minor(minor, currency)) for minor in (row.spent_minor, row.spent_12m_minor)]
    return [row.first_order_on, row.last_order_on, row.purchase_days, *spent, row.tier, row.stage, row.type]


def _fact(card: Customer, one: AttributeDefinition, currency: str) -> Cell:
    value = card.facts.get(one.key, {}).get("v")
    if value is not None and one.kind == "money":
        return float(money.from_minor(value, currency))
    if value is not None and one.kind == "date":
        return date.fromisoformat(value)
    if isinstance(value, list | dict):
        return answers.text(one, value, currency=currency)
    return "yes" if value is True else "no" if value is False else value


def _joined(rows: Any, kind: str | None, value: str, whose: Mapping[int, int]) -> dict[tuple[int, str], str]:
    found: dict[tuple[int, str], dict[str, None]] = {}
    for customer_id, what, text in rows.order_by("pk").values_list("customer_id", kind or "pk", value):
        found.setdefault((whose[customer_id], what if kind else ""), {}).setdefault(text)
    return {key: "; ".join(texts) for key, texts in found.items()}


def write_csv(found: Sheet, path: Path, *, progress: Progress = silent) -> int:
    """Writes a CSV Excel opens by a double click (UTF-8 with a mark); returns how many rows."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow([plain_cell(head) for head in found.heads])
        for row in found.rows:
            out.writerow([_csv_cell(cell) for cell in row])
            count += 1
            if count % _CHUNK == 0:
                progress(count, 0, "customers")
    return count


def _csv_cell(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return plain_cell(cell) if isinstance(cell, str) else cell


def write_xlsx(found: Sheet, path: Path, *, name: str = "Customers", progress: Progress = silent) -> int:
    """Writes a workbook row by row; text is text whatever it begins with. Invalid past Excel's last row."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    count = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        page = book.add_worksheet(name[:31])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        page.freeze_panes(1, 0)
        for column, head in enumerate(found.heads):
            page.write_string(0, column, head, bold)
        for row in found.rows:
            count += 1
            if count > EXCEL_ROWS:
                raise Invalid(
                    "Excel holds 1,048,575 rows below the heads.",
                    hint="Take a CSV instead, or narrow the list.",
                )
            for column, cell in enumerate(row):
                _write(page, count, column, cell, day)
            if count % _CHUNK == 0:
                progress(count, 0, "customers")
    return count


def _write(page: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    if isinstance(cell, str):
        if cell:
            page.write_string(row, column, cell[:32_767])
    elif isinstance(cell, date):
        if cell.year >= 1900:
            page.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001  (a date)
        else:
            page.write_string(row, column, cell.isoformat())
    elif cell is not None:
        page.write_number(row, column, cell)
