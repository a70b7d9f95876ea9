"""A large book to measure on: a million customers, fifty million events over 24 months, the same each time (SIMULATED).

    python bench/lake_data.py bench-home --customers 1000000 --events 50000000

Of the events 60 % are visits, 22 % opens, 9 % clicks, and 9 % are orders with two lines each. Everything is
drawn from hashes of row numbers, so any machine makes the same book. The lake alone is written: customers
1 to N, source 1, batch 0. Months are laid down sealed, as they are in a book that has been swept.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from beizai.base.home import Home
from beizai.lake import EVENTS, FREE, LINES, ORDERS, Lake

MONTHS = 24
ENDS_ON = date(2026, 10, 31)
AS_OF = date(2026, 11, 1)
_APP = "bench"
_ORDER_SHARE = 0.09

# A row's customer: the square of a uniform number, so that a fifth of the customers does most of everything.
_ROW = """
CREATE OR REPLACE TEMP VIEW row_of AS
SELECT i,
  1 + floor($customers * pow((hash(i, $salt) % 1000003) / 1000003.0, 2))::BIGINT AS customer_id,
  $month::TIMESTAMP + to_microseconds((hash(i, $salt, 'at') % $month_us)::BIGINT) AS occurred_at,
  hash(i, $salt, 'what') AS dice
FROM range($rows) AS r(i)
"""

_EVENTS = """
SELECT ($first + i)::BIGINT AS event_id, customer_id,
  CASE WHEN dice % 91 < 60 THEN 'visited' WHEN dice % 91 < 82 THEN 'opened' ELSE 'clicked' END AS kind,
  occurred_at, occurred_at::DATE AS occurred_on, occurred_at AS received_at, 1::BIGINT AS source_id,
  CASE WHEN dice % 91 >= 60 THEN 1 + (dice % 50)::BIGINT END AS campaign_id,
  CASE WHEN dice % 91 >= 82 THEN 1 + (dice % 3)::BIGINT END AS link_no,
  CASE WHEN dice % 91 >= 60 THEN CASE WHEN dice % 7 = 0 THEN 'machine' ELSE 'person' END END AS verdict,
  CASE WHEN dice % 91 < 60 THEN '{"page":"/p/' || (dice % 2000) || '"}' END AS props, true AS simulated
FROM row_of ORDER BY customer_id, occurred_at, event_id
"""

_ORDERS = """
SELECT ($first + i)::BIGINT AS order_id, customer_id, 1::BIGINT AS source_id, 'B' || ($first + i) AS number,
  occurred_at, occurred_at::DATE AS occurred_on, occurred_at AS received_at, 'sale' AS kind,
  (500 + dice % 9500)::BIGINT AS amount_minor, (dice % 5 * 50)::BIGINT AS discount_minor, 2::BIGINT AS line_count,
  'EUR' AS currency, true AS simulated
FROM row_of ORDER BY customer_id, occurred_at, order_id
"""

_LINES = """
SELECT ($first + i)::BIGINT AS order_id, line_no, customer_id, 1::BIGINT AS source_id, occurred_at,
  occurred_at::DATE AS occurred_on, (1 + (dice + line_no) % 3000)::BIGINT AS product_id,
  'P' || (1 + (dice + line_no) % 3000) AS product, 'category ' || ((dice + line_no) % 24) AS category,
  1000::BIGINT AS quantity_milli,
  CASE line_no WHEN 1 THEN (500 + dice % 9500)::BIGINT // 2 ELSE (500 + dice % 9500)::BIGINT - (500 + dice % 9500)::BIGINT // 2 END
    AS amount_minor,
  (dice % 5 * 25)::BIGINT AS discount_minor, true AS simulated
FROM row_of, (SELECT unnest([1, 2])::BIGINT AS line_no)
ORDER BY customer_id, occurred_at, order_id, line_no
"""


@dataclass(frozen=True)
class Month:
    """One month of the book: how many rows of each table, and the first id of each."""

    first_on: date
    number: int
    events: int
    orders: int

    @property
    def microseconds(self) -> int:
        following = date(self.first_on.year + self.first_on.month // 12, self.first_on.month % 12 + 1, 1)
        return (following - self.first_on).days * 86_400_000_000


def months(events: int) -> Iterator[Month]:
    """The 24 months up to the end of the book, the rows spread evenly."""
    orders = int(events * _ORDER_SHARE)
    for number in range(MONTHS):
        back = MONTHS - 1 - number
        index = ENDS_ON.year * 12 + ENDS_ON.month - 1 - back
        share = (number + 1) * orders // MONTHS - number * orders // MONTHS
        rest = events - orders
        others = (number + 1) * rest // MONTHS - number * rest // MONTHS
        yield Month(date(index // 12, index % 12 + 1, 1), number, others, share)


def make(
    root: Path | str, *, customers: int = 1_000_000, events: int = 50_000_000, tell: bool = False
) -> Lake:
    """Writes the book into the lake at `root`; months that are there already are kept."""
    lake = Lake(root)
    connection = duckdb.connect()
    for month in months(events):
        began = time.perf_counter()
        _lay_down(connection, lake, EVENTS, _EVENTS, month, month.events, customers, salt=1)
        _lay_down(connection, lake, LINES, _LINES, month, month.orders, customers, salt=2)
        _lay_down(connection, lake, ORDERS, _ORDERS, month, month.orders, customers, salt=2)
        if tell:
            print(f"{month.first_on:%Y-%m}  {time.perf_counter() - began:.1f} s", flush=True)
    for table in (EVENTS, LINES, ORDERS):
        lake.sweep(table, today=AS_OF, lease=FREE)
    return lake


def _lay_down(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    select: str,
    month: Month,
    rows: int,
    customers: int,
    *,
    salt: int,
) -> None:
    if not rows or lake.number(table, _APP) > month.number:
        return
    values = {
        "$customers": str(int(customers)),
        "$salt": str(salt * 1000 + month.number),
        "$month_us": str(month.microseconds),
        "$month": f"'{month.first_on}'",
        "$rows": str(int(rows)),
        "$first": str(month.number * 1_000_000_000 + 1),
    }
    connection.execute(_with(_ROW, values)).complete()
    made: pa.Table = connection.sql(_with(select, values)).to_arrow_table()
    lake.append(table, made.combine_chunks(), app=_APP, number=month.number + 1, lease=FREE)


def _with(text: str, values: dict[str, str]) -> str:
    """Numbers of our own put into a view's text, which takes no parameters."""
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=50_000_000)
    given = parser.parse_args()
    home = Home(given.home.absolute())
    home.make()
    make(home.lake, customers=given.customers, events=given.events, tell=True)


if __name__ == "__main__":
    main()
