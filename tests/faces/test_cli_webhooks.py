"""Webhooks on the command line: made, tried, logged, sent again, switched off, removed; the page's receiver takes them."""

import re
from pathlib import Path

import pytest
from beizai_process import beizai
from webhook_receiver import receiving

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "webhooks.md"


def test_an_endpoint_from_its_making_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEIZAI_WEBHOOK_HOSTS", "127.0.0.0/8")
    home = tmp_path / "home"
    assert beizai(home, "init", "--owner", "owner@example.test", "--json").code == 0
    with receiving() as receiver:
        made = beizai(home, "webhooks", "add", "ERP", receiver.url, "--tell", "customer.*", "--json").json
        number = str(made["id"])
        assert beizai(home, "webhooks", "test", number, "--json").json["taken"]
        receiver.otherwise = 500
        failed = beizai(home, "webhooks", "test", number, "--json")
        assert (failed.code, failed.json["status"]) == (1, 500)
        new = beizai(home, "webhooks", "rotate", number, "--json").json["secret"]
        receiver.otherwise = 204
        assert beizai(home, "webhooks", "test", number, "--json").code == 0
        for secret in (made["secret"], new):
            assert _receive(secret, *receiver.got[-1]) == 204
    logged = beizai(home, "webhooks", "log", number, "--json").json["deliveries"]
    assert [(one["kind"], one["state"]) for one in logged] == [
        ("ping", "taken"),
        ("ping", "given_up"),
        ("ping", "taken"),
    ]
    assert beizai(home, "webhooks", "resend", str(logged[0]["id"]), "--json").json == {"again": 1}
    listed = beizai(home, "webhooks", "list", "--json")
    assert (listed.json["endpoints"][0]["waiting"], "whsec_" in listed.out) == (1, False)
    assert beizai(home, "webhooks", "off", number, "--json").code == 0
    refused = beizai(home, "webhooks", "resend", str(logged[0]["id"]), "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "switched_off")
    assert beizai(home, "webhooks", "remove", number, "--json").code == 0
    assert beizai(home, "webhooks", "list", "--json").json == {"endpoints": []}


def _receive(secret: str, headers: dict[str, str], body: bytes) -> int:
    """By the receiver of the page."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(code.replace("whsec_...", secret), names)
    receive = names["receive"]
    assert callable(receive)
    return int(receive(dict(headers), body))
