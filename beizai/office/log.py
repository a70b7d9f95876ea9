"""The office's log: one rotating file in the home, without personal data."""

import logging
import re
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

_ADDRESS = re.compile(r"[^\s<>\"'“”,;:]+@[^\s<>\"'“”,;:]+")
_PHONE = re.compile(r"\+?\d[\d .()/-]{6,}\d")
_Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def without_personal_data(text: str) -> str:
    """The text with everything that looks like an address or a telephone number taken out.

    >>> without_personal_data("550 no such user ann@example.test, call +44 20 7946 0000")
    '550 no such user (address), call (number)'
    """
    return _PHONE.sub("(number)", _ADDRESS.sub("(address)", text))


class Line(logging.Formatter):
    """A line of the log. Of an exception only its kind and where it happened: messages may quote a customer."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = without_personal_data(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: _Failure) -> str:
        kind, _value, trace = ei
        frames = traceback.format_list(traceback.extract_tb(trace))
        return "".join(frames) + (kind.__name__ if kind else "")


class HomeLog(RotatingFileHandler):
    """Writes to `log/` of the home; says nothing where there is no home yet."""

    def __init__(self, filename: str) -> None:
        super().__init__(filename, maxBytes=2_000_000, backupCount=5, encoding="utf-8", delay=True)
        self.setFormatter(Line())

    def emit(self, record: logging.LogRecord) -> None:
        if Path(self.baseFilename).parent.is_dir():
            super().emit(record)


class NumberOnFailures(logging.Filter):
    """Puts the request's number before Django's own lines, so that the number on an error page finds them."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        frame = getattr(request, "frame", None)
        if frame is not None:
            record.msg = f"{frame.number} {record.msg}"
        return True
