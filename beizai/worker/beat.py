"""The workers' pulse: each says now and then that it is at work, so that a person can see whether anybody is."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from beizai.base.home import Home

_EVERY_SECONDS = 5.0
ALIVE_SECONDS = 60.0


class Beat:
    """The pulse of one worker process: a file of the home whose time is when it was last seen at work."""

    def __init__(self, home: Home, kinds: Sequence[str]) -> None:
        self._files = [_file(home, kind) for kind in kinds]
        self._due = 0.0

    def give(self) -> None:
        """Says so, at most every five seconds; cheap to call often. A full disk must not stop the work."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _EVERY_SECONDS
        for path in self._files:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(str(os.getpid()), encoding="ascii")
            except OSError:
                return

    def stop(self) -> None:
        """The worker goes in good order."""
        for path in self._files:
            path.unlink(missing_ok=True)


def silent_seconds(home: Home, kind: str) -> float | None:
    """For how long nothing was heard of a worker of this kind; None where none has begun (or all went in good order)."""
    path = _file(home, kind)
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return None


def _file(home: Home, kind: str) -> Path:
    return home.log / "workers" / kind
