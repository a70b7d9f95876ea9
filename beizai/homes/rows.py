"""An office database carried row by row: from PostgreSQL into one portable file, and back into PostgreSQL.

The tables are taken as they were at the migrations the source has, so that a book of an older
version is carried as it is and brought up to date afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beizai.base.progress import Progress

PORTABLE = "portable"  # the alias of the file beside Django's own "default"
STILL = "still"  # a second connection to the same database, for a transaction of its own
_ROWS = 2_000


@contextmanager
def portable(path: Path) -> Iterator[None]:
    """Lets Django reach an SQLite file under the alias `portable`."""
    options = {"transaction_mode": "IMMEDIATE"}
    with _reached(PORTABLE, {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}):
        yield


@contextmanager
def still() -> Iterator[None]:
    """Lets Django reach the office database a second time, under the alias `still`, in a transaction with one snapshot."""
    from django.db import connections, transaction

    with _reached(STILL, connections.settings["default"]), transaction.atomic(using=STILL):
        with connections[STILL].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT 1")
        yield


@contextmanager
def _reached(alias: str, settings: dict[str, Any]) -> Iterator[None]:
    from django.db import connections

    configured = connections.configure_settings(
        {"default": connections.settings["default"], alias: dict(settings)}
    )
    connections.settings[alias] = configured[alias]
    try:
        yield
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


def still_cursor() -> Any:
    """A cursor in the transaction of `still`."""
    from django.db import connections

    return connections[STILL].cursor()


def to_file(path: Path, progress: Progress) -> None:
    """Writes the office, as the transaction of `still` sees it, into a new file."""
    from django.db import transaction

    with portable(path):
        migrate_to(PORTABLE, applied(STILL))
        with transaction.atomic(using=PORTABLE):
            copy(STILL, PORTABLE, progress)


def applied(alias: str) -> list[tuple[str, str]]:
    """The migrations this database has, as far as this version knows them."""
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connections[alias])
    return sorted(key for key in loader.applied_migrations if key in loader.disk_migrations)


def migrate_to(alias: str, wanted: list[tuple[str, str]]) -> None:
    """Makes the tables as they are after these migrations; no signals, so no rows either."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[alias])
    nodes = executor.loader.graph.node_map
    # only the last ones: naming an earlier one too would mean going back to it
    last = [key for key in wanted if not any(child.key in wanted for child in nodes[key].children)]
    executor.migrate(last)


def copy(source: str, target: str, progress: Progress) -> int:
    """Copies every row of every table; the caller holds a transaction on both sides. Returns how many."""
    models = list(_models(source))
    done = 0
    for model in models:
        done += _copy_table(
            model, source, target, lambda count, base=done: progress(base + count, 0, "Rows copied")
        )
    return done


def _models(alias: str) -> Iterator[Any]:
    """The tables as the source's migrations describe them, without those that are only views of others."""
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connections[alias])
    state = loader.project_state([key for key in applied(alias) if key in loader.graph.nodes])
    for model in state.apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def _copy_table(model: Any, source: str, target: str, tell: Any) -> int:
    """One table. The rows are written as they are read: no default, no `auto_now` touches them."""
    manager = model._base_manager
    fields = model._meta.concrete_fields
    batch, done = [], 0
    for row in manager.using(source).order_by("pk").iterator(chunk_size=_ROWS):
        batch.append(row)
        if len(batch) == _ROWS:
            done += _write(manager, batch, fields, target)
            batch = []
            tell(done)
    return done + _write(manager, batch, fields, target)


def _write(manager: Any, rows: list[Any], fields: Any, target: str) -> int:
    per_statement = max(1, 30_000 // max(1, len(fields)))  # SQLite takes 32,766 values in one statement
    for start in range(0, len(rows), per_statement):
        manager.using(target)._insert(
            rows[start : start + per_statement], fields=fields, using=target, raw=True
        )
    return len(rows)


def set_sequences(alias: str) -> None:
    """After rows came with their ids: the next new row gets the next free one."""
    from django.core.management.color import no_style
    from django.db import connections

    connection = connections[alias]
    statements = connection.ops.sequence_reset_sql(no_style(), list(_models(alias)))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
