"""Bringing a book up to date: a backup first, then its tables step by step, each step whole or not there."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import beizai
from beizai.base import home as homes
from beizai.base.errors import Invalid, Phrase
from beizai.base.home import Home
from beizai.base.progress import Progress
from beizai.homes import opening
from beizai.homes.backup import back_up
from beizai.homes.lock import only_one

BACKUPS = "backups"


@dataclass(frozen=True)
class Upgraded:
    """What was done: the migrations applied, and the backup made before them ("" where nothing waited)."""

    applied: tuple[str, ...]
    backup: str


def upgrade(*, now: datetime, progress: Progress) -> Upgraded:
    """Brings the home of this process up to date. Safe to run again, also after it was killed."""
    home = homes.current()
    if not opening.has_book(home):
        opening.open_home()  # says why not
    opening.set_up_django()
    with only_one(home.root / "upgrade.lock", Phrase("upgrading")):
        waiting, unknown = opening.migrations()
        if unknown:
            raise Invalid(
                "The book in {folder} was made by a newer Beizai (it has {change}).",
                hint="Install that version.",
                folder=home.root,
                change=unknown[0],
            )
        started = opening.unfinished_upgrade(home)
        if not waiting:
            _finish(home)
            return Upgraded((), "")
        backup = (started or {}).get("backup") or back_up(
            home, home.root / BACKUPS, now=now, progress=progress
        ).file
        _write_down(home, backup)
        _migrate()
        _finish(home)
    return Upgraded(tuple(waiting), backup)


def _write_down(home: Home, backup: str) -> None:
    """Before the first step: that an upgrade is under way, and where the backup lies."""
    path = home.root / opening.UPGRADING
    part = Path(f"{path}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump({"backup": backup, "version": beizai.__version__}, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _finish(home: Home) -> None:
    (home.root / opening.UPGRADING).unlink(missing_ok=True)
