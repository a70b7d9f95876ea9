"""The loop as a script drives it: each step's JSON has the keys that were promised, and the numbers hang together."""

import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from beizai_process import Said, beizai

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
IMPORT_KEYS = {
    "import_id",
    "rows",
    "accepted",
    "rejected",
    "anonymous_rows",
    "orders",
    "customers",
    "seconds",
}


def _done(said: Said) -> Any:
    assert said.code == 0, said.err
    return said.json


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the first 900 lines of the tea shop's orders, its customers, and a sender."""
    folder = tmp_path_factory.mktemp("loop")
    lines = (EXAMPLES / "orders.csv").read_text("utf-8").splitlines(keepends=True)
    (folder / "orders.csv").write_text(
        "".join(lines[:901]) + "A99999,not a day,C001,T01,Sencha,Tea,1,9.50,5.00\n", "utf-8"
    )
    home = folder / "home"
    _done(beizai(home, "init", "--timezone", "Europe/Paris", "--json"))
    sender = (
        "sender_address=anna@tea.example.test",
        "postal_address=3 rue du Port, Nantes",
        "smtp_host=catcher",
    )
    _done(beizai(home, "settings", "set", *sender, "--json"))
    return folder


@pytest.fixture
def home(made_once: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "home"


def test_a_file_is_looked_at_brought_in_known_again_and_taken_out(home: Path) -> None:
    file = home.parent / "orders.csv"
    seen = _done(beizai(home, "import", "orders", file, "--dry-run", "--json"))
    assert (seen["rows"], seen["kept_aside"], seen["questions"]) == (901, 1, [])
    assert seen["columns"]["unit_price"] == "Unit price"
    assert beizai(home, "imports", "list", "--json").json == {"imports": []}

    first = _done(beizai(home, "import", "orders", file, "--json"))
    assert set(first) >= IMPORT_KEYS
    assert (first["rows"], first["accepted"], first["rejected"], first["anonymous_rows"]) == (901, 900, 1, 0)
    assert first["new_orders"] == first["orders"] == seen["happens"]["new_orders"]
    assert Path(home, first["kept_aside"]).is_file()
    customers = _done(beizai(home, "customers", "count", "--json"))["customers"]
    assert customers == first["new_customers"]

    again = _done(beizai(home, "import", "orders", file, "--json"))
    assert (again["new_orders"], again["changed_orders"], again["known_orders"]) == (0, 0, first["orders"])
    out = _done(beizai(home, "imports", "undo", str(first["import_id"]), "--json"))
    assert out["orders_out"] == first["orders"]
    assert out["bring_again"] == [{"import_id": 2, "file_name": Path(file).name}]
    listed = _done(beizai(home, "imports", "list", "--json"))["imports"]
    assert [(row["import_id"], row["state"]) for row in listed] == [(2, "in_book"), (1, "undone")]
    assert set(listed[0]) >= IMPORT_KEYS


def test_dates_that_can_be_read_in_two_ways_are_refused_until_said(home: Path) -> None:
    file = home.parent / "doubtful.csv"
    file.write_text(
        "Order,Date,Customer,Amount\nX1,03/04/2026,C001,10.00\nX2,05/06/2026,C002,12.00\n", "utf-8"
    )
    refused = beizai(home, "import", "orders", file, "--source", "Fair", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "dates_ambiguous")
    done = _done(beizai(home, "import", "orders", file, "--source", "Fair", "--dates", "dmy", "--json"))
    assert done["accepted"] == 2
    _done(beizai(home, "imports", "undo", str(done["import_id"]), "--json"))


def test_from_value_to_the_report_of_a_campaign(home: Path) -> None:
    _done(beizai(home, "import", "orders", home.parent / "orders.csv", "--json"))
    _done(beizai(home, "import", "customers", EXAMPLES / "customers.csv", "--json"))
    as_of = ("--as-of", "2026-02-28", "--json")
    pyramid = _done(beizai(home, "value", "pyramid", *as_of))
    assert 0.2 < pyramid["top_fifth"] < 1
    grid = _done(beizai(home, "value", "rfm", *as_of))
    assert sum(cell["customers"] for cell in grid["cells"]) == grid["customers"] == pyramid["customers"]
    stages = _done(beizai(home, "value", "stages", *as_of))
    assert [one["code"] for one in stages["stages"]] == ["loyal", "target", "potential"]
    assert sum(one["customers"] for one in stages["stages"]) == stages["customers"]
    types = _done(beizai(home, "value", "types", *as_of))
    assert sum(one["customers"] for one in types["types"]) == types["customers"]

    saved = _done(beizai(home, "segments", "save", "silent", "--rule", EXAMPLES / "silent.json", "--json"))
    assert saved["version"] == 1
    members = _done(beizai(home, "segments", "members", "silent", "--limit", "2", "--json"))
    assert (
        members["customers"]
        == saved["customers"]
        == _done(beizai(home, "segments", "count", "silent", "--json"))["customers"]
    )
    why = _done(beizai(home, "segments", "explain", "silent", str(members["members"][0]["id"]), "--json"))
    assert why["holds"] is True
    assert len(why["checks"]) == 3

    planned = _done(beizai(home, "campaigns", "plan", EXAMPLES / "win-back.toml", "--json"))
    number = str(planned["id"])
    assert planned["eligible"] + sum(planned["refused"].values()) == saved["customers"]
    assert planned["outlook"]["treated"] + planned["outlook"]["held_out"] == planned["eligible"]
    assert beizai(home, "campaigns", "send", number, "--json").json["error"]["kind"] == "forbidden"
    approved = _done(beizai(home, "campaigns", "approve", number, "--json"))
    assert approved["sending"]["left"] == planned["outlook"]["treated"]
    assert beizai(home, "campaigns", "approve", number).code == 1
    assert _done(beizai(home, "campaigns", "send", number, "--json"))["state"] == "sending"
    assert _done(beizai(home, "campaigns", "pause", number, "--json"))["state"] == "paused"
    assert _done(beizai(home, "campaigns", "resume", number, "--json"))["state"] == "sending"
    _done(beizai(home, "worker", "--once", "--json"))
    report = _done(beizai(home, "campaigns", "report", number, "--json"))
    assert report["ledger"]["sent"] == approved["sending"]["left"]
    assert report["profit"]["verdict"] == "cannot_tell"
    assert [one["state"] for one in _done(beizai(home, "campaigns", "list", "--json"))["campaigns"]] == [
        "sent"
    ]


def test_the_template_is_written_once_and_comes_in_without_questions(home: Path) -> None:
    file = home.parent / "template.xlsx"
    _done(beizai(home, "template", file, "--json"))
    assert beizai(home, "template", file).code == 1
    book = openpyxl.load_workbook(file)
    for column, value in {
        "A": "0017",
        "B": "2026-03-01 10:30",
        "C": "C001",
        "G": "T01",
        "J": 2,
        "K": 9.5,
    }.items():
        book["Orders"][f"{column}2"] = value
    book.save(file)
    done = _done(beizai(home, "import", "orders", file, "--json"))
    assert (done["accepted"], done["orders"], done["rejected"]) == (1, 1, 0)
