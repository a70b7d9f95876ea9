"""`make bench`: measures everything, each module in a process of its own, and writes docs/benchmarks.md."""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import Line

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
LIBRARIES = ("duckdb", "deltalake", "pyarrow", "ibis-framework", "Django")


def modules() -> list[str]:
    """The modules here that measure something."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    return [
        name
        for name in names
        if "\ndef measure(" in (Path(__file__).parent / f"{name}.py").read_text("utf-8")
    ]


def measured(name: str, folder: Path, scale: float) -> list[Line]:
    """The lines of one module, measured in a process of its own so that none warms another's caches."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "lines.json"
        command = [
            sys.executable,
            "-m",
            "bench",
            "--only",
            name,
            "--out",
            str(out),
            "--folder",
            str(folder),
            "--scale",
            str(scale),
        ]
        subprocess.run(command, cwd=ROOT, check=True)
        return [Line(**line) for line in json.loads(out.read_text("utf-8"))]


def measure_here(name: str, out: Path, folder: Path, scale: float) -> None:
    """Measures one module in this process and writes its lines."""
    lines = []
    for line in importlib.import_module(f"bench.{name}").measure(folder, scale):
        print(f"  {line.what}: {line.ours}" + (f"; {line.rival}" if line.rival else ""), flush=True)
        lines.append(asdict(line))
    out.write_text(json.dumps(lines), "utf-8")


HEAD = """# Benchmarks

Written by `make bench`; each part with its day, since one may be measured again alone (`python -m bench office`).
Speed is claimed only as a ratio to something measured in the same run.
"""


def part(name: str, lines: Iterable[Line], *, at: datetime) -> str:
    """What one module measured, with the day, the machine and the versions it was measured on."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    libraries = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    head = [
        f"## {name}",
        "",
        str(importlib.import_module(f"bench.{name}").__doc__).split("\n")[0],
        f"Measured {at:%Y-%m-%d} on {machine}; {libraries}.",
        "",
        "| What | Ours | Rival | Ratio | Limit | Kept |",
        "|---|---|---|---|---|---|",
    ]
    rows = [
        f"| {one.what} | {one.ours} | {one.rival} | {'' if one.ratio is None else f'{one.ratio:.2f}'} | {one.limit} |"
        f" {'' if one.kept is None else 'yes' if one.kept else '**no**'} |"
        for one in lines
    ]
    return "\n".join([*head, *rows, ""])


def write_page(fresh: dict[str, str]) -> None:
    """Puts what was just measured in the place of what the page said of the same modules; the rest stays."""
    written = PAGE.read_text("utf-8") if PAGE.exists() else ""
    known = {one.split("\n", 1)[0]: f"## {one.strip()}\n" for one in written.split("\n## ")[1:]} | fresh
    PAGE.write_text("\n".join([HEAD, *(known[name] for name in modules() if name in known)]), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="modules to measure; without any, all")
    parser.add_argument("--folder", type=Path, default=ROOT / "bench-home")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.only:
        measure_here(options.only, options.out, options.folder, options.scale)
        return 0
    kept = True
    for name in options.names or modules():
        print(name, flush=True)
        lines = measured(name, options.folder, options.scale)
        kept &= all(line.kept is not False for line in lines)
        if options.scale == 1:  # other sizes are for trying out
            write_page({name: part(name, lines, at=datetime.now(UTC))})
            print(f"  {PAGE.relative_to(ROOT)} is written.")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
