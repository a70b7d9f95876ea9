"""What a command says: one answer on standard output, everything else on standard error."""

import dataclasses
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any

from beizai.base.errors import BeizaiError
from beizai.base.progress import Progress

_QUIET_SECONDS = 2.0  # progress is shown on what takes longer
_LINE_SECONDS = 5.0  # and where no terminal is, as a line this often


@dataclass
class _Mode:
    """How this process answers: set once by --json, before the command runs."""

    json: bool = False
    answered: bool = False


mode = _Mode()


_FORMS: tuple[tuple[type | UnionType, Callable[[Any], Any]], ...] = (
    (datetime | date, lambda value: value.isoformat()),
    (Decimal, float),
    (Enum, lambda value: value.value),
    (Path, str),
    (set | frozenset, sorted),
    (Iterable, list),
)


def _plain(value: Any) -> Any:
    """What JSON has no word for, in words it has; money and shares stay numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(value)
    if hasattr(value, "item"):  # a numpy number
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def as_json(document: object) -> str:
    """The document as JSON text. Keys of any kind become text; what is not a number (NaN) becomes null."""
    return json.dumps(_without_nan(document), default=_plain, ensure_ascii=False, indent=2)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, float):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _without_nan(_plain(value))
    if isinstance(value, dict):
        return {str(_key(key)): _without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part) for part in value]
    return value


def _key(key: Any) -> Any:
    return key.value if isinstance(key, Enum) else key


def answer(document: object, words: str | Sequence[str] = "") -> None:
    """The one answer of a command: the document with --json, else the words (a text or its lines)."""
    if mode.answered:
        raise RuntimeError("A command answers once.")
    mode.answered = True
    if mode.json:
        print(as_json(document))
    elif words:
        print(words if isinstance(words, str) else "\n".join(words))


def remark(text: str) -> None:
    """Something said beside the answer, on standard error."""
    print(text, file=sys.stderr, flush=True)


def refuse(error: BeizaiError) -> None:
    """A refusal: message and hint on standard error; with --json the one document says it too."""
    remark(f"Error: {error.message}" + (f"\n{error.hint}" if error.hint else ""))
    if mode.json and not mode.answered:
        kind = type(error).__name__.lower()
        answer({"error": {"kind": kind, "code": error.code, "message": error.message, "hint": error.hint}})


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under their heads in columns; numbers to the right. Wide characters (Han) count as two.

    >>> print(table(("Stage", "Customers"), [("loyal", 1204), ("target", 87)]))
    Stage   Customers
    loyal        1204
    target         87
    """
    cells = [[_shown(cell) for cell in row] for row in rows]
    numeric = (
        [[isinstance(cell, int | float | Decimal) for cell in row] for row in rows]
        if isinstance(rows, list)
        else []
    )
    widths = [max(_width(line[i]) for line in [list(heads), *cells]) for i in range(len(heads))]
    right = [bool(numeric) and all(row[i] for row in numeric) for i in range(len(heads))]
    lines = [list(heads), *cells]
    return "\n".join(
        "  ".join(
            _padded(cell, width, right=to_right)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def _width(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int, *, right: bool) -> str:
    gap = " " * max(0, width - _width(text))
    return gap + text if right else text + gap


@contextmanager
def progress() -> Iterator[Progress]:
    """Tells a person who waits over two seconds how far the work is: one moving line, or a line now and then."""
    shown = _Line(sys.stderr.isatty())
    try:
        yield shown.tell
    finally:
        shown.close()


class _Line:
    """One line of progress on standard error."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self.started = self.last = time.monotonic()
        self.drawn = 0

    def tell(self, done: int, total: int, what: str) -> None:
        now = time.monotonic()
        pause = 0.1 if self.terminal else _LINE_SECONDS
        if now - self.started < _QUIET_SECONDS or now - self.last < pause:
            return
        self.last = now
        share = f" {100 * done // total:3d} %" if total else ""
        text = f"{what}: {done:,}" + (f" of {total:,}{share}" if total else "")
        if self.terminal:
            sys.stderr.write("\r" + text.ljust(self.drawn))
            self.drawn = len(text)
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def close(self) -> None:
        if self.drawn:
            sys.stderr.write("\r" + " " * self.drawn + "\r")
            sys.stderr.flush()
