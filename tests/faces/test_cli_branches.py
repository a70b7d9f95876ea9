"""Branches and targets on the command line."""

from pathlib import Path

import pytest
from beizai_process import beizai


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert beizai(home, "init", "--name", "Shoes", "--owner", "wei@example.test").code == 0
    return home


def test_a_branch_is_made_its_access_set_its_staff_placed_and_it_is_taken_out(home: Path) -> None:
    assert beizai(home, "branches", "add", "Harbour", "--address", "1 Quay").code == 0
    assert beizai(home, "branches", "add", "harbour").code == 1
    beizai(home, "users", "add", "ana@example.test", "--role", "staff")
    assert beizai(home, "branches", "staff", "ana@example.test", "Harbour").code == 0
    changed = beizai(home, "--json", "branches", "access", "harbour", "look_up", "--look-ups", "7").json
    assert (changed["access"], changed["look_ups_a_day"]) == ("look_up", 7)
    assert "whole_book" in beizai(home, "branches", "access", "harbour", "everything").err
    listed = beizai(home, "--json", "branches", "list").json["branches"]
    assert [(one["name"], one["access"], one["staff"], one["customers"]) for one in listed] == [
        ("Harbour", "look_up", ["ana@example.test"], 0)
    ]
    assert beizai(home, "--json", "branches", "look-ups", "Harbour").json == {"look_ups": []}
    assert beizai(home, "branches", "remove", "Harbour").code == 1
    beizai(home, "branches", "staff", "ana@example.test")
    beizai(home, "branches", "change", "Harbour", "--to", "Port")
    assert beizai(home, "branches", "remove", "Port").code == 0


def test_targets_are_set_and_listed(home: Path) -> None:
    beizai(home, "branches", "add", "Harbour")
    assert (
        beizai(home, "targets", "set", "branch", "500", "--name", "harbour", "--by", "2026-12-31").code == 0
    )
    assert beizai(home, "targets", "set", "book", "1000").code == 0
    assert beizai(home, "targets", "set", "user", "20", "--name", "wei@example.test").code == 0
    assert "Nothing is called" in beizai(home, "targets", "set", "source", "5", "--name", "Moon").err
    found = beizai(home, "--json", "targets", "list").json["targets"]
    wanted = {(one["of"], one["name"], one["wanted"], one["by"]) for one in found if one["wanted"]}
    assert wanted == {
        ("book", "Shoes", 1000, None),
        ("branch", "Harbour", 500, "2026-12-31"),
        ("user", "wei@example.test", 20, None),
    }
    beizai(home, "targets", "set", "branch", "0", "--name", "Harbour")
    only = beizai(home, "--json", "targets", "list", "--of", "branch").json["targets"]
    assert [one["wanted"] for one in only] == [None]
