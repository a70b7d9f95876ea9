"""The edge behind its real server, killed right after its answers: what was answered was done."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}


@contextmanager
def own_database() -> Iterator[str]:
    """A database of its own where the tests run on PostgreSQL; "" for SQLite."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        yield ""
        return
    name = f"edge_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def surroundings(home: Path, database: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    named = {"BEIZAI_HOME": str(home), "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "beizai.settings"}
    return kept | named | ({"DATABASE_URL": database} if database else {})


def told(role: str, environment: dict[str, str]) -> Any:
    done = subprocess.run(
        [sys.executable, str(HERE / "edge_home.py"), role],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "import django; django.setup()\n"
        "import asyncio\nfrom granian.server.embed import Server\nfrom beizai.edge import application\n"
        f"asyncio.run(Server(application, address='127.0.0.1', port={port}, interface='asginl').serve())"
    )
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        _wait_for(port, process)
        yield port, process
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(400):
        assert process.poll() is None
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


def ask(port: int, method: str, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = "List-Unsubscribe=One-Click" if method == "POST" else None
    connection.request(method, path, body, BROWSER)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def test_what_was_answered_before_the_server_was_killed_is_kept_and_holds_at_once(tmp_path: Path) -> None:
    with own_database() as database:
        environment = surroundings(tmp_path / "home", database)
        mails = told("prepare", environment)
        with serving(environment) as (port, process):
            clicked = [ask(port, "GET", path) for path in mails["clicks"]]
            shown = [ask(port, "GET", path) for path in mails["unsubscribes"]]
            unsubscribed = [ask(port, "POST", path) for path in mails["unsubscribes"][:20]]
            assert ask(port, "POST", mails["unsubscribes"][0]) == 200
            assert ask(port, "GET", mails["clicks"][0].replace("/c/A", "/c/B")) == 404
            process.kill()
        found = told("finish", environment)
    assert (set(clicked), set(shown), set(unsubscribed)) == ({302}, {200}, {200})
    assert found["refused"] == found["later"] == list(range(1, 21))
    clicks, unsubscribes = (
        [who for kind, who in found["events"] if kind == wanted] for wanted in ("clicked", "unsubscribed")
    )
    assert (clicks, unsubscribes) == (list(range(1, 41)), list(range(1, 21)))
