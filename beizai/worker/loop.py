"""The loop of one worker: its rounds when they are due, a step of a job in between, rest when there is nothing."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.db import close_old_connections

from beizai.base import clock
from beizai.base.errors import BeizaiError
from beizai.events.leases import this_process
from beizai.worker import background, jobs, rounds
from beizai.worker.rounds import Duty

log = logging.getLogger(__name__)
SENDING, REST = "sending", "rest"
KINDS = (SENDING, REST)
_IDLE_SECONDS = 0.1
_LONGEST_PAUSE = 60.0


@dataclass
class _Turn:
    """When a round is due again, and how often it failed in a row."""

    duty: Duty
    due: float = 0.0
    failures: int = field(default=0)

    def make(self) -> int:
        """Makes the round if it is due; a failure is logged and tried again after a growing pause."""
        if time.monotonic() < self.due:
            return 0
        try:
            count = self.duty.make()
        except BeizaiError as error:
            return self._failed(f"{type(error).__name__} {error.code}".strip(), trace=False)
        except Exception as error:  # noqa: BLE001  (a job's edge: logged, the others go on)
            return self._failed(type(error).__name__, trace=True)
        self.failures = 0
        self.due = time.monotonic() + (0 if count else self.duty.every_seconds)
        return count

    def _failed(self, what: str, *, trace: bool) -> int:
        self.failures += 1
        log.error("The round %s failed: %s", self.duty.name, what, exc_info=trace)
        self.due = time.monotonic() + min(_LONGEST_PAUSE, self.duty.every_seconds + 2.0**self.failures)
        return 0


_until: list[Callable[[], bool]] = []


def leaving() -> bool:
    """Whether this process was told to stop: asked by rounds that take longer than a moment."""
    return any(until() for until in _until)


def run(kinds: Collection[str] = KINDS, *, until: Callable[[], bool] | None = None) -> None:
    """Works until `until` says so (None: until there is nothing left to do, for the command line and the demo).

    Jobs are done by the worker for the rest.
    """
    turns = [_Turn(duty) for duty in rounds.duties(kinds)]
    _until[:] = [until] if until is not None else []
    owner = this_process()
    while until is None or not until():
        worked = sum([turn.make() for turn in turns])
        if REST in kinds:
            worked += jobs.run_next(jobs.kinds(), owner=owner, now=clock.machine_now)
        if not worked:
            if until is None and not background.under_way():
                return
            close_old_connections()
            time.sleep(_IDLE_SECONDS)
