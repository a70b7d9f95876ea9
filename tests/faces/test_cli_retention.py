"""Retention on the command line."""

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


def test_how_long_is_shown_set_and_carried_out(tmp_path):
    home = tmp_path / "home"
    assert beizai(home, "init", "--name", "Tea", "--owner", "wei@example.test").returncode == 0
    assert beizai(home, "retention", "set", "site_visits", "100").returncode == 0
    shown = json.loads(beizai(home, "--json", "retention", "show").stdout)
    visits = next(one for one in shown["kinds"] if one["kind"] == "site_visits")
    assert (visits["keep_days"], visits["default_days"], visits["by_the_shop"], visits["due"]) == (
        100,
        395,
        True,
        0,
    )
    assert json.loads(beizai(home, "--json", "retention", "run", "--dry-run").stdout)["due"] == {}
    assert json.loads(beizai(home, "--json", "retention", "run").stdout)["taken"] == {}
    assert json.loads(beizai(home, "--json", "retention", "show").stdout)["last_run_at"]
    wrong = beizai(home, "retention", "set", "site_visits", "soon")
    assert wrong.returncode == 1
    assert "no number of days" in wrong.stderr
