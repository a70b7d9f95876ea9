"""Runs the tests: all of them on SQLite, the office's again on PostgreSQL; says what it had to leave out.

A machine with only Python passes. With CI=true nothing may be left out: a missing part is a failure.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import throwaway_postgres

ROOT = Path(__file__).resolve().parent.parent
ON_BOTH_DATABASES = ("tests/office", "tests/segments", "tests/faces", "tests/acceptance")
ONE_ORDER = "--randomly-seed=20171106"  # the gate is repeatable; `pytest` alone draws a new order each time
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Part:
    """Something the tests use that is more than Python: its pytest mark, whether it is here, how to have it."""

    mark: str
    name: str
    here: bool
    how: str


@dataclass(frozen=True)
class Outcome:
    """What one run of pytest came to."""

    failed: bool
    tests: int = 0
    failures: int = 0
    skipped: int = 0


def parts() -> list[Part]:
    """What this machine has."""
    browser = any(shutil.which(name) for name in BROWSERS) and importlib.util.find_spec("playwright")
    return [
        Part(
            "postgres", "PostgreSQL", throwaway_postgres.binaries() is not None, "apt-get install postgresql"
        ),
        Part("browser", "browser", bool(browser), "apt-get install chromium"),
        Part("imap", "mailbox", _dovecot_found(), "apt-get install dovecot-imapd"),
        Part(
            "shared_data",
            "shared data",
            (ROOT.parent / "shared" / "data").is_dir(),
            "put the public data sets named in docs/howto/data-sets.md into ../shared/data",
        ),
    ]


def _dovecot_found() -> bool:
    return shutil.which("dovecot") is not None or Path("/usr/sbin/dovecot").exists()


def pytest(folder: Path, title: str, arguments: list[str], **environment: str) -> Outcome:
    """One run of pytest in a process of its own, its counts read from its XML report."""
    print(f"\n== {title}", flush=True)
    report = folder / f"{len(list(folder.iterdir()))}.xml"
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", ONE_ORDER, *arguments]
    code = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode
    if not report.exists():
        return Outcome(failed=True)
    suite = next(ElementTree.parse(report).getroot().iter("testsuite"))
    count = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    return Outcome(code not in (0, 5), count["tests"], count["failures"] + count["errors"], count["skipped"])


def marks(left_out: list[Part], *, long: bool) -> str:
    """The expression that leaves out what is not here, and keeps the long tests for `make test-long`."""
    return " and ".join(["long" if long else "not long", *(f"not {part.mark}" for part in left_out)])


def run(folder: Path, left_out: list[Part], *, long: bool, chosen: list[str]) -> list[Outcome]:
    """The ordinary run on SQLite, then the office's tests on PostgreSQL where it is here."""
    expression = marks(left_out, long=long)
    with ExitStack() as stack:
        environment = {}
        if not any(part.mark == "postgres" for part in left_out):
            environment["BEIZAI_TEST_POSTGRES"] = stack.enter_context(throwaway_postgres.cluster())
        outcomes = [pytest(folder, "on SQLite", ["-m", expression, *chosen], **environment)]
        again = [name for name in ON_BOTH_DATABASES if (ROOT / name).is_dir()]
        if environment and again and not chosen and not long:
            # the command's own tests make homes of their own, on both databases where it matters
            arguments = ["-m", f"{expression} and not browser", "--ignore-glob=*/test_cli*", *again]
            url = environment["BEIZAI_TEST_POSTGRES"]
            outcomes.append(pytest(folder, "on PostgreSQL", arguments, DATABASE_URL=url, **environment))
    return outcomes


def close(outcomes: list[Outcome], left_out: list[Part], seconds: float) -> int:
    """One line for each part left out, and the closing line; the exit code."""
    strict = os.environ.get("CI") == "true"
    print()
    for part in left_out:
        print(f"{'missing' if strict else 'left out'}: the {part.name} tests; to have them: {part.how}")
    skipped = sum(outcome.skipped for outcome in outcomes)
    failures = sum(outcome.failures for outcome in outcomes) + (len(left_out) if strict else 0)
    passed = sum(outcome.tests - outcome.failures - outcome.skipped for outcome in outcomes)
    print(f"In {seconds:.0f} s")
    print(f"{passed} passed, {failures} failed, {skipped} skipped")
    return 1 if failures or any(outcome.failed for outcome in outcomes) or not passed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="the large simulations and the many-kill tests")
    options, chosen = parser.parse_known_args()
    started = time.monotonic()
    left_out = [part for part in parts() if not part.here]
    with tempfile.TemporaryDirectory(prefix="beizai-reports-") as folder:
        outcomes = run(Path(folder), left_out, long=options.long, chosen=chosen)
    return close(outcomes, left_out, time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main())
