"""An online shop whose orders come by webhook: from the lead to the loyal customer, and a mail that asks for the second order."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from beizai_process import ROOT, surroundings
from trade_story import Story
from web_shops import (
    packed,
    shopify_customer,
    shopify_headers,
    shopify_order,
    shopify_product,
    shopify_refund,
)

SECRET = "the secret Shopify signs with"
TICK = "Yes, send me offers of the tea house by email."
TODAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)
GAP = 30
# (customers, orders each, months since the last one)
BUYERS = {
    "1 Lead: never bought": (range(1, 5), 0, 0),
    "2 Bought once": (range(11, 31), 1, 1),
    "3 Came back": (range(31, 34), 3, 0),
    "4 Regular": (range(37, 39), 4, 0),
    "5 Loyal": (range(41, 43), 7, 0),
    "6 Regulars gone quiet": (range(46, 48), 5, 5),
}


class Shopify:
    """The shop, delivering to an address over real HTTP."""

    def __init__(self, address: str, port: int) -> None:
        self.path, self.port = urlsplit(address).path, port

    def deliver(self, topic: str, payload: Any) -> None:
        body = packed(payload)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", self.path, body, shopify_headers(SECRET, topic, body))
        assert connection.getresponse().status == 200
        connection.close()


@contextmanager
def served(home: Path, address: str) -> Iterator[Shopify]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = ROOT / "tests" / "faces" / "shops_home.py"
    process = subprocess.Popen([sys.executable, str(program), "serve", str(port)], env=surroundings(home))
    try:
        for _ in range(600):
            assert process.poll() is None
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Shopify(address, port)
    finally:
        process.kill()
        process.wait()


def person(number: int, state: str = "subscribed") -> dict[str, Any]:
    at = (TODAY - timedelta(days=400)).isoformat()
    consent = {"state": state, "opt_in_level": "confirmed_opt_in", "consent_updated_at": at}
    return shopify_customer(
        number,
        email=f"c{number}@example.test",
        first_name="Customer",
        last_name=f"No{number}",
        created_at=at,
        updated_at=at,
        email_marketing_consent=consent,
    )


def bought(customer: int, place: int, at: datetime, **given: Any) -> dict[str, Any]:
    number = customer * 100 + place
    address = {"first_name": "Customer", "last_name": f"No{customer}", "country_code": "FR"}
    return shopify_order(
        number,
        created=at,
        customer=person(customer),
        email=f"c{customer}@example.test",
        billing_address=address,
        shipping_address=address,
        discount_codes=[],
        **given,
    )


@pytest.mark.timeout(900)
def test_from_the_lead_to_the_loyal_customer_by_webhook(tmp_path: Path) -> None:
    shop = Story(tmp_path, "online-shop", "name=Tea house")
    made = shop.run(
        "shops", "connect", "Tea house", "--kind", "shopify", "--secret", SECRET, "--email-words", TICK
    )
    with served(shop.home, made["address"]) as shopify:
        shopify.deliver("products/create", shopify_product())
        for customers, orders, since in BUYERS.values():
            for customer in customers:
                shopify.deliver("customers/create", person(customer))
                for place in range(orders):
                    at = TODAY - timedelta(days=GAP * (since + place))
                    shopify.deliver("orders/create", bought(customer, place, at))
        refund = shopify_refund(9, order=1100, lines=((11, 1, "10.75"),), at=TODAY)
        shopify.deliver("refunds/create", refund)
        off = bought(31, 0, TODAY, cancelled_at=TODAY.isoformat(), updated=TODAY + timedelta(hours=1))
        shopify.deliver("orders/cancelled", off)
        gone = person(12, "unsubscribed")
        gone["email_marketing_consent"]["consent_updated_at"] = TODAY.isoformat()
        shopify.deliver("customers/update", gone)
    shop.run("worker", "--once")
    week = {one["segment"]: one["customers"] for one in shop.run("trades", "week")["week"]}
    named = ("2 Bought once", "6 Regulars gone quiet", "1 Lead: never bought")
    assert {name: week[name] for name in named} == {name: len(BUYERS[name][0]) for name in named}
    assert shop.run("segments", "count", "5 Loyal")["customers"] == 2
    [row] = shop.run("shops", "list")["shops"]
    assert (row["refused"], row["aside"]) == (0, 0)
    report = shop.campaign("2 Bought once")
    ledger = report["ledger"]
    assert ledger["sent"] + ledger["held_out"] + sum(ledger["refused"].values()) == 20
    assert ledger["held_out"] > 0
    assert sum(ledger["refused"].values()) == 1  # who unsubscribed in the shop
    assert report["profit"]["verdict"] == "cannot_tell"
