"""Events on the command line: a key made, listed, revoked; a schema said."""

import json
from pathlib import Path

from beizai_process import beizai


def test_a_key_is_shown_once_listed_without_its_text_and_revoked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert beizai(home, "init", "--owner", "owner@example.test", "--json").code == 0
    made = beizai(home, "events", "key", "Shop", "--in-browser", "--origin", "https://shop.example", "--json")
    listed = beizai(home, "events", "keys", "--json")
    assert [one["origins"] for one in listed.json["keys"]] == [["https://shop.example"]]
    assert made.json["key"] not in listed.out
    assert beizai(home, "events", "revoke", str(made.json["id"]), "--json").code == 0
    assert beizai(home, "events", "keys", "--json").json["keys"][0]["revoked_at"]
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"required": ["price"]}), "utf-8")
    assert beizai(home, "events", "schema", "Bought", str(schema), "--json").json["name"] == "Bought"
    assert beizai(home, "events", "list", "--json").json == {"names": [], "waiting": 0}
    assert beizai(home, "events", "aside", "--json").json == {"waiting": []}
    assert beizai(home, "events", "key", "A", "--source", "nowhere", "--json").code == 1
