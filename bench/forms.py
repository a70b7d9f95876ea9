"""How many a second a form takes on one core, with the office in use beside it; and one form sent ten thousand times.

The server, its workers and their database share one core; who asks sits on the other. Half of what is asked is the form's
page, half is a page sent (a new sheet, durable before the answer).
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from bench import Line

PER_SECOND, SECONDS, LIMIT_MS = 100, 20, 500
REPLAYS = 10_000
SERVER_CORE, ASKING_CORE = 0, 1
OFFICE_PAGES = ("/", "/customers/", "/customers/1/", "/collection/forms/", "/segments/")


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """The pages at a steady rate, then the same page again and again."""
    home = (folder / f"forms-{os.getpid()}").absolute()
    os.environ["BEIZAI_HOME"] = str(home)
    slug, cookie = _made()
    port = _free_port()
    with _served(home, port) as server:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {ASKING_CORE})
        steady = _steady(port, slug, cookie, int(SECONDS * max(scale, 0.25)), server)
        yield Line(
            "Form pages on one core, the office in use: asked for 100 a second",
            f"{steady.rate:.0f} a second answered, 95 % within {steady.p95:.0f} ms, {steady.failed} failed, "
            f"{steady.at_work_ms:.1f} ms of the core each (workers and office pages included)",
            rival=f"{steady.office} office pages meanwhile, 95 % within {steady.office_p95:.0f} ms",
            limit=f"100 a second, 95 % within {LIMIT_MS} ms",
            kept=steady.rate > 0.97 * PER_SECOND and steady.p95 < LIMIT_MS and not steady.failed,
        )
        times = int(REPLAYS * scale)
        rate, sheets = _replayed(port, slug, times)
        yield Line(
            f"One form sent {times:,} times",
            f"{sheets} sheet, {rate:.0f} a second answered",
            limit="1 sheet",
            kept=sheets == 1,
        )


def _made() -> tuple[str, str]:
    """A home with a form of one page and somebody logged in; the form's address and the session."""
    from beizai.base.home import current

    current().make()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from django.db import connections
    from django.test import Client

    from beizai.customers import cards
    from beizai.forms import publishing
    from beizai.forms.definition import Ask, Definition, Kind, Question
    from beizai.sources import register
    from beizai.staff.models import User

    now = datetime.now(UTC)
    en = {"en": "How was it?"}
    questions = (Question("stars", Ask.SCALE, en, required=True), Question("words", Ask.TEXT, en))
    form = Definition(Kind.SURVEY, title=en, questions=questions, seconds=0, starts_per_hour=100_000)
    made = publishing.add(publishing.Wish("Bench", Kind.SURVEY, definition=form), now=now)
    publishing.publish(made.pk, now=now)
    cards.add(cards.NewCard("Ann"), source=register.office(now), now=now)
    client = Client()
    user = User.objects.create_user("owner@example.test", None, role="owner")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    connections.close_all()
    return made.slug, f"sessionid={client.cookies['sessionid'].value}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _served:
    """`beizai serve` on one core until the block ends."""

    def __init__(self, home: Path, port: int) -> None:
        self._home, self._port = home, port

    def __enter__(self) -> int:
        command = [
            sys.executable,
            "-m",
            "beizai",
            "serve",
            "--home",
            str(self._home),
            "--port",
            str(self._port),
        ]
        pinned = ["taskset", "-c", str(SERVER_CORE)] if hasattr(os, "sched_setaffinity") else []
        self._process = subprocess.Popen(
            [*pinned, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                if _Asker(self._port).get("/account/login/")[0] == 200:
                    return self._process.pid
            except OSError:
                time.sleep(0.3)
        raise RuntimeError("the office did not open")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=60)


def _worked_seconds(pid: int) -> float:
    """Processor time of a process and everything it started (0 where there is no /proc)."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(path.parent.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    family, grew = {pid}, True
    while grew:
        more = {child for child, (parent, _ticks) in stats.items() if parent in family} - family
        family, grew = family | more, bool(more)
    return sum(stats[one][1] for one in family if one in stats) / os.sysconf("SC_CLK_TCK")


class _Asker:
    """One connection that is kept open."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Cookie": cookie} if cookie else {}

    def get(self, path: str) -> tuple[int, str]:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")

    def post(self, path: str, fields: dict[str, str]) -> int:
        headers = self._headers | {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", path, body=urlencode(fields), headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


class _Steady:
    """What a steady rate of requests met."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.failed = 0
        self.office_times: list[float] = []
        self.seconds, self.at_work_ms = 1.0, 0.0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    @property
    def p95(self) -> float:
        return _p95(self.times)

    @property
    def office(self) -> int:
        return len(self.office_times)

    @property
    def office_p95(self) -> float:
        return _p95(self.office_times)


def _p95(times: list[float]) -> float:
    return 1000 * sorted(times)[int(0.95 * len(times))] if times else 0.0


def _steady(port: int, slug: str, cookie: str, seconds: int, server: int) -> _Steady:
    """Requests at fixed instants, whether or not the earlier ones are answered; lateness counts as waiting."""
    found, local, lock = _Steady(), threading.local(), threading.Lock()
    stop = threading.Event()

    def asker() -> _Asker:
        if not hasattr(local, "asker"):
            local.asker = _Asker(port)
        return local.asker

    def pair(due: float) -> None:
        time.sleep(max(0.0, due - time.monotonic()))
        begun, good = due, True
        for step in range(2):
            if step == 0:
                status, page = asker().get(f"/f/{slug}/")
                token = re.search(r'name="token" value="([^"]+)"', page)
            else:
                begun = time.monotonic()
                status = asker().post(
                    f"/f/{slug}/", {"token": token[1] if token else "", "page": "0", "q.stars": "4"}
                )
            good = status == 200
            with lock:
                found.times.append(time.monotonic() - begun)
                found.failed += not good

    def in_the_office() -> None:
        office, number = _Asker(port, cookie), 0
        while not stop.is_set():
            begun = time.monotonic()
            office.get(OFFICE_PAGES[number % len(OFFICE_PAGES)])
            found.office_times.append(time.monotonic() - begun)
            number += 1
            time.sleep(0.5)

    at_work = threading.Thread(target=in_the_office)
    at_work.start()
    start, worked = time.monotonic() + 0.2, _worked_seconds(server)
    with ThreadPoolExecutor(max_workers=32) as pool:
        for number in range(seconds * PER_SECOND // 2):
            pool.submit(pair, start + number * 2 / PER_SECOND)
    found.seconds = time.monotonic() - start
    found.at_work_ms = 1000 * (_worked_seconds(server) - worked) / max(len(found.times), 1)
    stop.set()
    at_work.join()
    return found


def _replayed(port: int, slug: str, times: int) -> tuple[float, int]:
    from beizai.forms.models import AnswerSheet

    token = re.search(r'name="token" value="([^"]+)"', _Asker(port).get(f"/f/{slug}/")[1])
    fields = {"token": token[1] if token else "", "page": "0", "q.stars": "5"}
    before, begun = AnswerSheet.objects.count(), time.monotonic()

    def again(count: int) -> None:
        asker = _Asker(port)
        for _time in range(count):
            asker.post(f"/f/{slug}/", fields)

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(again, [times // 4] * 4))
    return times / (time.monotonic() - begun), AnswerSheet.objects.count() - before
