"""How many a second the chat takes on one core, with the office in use beside it, and what one costs beside a bare Django view.

The server, its workers and their database share one core; who asks sits on the other. Of twenty requests seventeen ask for
what is new, two send a message (durable before the answer), one opens the page. The bare view is asked as often, in the same run.
"""

import os
import secrets
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from bench import Line
from bench.forms import (
    ASKING_CORE,
    OFFICE_PAGES,
    SERVER_CORE,
    _Asker,
    _free_port,
    _served,
    _Steady,
    _worked_seconds,
)

PER_SECOND, SECONDS, LIMIT_MS, THREADS = 100, 20, 500, 100


def measure(folder: Path, scale: float) -> Iterator[Line]:
    """The chat at a steady rate, then the bare view at the same."""
    home = (folder / f"chat-{os.getpid()}").absolute()
    os.environ["BEIZAI_HOME"] = str(home)
    os.environ["BEIZAI_HTTPS"] = (
        "1"  # behind a proxy, which says that each visitor has an address of their own
    )
    threads, cookie = _made()
    seconds = int(SECONDS * max(scale, 0.25))
    port = _free_port()
    with _served(home, port) as server:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {ASKING_CORE})
        chat = _steady(port, _visitor(port, threads), cookie, seconds, server)
        lost = _missing(chat_messages=chat.sent)
    bare = _bare(seconds)
    yield Line(
        "Chat on one core, the office in use: asked for 100 a second",
        f"{chat.rate:.0f} a second answered, 95 % within {chat.p95:.0f} ms, {chat.failed} failed, "
        f"{len(chat.sent)} messages sent and {lost} missing, {chat.at_work_ms:.1f} ms of the core each (workers and office pages included)",
        rival=f"{chat.office} office pages meanwhile, 95 % within {chat.office_p95:.0f} ms",
        limit=f"100 a second, 95 % within {LIMIT_MS} ms, none missing",
        kept=chat.rate > 0.97 * PER_SECOND and chat.p95 < LIMIT_MS and not chat.failed and not lost,
    )
    yield Line(
        "One request of the chat beside a bare Django view",
        f"{chat.at_work_ms:.1f} ms of the core",
        rival=f"{bare.at_work_ms:.1f} ms, 95 % within {bare.p95:.0f} ms",
        ratio=chat.at_work_ms / bare.at_work_ms,
    )


class _Chat(_Steady):
    """A steady rate, and what was sent meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []


Ask = Callable[[_Asker, int, _Chat], bool]


def _made() -> tuple[list[str], str]:
    """A home with an open desk, a hundred threads and somebody logged in; the threads' addresses and the session."""
    from beizai.base.home import current

    current().make()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from django.db import connections
    from django.test import Client

    from beizai.conversations.chats import desk, links, thread
    from beizai.conversations.chats.links import Begun
    from beizai.conversations.chats.thread import Sent
    from beizai.staff.models import User

    now = datetime.now(UTC)
    desk.change({"open": True, "hours": {str(day): [["00:00", "24:00"]] for day in range(7)}})

    threads = []
    for number in range(THREADS):
        sent = Sent("Do you have it in black?", f"first-message-{number}", f"192.0.2.{number}", "en")
        chat = thread.start(Begun(uuid.uuid4(), now.timestamp()), sent, now=now, at=now)
        threads.append(f"/chat/t/{links.thread(chat)}/")
    client = Client()
    user = User.objects.create_user("owner@example.test", None, role="owner")
    desk.say_here(user, True, at=now)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    connections.close_all()
    return threads, f"sessionid={client.cookies['sessionid'].value}"


def _visitor(port: int, threads: list[str]) -> Ask:
    """What visitors do, by turns."""

    def ask(asker: _Asker, number: int, found: _Chat) -> bool:
        url = threads[number % len(threads)]
        asker._headers = {"X-Chat": "1", "X-Forwarded-For": f"198.51.{number // 250 % 250}.{number % 250}"}
        if number % 20 == 7:
            return asker.get("/chat/")[0] == 200
        if number % 10 == 3:
            words = secrets.token_hex(8)
            good = asker.post(url, {"text": words, "id": f"message-{words}", "after": "0"}) == 200
            found.sent.append(words)
            return good
        return asker.get(f"{url}news/?after={10**9}")[0] == 200

    return ask


def _steady(port: int, ask: Ask, cookie: str, seconds: int, server: int) -> _Chat:
    """Requests at fixed instants, whether or not the earlier ones are answered; lateness counts as waiting."""
    found, local, lock, stop = _Chat(), threading.local(), threading.Lock(), threading.Event()

    def one(number: int, due: float) -> None:
        time.sleep(max(0.0, due - time.monotonic()))
        if not hasattr(local, "asker"):
            local.asker = _Asker(port)
        good = ask(local.asker, number, found)
        with lock:
            found.times.append(time.monotonic() - due)
            found.failed += not good

    def in_the_office() -> None:
        office, number = _Asker(port, cookie), 0
        while cookie and not stop.is_set():
            begun = time.monotonic()
            office.get((*OFFICE_PAGES, "/collection/conversations/")[number % (len(OFFICE_PAGES) + 1)])
            found.office_times.append(time.monotonic() - begun)
            number += 1
            time.sleep(0.5)

    at_work = threading.Thread(target=in_the_office)
    at_work.start()
    start, worked = time.monotonic() + 0.2, _worked_seconds(server)
    with ThreadPoolExecutor(max_workers=32) as pool:
        for number in range(seconds * PER_SECOND):
            pool.submit(one, number, start + number / PER_SECOND)
    found.seconds = time.monotonic() - start
    found.at_work_ms = 1000 * (_worked_seconds(server) - worked) / max(len(found.times), 1)
    stop.set()
    at_work.join()
    return found


def _missing(chat_messages: list[str]) -> int:
    """How many of the messages that were answered are not in the book exactly once."""
    from beizai.conversations.models import Utterance

    held = list(Utterance.objects.filter(speaker="customer").values_list("text", flat=True))
    return sum(held.count(words) != 1 for words in chat_messages)


def _bare(seconds: int) -> _Chat:
    port = _free_port()
    command = [
        "granian",
        "--interface",
        "wsgi",
        "--blocking-threads",
        "4",
        "--no-log",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    pinned = ["taskset", "-c", str(SERVER_CORE)] if hasattr(os, "sched_setaffinity") else []
    served = subprocess.Popen([*pinned, sys.executable, "-m", *command, "bench._bare_django:application"])
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if _Asker(port).get("/")[0] == 200:
                    break
            except OSError:
                time.sleep(0.2)
        return _steady(port, lambda asker, _number, _found: asker.get("/")[0] == 200, "", seconds, served.pid)
    finally:
        served.terminate()
        served.wait(timeout=20)
