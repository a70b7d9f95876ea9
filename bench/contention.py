"""Everybody at once on one home: a campaign going out, 200 clicks a second, an import, a person in the office. Nobody waits.

What is measured is how long a person's save and the answer to a click take at worst; half a second is promised.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import Line

ROOT = Path(__file__).resolve().parent.parent
_PREPARE = ROOT / "tests" / "faces" / "sending_home.py"
_LIMIT_MS = 500.0
_CLICKS_A_SECOND = 200
_PARTS = ("office", "clicks", "import")


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """The worst waits while all of it goes on."""
    mails, rows = max(1_000, int(50_000 * scale)), max(2_000, int(100_000 * scale))
    with tempfile.TemporaryDirectory() as scratch:
        found = _everybody(Path(scratch), mails, rows)
    what = (
        f"while {mails:,} mails go out, {_CLICKS_A_SECOND} clicks/s come in and {rows:,} lines are imported"
    )
    for part, doing in (("office", "a save in the office"), ("clicks", "the answer to a click")):
        waits = found[part]
        yield Line(
            what=f"{doing} {what}",
            ours=f"median {waits['median']:.0f} ms, 99 of 100 within {waits['p99']:.0f} ms, worst {waits['worst']:.0f} ms",
            limit=f"{_LIMIT_MS:.0f} ms",
            kept=waits["worst"] <= _LIMIT_MS,
        )


def _everybody(scratch: Path, mails: int, rows: int) -> dict[str, dict[str, float]]:
    home, file = scratch / "home", scratch / "orders.csv"
    _orders(file, rows)
    with _process("catcher", scratch, "0") as catcher:
        assert catcher.stdout is not None
        port = catcher.stdout.readline().decode().strip()
        subprocess.run(
            [sys.executable, _PREPARE, home, str(mails), port, "8"], check=True, env=_environment(home)
        )
        with _process("workers", home, "0"):
            parts = {part: _start(part, home, str(file)) for part in _PARTS}
            _wait_for(home, parts["import"])
            (home / "stop").touch()
            return {part: _answer(parts[part]) for part in _PARTS if part != "import"}


def _wait_for(home: Path, importing: subprocess.Popen[bytes]) -> None:
    """Until the campaign is out and the import is in."""
    import sqlite3

    deadline = time.monotonic() + 1_800
    while time.monotonic() < deadline:
        with sqlite3.connect(home / "office.db", timeout=20) as database:
            (left,) = database.execute(
                "SELECT count(*) FROM beizai_messages_message WHERE state IN ('chosen', 'leased')"
            ).fetchone()
        if not left and importing.poll() is not None:
            return
        time.sleep(1)


def _environment(home: Path) -> dict[str, str]:
    given = {
        **os.environ,
        "BEIZAI_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "beizai.settings",
    }
    given.pop("DATABASE_URL", None)
    return given


def _start(part: str, home: Path, argument: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench.contention", part, str(home), argument]
    return subprocess.Popen(command, env=_environment(home), stdout=subprocess.PIPE, cwd=ROOT)


@contextmanager
def _process(part: str, home: Path, argument: str) -> Iterator[subprocess.Popen[bytes]]:
    process = _start(part, home, argument)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answer(process: subprocess.Popen[bytes]) -> dict[str, float]:
    out, _ = process.communicate(timeout=120)
    found: dict[str, float] = json.loads(out)
    return found


def _orders(file: Path, rows: int) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["order", "customer", "at", "product", "quantity", "amount"])
        for n in range(rows):
            day = f"2026-03-{n % 28 + 1:02d} 10:{n % 60:02d}"
            writer.writerow([f"O{n // 3}", f"K{n // 3 % 5000}", day, f"P{n % 300}", 1, f"{n % 90}.50"])


# The parts, each in a process of its own


def _part_catcher(home: Path, argument: str) -> None:
    from beizai.channels.catcher import Catcher

    with Catcher(home) as catcher:
        print(catcher.port, flush=True)
        while True:
            time.sleep(1)


def _part_workers(home: Path, argument: str) -> None:
    import signal
    import threading

    from beizai.worker.process import Watch

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with Watch(home):
        stopping.wait()


def _part_office(home: Path, argument: str) -> None:
    """A person who saves a card ten times a second, which nobody does: to meet the worst moment."""
    import django

    django.setup()
    from django.db import transaction

    from beizai.customers.models import Customer

    waits = []
    ids = list(Customer.objects.values_list("pk", flat=True)[:500])
    while not (home / "stop").exists():
        began = time.perf_counter()
        with transaction.atomic():
            card = Customer.objects.get(pk=ids[len(waits) % len(ids)])
            card.revision += 1
            card.save(update_fields=["revision"])
        waits.append(time.perf_counter() - began)
        time.sleep(0.1)
    _tell(waits)


def _part_clicks(home: Path, argument: str) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from datetime import UTC, datetime

    import django

    django.setup()
    from beizai.events import inbox
    from beizai.events.happenings import Happening

    box, waits = inbox.current(), []

    def click(number: int) -> None:
        at = datetime.now(UTC)
        event = Happening(
            id=f"click {os.getpid()} {number}",
            kind="clicked",
            occurred_at=at,
            received_at=at,
            campaign_id=1,
            link_no=1,
        )
        began = time.perf_counter()
        box.put([event.message()])
        waits.append(time.perf_counter() - began)

    with ThreadPoolExecutor(16) as threads:
        number, due = 0, time.perf_counter()
        while not (home / "stop").exists():
            threads.submit(click, number)
            number, due = number + 1, due + 1 / _CLICKS_A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
    _tell(waits)


def _part_import(home: Path, argument: str) -> None:
    from datetime import UTC, datetime

    import django

    django.setup()
    from beizai.imports import files

    files.bring_in(Path(argument), kind="orders", source="Bench", now=datetime.now(UTC))


def _tell(waits: list[float]) -> None:
    ordered = sorted(wait * 1000 for wait in waits)
    told = {
        "count": len(ordered),
        "median": ordered[len(ordered) // 2],
        "p99": ordered[int(len(ordered) * 0.99)],
        "worst": ordered[-1],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    part = {
        "catcher": _part_catcher,
        "workers": _part_workers,
        "office": _part_office,
        "clicks": _part_clicks,
    }
    {**part, "import": _part_import}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
