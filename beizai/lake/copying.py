"""A table as it stood at one version, file by file: what a backup takes and a restore lays down again."""

import json
import re
from pathlib import Path

from beizai.base.errors import Unavailable
from beizai.lake.durable import LOG
from beizai.lake.snapshot import Snapshot

_COMMIT = re.compile(r"(\d{20})\.(?:json|checkpoint(?:\..+)?\.parquet)")
_POINTER = "_last_checkpoint"


def files_of(root: Path, snapshot: Snapshot) -> list[Path]:
    """Every file that makes up this version, data first, as paths below the lake's root.

    The log is taken up to the version and not further, so the copy opens at exactly this version, with
    the numbers of the batches it holds. Unavailable where the log was cleaned beyond it meanwhile.
    """
    if snapshot.version < 0:
        return []
    folder = root / snapshot.table
    data = [folder / Path(uri).relative_to(folder.resolve() if Path(uri).is_relative_to(folder.resolve()) else folder)
            for uri in snapshot.files]  # fmt: skip
    log = [path for path in sorted((folder / LOG).iterdir()) if _is_within(path, snapshot.version)]
    if f"{snapshot.version:020d}.json" not in {path.name for path in log}:
        raise Unavailable("The log of {table} moved on meanwhile.", hint="Try again.", table=snapshot.table)
    return [path.relative_to(root) for path in (*data, *log)]


def _is_within(path: Path, version: int) -> bool:
    if path.name == _POINTER:
        return int(json.loads(path.read_text(encoding="utf-8"))["version"]) <= version
    found = _COMMIT.fullmatch(path.name)
    return found is not None and int(found[1]) <= version
