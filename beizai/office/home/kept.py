"""Answers that take long in a large book, kept for a few minutes in this process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Generic, TypeVar

from beizai.base import home
from beizai.customers.models import Customer

_T = TypeVar("_T")
SMALL_BOOK = 5_000  # cards: up to here everything is counted while the page is made
_LARGE_SECONDS, _SMALL_SECONDS = 300.0, 15.0


@dataclass
class Kept(Generic[_T]):
    """One answer for this home, asked again when it is old, or when the home's clock has moved."""

    ask: Callable[[datetime], _T]
    _answer: tuple[float, datetime, str, _T] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self, now: datetime) -> _T | None:
        """The answer, if it is young enough."""
        kept = self._answer
        limit = _SMALL_SECONDS if is_small() else _LARGE_SECONDS
        if kept is None or kept[2] != str(home.current().root) or monotonic() - kept[0] > limit:
            return None
        return kept[3] if abs(now - kept[1]) < timedelta(minutes=10) else None

    def get(self, now: datetime) -> _T:
        """The answer, asked where it is old; several requests at once ask once."""
        with self._lock:
            found = self.fresh(now)
            if found is None:
                found = self.ask(now)
                self._answer = (monotonic(), now, str(home.current().root), found)
            return found

    def ready(self, now: datetime) -> _T | None:
        """The answer where it is kept or quickly had, else None: then the page asks for it after it stands."""
        return self.get(now) if is_small() else self.fresh(now)


_size: tuple[float, str, bool] | None = None


def is_small() -> bool:
    """Whether this book is small enough to count everything at once; looked up once a minute."""
    global _size  # noqa: PLW0603  (one answer kept for a minute)
    root = str(home.current().root)
    if _size is None or _size[1] != root or monotonic() - _size[0] > 60:
        _size = (monotonic(), root, not Customer.objects.order_by("pk")[SMALL_BOOK : SMALL_BOOK + 1].exists())
    return _size[2]
