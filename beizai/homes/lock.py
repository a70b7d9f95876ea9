"""One at a time: a lock on a file that the machine lets go when its holder dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beizai.base.errors import Unavailable


@contextmanager
def only_one(path: Path, doing: str) -> Iterator[None]:
    """Holds the lock of this file; Unavailable where another process has it. A killed holder leaves no lock behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if not _locked(file.fileno()):
            raise Unavailable(
                "Another process is {doing} in {folder}.",
                hint="Wait until it has finished.",
                doing=doing,
                folder=path.parent,
            )
        yield


if os.name == "nt":
    import msvcrt

    def _locked(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
