"""The rounds: small things done again and again, each by the worker whose kind it is."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

Round = Callable[[], int]
"""Does what there is to do, in short transactions; returns how much it was (0: nothing)."""


@dataclass(frozen=True)
class Duty:
    """A round with its name, the kind of worker that makes it, and how many seconds lie between two when idle."""

    name: str
    kind: str
    every_seconds: float
    make: Round


_duties: dict[str, Duty] = {}


def register(name: str, kind: str, every_seconds: float, make: Round) -> None:
    """Has a worker of this kind make this round."""
    _duties[name] = Duty(name, kind, every_seconds, make)


def duties(kinds: Collection[str]) -> list[Duty]:
    """The rounds of a worker of these kinds."""
    return [duty for duty in _duties.values() if duty.kind in kinds]
