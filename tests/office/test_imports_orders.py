"""Orders come in: what a line is worth, when it was, whose it is; and everything that cannot be read is kept aside."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook

from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.customers.models import ContactPoint, Customer, ExternalId
from beizai.customers.search import find
from beizai.events.book import open_book
from beizai.imports import rates
from beizai.imports.files import Result, Wish, bring_in, preview
from beizai.imports.models import Import
from beizai.imports.template import SHEETS, write_template
from beizai.products.models import Product
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
Importer = Callable[..., Result]


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Importer:
    """Brings in a text as an orders file of the source “Shop”."""
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()

    def bring_text(text: str, **more: Any) -> Result:
        path = tmp_path / "orders.csv"
        path.write_text(text, encoding="utf-8")
        return bring_in(path, kind="orders", source=more.pop("source", "Shop"), now=NOW, wish=Wish(**more))

    return bring_text


def book(question: str) -> list[tuple[Any, ...]]:
    with open_book() as opened:
        return opened.con.con.execute(question).fetchall()


HEAD = "Order,Date,Customer number,Product,Quantity,Unit price\n"


def test_lines_become_an_order_whose_time_is_the_earliest_in_utc(bring: Importer) -> None:
    bring(HEAD + "A1,2024-07-01 00:30:00,7,tea,2,1.25\nA1,2024-07-01 00:10:00,7,pot,1,20\n")
    rows = book("select number, occurred_at, occurred_on, amount_minor, line_count, kind from orders")
    assert rows == [("A1", datetime(2024, 6, 30, 22, 10), date(2024, 7, 1), 2250, 2, "sale")]
    assert book("select sum(amount_minor), count(*) from lines") == [(2250, 2)]
    assert Product.objects.get(number="pot").price_minor == 2000


def test_hours_that_do_not_exist_or_exist_twice_are_settled(bring: Importer) -> None:
    """The missing hour of spring is read as the hour after it, the doubled one of autumn as its second time."""
    bring(HEAD + "A1,2024-03-31 02:30:00,7,tea,1,1\nA2,2024-10-27 02:30:00,7,tea,1,1\n")
    assert book("select occurred_at from orders order by number") == [
        (datetime(2024, 3, 31, 1, 30),),
        (datetime(2024, 10, 27, 1, 30),),
    ]


def test_times_with_their_distance_to_utc_are_exact(bring: Importer) -> None:
    bring(HEAD + "A1,2024-07-01 22:30:00 -0400,7,tea,1,1\n")
    assert book("select occurred_at, occurred_on from orders") == [
        (datetime(2024, 7, 2, 2, 30), date(2024, 7, 2))
    ]


def test_half_a_minor_unit_is_rounded_up_in_each_line(bring: Importer) -> None:
    bring(HEAD + "A1,2024-07-01,7,tea,3,0.335\nA1,2024-07-01,7,tea,-1,0.005\n")
    assert book("select amount_minor from lines order by line_no") == [(101,), (-1,)]


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 25), ("EUR", 2469), ("KWD", 24690)])
def test_money_has_the_digits_of_its_currency(bring: Importer, currency: str, minor: int) -> None:
    the_shop = shop()
    the_shop.currency = currency
    the_shop.save()
    bring(HEAD + "A1,2024-07-01,7,tea,2,12.345\n")
    assert book("select amount_minor from orders") == [(minor,)]


def test_returns_and_anonymous_sales_are_told_apart(bring: Importer) -> None:
    result = bring(HEAD + "A1,2024-07-01,7,tea,2,1\nC1,2024-07-02,7,tea,-1,1\nA2,2024-07-03,,tea,1,1\n")
    assert (result.orders, result.customers, result.anonymous_rows) == (3, 1, 1)
    assert book("select number, kind, amount_minor, customer_id is null from orders order by number") == [
        ("A1", "sale", 200, False),
        ("A2", "sale", 100, True),
        ("C1", "return", -100, False),
    ]


def test_equal_lines_count_as_often_as_they_occur(bring: Importer) -> None:
    bring(HEAD + "A1,2024-07-01,7,tea,1,1\n" * 1 + "A1,2024-07-01,7,tea,1,1\n")
    assert book("select amount_minor, line_count from orders") == [(200, 2)]


def test_overlapping_files_add_the_new_replace_the_changed_and_count_the_rest(bring: Importer) -> None:
    bring(HEAD + "A1,2024-07-01,7,tea,1,1\nA2,2024-07-02,8,tea,1,1\n")
    second = bring(HEAD + "A2,2024-07-02,8,tea,2,1\nA1,2024-07-01,7,tea,1,1.00\nA3,2024-07-03,9,tea,1,1\n")
    assert (second.new_orders, second.changed_orders, second.known_orders) == (1, 1, 1)
    assert book("select number, amount_minor from orders order by number") == [
        ("A1", 100),
        ("A2", 200),
        ("A3", 100),
    ]
    assert book("select count(*) from lines") == [(3,)]
    again = bring(HEAD + "A3,2024-07-03,9,tea,1,1\nA2,2024-07-02,8,tea,2,1\n")
    assert (again.new_orders, again.changed_orders, again.known_orders) == (0, 0, 2)


def test_lines_that_exchange_their_quantities_are_a_change(bring: Importer) -> None:
    bring(HEAD + "A1,2024-07-01,7,tea,1,1\nA1,2024-07-01,7,pot,2,1\n")
    assert bring(HEAD + "A1,2024-07-01,7,tea,2,1\nA1,2024-07-01,7,pot,1,1\n").changed_orders == 1
    assert bring(HEAD + "A1,2024-07-01,7,pot,1,1\nA1,2024-07-01,7,tea,2,1\n").known_orders == 1


BAD = {
    "A1,2024-07-01,7,tea,1e30,1": "number_too_large:quantity",
    "A1,2099-07-01,7,tea,1,1": "in_the_future:at",
    "A1,0001-07-01,7,tea,1,1": "too_long_ago:at",
    "A1,2024-02-31,7,tea,1,1": "not_a_date:at",
    "A1,soon,7,tea,1,1": "not_a_date:at",
    "A1,,7,tea,1,1": "missing:at",
    ",2024-07-01,7,tea,1,1": "missing:order",
    f"{'9' * 4096},2024-07-01,7,tea,1,1": "text_too_long:order",
    f"A1,2024-07-01,{'9' * 4096},tea,1,1": "text_too_long:customer",
    "A1,2024-07-01,1.2E+11,tea,1,1": "digits_lost:customer",
    "1.23457E+17,2024-07-01,7,tea,1,1": "digits_lost:order",
    "A1,2024-07-01,7,tea,some,1": "not_a_number:quantity",
    "A1,2024-07-01,7,tea,,1": "missing:quantity",
    "A1,2024-07-01,7,tea,1,": "missing:unit_price",
    "A1,2024-07-01,7,tea,1,1,9": "too_many_cells:",
    "A1,2024-07-01,7,tea,900000000,999999999999": "number_too_large:quantity",
}


@pytest.mark.parametrize(("row", "reason"), BAD.items(), ids=list(BAD.values()))
def test_a_row_that_cannot_be_read_is_kept_aside_and_the_others_come_in(
    bring: Importer, row: str, reason: str
) -> None:
    result = bring(HEAD + f"A0,2024-07-01,7,tea,1,1\n{row}\n")
    assert (result.rows, result.accepted, result.rejected) == (2, 1, 1)
    assert result.reasons == {reason: 1}
    assert book("select number from orders") == [("A0",)]


def test_the_kept_aside_file_names_row_column_and_reason_and_runs_nothing(
    bring: Importer, home: Home
) -> None:
    result = bring(HEAD + "A0,2024-07-01,7,tea,1,1\n=1+1,31/02/2024,7,tea,1,1\n")
    sheet = load_workbook(str(home.root / result.kept_aside)).get_sheet_by_index(0).to_python()
    assert sheet[0][:4] == ["Row", "Column", "Reason", "Order"]
    assert sheet[1][0] == 3
    assert sheet[1][1] == "Date"
    assert "not a date" in sheet[1][2]
    assert sheet[1][3:5] == ["=1+1", "31/02/2024"]


def test_dates_that_can_be_read_in_two_ways_are_asked_about_and_nothing_is_written(bring: Importer) -> None:
    text = HEAD + "A1,03/04/2024,7,tea,1,1\n"
    with pytest.raises(Invalid, match=r"can be read in [23] ways"):
        bring(text)
    assert not Import.objects.exists()
    bring(text, dates="mdy")
    assert book("select occurred_on from orders") == [(date(2024, 3, 4),)]
    assert bring(HEAD + "A2,05/06/2024,7,tea,1,1\n").accepted == 1  # the source remembers


def test_a_file_with_decimal_commas_and_numbers_made_whole_by_a_program(bring: Importer) -> None:
    result = bring(
        "Commande;Date;N° client;Qté;Prix unitaire\n1.0;25/04/2024;17850.0;2,5;1.234,50\n2.0;26/04/2024;NaN;1;3,10\n"
    )
    assert book("select number, amount_minor, customer_id is null from orders order by number") == [
        ("1", 308625, False),
        ("2", 310, True),
    ]
    assert ExternalId.objects.get().value == "17850"
    assert {remark["code"] for remark in result.remarks} >= {
        "whole_numbers",
        "null_words",
        "decimal_comma",
        "date_style",
    }


def test_a_repair_can_be_left(bring: Importer) -> None:
    bring(HEAD + "A1,2024-07-01,17850.0,tea,1,1\n", repairs={"whole_numbers": False})
    assert ExternalId.objects.get().value == "17850.0"


def test_foreign_money_needs_a_rate_of_its_day(bring: Importer) -> None:
    rates.put("USD", date(2024, 1, 1), Decimal("0.9"))
    rates.put("USD", date(2024, 7, 1), Decimal("0.8"))
    head = "Order,Date,Customer,Amount,Currency\n"
    result = bring(
        head
        + "A1,2024-06-30,7,10.00,USD\nA2,2024-07-05,7,10.00,usd\nA3,2023-07-05,7,10,USD\nA4,2024-07-05,7,10,EUR\nA5,2024-07-05,7,10,XXZ\n"
    )
    assert result.reasons == {"no_rate:currency": 1, "not_a_currency:currency": 1}
    assert book(
        "select number, amount_minor, currency, original_currency, original_amount_minor from orders order by number"
    ) == [
        ("A1", 900, "EUR", "USD", 1000),
        ("A2", 800, "EUR", "USD", 1000),
        ("A4", 1000, "EUR", None, None),
    ]


def test_a_shopify_export_is_read_without_a_word(bring: Importer) -> None:
    head = "Name,Email,Financial Status,Created at,Currency,Discount Amount,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Country\n"
    rows = (
        "#1001,Ann@Example.test,paid,2024-07-01 10:00:00 +0200,EUR,1.50,2,Tea,3.00,T1,Ann Lee,FR\n"
        "#1001,Ann@Example.test,,,,,1,Pot,20.00,P1,,\n"
        "#1002,bob@example.test,voided,2024-07-02 10:00:00 +0200,EUR,0,1,Tea,3.00,T1,Bob,FR\n"
    )
    result = bring(head + rows)
    assert (result.orders, result.accepted, result.reasons) == (1, 2, {"not_a_sale:status": 1})
    assert book("select number, amount_minor, discount_minor, occurred_at from orders") == [
        ("#1001", 2450, 150, datetime(2024, 7, 1, 8, 0))
    ]
    card = Customer.objects.get()
    assert (card.name, card.country, card.contact_points.get().normal) == (
        "Ann Lee",
        "FR",
        "ann@example.test",
    )
    assert list(find("lee")) == [card]


def test_a_customer_known_by_email_is_not_made_twice(bring: Importer) -> None:
    head = "Order,Date,Customer number,Email,Amount\n"
    bring(head + "A1,2024-07-01,7,ann@example.test,1\n")
    bring(head + "B1,2024-07-01,900,ann@example.test,1\n", source="Other shop")
    assert Customer.objects.count() == 1
    assert set(ExternalId.objects.values_list("value", flat=True)) == {"7", "900"}
    assert ContactPoint.objects.count() == 1


def test_an_order_file_without_numbers_is_put_together_by_customer_and_time(bring: Importer) -> None:
    head = "Date,Customer number,Amount\n"
    bring(head + "2024-07-01 10:00:00,7,1\n2024-07-01 10:00:00,7,2\n2024-07-02 10:00:00,7,4\n")
    assert book("select amount_minor from orders order by occurred_at") == [(300,), (400,)]


def test_a_preview_counts_and_asks_and_writes_nothing(bring: Importer, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        HEAD + "A1,2024-07-01,7.0,tea,1,1\nA2,2024-07-01,,tea,1,1\nA3,2099-01-01,7.0,tea,1,1\n",
        encoding="utf-8",
    )
    seen = preview(path, kind="orders", source="Shop", now=NOW)
    assert seen.counts == {"rows": 3, "as_it_stands": 0, "repaired": 2, "to_decide": 0, "kept_aside": 1}
    assert seen.happens["new_orders"] == 2
    assert seen.happens["new_customers"] == 1
    assert seen.reasons == (("in_the_future:at", 1, 4),)
    assert seen.columns["at"] == "Date"
    assert seen.sample[0] == (2, ("A1", "2024-07-01", "7.0", "tea", "1", "1"))
    assert not Import.objects.exists()
    path.write_text(HEAD + "A1,03/04/2024,7,tea,1,1\n", encoding="utf-8")
    assert preview(path, kind="orders", source="Shop", now=NOW).questions[0].answers == ("dmy", "mdy", "ymd")


def test_a_file_of_which_no_row_can_be_read_is_refused_whole(bring: Importer) -> None:
    with pytest.raises(Invalid, match="Not one of the 1 rows"):
        bring(HEAD + "A1,2099-07-01,7,tea,1,1\n")
    assert not Import.objects.exists()


def test_the_template_filled_in_comes_in_without_mapping(bring: Importer, tmp_path: Path) -> None:
    import xlsxwriter

    blank = write_template(tmp_path / "template.xlsx")
    with pytest.raises(Invalid, match="no rows"):
        bring_in(blank, kind="orders", source="Shop", now=NOW)
    filled = tmp_path / "filled.xlsx"
    values = {
        "Order number": "1",
        "Customer number": "0012",
        "Product number": "T1",
        "Quantity": 2,
        "Unit price": 1.5,
        "Email": "a@example.test",
    }
    with xlsxwriter.Workbook(str(filled)) as book_file:
        sheet = book_file.add_worksheet("Orders")
        for index, (header, _) in enumerate(SHEETS["Orders"]):
            sheet.write(0, index, header)
            if header in values:
                sheet.write(1, index, values[header])
            if header == "Date":
                sheet.write_datetime(
                    1,
                    index,
                    datetime(2024, 7, 1, 10),
                    book_file.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
                )
    result = bring_in(filled, kind="orders", source="Shop", now=NOW)
    assert (result.accepted, result.rejected) == (1, 0)
    assert ExternalId.objects.get().value == "0012"
    assert book("select amount_minor from orders") == [(300,)]
