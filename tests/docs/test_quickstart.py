"""Every command of the quickstart runs as it stands there, one after the other, in one home."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from beizai_process import surroundings

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(sys.platform == "win32", reason="the blocks are written for a POSIX shell")
def test_every_command_of_the_quickstart_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    command = tmp_path / "bin" / "beizai"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m beizai "$@"\n')
    command.chmod(0o755)
    around = surroundings(tmp_path / "beizai-home")
    around["PATH"] = f"{command.parent}:{around['PATH']}"
    blocks = BLOCK.findall((ROOT / "docs" / "quickstart.md").read_text("utf-8"))
    said = [_run(line, tmp_path, around) for block in blocks for line in block.splitlines() if line.strip()]
    assert len(said) >= 15
    everything = "\n".join(said)
    assert re.search(r"best fifth brought \d\d\.\d %", everything)
    assert re.search(r"[1-9]\d* sent", said[-3]), "somebody was written to"


def _run(line: str, folder: Path, around: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, env=around, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout
