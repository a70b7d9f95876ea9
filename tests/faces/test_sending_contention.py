"""Everybody at once on one home: nobody waits over half a second for a lock."""

import subprocess
import sys
from pathlib import Path

import pytest

_MEASURE = """
from pathlib import Path
from bench import contention
lines = list(contention.measure(Path("."), 0.1))
print(*lines, sep="\\n")
raise SystemExit(0 if len(lines) == 2 and all(line.kept for line in lines) else 1)
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nobody_waits_over_half_a_second_while_a_campaign_clicks_and_an_import_come_together() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
