"""Web shops deliver over real HTTP: signatures, doubles, limits, and servers and workers that are killed."""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from events_api import ROOT, _own_database
from web_shops import later, packed, shopify_headers, shopify_order, woo_headers, woo_order

_PROGRAM = ROOT / "tests" / "faces" / "shops_home.py"
SECRET = "a secret of the shop"


@dataclass
class Shops:
    """A home that web shops deliver to."""

    environment: dict[str, str]
    paths: dict[str, str]
    port: int = 0

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def woo(
        self, payload: Any, topic: str = "order.created", name: str | None = None, secret: str = SECRET
    ) -> int:
        body = packed(payload)
        return self.post(self.paths["woocommerce"], body, woo_headers(secret, topic, body, name))

    def shopify(self, payload: Any, topic: str = "orders/create", secret: str = SECRET) -> int:
        body = packed(payload)
        return self.post(self.paths["shopify"], body, shopify_headers(secret, topic, body))

    @contextmanager
    def running(self, *role: str) -> Iterator["subprocess.Popen[bytes]"]:
        process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), *role], env=self.environment, stdout=subprocess.PIPE
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    @contextmanager
    def serving(self) -> Iterator["subprocess.Popen[bytes]"]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with self.running("serve", str(self.port)) as process:
            for _ in range(600):
                assert process.poll() is None
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                time.sleep(0.05)
            yield process

    def finish(self) -> dict[str, Any]:
        return _told(self.environment, "finish")


def _told(environment: dict[str, str], role: str) -> Any:
    done = subprocess.run(
        [sys.executable, str(_PROGRAM), role], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def web_shops(folder: Path) -> Iterator[Shops]:
    with _own_database() as database:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = kept | {
            "BEIZAI_HOME": str(folder / "home"),
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "beizai.settings",
        }
        environment |= {"DATABASE_URL": database} if database else {}
        yield Shops(environment, _told(environment, "prepare"))


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    with web_shops(tmp_path_factory.mktemp("shops")) as found, found.serving():
        yield found


def test_what_is_signed_is_taken_once_and_what_is_not_is_refused_and_counted(tmp_path: Path) -> None:
    with web_shops(tmp_path) as shops, shops.serving():
        assert [shops.woo(woo_order(), name="d") for _ in range(3)] == [200, 200, 200]
        assert shops.shopify(shopify_order()) == 200
        assert [shops.woo(woo_order(8), secret="another secret") for _ in range(3)] == [401] * 3
        assert shops.shopify(shopify_order(9), secret="") == 401
        body = packed(woo_order(9))
        headers = woo_headers(SECRET, "order.created", body)
        assert shops.post(shops.paths["woocommerce"], body + b" ", headers) == 401
        assert shops.post(shops.paths["shopify"], body, headers) == 401
        del headers["X-WC-Webhook-Signature"]
        assert shops.post(shops.paths["woocommerce"], body, headers) == 401
        found = shops.finish()
        ended = time.monotonic() + 120
        while sum(found["refused"]) < 7 and time.monotonic() < ended:  # wrong ones are counted together
            found = shops.finish()
    assert found["orders"] == [["#1001", 4200], ["727", 4200]]
    assert (found["deliveries"], found["refused"]) == (2, [5, 2])


def test_woocommerce_tries_an_address_out_before_it_keeps_it(shops: Shops) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert shops.post(shops.paths["woocommerce"], b"webhook_id=12", form) == 200
    assert shops.post(shops.paths["shopify"], b"webhook_id=12", form) == 401
    assert shops.post(shops.paths["woocommerce"], b"webhook_id=12&a=b", form) == 401


def test_addresses_nobody_gave_out_and_other_methods_lead_nowhere(shops: Shops) -> None:
    assert shops.post("/w/AAAAAAAAAAAAAAAAAAAA", b"{}", {}) == 404
    assert shops.post("/w/" + "A" * 3_000, b"{}", {}) == 404
    connection = http.client.HTTPConnection("127.0.0.1", shops.port, timeout=20)
    connection.request("GET", shops.paths["woocommerce"])
    assert connection.getresponse().status == 405
    connection.close()


def test_a_body_of_five_million_bytes_is_refused_and_a_deep_one_is_taken_and_kept_aside(shops: Shops) -> None:
    large = b'{"note":"' + b"x" * 5_000_000 + b'"}'
    with contextlib.suppress(OSError):  # it may be refused while it is still being sent
        assert shops.woo(large) == 413
    assert shops.woo(b"[" * 200_000) == 200


def test_a_connection_made_a_moment_ago_and_one_that_was_ended(tmp_path: Path) -> None:
    program = (
        "import django; django.setup()\n"
        "from beizai.base import clock\n"
        "from beizai.imports.shops import connections\n"
        "connections.end(1, now=clock.machine_now())\n"
        f"print(connections.connect('New', 'woocommerce', now=clock.machine_now(), secret='{SECRET}')[0].key)"
    )
    with web_shops(tmp_path) as shops, shops.serving():
        assert shops.woo(woo_order(1)) == 200
        done = subprocess.run(
            [sys.executable, "-c", program], env=shops.environment, capture_output=True, text=True, check=True
        )
        body = packed(woo_order(2))
        headers = woo_headers(SECRET, "order.created", body)
        ended = time.monotonic() + 120
        while (status := shops.post(f"/w/{done.stdout.strip()}", body, headers)) == 404:
            assert time.monotonic() < ended
        assert status == 200
        while shops.woo(woo_order(3)) != 404:
            assert time.monotonic() < ended
            time.sleep(0.2)


def _order_of(number: int, revision: int) -> dict[str, Any]:
    """An order of so many tins as its revision says."""
    order = woo_order(
        number, customer_id=number % 7 + 1, email=f"c{number % 7}@example.com", modified=later(revision)
    )
    order["billing"] = order["billing"] | {"first_name": f"C{number % 7}", "phone": ""}
    order["line_items"] = [
        order["line_items"][0] | {"quantity": revision, "total": f"{revision}.00", "total_tax": "0"}
    ]
    return order


def _sell(shops: Shops, first: int, taken: dict[int, int], until: threading.Event) -> None:
    """Tells of orders and their revisions, the later before the earlier now and then."""
    for number in range(first, first + 10_000):
        revisions = [1, 2, 3]
        random.shuffle(revisions)
        for revision in revisions:
            if until.is_set():
                return
            try:
                if shops.woo(_order_of(number, revision)) == 200:
                    taken[number] = max(taken.get(number, 0), revision)
            except OSError:
                time.sleep(0.02)


@pytest.mark.parametrize("rounds", [2, pytest.param(12, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_killed_between_receipt_and_carrying_nothing_is_lost_and_nothing_doubled(
    tmp_path: Path, rounds: int
) -> None:
    taken: dict[int, int] = {}
    with web_shops(tmp_path) as shops:
        for number in range(rounds):
            until = threading.Event()
            with shops.serving() as server, shops.running("carry") as worker:
                assert worker.stdout is not None
                worker.stdout.readline()
                args = [(shops, 1 + 100_000 * number + 20_000 * one, taken, until) for one in range(3)]
                threads = [threading.Thread(target=_sell, args=each) for each in args]
                for thread in threads:
                    thread.start()
                ended, before = time.monotonic() + 120, len(taken)
                while len(taken) < before + 6 and time.monotonic() < ended:
                    time.sleep(0.1)
                time.sleep(random.uniform(0, 1.0))
                victims = [worker.pid, server.pid]
                random.shuffle(victims)
                for victim in victims:
                    os.kill(victim, signal.SIGKILL)
                until.set()
                for thread in threads:
                    thread.join()
        found = shops.finish()
    book = {int(number): amount for number, amount in found["orders"]}
    assert len(book) == len(found["orders"]) == found["lines"]
    assert len(taken) >= rounds * 5
    short = {
        number: (book.get(number, 0), most)
        for number, most in taken.items()
        if book.get(number, 0) < 100 * most
    }
    assert not short
    assert set(book.values()) <= {100, 200, 300}
    assert found["customers"] <= 7
