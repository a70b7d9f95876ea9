"""What is looked at once more between the inbox and the lake: a room above says for its kinds of event what it keeps."""

from collections.abc import Callable, Iterable
from typing import Any

Row = dict[str, Any]
Refine = Callable[[list[Row]], list[Row]]
"""Given the rows of its kinds in one batch (times in microseconds since 1970), the rows as they are to be kept.

It may change or empty columns, such as the customer of somebody who does not allow tracking; it keeps `event_id`.
"""

_refiners: list[tuple[frozenset[str], Refine]] = []


def register(kinds: Iterable[str], refine: Refine) -> None:
    """Has every event of these kinds go through `refine` on its way to the lake. Called when Django starts."""
    if all(known is not refine for _, known in _refiners):
        _refiners.append((frozenset(kinds), refine))


def refined(rows: list[Row]) -> list[Row]:
    """The rows after everybody registered for their kinds has seen them."""
    for kinds, refine in _refiners:
        theirs = [row for row in rows if row["kind"] in kinds]
        if theirs:
            rows = [row for row in rows if row["kind"] not in kinds] + refine(theirs)
    return rows
