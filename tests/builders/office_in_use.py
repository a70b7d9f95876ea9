"""The office as a shop has it: a home made by `beizai init`, `beizai serve` with its workers, and two files to bring in."""

import csv
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from beizai_process import beizai, surroundings

OWNER = "wei@example.test"
LONG_NAME = "Marie-Clémentine de La Rochefoucauld-Beaumont"
_NAMES = (LONG_NAME, "周敏 Zhou Min", "Thomas Berger", "Anna Weber", "Hôtel des Célestins", "Karim Benali")
_GOODS = (("Tea / Green", 900), ("Tea / Black", 700), ("Teaware", 3200), ("Gifts", 2500))


@dataclass(frozen=True)
class Office:
    """A running office: where it is, its home, the link by which the owner sets a password."""

    url: str
    home: Path
    link: str
    orders: Path
    customers: Path


@contextmanager
def office(folder: Path, *, trade: str = "") -> Iterator[Office]:
    """Serves a fresh home, of a trade if one is named, on a free port until the block ends."""
    home, port = folder / "home", _free_port()
    made = beizai(
        home,
        "init",
        "--name",
        "Maison Lin",
        "--currency",
        "EUR",
        "--timezone",
        "Europe/Paris",
        "--owner",
        OWNER,
        *(("--trade", trade) if trade else ()),
        "--json",
    )
    url = f"http://127.0.0.1:{port}"
    settings = {
        "postal_address": "12 rue Mercière, 69002 Lyon",
        "sender_address": "bonjour@maison-lin.example",
        "smtp_host": "catcher",
        "public_url": url,
    }
    beizai(home, "settings", "set", *(f"{name}={value}" for name, value in settings.items()))
    command = [sys.executable, "-m", "beizai", "serve", "--port", str(port)]
    with subprocess.Popen(
        command, env=surroundings(home), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as served:
        try:
            _wait_for(f"{url}/account/login/", served)
            link = made.json["link"].partition("/account/")[2]
            yield Office(url, home, f"{url}/account/{link}", *write_files(folder))
        finally:
            served.send_signal(signal.SIGINT)
            served.communicate(timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, served: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert served.poll() is None, served.communicate()[1]
            assert time.monotonic() < deadline, "the office did not open"
            time.sleep(0.3)


def write_files(folder: Path, people: int = 240) -> tuple[Path, Path]:
    """Two years of orders, and the customers with their permissions: one in six has none."""
    orders, customers = folder / "orders.csv", folder / "customers.csv"
    lot, today = random.Random(7), date.today()
    with customers.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(
            ["Customer ID", "Name", "Email", "Consent", "Consent text", "Consent where", "Consent date"]
        )
        for n in range(people):
            proof = (
                ["", "", "", ""]
                if n % 6 == 5
                else ["yes", "Yes, send me offers by email.", "form at the till", "2026-01-05"]
            )
            out.writerow([f"C{n:04d}", _name(n), f"c{n}@example.test", *proof])
    with orders.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(["Order", "Customer ID", "Date", "Quantity", "Unit price", "Category", "Product"])
        number = 0
        for n in range(people):
            day = today - timedelta(days=lot.randint(60, 700))
            while day < today:
                number += 1
                category, price = lot.choice(_GOODS)
                out.writerow(
                    [
                        f"A{number}",
                        f"C{n:04d}",
                        day.isoformat(),
                        lot.randint(1, 3),
                        f"{price / 100:.2f}",
                        category,
                        f"P{price}",
                    ]
                )
                day += timedelta(days=lot.randint(5, 15 + 2 * (n % 80)))
    return orders, customers


def _name(n: int) -> str:
    return _NAMES[n] if n < len(_NAMES) else f"Customer {n}"
