"""A home of an earlier version is opened by this one: backed up first, every row kept, a kill survived."""

import json
import sqlite3
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psycopg
import pytest
from beizai_process import beizai, surroundings

OWNER = "owner@example.test"
GOES_BACK_TO = ("beizai_messages", "0001")  # an app with later migrations that can be taken back


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A home whose last migrations are taken back, as if an earlier version had made it."""
    home = tmp_path / "home"
    assert beizai(home, "init", "--owner", OWNER).code == 0
    assert beizai(home, "customers", "add", "--name", "Ann Lee").code == 0
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "-v", "0", *GOES_BACK_TO],
        env=surroundings(home),
        check=True,
    )
    return home


def test_an_older_home_is_not_touched_before_it_is_upgraded(older: Path) -> None:
    refused = beizai(older, "customers", "count", "--json")
    assert refused.code == 1
    assert "beizai upgrade" in refused.json["error"]["hint"]


def test_an_upgrade_backs_up_first_and_keeps_every_row(older: Path, tmp_path: Path) -> None:
    done = beizai(older, "upgrade", "--json")
    assert done.code == 0, done.err
    assert done.json["applied"]
    assert Path(done.json["backup"]).is_file()
    assert beizai(older, "customers", "count", "--json").json == {"customers": 1}
    assert beizai(older, "upgrade", "--json").json == {"applied": [], "backup": ""}
    back = beizai(tmp_path / "before", "restore", done.json["backup"])
    assert back.code == 0, back.err
    assert beizai(tmp_path / "before", "customers", "count").code == 1  # as old as it was
    assert beizai(tmp_path / "before", "upgrade").code == 0
    assert beizai(tmp_path / "before", "customers", "count", "--json").json == {"customers": 1}


def test_a_home_of_a_newer_version_is_refused(older: Path) -> None:
    with sqlite3.connect(older / "office.db") as office:
        office.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('staff', '9999_later', '2030-01-01')"
        )
    office.close()
    for command in (["customers", "count"], ["upgrade"]):
        refused = beizai(older, *command)
        assert refused.code == 1
        assert "newer Beizai" in refused.err


def test_an_upgrade_killed_at_any_moment_is_told_and_taken_up_again(older: Path) -> None:
    for seconds in (0.7, 1.0, 1.4):
        process = subprocess.Popen([sys.executable, "-m", "beizai", "upgrade"], env=surroundings(older))
        time.sleep(seconds)
        process.kill()
        process.wait()
        told = beizai(older, "customers", "count", "--json")
        assert told.code == 0 or "beizai upgrade" in told.json["error"]["hint"]
    assert beizai(older, "upgrade").code == 0
    assert beizai(older, "customers", "count", "--json").json == {"customers": 1}


def test_an_upgrade_broken_off_names_the_backup_made_before_it(older: Path) -> None:
    (older / "upgrading.json").write_text(json.dumps({"backup": "before.zip"}))
    refused = beizai(older, "customers", "count", "--json")
    assert "broken off" in refused.json["error"]["message"]
    assert "before.zip" in refused.json["error"]["hint"]
    assert beizai(older, "upgrade", "--json").json["backup"] == "before.zip"
    assert beizai(older, "customers", "count").code == 0


@pytest.mark.postgres
def test_an_older_office_on_postgresql_is_backed_up_as_it_is_and_upgraded(
    tmp_path: Path, postgres_url: str
) -> None:
    name = f"older_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url, home = postgres_url.replace("/postgres?", f"/{name}?"), tmp_path / "home"
    assert beizai(home, "init", database=url).code == 0
    assert beizai(home, "customers", "add", "--name", "Ann Lee", database=url).code == 0
    back = [sys.executable, "-m", "django", "migrate", "-v", "0", *GOES_BACK_TO]
    subprocess.run(back, env=surroundings(home, url), check=True)
    done = beizai(home, "upgrade", "--json", database=url)
    assert done.code == 0, done.err
    assert beizai(home, "customers", "count", "--json", database=url).json == {"customers": 1}
    assert (
        beizai(tmp_path / "before", "restore", done.json["backup"]).code == 0
    )  # into SQLite, as old as it was
    assert beizai(tmp_path / "before", "upgrade").code == 0
    assert beizai(tmp_path / "before", "customers", "count", "--json").json == {"customers": 1}
