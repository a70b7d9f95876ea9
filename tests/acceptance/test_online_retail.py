"""A real shop's year: the same book, to the penny, from Parquet, from CSV and from Excel."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from beizai.base.home import Home
from beizai.customers.models import Customer, ExternalId
from beizai.events.book import open_book
from beizai.imports.files import bring_in
from beizai.staff.shop import shop

pytestmark = [pytest.mark.shared_data, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BOOK = """
select count(*) as orders, sum(amount_minor)::bigint as net, sum(line_count)::bigint as lines, count(distinct customer_id) as customers,
  count(*) filter (kind = 'return') as returns, bit_xor(hash(number, amount_minor, line_count, occurred_at, occurred_on, country, content_hash)) as content
from orders
"""
LINES = """
select count(*) as lines, count(*) filter (customer_id is null) as anonymous, sum(amount_minor)::bigint as net, count(distinct product_id) as products,
  bit_xor(hash(order_id, line_no, product, quantity_milli, amount_minor, occurred_at)) as content
from lines
"""


@pytest.fixture
def uk_shop() -> None:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "GBP", "Europe/London", "GB"
    the_shop.save()


def the_book() -> tuple[tuple[object, ...], tuple[object, ...]]:
    with open_book() as book:
        con = book.con.con
        return con.execute(BOOK).fetchone(), con.execute(LINES).fetchone()


def as_csv(table: pa.Table, path: Path) -> Path:
    """As pandas and most exports would write it: customer numbers with .0 where some are missing."""
    ids = table.column("CustomerID")
    text = pc.if_else(
        pc.is_valid(ids), pc.binary_join_element_wise(ids.cast(pa.int64()).cast(pa.string()), "0", "."), ""
    )
    dates = pc.strftime(table.column("InvoiceDate"), format="%d/%m/%Y %H:%M")
    table = table.set_column(table.column_names.index("CustomerID"), "CustomerID", text)
    table = table.set_column(table.column_names.index("InvoiceDate"), "InvoiceDate", dates)
    pyarrow.csv.write_csv(table, path)
    return path


def as_xlsx(table: pa.Table, path: Path) -> Path:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("Online Retail")
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_string(0, 0, "Sales of the gift shop, December 2010 to December 2011")
        sheet.write_row(2, 0, table.column_names)
        columns = [column.to_pylist() for column in table.columns]
        when = table.column_names.index("InvoiceDate")
        for number, row in enumerate(zip(*columns, strict=True), start=3):
            for index, value in enumerate(row):
                if index == when:
                    sheet.write_datetime(number, index, value, stamp)
                elif isinstance(value, str):
                    sheet.write_string(number, index, value)
                elif value is not None:
                    sheet.write_number(number, index, value)
    return path


def check_result(result: object) -> None:
    got = {
        name: getattr(result, name)
        for name in ("rows", "accepted", "rejected", "anonymous_rows", "orders", "customers")
    }
    assert got == {
        "rows": 541_909,
        "accepted": 541_909,
        "rejected": 0,
        "anonymous_rows": 135_080,
        "orders": 25_900,
        "customers": 4_372,
    }


def test_the_parquet_file_gives_the_counts_that_are_known(
    shared_data: Path, home: Home, uk_shop: None
) -> None:
    result = bring_in(shared_data / "online_retail.parquet", kind="orders", source="Shop", now=NOW)
    check_result(result)
    orders, lines = the_book()
    assert orders[:4] == (25_900, 974_774_793, 541_909, 4_372)
    assert lines[:3] == (541_909, 135_080, 974_774_793)
    assert Customer.objects.count() == 4_372
    assert ExternalId.objects.filter(value="17850").exists()
    again = bring_in(shared_data / "online_retail.parquet", kind="orders", source="Shop", now=NOW)
    assert (again.new_orders, again.changed_orders, again.known_orders, again.new_customers) == (
        0,
        0,
        25_900,
        0,
    )
    assert the_book() == (orders, lines)


def test_the_same_content_as_csv_changes_nothing_in_the_book(
    shared_data: Path, home: Home, uk_shop: None, tmp_path: Path
) -> None:
    table = pq.read_table(shared_data / "online_retail.parquet")
    from_csv = bring_in(as_csv(table, tmp_path / "retail.csv"), kind="orders", source="Shop", now=NOW)
    check_result(from_csv)
    book = the_book()
    assert book[0][:4] == (25_900, 974_774_793, 541_909, 4_372)
    again = bring_in(shared_data / "online_retail.parquet", kind="orders", source="Shop", now=NOW)
    assert (again.new_orders, again.changed_orders, again.known_orders) == (0, 0, 25_900)
    assert the_book() == book


@pytest.mark.long
def test_the_same_content_as_excel_changes_nothing_in_the_book(
    shared_data: Path, home: Home, uk_shop: None, tmp_path: Path
) -> None:
    table = pq.read_table(shared_data / "online_retail.parquet")
    from_excel = bring_in(as_xlsx(table, tmp_path / "retail.xlsx"), kind="orders", source="Shop", now=NOW)
    check_result(from_excel)
    book = the_book()
    assert book[0][:4] == (25_900, 974_774_793, 541_909, 4_372)
    again = bring_in(shared_data / "online_retail.parquet", kind="orders", source="Shop", now=NOW)
    assert (again.new_orders, again.changed_orders, again.known_orders) == (0, 0, 25_900)
    assert the_book() == book
