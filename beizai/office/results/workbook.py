"""A report as an Excel workbook: the finding, the figures, the days. It names nobody."""

from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from beizai.base import money
from beizai.measurement.report import Report
from beizai.office import reasons
from beizai.office.frame import frame
from beizai.office.results.finding import finding
from beizai.office.results.pictures import adds_up, funnel


def of(report: Report) -> bytes:
    """The workbook's bytes. Words are written as words, so that nothing in it can be a formula."""
    target = BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "text_wrap": False})
    amount = book.add_format({"num_format": "#,##0" + _decimals()})
    date_format = book.add_format({"num_format": "yyyy-mm-dd"})
    _summary(book, report, bold, amount)
    _days(book, report, bold, amount, date_format)
    book.close()
    return target.getvalue()


def _decimals() -> str:
    digits = money.minor_digits(frame().shop.currency)
    return "." + "0" * digits if digits else ""


def _summary(book: Any, report: Report, bold: Any, amount: Any) -> None:
    sheet = book.add_worksheet(_("Report")[:31])
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 18)
    found = finding(report)
    rows: list[tuple[str, Any]] = [(report.name, "")]
    if report.simulated or frame().shop.simulated:
        rows.append((_("SIMULATED"), ""))
    rows += [(found.verdict.name, ""), (found.text, "")]
    rows += [(line, "") for line in found.more]
    rows += _limits(report)
    rows += [(line.name, line.step.amount) for line in adds_up(report)]
    rows += [(stage.name, stage.people) for stage in funnel(report)]
    rows += [(reasons.refusal(code).name, people) for code, people in report.ledger.refused.items()]
    money_rows = {line.name for line in adds_up(report)} | {name for name, _value in _limits(report)}
    for number, (name, value) in enumerate(rows):
        sheet.write_string(number, 0, name, bold if number == 0 else None)
        if value != "":
            in_money = name in money_rows
            sheet.write_number(number, 1, _units(value) if in_money else value, amount if in_money else None)


def _limits(report: Report) -> list[tuple[str, Any]]:
    found = report.profit
    pairs = [
        (_("Profit, estimate"), found.estimate_minor),
        (_("Profit, lower limit"), found.low_minor),
        (_("Profit, upper limit"), found.high_minor),
        (_("Planted truth (SIMULATED)"), report.planted_profit_minor),
    ]
    return [(name, value) for name, value in pairs if value is not None]


def _days(book: Any, report: Report, bold: Any, amount: Any, date_format: Any) -> None:
    sheet = book.add_worksheet(_("Days")[:31])
    sheet.set_column(0, 4, 22)
    heads = [
        _("Day"),
        _("Sales a head, written to"),
        _("Sales a head, left alone"),
        _("Contribution a head, written to"),
        _("Contribution a head, left alone"),
    ]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    for row, each in enumerate(report.curve, 1):
        sheet.write_datetime(row, 0, each.on, date_format)
        values = (
            each.treated_sales_minor,
            each.held_out_sales_minor,
            each.treated_contribution_minor,
            each.held_out_contribution_minor,
        )
        for column, value in enumerate(values, 1):
            if value is not None:
                sheet.write_number(row, column, _units(value), amount)


def _units(minor: float) -> float:
    return minor / float(10 ** money.minor_digits(frame().shop.currency))
