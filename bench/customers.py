"""Importing customers: a generated file of a million people with twenty columns into a new home, beside the database's bare insert of the same rows."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import Line

ROOT = Path(__file__).resolve().parent.parent
_ROWS = 1_000_000
_SECONDS, _RATIO, _MEMORY_GB = 60.0, 8.0, 1.5

_FILE = """
copy (
  with numbers as (select i, hash(i) as h, hash(i * 7) as k from range($rows) t(i)), named as (
    select *, ['anna', 'bruno', 'chloe', 'denis', 'elodie', 'farid', 'gita', 'hugo', 'ines', 'jean'][(h % 10)::int + 1]
        || chr(97 + (h // 10 % 26)::int) || chr(97 + (h // 260 % 26)::int) as given,
      ['martin', 'bernard', 'dubois', 'thomas', 'robert', 'petit', 'durand', 'leroy', 'moreau', 'simon'][(k % 10)::int + 1]
        || chr(97 + (k // 10 % 26)::int) || chr(97 + (k // 260 % 26)::int) as family from numbers)
  select 'C' || lpad(i::varchar, 7, '0') as "Customer number", given as "First name", family as "Last name",
    given || '.' || family || i || '@example.test' as "Email", '06' || lpad((k % 100000000)::varchar, 8, '0') as "Phone",
    (1 + h % 180) || ' rue de la Paix' as "Street", lpad((1000 + k % 95000)::varchar, 5, '0') as "Postcode",
    ['Lyon', 'Paris', 'Lille', 'Nantes', 'Nice', 'Brest'][(h % 6)::int + 1] as "City", 'FR' as "Country", 'fr' as "Language",
    strftime(date '1940-01-01' + (h % 25000)::int, '%Y-%m-%d') as "Birthday", ['S', 'M', 'L', 'XL'][(h % 4)::int + 1] as "Size",
    (h % 1000)::varchar as "Points", ['tea', 'coffee', 'gifts'][(k % 3)::int + 1] as "Interest", ['yes', 'no'][(h % 2)::int + 1] as "Owns a car",
    strftime(date '2015-01-01' + (k % 3000)::int, '%Y-%m-%d') as "Joined", case h % 3 when 0 then 'yes' when 1 then 'no' end as "Newsletter",
    case when h % 3 = 0 then 'I agree to receive news by email' end as "Consent text", case when h % 3 = 0 then 'web form' end as "Consent where",
    case when h % 3 = 0 then '2024-05-01 10:00' end as "Consent at"
  from named
) to 'FILE' (header)
"""

_BARE = """
import duckdb, json, sqlite3, time
rows = duckdb.sql("select * from read_csv('customers.csv', all_varchar=true)").fetchall()
con = sqlite3.connect("bare.db", isolation_level=None)
con.execute("pragma journal_mode = wal")
con.execute("pragma synchronous = full")
con.execute("drop table if exists t")
con.execute("create table t (" + ", ".join(f"c{i} text" for i in range(20)) + ")")
started = time.perf_counter()
con.execute("begin")
con.executemany("insert into t values (" + ", ".join("?" * 20) + ")", rows)
con.execute("commit")
print(json.dumps({"seconds": time.perf_counter() - started}))
"""

_COPY = """
import duckdb, json, os, psycopg, time
rows = duckdb.sql("select * from read_csv('customers.csv', all_varchar=true)").fetchall()
with psycopg.connect(os.environ["DATABASE_URL"]) as con:
    con.execute("drop table if exists bare")
    con.execute("create table bare (" + ", ".join(f"c{i} text" for i in range(20)) + ")")
    started = time.perf_counter()
    with con.cursor().copy("copy bare from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    con.commit()
print(json.dumps({"seconds": time.perf_counter() - started}))
"""

_IMPORT = """
import json, resource, sys, time
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
the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
the_shop.save()
steps = []
def tell(done, total, what):
    if not steps or steps[-1][0] != what:
        steps.append((what, time.perf_counter()))
started = time.perf_counter()
result = bring_in(Path(sys.argv[1]), kind="customers", source="Shop", now=datetime(2026, 1, 5, tzinfo=UTC), progress=tell)
seconds = time.perf_counter() - started
ends = [at for _, at in steps[1:]] + [time.perf_counter()]
print(json.dumps({"seconds": seconds, "customers": result.new_customers, "permissions": result.permissions,
    "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
    "steps": {what: round(end - at, 2) for (what, at), end in zip(steps, ends)}}))
"""


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """The whole import (reading, judging, cards, permissions, all durable) by the time of a bare insert."""
    import duckdb

    rows = int(_ROWS * scale)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        work = Path(scratch)
        file = work / "customers.csv"
        duckdb.connect().execute(_FILE.replace("'FILE'", f"'{file}'"), {"rows": rows})
        _as_workbook(file, work / "customers.xlsx")
        for name in ("customers.csv", "customers.xlsx"):
            yield from _beside(work, name, rows, {}, "sqlite3's bare executemany of the same rows", _BARE)
        yield from _on_postgres(work, rows)


def _beside(
    work: Path, name: str, rows: int, more: dict[str, str], rival: str, program: str
) -> Iterator[Line]:
    bare = [_run(program, work, more)["seconds"]]
    ours = _run(_IMPORT, work, more | {"BEIZAI_HOME": str(work / f"home-{name}-{len(more)}")}, name)
    bare.append(_run(program, work, more)["seconds"])
    assert ours["customers"] == rows
    print(f"  steps: {ours['steps']}", file=sys.stderr)
    least = min(bare)
    kept = ours["seconds"] / least <= _RATIO and ours["seconds"] <= _SECONDS
    yield Line(
        what=f"Importing {rows:,} customers with 20 columns from {name.rpartition('.')[2].upper()}"
        + (" into PostgreSQL" if more else ""),
        ours=f"{ours['seconds']:.1f} s, at most {ours['peak_gb']:.2f} GB",
        rival=f"{rival}: {least:.1f} s",
        ratio=ours["seconds"] / least,
        limit=f"{_SECONDS:g} s, {_RATIO:g} times, {_MEMORY_GB:g} GB",
        kept=kept and ours["peak_gb"] < _MEMORY_GB,
    )


def _on_postgres(work: Path, rows: int) -> Iterator[Line]:
    sys.path.insert(0, str(ROOT / "tests"))
    try:
        import throwaway_postgres

        with throwaway_postgres.cluster() as url:
            more = {"DATABASE_URL": url}
            yield from _beside(
                work, "customers.csv", rows, more, "PostgreSQL's bare COPY of the same rows", _COPY
            )
    except (ImportError, FileNotFoundError) as missing:
        print(f"  PostgreSQL is left out: {missing}", file=sys.stderr)


def _as_workbook(file: Path, book: Path) -> None:
    """The same cells as a workbook, all of them text."""
    import csv

    import xlsxwriter

    with (
        xlsxwriter.Workbook(str(book), {"constant_memory": True}) as out,
        file.open(encoding="utf-8") as rows,
    ):
        sheet = out.add_worksheet("Customers")
        for place, row in enumerate(csv.reader(rows)):
            for column, text in enumerate(row):
                if text:
                    sheet.write_string(place, column, text)


def _run(program: str, work: Path, more: dict[str, str], *arguments: str) -> dict[str, float]:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "beizai.settings", "PYTHONPATH": str(ROOT)} | more
    if not more.get("DATABASE_URL"):
        env.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=work, env=env, check=True, stdout=subprocess.PIPE
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
