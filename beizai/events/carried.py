"""What is heard once it is in the lake: a room above is told of its kinds of event before the inbox lets go of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Row = dict[str, Any]
Hear = Callable[[Sequence[Row]], None]
"""Given the rows of its kinds in one batch (times in microseconds since 1970). After a crash it is given them again:
it must know an event by its `event_id`."""

_hearers: list[tuple[frozenset[str], Hear]] = []


def register(kinds: Iterable[str], hear: Hear) -> None:
    """Has events of these kinds told to `hear` once they are in the lake. Called when Django starts; twice is once."""
    if all(known is not hear for _, known in _hearers):
        _hearers.append((frozenset(kinds), hear))


def tell(rows: Sequence[Row]) -> None:
    """Tells everybody who asked of their kinds."""
    for kinds, hear in _hearers:
        theirs = [row for row in rows if row["kind"] in kinds]
        if theirs:
            hear(theirs)
