"""Restoring: a backup becomes a home again, in one step, and sends nothing until somebody says so."""

import os
from dataclasses import dataclass
from pathlib import Path

from beizai.base.errors import Invalid, NotFound, Phrase
from beizai.base.home import Home
from beizai.base.progress import Progress
from beizai.homes import archive, rows
from beizai.homes.backup import keys_beside
from beizai.homes.lock import only_one
from beizai.homes.opening import restoring, set_up_django


@dataclass(frozen=True)
class Restored:
    """What was restored, and which campaigns were being sent when the backup was made."""

    home: str
    made_at: str
    version: str
    paused_campaigns: tuple[str, ...]


def restore(home: Home, source: Path, *, keys: Path | None, progress: Progress) -> Restored:
    """Lays the backup down in an empty or new folder. Killed at any moment, the folder is as empty as before."""
    manifest = archive.read_manifest(source)
    key_file = keys or keys_beside(source)
    _refuse_taken(home)
    if not key_file.is_file():
        raise NotFound(
            "The keys of this backup are not at {file}.",
            hint="Name them: --keys FILE. Without them refused addresses could not be told, and links in mails would be dead.",
            file=key_file,
        )
    staging = Home(restoring(home))
    with only_one(staging.root.with_name(f"{staging.root.name}.lock"), Phrase("restoring")):
        archive.clear(staging.root)
        staging.root.mkdir(parents=True)
        archive.unpack(source, manifest, staging.root, progress)
        _lay_keys(staging, key_file, manifest)
        staging.make()
        paused = _pause(staging, progress)
        _become(staging.root, home.root)
    staging.root.with_name(f"{staging.root.name}.lock").unlink(missing_ok=True)
    return Restored(str(home.root), manifest.made_at, manifest.version, paused)


def _refuse_taken(home: Home) -> None:
    if home.root.exists() and any(home.root.iterdir()):
        raise Invalid(
            "{folder} is not empty.", hint="Restore into a new or empty folder: --home DIR.", folder=home.root
        )


def _lay_keys(staging: Home, key_file: Path, manifest: archive.Manifest) -> None:
    staging.keys.mkdir(parents=True, exist_ok=True)
    archive.unpack_keys(key_file, staging.keys)
    if archive.keys_id(staging.keys) != manifest.keys_id:
        raise Invalid(
            "{file} holds the keys of another book.", hint="Name the right ones: --keys FILE.", file=key_file
        )


def _pause(staging: Home, progress: Progress) -> tuple[str, ...]:
    """Opens the office database as laid down (into PostgreSQL where DATABASE_URL names one) and stops all sending."""
    os.environ["BEIZAI_HOME"] = str(staging.root)
    set_up_django()
    from django.db import connection, transaction

    if connection.vendor == "sqlite":
        with transaction.atomic():
            paused = _stop_sending()
        connection.close()  # what was written is in the file, not in a log beside it
        return paused
    _refuse_full_database()
    return _into_postgres(staging, progress)


def _into_postgres(staging: Home, progress: Progress) -> tuple[str, ...]:
    """Office and inbox into the database, in one transaction; their files are not needed then."""
    from django.db import connection, transaction

    from beizai.events import inbox
    from beizai.events.inbox import carrying

    inbox.current().waiting()  # makes its tables
    with rows.portable(staging.office_db):
        rows.migrate_to("default", rows.applied(rows.PORTABLE))
        with transaction.atomic():
            rows.copy(rows.PORTABLE, "default", progress)
            rows.set_sequences("default")
            if staging.inbox_db.exists():
                with connection.cursor() as cursor:
                    carrying.from_file(staging.inbox_db, cursor)
            paused = _stop_sending()
    for path in (staging.office_db, staging.inbox_db):
        path.unlink(missing_ok=True)
    return paused


def _refuse_full_database() -> None:
    from django.db import connection

    from beizai.staff.models import Shop

    if Shop._meta.db_table in connection.introspection.table_names() and Shop.objects.exists():
        raise Invalid(
            "The database that DATABASE_URL names holds a book already.", hint="Name an empty database."
        )


def _stop_sending() -> tuple[str, ...]:
    """Pauses the shop's sending, every campaign that was being sent, every webhook endpoint; returns the campaigns' names."""
    from beizai.base import clock
    from beizai.campaigns.models import Campaign, CampaignState
    from beizai.staff.models import Shop
    from beizai.webhooks import endpoints

    endpoints.all_off_after_restore(clock.machine_now())
    Shop.objects.update(sending_paused=True)
    sending = Campaign.objects.filter(state=CampaignState.SENDING)
    names = tuple(sending.order_by("pk").values_list("name", flat=True))
    sending.update(state=CampaignState.PAUSED, pause_reason="restored")
    return names


def _become(staging: Path, home: Path) -> None:
    """The folder put together takes the home's name."""
    if home.exists():
        home.rmdir()  # empty, or refused above
    home.parent.mkdir(parents=True, exist_ok=True)
    staging.replace(home)
