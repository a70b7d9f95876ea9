"""The events API behind its real server, on a home of its own that dies with it or lives on."""

import base64
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = ROOT / "tests" / "faces" / "events_home.py"


@dataclass
class EventsApi:
    """A home with its keys; `serving` opens it, `finish` says what came into its book."""

    environment: dict[str, str]
    program: str
    page: str
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(
        self, path: str, body: Any, *, key: str | None = "", headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Posts a body (JSON, or bytes as they are); the status, the answer and its headers. key=None: without any."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {} if key is None else {"Authorization": authorization(key or self.program)}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", path, raw, given | (headers or {}))
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        named = {name.lower(): value for name, value in response.getheaders()}
        return response.status, json.loads(answer) if answer.startswith(b"{") else answer, named

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serves until the block ends, or the process is killed in it."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), "serve", str(self.port)], env=self.environment
        )
        try:
            self._wait()
            yield
        finally:
            self.process.kill()
            self.process.wait()

    def _wait(self) -> None:
        for _ in range(600):
            assert self.process is not None
            assert self.process.poll() is None
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def finish(self) -> dict[str, Any]:
        """What is in the book, aside and on the cards when everything has been carried there."""
        found: dict[str, Any] = _told("finish", self.environment)
        return found


def authorization(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


@contextmanager
def events_api(folder: Path) -> Iterator[EventsApi]:
    """A home for the events API, on PostgreSQL where the tests run there."""
    with _own_database() as database:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = kept | {
            "BEIZAI_HOME": str(folder / "home"),
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "beizai.settings",
        }
        environment |= {"DATABASE_URL": database} if database else {}
        yield EventsApi(environment, **_told("prepare", environment))


@contextmanager
def _own_database() -> Iterator[str]:
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        yield ""
        return
    name = f"events_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _told(role: str, environment: dict[str, str]) -> Any:
    done = subprocess.run(
        [sys.executable, str(_PROGRAM), role], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
