"""Progress: what is told to a person who waits."""

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what); total 0 where it is not known."""


def silent(done: int, total: int, what: str) -> None:
    """For callers whom nobody watches."""
