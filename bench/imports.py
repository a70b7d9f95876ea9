"""Importing orders: a generated CSV of five million lines into a new home, beside DuckDB's copy of the same file to Parquet."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import Line

_LINES = 5_000_000
_RATIO, _MEMORY_GB = 6.0, 2.0

_FILE = """
copy (
  select 'O' || lpad((i // 3)::varchar, 8, '0') as "Order", (hash(i // 3) % 200000)::varchar as "Customer number",
    strftime(timestamp '2023-01-01' + to_seconds(((i // 3) * 38)::bigint), '%Y-%m-%d %H:%M:%S') as "Date",
    'SKU' || (hash(i) % 5000)::varchar as "Product number", 'Product name ' || (hash(i) % 5000)::varchar as "Product name",
    'Department ' || (hash(i) % 5000 % 20)::varchar as "Category", (1 + hash(i * 7) % 5)::varchar as "Quantity",
    printf('%d.%02d', (hash(i) % 100)::int, (hash(i * 3) % 100)::int) as "Unit price",
    case hash(i // 3) % 3 when 0 then 'Lyon' when 1 then 'Paris' else 'Lille' end as "Store", 'France' as "Country"
  from range($lines) t(i)
) to 'orders.csv' (header)
"""

_COPY = """
import duckdb, json, sys, time
started = time.perf_counter()
duckdb.sql("set enable_progress_bar = false")
duckdb.sql("copy (from read_csv('orders.csv')) to 'copied.parquet'")
print(json.dumps({"seconds": time.perf_counter() - started}))
"""

_IMPORT = """
import json, os, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from beizai.base.home import current
current().make()
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from beizai.imports.files import bring_in
from beizai.staff.shop import shop
the_shop = shop()
the_shop.currency, the_shop.timezone = "EUR", "Europe/Paris"
the_shop.save()
steps = []
def tell(done, total, what):
    if not steps or steps[-1][0] != what:
        steps.append((what, time.perf_counter()))
started = time.perf_counter()
result = bring_in(Path("orders.csv"), kind="orders", source="Shop", now=datetime(2026, 1, 5, tzinfo=UTC), progress=tell)
seconds = time.perf_counter() - started
ends = [at for _, at in steps[1:]] + [time.perf_counter()]
print(json.dumps({"seconds": seconds, "accepted": result.accepted, "orders": result.orders, "customers": result.customers,
    "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
    "steps": {what: round(end - at, 2) for (what, at), end in zip(steps, ends)}}))
"""


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """The whole import (reading, judging, cards, products, lake, all durable) by the time of a plain copy."""
    import duckdb

    lines = int(_LINES * scale)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        work = Path(scratch)
        duckdb.connect().execute(_FILE.replace("'orders.csv'", f"'{work / 'orders.csv'}'"), {"lines": lines})
        copies = [_run(_COPY, work)["seconds"] for _ in range(2)]
        ours = _run(_IMPORT, work)
        copies.append(_run(_COPY, work)["seconds"])
    rival = sorted(copies)[1]
    assert ours["accepted"] == lines
    print(f"  steps: {ours['steps']}", file=sys.stderr)
    yield Line(
        what=f"Importing {lines:,} order lines ({ours['orders']:,} orders, {ours['customers']:,} new customers)",
        ours=f"{ours['seconds']:.1f} s",
        rival=f"DuckDB copying the same CSV to Parquet: {rival:.1f} s",
        ratio=ours["seconds"] / rival,
        limit=f"aim: {_RATIO:g} times",
        kept=ours["seconds"] / rival <= _RATIO,
    )
    yield Line(
        what="Memory of that import at its peak",
        ours=f"{ours['peak_gb']:.2f} GB",
        limit=f"{_MEMORY_GB:g} GB",
        kept=ours["peak_gb"] < _MEMORY_GB,
    )


def _run(program: str, work: Path) -> dict[str, float]:
    import os

    root = Path(__file__).resolve().parent.parent
    env = os.environ | {
        "BEIZAI_HOME": str(work / "home"),
        "DJANGO_SETTINGS_MODULE": "beizai.settings",
        "PYTHONPATH": str(root),
    }
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=work, env=env, check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    started = time.perf_counter()
    for line in measure(Path(tempfile.gettempdir()), float(sys.argv[1]) if len(sys.argv) > 1 else 1):
        print(line)
    print(f"{time.perf_counter() - started:.0f} s in all")
