"""Forms by the command: made, published, counted, drawn, each answer one JSON document."""

import json
from pathlib import Path

import pytest
from beizai_process import beizai


def done(said):
    assert said.code == 0, said.err
    return said.json


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms") / "home"
    done(beizai(folder, "init", "--json"))
    done(beizai(folder, "forms", "add", "Win tea", "--kind", "contest", "--json"))
    return folder


def test_a_form_is_listed_published_and_counted(home):
    published = done(beizai(home, "forms", "publish", "win-tea", "--json"))
    assert published["version"] == 1
    every = done(beizai(home, "forms", "list", "--json"))["forms"]
    listed = next(one for one in every if one["slug"] == "win-tea")
    assert (listed["slug"], listed["state"], listed["version"]) == ("win-tea", "open", 1)
    results = done(beizai(home, "forms", "results", "win-tea", "--json"))
    assert results["counted"] == 0
    assert results["questions"]["guess"]["ask"] == "number"


def test_a_form_is_carried_over_as_json_and_a_flawed_one_is_refused(home, tmp_path):
    shown = done(beizai(home, "forms", "show", "win-tea", "--json"))
    (tmp_path / "form.json").write_text(json.dumps(shown | {"title": {}}), "utf-8")
    made = done(beizai(home, "forms", "add", "Other", "--file", str(tmp_path / "form.json"), "--json"))
    refused = beizai(home, "forms", "publish", made["slug"], "--json")
    assert refused.code == 1
    assert "no title" in refused.json["error"]["message"]
    (tmp_path / "form.json").write_text("{", "utf-8")
    assert beizai(home, "forms", "add", "Bad", "--file", str(tmp_path / "form.json")).code == 1


def test_what_was_not_announced_is_not_drawn(home):
    assert beizai(home, "forms", "draw", "win-tea").code == 1
    assert beizai(home, "forms", "results", "nothing").code == 1
    assert beizai(home, "forms", "link", "win-tea", "99").code == 1
