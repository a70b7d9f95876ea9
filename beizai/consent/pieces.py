"""Long lists cut into pieces, each small enough for one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 5000


def pieces(items: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    """The items in lists of at most so many.

    >>> list(pieces("abc", 2))
    [['a', 'b'], ['c']]
    """
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
