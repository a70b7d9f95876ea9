"""Opening a home: is there a book, is it whole, is it of this version?"""

import json
import os
from pathlib import Path

from beizai.base import home as homes
from beizai.base.errors import Invalid, NotFound
from beizai.base.home import Home

UPGRADING = "upgrading.json"  # stands in a home from before the first migration until after the last


def restoring(home: Home) -> Path:
    """Where a restore into this home is put together; it becomes the home in one step at its end."""
    return home.root.with_name(f"{home.root.name}.restoring")


def has_book(home: Home) -> bool:
    """Whether there is a book in this home (with DATABASE_URL: its keys are what the folder must have)."""
    if os.environ.get("DATABASE_URL"):
        return (home.keys / "django.key").exists()
    return home.office_db.exists()


def set_up_django() -> None:
    """Reads the settings for the home of this process. Once, and only when a command needs the office's tables."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
    django.setup()


def open_home() -> Home:
    """The home of this process, ready for use; else a refusal that says what to do."""
    home = homes.current()
    if not has_book(home):
        raise _no_book(home)
    set_up_django()
    refuse_unfinished(home)
    waiting, unknown = migrations()
    if unknown:
        raise Invalid(
            "The book in {folder} was made by a newer Beizai (it has {change}).",
            hint="Install that version, or restore a backup made with this one.",
            folder=home.root,
            change=unknown[0],
        )
    if waiting:
        raise Invalid(
            "The book in {folder} is of an older Beizai: {n} changes to its tables are waiting.",
            hint="'beizai upgrade' makes a backup and brings it up to date.",
            folder=home.root,
            n=len(waiting),
        )
    return home


def _no_book(home: Home) -> NotFound:
    if restoring(home).exists():
        return NotFound(
            "A restore into {folder} was broken off; nothing of it is in use.",
            hint="Run 'beizai restore' again; it starts anew.",
            folder=home.root,
        )
    return NotFound(
        "There is no book in {folder}.",
        hint="'beizai init' makes one; --home DIR or BEIZAI_HOME names another folder.",
        folder=home.root,
    )


def refuse_unfinished(home: Home) -> None:
    """Invalid where an upgrade was broken off in this home."""
    told = unfinished_upgrade(home)
    if told is not None:
        raise Invalid(
            "An upgrade of {folder} was broken off. Each of its steps is whole or not there.",
            hint="Run 'beizai upgrade' again. The backup made before it: {backup}."
            if told.get("backup")
            else "Run 'beizai upgrade' again. No backup was needed before it.",
            folder=home.root,
            backup=told.get("backup"),
        )


def unfinished_upgrade(home: Home) -> dict[str, str] | None:
    """What a broken-off upgrade wrote down at its start; None where there is none."""
    path = home.root / UPGRADING
    if not path.exists():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # killed while writing it: then nothing was migrated yet
        return {}
    return told if isinstance(told, dict) else {}


def migrations() -> tuple[list[str], list[str]]:
    """The migrations that wait in the office database, and those in it that this version does not know."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    waiting = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
    known = set(executor.loader.disk_migrations)
    apps = {app for app, _ in known}
    applied = executor.loader.applied_migrations
    unknown = sorted(f"{app}.{name}" for app, name in applied if app in apps and (app, name) not in known)
    return waiting, unknown
