"""The right to write: one writer at a time per table, told by a token that only grows."""

from dataclasses import dataclass
from typing import Protocol


class Lease(Protocol):
    """What a writer must hold. The rows of the leases live above; the lake asks just before it commits."""

    @property
    def token(self) -> int:
        """The fencing number: a later holder has a higher one."""

    def check(self) -> None:
        """Raises Unavailable where the lease was lost meanwhile."""


@dataclass(frozen=True)
class Free:
    """The lease of somebody who knows to be alone: a test, a generator, a tool on a stopped home."""

    token: int = 0

    def check(self) -> None:
        return None


FREE = Free()
