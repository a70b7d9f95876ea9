"""The `beizai` command run as people run it: a process of its own, its exit code, its words, its JSON."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


def surroundings(home: Path, database: str = "") -> dict[str, str]:
    """The environment of a process that works in this home."""
    kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "BEIZAI_HOME")}
    named = {"BEIZAI_HOME": str(home), "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "beizai.settings"}
    return kept | named | ({"DATABASE_URL": database} if database else {})


def beizai(home: Path, *arguments: str | Path, database: str = "", stdin: str = "") -> Said:
    """Runs a command in this home and waits for it."""
    done = subprocess.run(
        [sys.executable, "-m", "beizai", *map(str, arguments)],
        env=surroundings(home, database),
        cwd=home.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=stdin,
        check=False,
        timeout=240,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def helper(home: Path, *arguments: str | Path, database: str = "") -> "subprocess.Popen[str]":
    """Starts home_in_use.py in this home."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "home_in_use.py"), *map(str, arguments)],
        env=surroundings(home, database),
        stdout=subprocess.PIPE,
        text=True,
    )


def finished(process: "subprocess.Popen[str]") -> str:
    """What it printed, once it has ended well."""
    out, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    return out


def look(home: Path, *, database: str = "") -> Any:
    """What the home holds."""
    return json.loads(finished(helper(home, "look", database=database)))
