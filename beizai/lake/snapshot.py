"""What a reader holds on to: one table's files as they were at one version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Snapshot:
    """The files of one table at one version; an empty table has none."""

    table: str
    version: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class Pin:
    """Snapshots a long job reads; a sweep that is told of the pin spares their files until then (aware UTC)."""

    snapshots: Mapping[str, Snapshot]
    until: datetime

    @property
    def versions(self) -> dict[str, int]:
        """Table by version, as the keeper of the pins stores it."""
        return {name: snapshot.version for name, snapshot in self.snapshots.items()}
