"""A worker as a process of its own, and the watch that starts two of them and starts again what falls over."""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Collection, Sequence
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from types import FrameType

from beizai.base.ending import leave
from beizai.base.home import Home
from beizai.worker.beat import Beat

log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.5
_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0
_GOODBYE_SECONDS = 20.0


def work(home: str, kinds: Sequence[str], told: Event | None = None) -> None:
    """What a worker process does: it works until it is told to stop (by `told`, or a signal), or who started it is gone."""
    os.environ["BEIZAI_HOME"] = home
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
    stopping = threading.Event()
    _on_signals(stopping)
    import django

    django.setup()
    from beizai.worker import duties, loop

    duties.enlist()
    parent = multiprocessing.parent_process()
    pulse = Beat(Home(Path(home)), kinds)

    def finished() -> bool:
        pulse.give()
        if stopping.is_set() or (told is not None and told.is_set()):
            return True
        return parent is not None and not parent.is_alive()

    loop.run(kinds, until=finished)
    pulse.stop()
    leave()


def _on_signals(stopping: threading.Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the watch, which tells its workers


class Watch:
    """Two workers, one for sending and one for the rest, started again when they fall over. A context.

    Processes are spawned, never forked: the lake's library does not survive a fork.
    """

    def __init__(self, home: Path, kinds: Collection[Sequence[str]] = (("sending",), ("rest",))) -> None:
        self._home, self._kinds = home, [tuple(each) for each in kinds]
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[tuple[str, ...], SpawnProcess] = {}
        self._started: dict[tuple[str, ...], float] = {}
        self._falls: dict[tuple[str, ...], int] = {}
        self._told = self._context.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        for kinds in self._kinds:
            self._start(kinds)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._told.set()  # a signal would be the end at once on Windows
        deadline = time.monotonic() + _GOODBYE_SECONDS
        for worker in self._workers.values():
            worker.join(max(0.1, deadline - time.monotonic()))
            if worker.is_alive():
                worker.kill()
                worker.join()

    def pids(self) -> list[int]:
        """The processes at work."""
        return [
            worker.pid for worker in self._workers.values() if worker.pid is not None and worker.is_alive()
        ]

    def _start(self, kinds: tuple[str, ...]) -> None:
        worker = self._context.Process(
            target=work, args=(str(self._home), kinds, self._told), name=f"beizai-{'-'.join(kinds)}"
        )
        worker.start()
        self._workers[kinds], self._started[kinds] = worker, time.monotonic()

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            for kinds, worker in list(self._workers.items()):
                if not worker.is_alive():
                    self._start_again(kinds, worker)

    def _start_again(self, kinds: tuple[str, ...], worker: SpawnProcess) -> None:
        """At once the first time; after a growing pause where it falls over again and again."""
        steady = time.monotonic() - self._started[kinds] > _STEADY_SECONDS
        falls = 0 if steady else self._falls.get(kinds, 0)
        self._falls[kinds] = falls + 1
        log.error("The worker for %s ended with %s and is started again", "/".join(kinds), worker.exitcode)
        if not self._stopping.wait(min(_LONGEST_PAUSE, 2.0**falls - 1)):
            self._start(kinds)
