"""The file a backup is: a zip with a list of what is in it, whole or not there at all."""

import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from beizai.base.errors import Invalid, NotFound
from beizai.base.progress import Progress

MANIFEST = "manifest.json"
FORMAT = 1
_CHUNK = 1 << 20
_PACKED = {".parquet"}  # compressed already
_NAME = re.compile(r"[^\x00-\x1f:*?\"<>|\\]+")


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `keys_id` tells which keys belong to it, without telling them."""

    made_at: str
    version: str
    engine: str
    keys_id: str
    lake: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # name -> {"bytes", "sha256"}
    format: int = FORMAT


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A file written under another name and given its own at the end; a killed writer leaves only the `.part`."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def private(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner may read: a backup holds every address."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "w+b") as file:
        yield file


def write(path: Path, manifest: Manifest, parts: Mapping[str, Path], progress: Progress) -> Manifest:
    """Writes the parts and the list of them; returns the list as written."""
    total = sum(source.stat().st_size for source in parts.values())
    done = 0
    files: dict[str, dict[str, Any]] = {}
    with (
        written_whole(path) as part,
        private(part) as file,
        zipfile.ZipFile(file, "w", allowZip64=True) as archive,
    ):
        for name, source in parts.items():
            packing = zipfile.ZIP_STORED if source.suffix in _PACKED else zipfile.ZIP_DEFLATED
            entry = zipfile.ZipInfo(name)
            entry.compress_type = packing
            with source.open("rb") as incoming, archive.open(entry, "w", force_zip64=True) as outgoing:
                size, digest = _pump(
                    incoming,
                    cast(BinaryIO, outgoing),
                    lambda n, base=done: progress(base + n, total, "Bytes backed up"),
                )
            files[name] = {"bytes": size, "sha256": digest}
            done += size
        full = Manifest(**{**asdict(manifest), "files": files})
        archive.writestr(MANIFEST, json.dumps(asdict(full), indent=1), zipfile.ZIP_DEFLATED)
    return full


def _pump(incoming: BinaryIO, outgoing: BinaryIO, tell: Any) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while chunk := incoming.read(_CHUNK):
        outgoing.write(chunk)
        digest.update(chunk)
        size += len(chunk)
        tell(size)
    return size, digest.hexdigest()


def read_manifest(path: Path) -> Manifest:
    """What the backup says of itself; NotFound, or Invalid where the file is not a whole backup."""
    if not path.is_file():
        raise NotFound("There is no file {path}.", path=path)
    try:
        with zipfile.ZipFile(path) as archive:
            told = json.loads(archive.read(MANIFEST))
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise Invalid(
            "{path} is not a backup, or not a whole one.",
            hint="Choose a file made by 'beizai backup'.",
            path=path,
        ) from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Invalid(
            "{path} was made by another version of Beizai.",
            hint="Restore it with the version that made it.",
            path=path,
        )
    return Manifest(**told)


def unpack(path: Path, manifest: Manifest, target: Path, progress: Progress) -> None:
    """Lays every file of the backup down below `target` and checks it against the list; Invalid where one differs."""
    total = sum(int(part["bytes"]) for part in manifest.files.values())
    done = 0
    with zipfile.ZipFile(path) as archive:
        for name, wanted in manifest.files.items():
            place = target / _safe(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(name) as incoming, place.open("wb") as outgoing:
                    limited = _Limited(cast(BinaryIO, incoming), int(wanted["bytes"]))
                    size, digest = _pump(
                        cast(BinaryIO, limited),
                        outgoing,
                        lambda n, base=done: progress(base + n, total, "Bytes restored"),
                    )
                    outgoing.flush()
                    os.fsync(outgoing.fileno())
            except (zipfile.BadZipFile, KeyError, OSError, EOFError) as error:
                raise Invalid(
                    "{name} in {path} cannot be read: {reason}",
                    hint="Use another backup.",
                    name=name,
                    path=path,
                    reason=str(error),
                ) from None
            if digest != wanted["sha256"]:
                raise Invalid(
                    "{name} in {path} is damaged.", hint="Use another backup.", name=name, path=path
                )
            done += size


@dataclass
class _Limited:
    """Reads no more than was promised and one byte: a damaged list must not fill the disk."""

    file: BinaryIO
    left: int

    def read(self, size: int) -> bytes:
        chunk = self.file.read(min(size, self.left + 1))
        self.left -= len(chunk)
        return chunk if self.left >= 0 else b""


def _safe(name: str) -> PurePosixPath:
    """The name as a path inside the home, or Invalid: a file from elsewhere must not write elsewhere."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not _NAME.fullmatch(name):
        raise Invalid(
            "The backup holds a file named “{name}”.",
            hint="It was not made by Beizai; do not use it.",
            name=name[:80],
        )
    return path


def write_keys(path: Path, keys: Path) -> None:
    """The keys, in a file of their own that only its owner may read."""
    with written_whole(path) as part, private(part) as file, zipfile.ZipFile(file, "w") as archive:
        for key in sorted(keys.glob("*.key")):
            archive.writestr(key.name, key.read_bytes())


def unpack_keys(path: Path, keys: Path) -> None:
    """Lays the keys down again; Invalid where the file holds anything else."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(
                not re.fullmatch(r"[a-z]+\.key", name) or archive.getinfo(name).file_size > 1000
                for name in names
            ):
                raise Invalid(
                    "{path} is not a file of keys.",
                    hint="It was made beside the backup, named …-keys.zip.",
                    path=path,
                )
            for name in names:
                (keys / name).write_bytes(archive.read(name))
                if os.name == "posix":
                    (keys / name).chmod(0o600)
    except (zipfile.BadZipFile, OSError):
        raise Invalid(
            "{path} is not a file of keys.",
            hint="It was made beside the backup, named …-keys.zip.",
            path=path,
        ) from None


def keys_id(keys: Path) -> str:
    """Tells one set of keys from another without telling the keys."""
    key = keys / "suppression.key"
    return hashlib.sha256(b"beizai-keys:" + key.read_bytes()).hexdigest()[:16] if key.exists() else ""


def clear(folder: Path) -> None:
    """Takes a folder of our own making away, with all that is in it."""
    if folder.exists():
        shutil.rmtree(folder)
