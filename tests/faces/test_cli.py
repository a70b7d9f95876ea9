"""The command as people and scripts meet it: one JSON document, words beside it, exit codes that mean something."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from beizai_process import Said, beizai, surroundings

OWNER = "owner@example.test"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an owner, for all tests here."""
    folder = tmp_path_factory.mktemp("cli") / "home"
    made = beizai(folder, "init", "--owner", OWNER, "--locale", "fr", "--json")
    assert made.code == 0, made.err
    assert made.json["currency"] == "EUR"
    assert "/password/reset/key/" in made.json["link"]
    return folder


def test_help_comes_at_once_and_reads_no_database(tmp_path: Path) -> None:
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        assert "Commands:" in beizai(tmp_path / "none", "--help").out
        seconds.append(time.perf_counter() - began)
    imported = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, beizai.cli.app as a; a.install(); print('django' in sys.modules)",
        ],
        env=surroundings(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert imported.stdout.strip() == "False"
    assert min(seconds) < 1.0  # about 0.2 s on an idle machine


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["users", "nonsense"], ["users", "add"], ["settings", "set", "name"]]
)
def test_wrong_use_exits_2_and_says_so_in_json_too(home: Path, arguments: list[str]) -> None:
    plain, machine = beizai(home, *arguments), beizai(home, *arguments, "--json")
    assert (plain.code, plain.out) == (2, "")
    assert "Error" in plain.err
    assert machine.code == 2
    assert machine.json["error"]["kind"] == "usage"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["users", "role", "nobody@example.test", "staff"], "notfound"),
        (["users", "role", OWNER, "king"], "invalid"),
        (["users", "role", OWNER, "staff"], "forbidden"),
        (["settings", "set", "currency", "XXY"], "invalid"),
        (["settings", "set", "colour", "red"], "notfound"),
        (["customers", "show", "99"], "notfound"),
        (["campaigns", "send", "99"], "notfound"),
        (["init"], "invalid"),
    ],
)
def test_a_refused_request_exits_1_with_message_and_hint(home: Path, arguments: list[str], kind: str) -> None:
    refused = beizai(home, *arguments, "--json")
    assert refused.code == 1
    assert refused.json["error"]["kind"] == kind
    assert refused.json["error"]["message"]
    assert refused.json["error"]["message"] in refused.err


def test_without_a_book_every_command_says_how_to_make_one(tmp_path: Path) -> None:
    refused = beizai(tmp_path / "none", "customers", "count", "--json")
    assert refused.code == 1
    assert "beizai init" in refused.json["error"]["hint"]
    assert not (tmp_path / "none").exists()


def test_json_stands_before_or_after_the_command(home: Path) -> None:
    before, after = beizai(home, "--json", "customers", "count"), beizai(home, "customers", "count", "--json")
    assert before.json == after.json == {"customers": 0}


def test_home_may_be_named_by_option_instead_of_environment(home: Path, tmp_path: Path) -> None:
    named = beizai(tmp_path / "none", "--home", home, "users", "list", "--json")
    assert named.json["users"][0]["email"] == OWNER


def test_users_are_added_listed_and_given_links(home: Path) -> None:
    added = beizai(home, "users", "add", "Mia@Example.test", "--role", "marketer", "--name", "Mia", "--json")
    assert added.json | {"id": 0, "link": ""} == {
        "id": 0, "email": "mia@example.test", "name": "Mia", "role": "marketer", "active": True, "link": "",
    }  # fmt: skip
    assert beizai(home, "users", "add", "mia@example.test").code == 1
    again = beizai(home, "users", "reset", "mia@example.test", "--json")
    assert again.json["link"].startswith("http://127.0.0.1:8765/")


def test_settings_are_shown_and_set_and_secrets_stay_hidden(home: Path) -> None:
    assert beizai(home, "settings", "set", "smtp_password=open sesame", "name=Chez Léa", "--json").json == {
        "changed": {"smtp_password": True, "name": "Chez Léa"}
    }
    shown = beizai(home, "settings", "--json")
    assert shown.json["settings"]["name"] == "Chez Léa"
    assert shown.json["settings"]["smtp_password"] is True
    assert "sesame" not in shown.out


def test_of_several_settings_none_is_changed_where_one_is_wrong(home: Path) -> None:
    assert beizai(home, "settings", "set", "trade=shoes", "smtp_port=x").code == 1
    assert beizai(home, "settings", "show", "--json").json["settings"]["trade"] == ""


def test_a_card_is_added_found_shown_and_its_double_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    beizai(home, "init")
    first = beizai(
        home, "customers", "add", "--name", "王小明", "--email", "wang@example.test", "--json"
    ).json
    second = beizai(home, "customers", "add", "--name", "Wang", "--email", "WANG@example.test", "--json").json
    assert second["possible_doubles"] == [first["id"]]
    found = beizai(home, "customers", "list", "--search", "小明", "--json").json["customers"]
    assert [card["id"] for card in found] == [first["id"]]
    shown = beizai(home, "customers", "show", str(first["id"]), "--json").json
    assert shown["contact_points"] == [{"channel": "email", "value": "wang@example.test"}]
    assert "王小明" in beizai(home, "customers", "show", str(first["id"])).out


def test_the_doctor_says_what_to_do_and_finds_what_is_broken(tmp_path: Path) -> None:
    home = tmp_path / "home"
    beizai(home, "init")
    well = beizai(home, "doctor", "--json")
    names = {finding["name"] for finding in well.json["findings"]}
    assert well.code == 0
    assert {
        "home",
        "keys",
        "office",
        "lake",
        "inbox",
        "sender",
        "postal address",
        "margins",
        "mail server",
    } <= names
    assert all(finding["do"] for finding in well.json["findings"] if finding["state"] != "good")
    beizai(home, "settings", "set", "smtp_host=127.0.0.1", "smtp_port=9")
    (home / "keys" / "suppression.key").unlink()
    ill = beizai(home, "doctor", "--json")
    assert ill.code == 1
    assert {f["name"] for f in ill.json["findings"] if f["state"] == "bad"} == {"keys", "mail server"}


def test_init_refuses_what_cannot_be_and_leaves_nothing(tmp_path: Path) -> None:
    wrong = (["--currency", "XXY"], ["--timezone", "Mars/Base"], ["--locale", "qq"], ["--owner", "nobody"])
    refused: list[Said] = [beizai(tmp_path / "home", "init", *one, "--json") for one in wrong]
    assert [said.code for said in refused] == [1, 1, 1, 1]
    assert not (tmp_path / "home").exists()


def test_init_keeps_out_of_a_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    assert beizai(tmp_path / "home", "init").code == 1
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["letter.txt"]


def test_init_broken_off_is_taken_up_again(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-m", "beizai", "init"], env=surroundings(tmp_path / "home"))
    time.sleep(0.9)
    process.kill()
    process.wait()
    done = beizai(tmp_path / "home", "init", "--owner", OWNER, "--json")
    if done.code:  # it had finished before the kill
        assert "already" in json.loads(done.out)["error"]["message"]
    assert beizai(tmp_path / "home", "users", "list").code == 0
