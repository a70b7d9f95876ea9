"""What a reader holds on to: one table's files as they were at one version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Snapshot:
    """The files of one table at one version; an empty table has none.

    With `up_to` (naive UTC) it is the table as of that moment: `files` hold nothing later, `straddling` hold
    rows of both sides, and files that hold only what is later are not named.
    """

    table: str
    version: int
    files: tuple[str, ...]
    straddling: tuple[str, ...] = ()
    up_to: datetime | None = None


@dataclass(frozen=True)
class Pin:
    """Snapshots a long job reads; a sweep that is told of the pin spares their files until then (aware UTC)."""

    snapshots: Mapping[str, Snapshot]
    until: datetime

    @property
    def versions(self) -> dict[str, int]:
        """Table by version, as the keeper of the pins stores it."""
        return {name: snapshot.version for name, snapshot in self.snapshots.items()}
