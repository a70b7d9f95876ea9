"""Cards joined and taken apart from the command line."""

from pathlib import Path
from typing import Any

from beizai_process import Said, beizai


def _done(said: Said) -> Any:
    assert said.code == 0, said.err
    return said.json


def test_pairs_are_looked_for_decided_joined_and_taken_apart(tmp_path: Path) -> None:
    home, people = tmp_path / "home", tmp_path / "people.csv"
    rows = ["customer number,name,email,birthday"]
    rows += [
        f"K{n},Paul {name},p.fournier@example.test,1984-03-09"
        for n, name in enumerate(("Fournier", "Fournié"))
    ]
    rows += [f"S{n},Person{n} Nr{n},{n}@example.test,{1960 + n}-0{1 + n % 9}-1{n % 10}" for n in range(12)]
    people.write_text("\n".join(rows) + "\n", encoding="utf-8")
    _done(beizai(home, "init", "--timezone", "Europe/Paris", "--json"))
    _done(beizai(home, "import", "customers", people, "--source", "Fair", "--json"))
    looked = _done(beizai(home, "identity", "match", "--json"))
    assert (looked["cards"], looked["joined"], looked["proposed"]) == (14, 0, 1)
    (pair,) = _done(beizai(home, "identity", "review", "--json"))["pairs"]
    shown = _done(beizai(home, "identity", "review", pair["id"], "--json"))
    assert {one["field"] for one in shown["fields"] if one["differs"]} >= {"name"}
    joined = _done(beizai(home, "identity", "review", pair["id"], "--answer", "join", "--json"))
    assert _done(beizai(home, "customers", "count", "--json")) == {"customers": 13}
    assert _done(beizai(home, "customers", "show", pair["right_id"], "--json"))["id"] == joined["card_id"]
    refused = beizai(home, "identity", "merge", pair["right_id"], "--into", 3, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "joined_already")
    apart = _done(beizai(home, "identity", "unmerge", joined["merge_id"], "--json"))
    assert apart["cards"] == [pair["right_id"]]
    told = _done(beizai(home, "identity", "merges", pair["right_id"], "--json"))
    assert told["merges"][0]["undone_at"]
