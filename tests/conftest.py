"""One temporary home for the whole test run, made before Django reads its settings."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(tempfile.mkdtemp(prefix="beizai-tests-"))
os.environ["BEIZAI_HOME"] = str(_FOLDER / "home")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")

from beizai.base.home import Home, current  # noqa: E402  (after the home is named)

current().make()


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_FOLDER, ignore_errors=True)


@pytest.fixture(autouse=True, scope="session")
def _emptied_past_the_triggers() -> Iterator[None]:
    """Between tests the tables are emptied, the append-only ones too, whose triggers refuse that on SQLite."""
    from django.db import connection
    from django.db.backends.sqlite3.base import DatabaseOperations  # its own module imports in a ring

    ordinary = DatabaseOperations.sql_flush

    def without_triggers(self: DatabaseOperations, *args: Any, **named: Any) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drop = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
        return [*drop, *ordinary(self, *args, **named), *(sql for _, sql in triggers)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", without_triggers)
        yield


def _missing(what: str, how: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and with CI=true nothing is left out. {how}")
    pytest.skip(f"{what}: {how}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets beside the project."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        _missing("shared data", "put the public data sets into ../shared/data")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The DATABASE_URL of the throw-away PostgreSQL that tests/run.py starts."""
    url = os.environ.get("BEIZAI_TEST_POSTGRES", "")
    if not url:
        _missing("PostgreSQL", "run the tests by 'make test' with PostgreSQL installed")
    return url


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A fresh home of its own for one test (lake, inbox, uploads, keys); the office database stays the test's."""
    fresh = Home(tmp_path / "home")
    fresh.make()
    monkeypatch.setenv("BEIZAI_HOME", str(fresh.root))
    yield fresh
    _close_inboxes()


def _close_inboxes() -> None:
    """Lets go of the inbox; where it lies in PostgreSQL, which the tests share, it is emptied too."""
    from beizai.events import inbox
    from beizai.events.inbox.postgres import PostgresStore

    for opened in inbox.opened():
        if isinstance(opened.store, PostgresStore):
            opened.store.empty()
        opened.close()
