"""Who waits for the office database leaves a mark, so that bulk writers pause only then.

SQLite tells nobody who waits. The engine touches a file beside the database when a statement has found it locked for one
turn; a bulk writer looks at the file's time between its steps.
"""

import time
from pathlib import Path
from typing import Any


def mark_of(database: str) -> Path | None:
    """The file that is touched, or None where the database is none."""
    path = Path(database)
    return path.with_name(f"{path.name}-asked") if path.is_file() else None


def leave_mark(mark: Path | None) -> None:
    """Leaves the mark."""
    if mark is not None:
        mark.touch()


class Door:
    """Looked at by who holds the lock long."""

    def __init__(self, connection: Any) -> None:
        sqlite = connection.vendor == "sqlite"
        self._mark = mark_of(str(connection.settings_dict["NAME"])) if sqlite else None

    def asked_within(self, seconds: float) -> bool:
        """Whether somebody had to wait in the last so many seconds; never on a database with a queue of its own."""
        if self._mark is None:
            return False
        try:
            return time.time() - self._mark.stat().st_mtime < seconds
        except OSError:
            return False
