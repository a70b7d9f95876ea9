"""A backup: the whole book in one file, made while everybody goes on working; its keys in a second file."""

import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import beizai
from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.base.progress import Progress
from beizai.homes import archive


@dataclass(frozen=True)
class Backup:
    """What was made: the book, its keys apart, and how large it is."""

    file: str
    keys: str
    bytes: int
    files: int
    made_at: str


def keys_beside(path: Path) -> Path:
    """The name of the file of keys that belongs to a backup.

    >>> keys_beside(Path("book.zip")).name
    'book-keys.zip'
    """
    return path.with_name(f"{path.stem}-keys.zip")


def back_up(home: Home, target: Path, *, now: datetime, progress: Progress) -> Backup:
    """Copies the book into a file, or into a new file in a folder. An existing file is not written over."""
    from beizai.homes import snapshot  # needs the office's tables, this module does not

    path = _file(target, now)
    if path.exists():
        raise Invalid("{path} is there already.", hint="Name a new file, or a folder.", path=path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".beizai-backup-", dir=path.parent) as scratch,
        snapshot.still(home, Path(scratch), now=now, progress=progress) as still,
    ):
        told = archive.Manifest(
            made_at=now.isoformat(timespec="seconds"),
            version=beizai.__version__,
            engine=still.engine,
            keys_id=archive.keys_id(home.keys),
            lake=still.versions,
        )
        archive.write_keys(keys_beside(path), home.keys)
        whole = archive.write(path, told, still.parts, progress)
    return Backup(str(path), str(keys_beside(path)), path.stat().st_size, len(whole.files), told.made_at)


def _file(target: Path, now: datetime) -> Path:
    """The file meant: what has a suffix is a file, anything else a folder for a new one."""
    target = target.expanduser().absolute()
    if target.is_dir() or not target.suffix or str(target).endswith(os.sep):
        return target / f"beizai-{now:%Y%m%d-%H%M%S}.zip"
    return target
