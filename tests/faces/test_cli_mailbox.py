"""The mailbox on the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path


def beizai(home: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "beizai", "--home", str(home), *words],
        capture_output=True,
        text=True,
        input=typed,
        check=False,
        env={key: value for key, value in os.environ.items() if key not in ("BEIZAI_HOME", "DATABASE_URL")},
    )


def test_a_mailbox_is_set_shown_without_its_password_and_tried(tmp_path):
    home = tmp_path / "home"
    assert beizai(home, "init", "--name", "Tea", "--owner", "wei@example.test").returncode == 0
    assert beizai(home, "mailbox", "test").returncode == 1
    wrong = beizai(home, "mailbox", "set", "host=mail.example", "security=none")
    assert wrong.returncode == 1
    assert "TLS" in wrong.stderr
    values = ("host=localhost", "port=1", "user=shop", "password=-", "active=yes", "from_on=2026-01-31")
    assert beizai(home, "mailbox", "set", *values, typed="tea and gifts\n").returncode == 0
    shown = beizai(home, "--json", "mailbox", "show")
    found = json.loads(shown.stdout)["mailbox"]
    assert (found["host"], found["password"], found["active"]) == ("localhost", True, True)
    assert "tea and gifts" not in shown.stdout
    tried = beizai(home, "--json", "mailbox", "fetch")
    assert tried.returncode == 1
    assert "cannot be reached" in tried.stdout + tried.stderr
    assert "cannot be reached" in json.loads(beizai(home, "--json", "mailbox").stdout)["trouble"]
