"""The words of this book: what a rule may name, and what its own attributes are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from beizai.segments.rule import Vocabulary


@dataclass(frozen=True)
class Book:
    """What the fields of the builder may offer."""

    words: Vocabulary
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    campaigns: tuple[tuple[int, str], ...] = ()
