"""Work that takes minutes: done beside the rounds in a thread of its own, looked at step by step, begun anew where its worker died."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connections

from beizai.base.progress import Progress
from beizai.events import leases
from beizai.worker import jobs
from beizai.worker.jobs import Step

Work = Callable[[Mapping[str, Any], Progress], Mapping[str, Any]]
"""Does the whole work from the job's arguments, telling how far it is; returns what is kept as the job's result.
It may be begun again after a crash, so doing it twice must be as doing it once."""

_LOOK_AGAIN = timedelta(seconds=0.4)


@dataclass
class _Run:
    """One piece of work under way in this process."""

    done: int = 0
    total: int = 0
    what: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    thread: threading.Thread | None = None

    def tell(self, done: int, total: int, what: str) -> None:
        self.done, self.total, self.what = done, total, what


_runs: dict[str, _Run] = {}


def register(kind: str, work: Work) -> None:
    """Has the workers do jobs of this kind in the background, so that nothing else waits for them."""
    jobs.register(kind, lambda arguments, position: _step(work, arguments, position))


def under_way() -> bool:
    """Whether a piece of work is being done in this process, or has just been done and not yet looked at."""
    return bool(_runs)


def _step(work: Work, arguments: Mapping[str, Any], position: Mapping[str, Any]) -> Step:
    number = str(position.get("run", ""))
    run = _runs.get(number)
    if run is None:
        owner = str(position.get("owner", ""))
        if owner and not leases.is_dead(owner):
            return Step(position, wait=_LOOK_AGAIN)  # another worker has it in hand
        return _begun(work, arguments)
    if run.thread is not None and run.thread.is_alive():
        return Step(position, done=run.done, total=run.total, what=run.what, wait=_LOOK_AGAIN)
    del _runs[number]
    if run.error is not None:
        raise run.error
    return Step(position, finished=True, done=run.done, total=run.total, what=run.what, result=run.result)


def _begun(work: Work, arguments: Mapping[str, Any]) -> Step:
    number, run = uuid.uuid4().hex, _Run()
    run.thread = threading.Thread(
        target=_do, args=(run, work, arguments), name="background work", daemon=True
    )
    _runs[number] = run
    run.thread.start()
    return Step({"run": number, "owner": leases.this_process()}, wait=_LOOK_AGAIN)


def _do(run: _Run, work: Work, arguments: Mapping[str, Any]) -> None:
    try:
        run.result = work(arguments, run.tell)
    except Exception as error:  # noqa: BLE001  (a job's edge: raised again by the step that looks)
        run.error = error
    finally:
        connections.close_all()
