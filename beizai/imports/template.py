"""The blank workbook a shop fills in by hand: its columns are known, so it comes in without being asked about."""

from pathlib import Path

import xlsxwriter

SHEETS: dict[str, tuple[tuple[str, str], ...]] = {
    "Orders": (
        ("Order number", "@"), ("Date", "yyyy-mm-dd hh:mm"), ("Customer number", "@"), ("Name", "@"), ("Email", "@"), ("Phone", "@"),
        ("Product number", "@"), ("Product name", "@"), ("Category", "@"), ("Quantity", "General"), ("Unit price", "0.00"),
        ("Discount", "0.00"), ("Amount", "0.00"), ("Currency", "@"), ("Cost", "0.00"), ("Store", "@"), ("Staff", "@"), ("Country", "@"),
    ),
    "Customers": (
        ("Customer number", "@"), ("Name", "@"), ("Given name", "@"), ("Family name", "@"), ("Email", "@"), ("Phone", "@"), ("Street", "@"),
        ("Postcode", "@"), ("City", "@"), ("Country", "@"), ("Language", "@"), ("Birthday", "yyyy-mm-dd"), ("Tags", "@"),
        ("Consent text", "@"), ("Consent where", "@"), ("Consent date", "yyyy-mm-dd"),
    ),
}  # fmt: skip

_NOTES = {
    "Order number": "One row for each line of an order; lines with the same number are one order.",
    "Date": "When it was ordered, in the shop's time.",
    "Customer number": "Leave it empty for a sale to somebody unknown.",
    "Quantity": "Negative for a return.",
    "Amount": "What was paid for this line. Leave it empty where quantity and unit price say it.",
    "Cost": "What one piece costs the shop.",
    "Consent text": "The exact words they agreed to. Without words, place and date nobody may be written to.",
}


def write_template(path: Path) -> Path:
    """Writes the blank workbook; numbers and phones are kept as text, so that Excel does not drop their zeros."""
    with xlsxwriter.Workbook(str(path)) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, columns in SHEETS.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for index, (header, shape) in enumerate(columns):
                sheet.set_column(
                    index, index, max(12, len(header) + 4), book.add_format({"num_format": shape})
                )
                sheet.write_string(0, index, header, bold)
                if header in _NOTES:
                    sheet.write_comment(0, index, _NOTES[header])
    return path
