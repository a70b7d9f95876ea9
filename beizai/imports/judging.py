"""How an orders file is read: its dates, numbers, countries and states told word by word, then every row judged at once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import pyarrow as pa

from beizai.base.errors import Invalid
from beizai.base.money import check_currency, minor_digits
from beizai.imports import dates, numbers, places, rates, statements
from beizai.imports.desk import Choices, Desk
from beizai.imports.words import plain

_TOO_LARGE = Decimal(10) ** 20  # beyond every limit, and within the 38 digits of the engine
_NOT_A_SALE = {
    plain(word)
    for word in (
        "cancelled; canceled; voided; refunded; failed; pending; pending payment; unpaid; payment error; expired; "
        "wc-cancelled; wc-refunded; wc-failed; wc-pending; checkout-draft; awaiting check payment; awaiting bank wire payment; "
        "annulé; annulée; remboursé; remboursée; échoué; en attente de paiement; erreur de paiement; impayé; impayée; "
        "交易关闭; 等待买家付款; 已关闭; 已取消; 取消; 已退款; 退款成功; 未付款; 待付款; 全部退款"
    ).split(";")
}


@dataclass(frozen=True)
class Repair:
    """Something the import would put right: what (a code), on how many rows, an example before and after, done or left.

    `optional` repairs can be left; `done` says what will happen. Others tell how the file is read.
    """

    code: str
    rows: int
    before: str = ""
    after: str = ""
    optional: bool = True
    done: bool = True


@dataclass(frozen=True)
class Judgement:
    """What was found out about a file: its rows (blank ones left out), how it is read, and what is put right."""

    rows: int
    dates: str | None
    decimal: str | None
    repairs: tuple[Repair, ...]


def judge_orders(desk: Desk, choices: Choices) -> Judgement:
    """Prepares the views `filled`, `typed`, `judged` and `priced` of an orders file.

    Invalid, asking, where dates or decimals can be read in two ways.
    """
    profile = desk.one(statements.PROFILE)
    repairs = list(_cell_repairs(profile, choices))
    done = {repair.code for repair in repairs if repair.done}
    fields = desk.mapped.fields
    desk.variables(
        untidy=bool(profile["untidy"]),
        wrapped="wrapped_text" in done,
        null_words="null_words" in done,
        strip_customer="whole_numbers" in done and _all_points(profile, "customer"),
        strip_order="whole_numbers" in done and _all_points(profile, "order"),
        strip_product="whole_numbers" in done and _all_points(profile, "product"),
        zone=choices.zone,
        book=choices.currency,
        book_scale=10 ** minor_digits(choices.currency),
        latest=choices.latest,
        has_order="order" in fields,
        has_quantity="quantity" in fields,
        has_amount="amount" in fields,
        flip_returns=choices.does("return_sign"),
        guest_zero=_guests(desk, choices),
    )
    desk.run(statements.CLEAN_MENDED if profile["untidy"] or done else statements.CLEAN_AS_THEY_ARE)
    for statement in (statements.HEADS, statements.FILLED) if profile["gaps"] else (statements.NOT_FILLED,):
        desk.run(statement)
    style, date_repairs = _read_dates(desk, choices)
    sign, number_repairs = _read_numbers(desk, choices)
    _read_words(desk)
    desk.run(statements.TYPED)
    _read_currencies(desk)
    for statement in (statements.PRODUCTS, statements.JUDGED, statements.PRICED):
        desk.run(statement)
    if profile["gaps"]:
        repairs.append(Repair("order_cells", profile["gaps"], optional=False))
    return Judgement(profile["rows"], style, sign, (*repairs, *date_repairs, *number_repairs))


def _cell_repairs(profile: dict[str, int], choices: Choices) -> Iterable[Repair]:
    points = sum(
        profile[f"{name}_points"] for name in ("customer", "order", "product") if _all_points(profile, name)
    )
    example = str(profile["customer_example"] or "")
    found = (
        Repair("whole_numbers", points, example, example.removesuffix(".0")),
        Repair("null_words", profile["null_words"], "NaN", ""),
        Repair("wrapped_text", profile["wrapped"], '="0012"', "0012"),
    )
    return [replace(repair, done=choices.does(repair.code)) for repair in found if repair.rows]


def _all_points(profile: dict[str, int], name: str) -> bool:
    """Whether every point in the column ends a whole number: then a program has made numbers of the column's texts."""
    return 0 < profile[f"{name}_points"] == profile[f"{name}_dots"]


def _guests(desk: Desk, choices: Choices) -> bool:
    return choices.does("guest_zero") and {"customer", "email"} <= desk.mapped.fields.keys()


