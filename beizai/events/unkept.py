"""Clicks and opens that could not be kept: counted beside the log, so that the check-up can tell of them."""

import logging
from datetime import datetime, timedelta

from beizai.base.home import Home

log = logging.getLogger(__name__)
REMEMBERED = timedelta(days=30)
_NAME = "not-kept"


def note(home: Home, kind: str, campaign_id: int, *, at: datetime) -> None:
    """Writes one line into the home's log folder. Where even that fails, only the program's own log has it."""
    log.error("not kept: %s of campaign %s", kind, campaign_id, exc_info=True)
    try:
        with (home.log / _NAME).open("a", encoding="ascii") as file:
            file.write(f"{at:%Y-%m-%dT%H:%M:%S} {kind} {campaign_id}\n")
    except OSError:
        log.exception("what was not kept could not be counted")


def count(home: Home, *, since: datetime) -> int:
    """How many were not kept since then."""
    try:
        lines = (home.log / _NAME).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return 0
    first = f"{since:%Y-%m-%dT%H:%M:%S}"
    return sum(1 for line in lines if line[:19] >= first)
