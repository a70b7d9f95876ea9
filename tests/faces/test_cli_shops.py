"""Web shops on the command line: connected, listed, mended, ended."""

import os
import subprocess
import sys
from pathlib import Path

from beizai_process import beizai

ROOT = Path(__file__).resolve().parents[2]
_DELIVER = """
import django; django.setup()
from web_shops import START, packed, woo_headers, woo_order
from beizai.imports.shops import arriving, bringing
body = packed(woo_order(currency="USD"))
headers = {name.lower(): value for name, value in woo_headers("a secret of the shop", "order.created", body).items()}
arriving.take(arriving.delivery("woocommerce", 1, headers, body, START))
bringing.bring_once()
"""


def test_a_shop_is_connected_delivers_is_mended_and_ended(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert beizai(home, "init", "--owner", "owner@example.test", "--json").code == 0
    assert (
        beizai(home, "shops", "connect", "Tea", "--kind", "shopify", "--json").code == 1
    )  # its secret is missing
    made = beizai(home, "shops", "connect", "Tea", "--kind", "woocommerce", "--json")
    assert (made.code, len(made.json["secret"]) > 40) == (0, True)
    listed = beizai(home, "shops", "list", "--json")
    assert listed.json["shops"][0]["address"] == made.json["address"]
    assert made.json["secret"] not in listed.out
    environment = os.environ | {
        "BEIZAI_HOME": str(home),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'builders'}",
    }
    subprocess.run([sys.executable, "-c", _DELIVER], env=environment, check=True)
    aside = beizai(home, "shops", "deliveries", "1", "--aside", "--json").json["deliveries"]
    assert [one["reason"] for one in aside] == ["no_rate"]
    assert beizai(home, "shops", "replay", "1", "--json").json == {"replayed": 0, "left": 1}
    assert beizai(home, "shops", "rate", "USD", "2026-01-01", "0.913", "--json").code == 0
    assert beizai(home, "shops", "replay", "1", "--reason", "no_rate", "--json").json == {
        "replayed": 1,
        "left": 0,
    }
    assert beizai(home, "shops", "requests", "--json").json == {"requests": []}
    assert beizai(home, "shops", "answer", "1", "kept", "--json").code == 1
    assert beizai(home, "shops", "change", "1", "--secret", "too short", "--json").code == 1
    assert beizai(home, "shops", "end", "1", "--json").code == 0
    assert beizai(home, "shops", "list", "--json").json["shops"][0]["ended_at"]