def _read_dates(desk: Desk, choices: Choices) -> tuple[str | None, list[Repair]]:
    if (
        desk.one(statements.ALL_ISO)["bool_and(iso(at_text))"] is not False
        and "time" not in desk.mapped.fields
    ):
        desk.run(statements.DATED_ISO)
        return None, []
    texts = desk.rows(statements.DAY_TEXTS)
    column = desk.staged.columns[desk.mapped.fields["at"]].header
    said = choices.dates
    style = dates.decide({text: count for text, count, _ in texts}, dates.style_named(said), column=column)
    days = [(text, dates.read_day(text, style)) for text, _, _ in texts]
    desk.fill(
        "day_words",
        pa.table(
            {
                "text": pa.array([text for text, _ in days], pa.string()),
                "day": pa.array([day.on if day else None for _, day in days], pa.date32()),
                "microseconds": pa.array([day.microseconds if day else None for _, day in days], pa.int64()),
            }
        ),
    )
    clocks = [(text, dates.read_clock(text)) for (text,) in desk.rows(statements.CLOCK_TEXTS)]
    desk.fill(
        "clock_words",
        pa.table(
            {
                "text": pa.array([text for text, _ in clocks], pa.string()),
                "microseconds": pa.array(
                    [found.microseconds if found else None for _, found in clocks], pa.int64()
                ),
                "offset_minutes": pa.array(
                    [found.offset_minutes if found else None for _, found in clocks], pa.int32()
                ),
            }
        ),
    )
    desk.run(statements.DATED_READ)
    return style, list(_date_repairs(texts, style))


def _date_repairs(texts: list[tuple[str, int, int]], style: dates.Style | None) -> Iterable[Repair]:
    serials = [
        (text, count)
        for text, count, _ in texts
        if text.replace(".", "").isdigit() and len(text.split(".")[0]) == 5
    ]
    if serials:
        day = dates.read_day(serials[0][0], None)
        yield Repair(
            "excel_dates",
            sum(count for _, count in serials),
            serials[0][0],
            str(day.on) if day else "",
            optional=False,
        )
    styled = [(text, count) for text, count, _ in texts if dates.styles_of(text)]
    if styled and style:
        day = dates.read_day(styled[0][0], style)
        yield Repair(
            "date_style",
            sum(count for _, count in styled),
            styled[0][0],
            str(day.on) if day else style,
            optional=False,
        )


def _read_numbers(desk: Desk, choices: Choices) -> tuple[str | None, list[Repair]]:
    texts = desk.rows(statements.NUMBER_TEXTS)
    odd = [text for text, plain_number in texts if not plain_number]
    said: numbers.Sign | None = None
    if choices.decimal is not None:
        if choices.decimal not in ("point", "comma"):
            raise Invalid(
                "“{decimal}” is not a decimal sign.", hint="Use point or comma.", decimal=choices.decimal
            )
        said = "comma" if choices.decimal == "comma" else "point"
    if not odd and said != "comma":
        return None, []
    sign = numbers.decide((text for text, _ in texts), said, delimiter=desk.staged.delimiter)
    # with a decimal comma every text with a point is a grouped thousand, however plain it looks
    to_read = [text for text, plain_number in texts if not plain_number or (sign == "comma" and "." in text)]
    values = [_limited(numbers.read_number(text, sign)) for text in to_read]
    desk.fill(
        "number_words",
        pa.table({"text": pa.array(to_read, pa.string()), "value": pa.array(values, pa.decimal128(38, 6))}),
    )
    commas = [text for text in odd if "," in text]
    if sign == "comma" and commas:
        return sign, [
            Repair(
                "decimal_comma",
                len(commas),
                commas[0],
                str(numbers.read_number(commas[0], sign)),
                optional=False,
            )
        ]
    return sign, []


def _limited(value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    if abs(value) >= _TOO_LARGE:
        return _TOO_LARGE.copy_sign(value)
    return value.quantize(Decimal("0.000001"))


def _read_words(desk: Desk) -> None:
    countries = [text for (text,) in desk.rows(statements.COUNTRY_TEXTS)]
    known = [(text, code) for text in countries if (code := places.country_code(text))]
    desk.fill(
        "country_words",
        pa.table(
            {
                "text": pa.array([t for t, _ in known], pa.string()),
                "code": pa.array([c for _, c in known], pa.string()),
            }
        ),
    )
    states = [text for (text,) in desk.rows(statements.STATUS_TEXTS) if plain(text) in _NOT_A_SALE]
    desk.fill("status_words", pa.table({"text": pa.array(states, pa.string())}))


def _read_currencies(desk: Desk) -> None:
    if "currency" not in desk.mapped.fields:
        return
    days = [
        (currency, day) for currency, day in desk.rows(statements.CURRENCY_DAYS) if _is_currency(currency)
    ]
    found = rates.rates_on(days)
    desk.fill(
        "currency_days",
        pa.table(
            {
                "currency": pa.array([currency for currency, _ in days], pa.string()),
                "day": pa.array([day for _, day in days], pa.date32()),
                "rate": pa.array([found.get(key) for key in days], pa.decimal128(18, 8)),
                "scale": pa.array([10 ** minor_digits(currency) for currency, _ in days], pa.int64()),
            }
        ),
    )


def _is_currency(text: str) -> bool:
    try:
        check_currency(text)
    except Invalid:
        return False
    return True
