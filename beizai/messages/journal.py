"""The sending worker's own diary: what it is about to send, and what became of it, before anybody else hears of it.

One file per worker, only ever added to. A line is written before the first byte of a message that could be
delivered (I, an intent) and one when its fate is known (D, done). An intent is forced to the disk before the
message leaves, together with those of the other connections, so that after a crash or a power cut nothing
was sent that the file does not know. Whoever holds the lock beside the file is alive; when the lock can be
taken, the worker is dead and its file tells what to do: intended without done is in doubt.
"""

import asyncio
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from beizai.base.errors import Unavailable
from beizai.channels.driver import Outcome, Verdict

_HEADER = b"beizai journal 1\n"


@dataclass(frozen=True)
class Done:
    """What became of a message, and when."""

    number: int
    outcome: Outcome
    at: datetime


@dataclass
class Replay:
    """What a journal tells. `damaged` means that part of it cannot be read: whatever is not `done` may have been sent."""

    intended: set[int] = field(default_factory=set)
    done: dict[int, Done] = field(default_factory=dict)
    damaged: bool = False

    def in_doubt(self) -> set[int]:
        """Messages that were about to leave and never came back."""
        return self.intended - self.done.keys()


class Lock:
    """An exclusive lock on a file, held as long as this process lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """Takes the lock if nobody has it. The machine gives it back when the process dies, however it dies."""
        file = self.path.open("a+b")
        try:
            _lock(file.fileno())
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


if os.name == "nt":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]

    def _force(handle: int) -> None:
        os.fsync(handle)

    def _force_folder(folder: Path) -> None:
        """Windows keeps folders in order itself."""

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _force(handle: int) -> None:
        getattr(os, "fdatasync", os.fsync)(handle)  # a Mac has no fdatasync

    def _force_folder(folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Journal:
    """The diary of this worker, open for adding to."""

    def __init__(self, folder: Path, name: str) -> None:
        """Makes the file and its lock, both on the disk before anything is leased under its name."""
        folder.mkdir(parents=True, exist_ok=True)
        self.name, self.path = name, folder / f"{name}.journal"
        self._lock = Lock(folder / f"{name}.lock")
        if not self._lock.take():
            raise Unavailable("Another worker writes the journal {name}.", name=name)
        self._handle = os.open(
            self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        )
        self._broken = False
        self._write(_HEADER)
        _force(self._handle)
        _force_folder(folder)
        self._forcing: asyncio.Task[None] | None = None
        self._next: asyncio.Future[None] | None = None

    def intend(self, number: int) -> None:
        """Writes that the message is about to leave; not durable before `durable`."""
        self._write(_line(f"I {number}"))

    def done(self, done: Done) -> None:
        """Writes what became of a message."""
        o = done.outcome
        words = " ".join(o.words.split())
        self._write(
            _line(f"D {done.number} {done.at.isoformat()} {o.verdict} {o.code} {o.status or '-'} {words}")
        )

    def _write(self, line: bytes) -> None:
        """One line in one write. After a failure the file is not added to any more: half a line may stand at its end."""
        if self._broken:
            raise Unavailable("The journal of sending could not be written.", code="journal")
        try:
            written = os.write(self._handle, line)
        except OSError as error:
            self._broken = True
            raise Unavailable(
                "The journal of sending cannot be written: {reason}.", code="journal", reason=error.strerror
            ) from None
        if written != len(line):
            self._broken = True
            raise Unavailable("The journal of sending cannot be written: the disk is full.", code="journal")

    async def durable(self) -> None:
        """Returns when all that was written before is on the disk; calls that come together are served together."""
        if self._forcing is None:
            self._forcing = asyncio.ensure_future(self._force_in_turn())
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._next)

    async def _force_in_turn(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)  # those who ask in the same turn of the loop share the first forcing
        while (waiting := self._next) is not None:
            self._next = None
            try:
                await loop.run_in_executor(None, _force, self._handle)
            except OSError as error:
                self._broken = True
                waiting.set_exception(
                    Unavailable(
                        "The journal cannot be kept: {reason}.", code="journal", reason=error.strerror
                    )
                )
            else:
                waiting.set_result(None)
        self._forcing = None

    def force(self) -> None:
        """Everything written is on the disk."""
        _force(self._handle)

    def close(self, *, remove: bool) -> None:
        """Ends the diary; removed once everything in it is in the ledger. Twice is once."""
        if self._handle < 0:
            return
        os.close(self._handle)
        self._handle = -1
        if remove:
            _remove(self.path)
        self._lock.release()
        if remove:
            with suppress(OSError):
                self._lock.path.unlink()


def _line(text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    return raw + b" %08x\n" % zlib.crc32(raw)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _force_folder(path.parent)


def read(path: Path) -> Replay:
    """What the journal of a dead worker tells. An unfinished last line was never acted on and does not count."""
    replay = Replay()
    raw = path.read_bytes()
    if not raw.startswith(_HEADER):
        replay.damaged = bool(raw)
        return replay
    *lines, _unfinished = raw[len(_HEADER) :].split(b"\n")
    for line in lines:
        text, _, sum_ = line.rpartition(b" ")
        if b"%08x" % zlib.crc32(text) != sum_ or not _take(replay, text.decode("utf-8", "replace")):
            replay.damaged = True
    return replay


def _take(replay: Replay, text: str) -> bool:
    kind, _, rest = text.partition(" ")
    if kind == "I" and rest.isdecimal():
        replay.intended.add(int(rest))
        replay.done.pop(int(rest), None)  # sent once more after a refusal "later"
        return True
    if kind == "D":
        number, at, verdict, code, status, words = rest.split(" ", 5)
        outcome = Outcome(Verdict(verdict), int(code), "" if status == "-" else status, words)
        replay.done[int(number)] = Done(int(number), outcome, datetime.fromisoformat(at))
        return True
    return False


def orphans(folder: Path) -> Iterator[tuple[Path, Lock]]:
    """The journals whose workers are dead, each with its lock in our hands; release it when the journal is settled."""
    for path in sorted(folder.glob("*.journal")):
        lock = Lock(path.with_suffix(".lock"))
        if lock.take():
            if path.exists():
                yield path, lock
            else:  # settled by somebody else in between
                lock.release()


def remove(path: Path, lock: Lock) -> None:
    """Takes a settled journal away."""
    _remove(path)
    lock.release()
    with suppress(OSError):
        lock.path.unlink()
