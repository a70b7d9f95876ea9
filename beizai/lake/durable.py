"""Making sure that what was written down survives a power cut: delta-rs never does."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

LOG = "_delta_log"


def keep(folder: Path, *, after: int, to: int) -> None:
    """Forces to disk what the commits after one version up to another brought: data, log, folders.

    The data goes first: a log entry must never outlive the file it names.
    """
    log = folder / LOG
    commits = [log / f"{version:020d}.json" for version in range(after + 1, to + 1)]
    commits = [commit for commit in commits if commit.exists()]
    data = {folder / unquote(path) for commit in commits for path in _added(commit)}
    files = [path for path in data if path.exists()]
    _force(files)
    _force_folders({path.parent for path in files} | {folder})
    _force(commits)
    _force_folders({log})


def keep_checkpoint(folder: Path) -> None:
    """Forces the newest checkpoint and the pointer to it to disk."""
    log = folder / LOG
    newest = sorted(log.glob("*.checkpoint*.parquet"))[-1:]
    pointer = log / "_last_checkpoint"
    _force([*newest, *([pointer] if pointer.exists() else [])])
    _force_folders({log})


def _added(commit: Path) -> list[str]:
    actions = (json.loads(line) for line in commit.read_text(encoding="utf-8").splitlines() if line)
    return [action["add"]["path"] for action in actions if "add" in action]


def _force(files: Iterable[Path]) -> None:
    for path in files:
        with path.open("r+b") as file:
            os.fsync(file.fileno())


def _force_folders(folders: Iterable[Path]) -> None:
    if os.name != "posix":
        return  # Windows keeps the folder entry with the file and cannot open a folder
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
