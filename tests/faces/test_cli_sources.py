"""The sources on the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path


def beizai(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "beizai", "--home", str(home), *words],
        capture_output=True,
        text=True,
        check=False,
        env={key: value for key, value in os.environ.items() if key not in ("BEIZAI_HOME", "DATABASE_URL")},
    )


def test_a_source_is_made_listed_and_shown(tmp_path):
    home = tmp_path / "home"
    assert beizai(home, "init", "--name", "Tea", "--owner", "wei@example.test").returncode == 0
    wrong = beizai(home, "sources", "add", "Web list", "--kind", "harvested")
    assert wrong.returncode == 1
    assert "on purpose" in wrong.stderr
    more = ("--kind", "exchange", "--cost", "12.50", "--basis", "consent", "--evidence", "Their form")
    assert beizai(home, "sources", "add", "Partner", *more).returncode == 0
    shown = json.loads(beizai(home, "--json", "sources", "show", "partner").stdout)
    assert (shown["cost_minor"], shown["basis"], shown["has_basis"], shown["cards"]) == (
        1250,
        "consent",
        True,
        0,
    )
    listed = json.loads(beizai(home, "--json", "sources", "list").stdout)["sources"]
    assert "Partner" in [one["name"] for one in listed]
