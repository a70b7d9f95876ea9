"""Jobs in steps: asked for once, done by whichever worker is free, taken over where a worker died."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from beizai.base.errors import BeizaiError, Invalid, NotFound
from beizai.events import leases
from beizai.worker.models import Job, JobState

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
_TRIES = 5
_PAUSE_AFTER_FAILURE = timedelta(seconds=10)


@dataclass(frozen=True)
class Step:
    """What one step of a job left: where it is, how far, and whether that was all.

    `wait` puts the next step off; `result` is kept when the job is done.
    """

    position: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False
    done: int = 0
    total: int = 0
    what: str = ""
    wait: timedelta = timedelta(0)
    result: Mapping[str, Any] = field(default_factory=dict)


Handler = Callable[[Mapping[str, Any], Mapping[str, Any]], Step]
"""Does the next step of a job from its arguments and its position, in under a second. A step may be done twice."""

_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Says who does the steps of this kind of job."""
    _handlers[kind] = handler


def kinds() -> tuple[str, ...]:
    """Every kind of job somebody does."""
    return tuple(_handlers)


def ask(kind: str, arguments: Mapping[str, Any] | None = None, *, key: str = "", now: datetime) -> Job:
    """Asks for a job. With a key, an unfinished one of the same kind and key is given instead of a second."""
    if kind not in _handlers:
        raise Invalid(
            "Nobody does jobs of the kind “{kind}”.",
            hint="There are: {names}.",
            kind=kind,
            names=", ".join(sorted(_handlers)),
        )
    try:
        with transaction.atomic():
            return Job.objects.create(
                kind=kind, key=key, arguments=dict(arguments or {}), run_at=now, created_at=now
            )
    except IntegrityError:
        return Job.objects.get(kind=kind, key=key, state__in=(JobState.WAITING, JobState.RUNNING))


def cancel(job_id: int, *, now: datetime) -> None:
    """Stops a job after its present step; NotFound where it is over."""
    open_ones = Job.objects.filter(pk=job_id, state__in=(JobState.WAITING, JobState.RUNNING))
    if not open_ones.update(state=JobState.CANCELLED, finished_at=now):
        raise NotFound("Job {n} is not running.", n=job_id)


def run_next(kinds: Collection[str], *, owner: str, now: Callable[[], datetime]) -> bool:
    """Takes the job that has waited longest and does its next step; False where none is due."""
    job = _take(kinds, owner, now())
    if job is None:
        return False
    try:
        step = _handlers[job.kind](job.arguments, job.position)
    except BeizaiError as error:
        _fail(job, error, owner, now())
    except Exception as error:
        log.exception("A step of the job %s failed", job)
        if job.attempts + 1 >= _TRIES:
            _fail(job, f"{type(error).__name__}; see the log", owner, now())
        else:
            _put_off(job, owner, now())
    else:
        _note(job, step, owner, now())
    return True


def _take(kinds: Collection[str], owner: str, now: datetime) -> Job | None:
    """The next due job, now in our hands. One whose owner died on this machine is taken over at once."""
    known = [kind for kind in kinds if kind in _handlers]
    due = Q(state=JobState.WAITING, run_at__lte=now) | Q(state=JobState.RUNNING)
    for job in Job.objects.filter(due, kind__in=known).order_by("run_at", "id")[:20]:
        expired = job.lease_until is None or job.lease_until <= now
        if job.state == JobState.RUNNING and not expired and not leases.is_dead(job.owner):
            continue
        same = Job.objects.filter(pk=job.pk, state=job.state, owner=job.owner, lease_until=job.lease_until)
        if same.update(state=JobState.RUNNING, owner=owner, lease_until=now + LEASE):
            return job
    return None


def _mine(job: Job, owner: str) -> Any:
    return Job.objects.filter(pk=job.pk, owner=owner, state=JobState.RUNNING)


def _note(job: Job, step: Step, owner: str, now: datetime) -> None:
    told = {"position": dict(step.position), "done": step.done, "total": step.total, "what": step.what[:200]}
    if step.finished:
        ended = {"state": JobState.DONE, "finished_at": now, "result": dict(step.result)}
        _mine(job, owner).update(**told, **ended, owner="", lease_until=None, attempts=0)
    else:
        again = {"state": JobState.WAITING, "run_at": now + step.wait}
        _mine(job, owner).update(**told, **again, owner="", lease_until=None, attempts=0)


def _put_off(job: Job, owner: str, now: datetime) -> None:
    later = now + _PAUSE_AFTER_FAILURE * 2**job.attempts
    _mine(job, owner).update(
        state=JobState.WAITING, run_at=later, attempts=F("attempts") + 1, owner="", lease_until=None
    )


def _fail(job: Job, error: BeizaiError | str, owner: str, now: datetime) -> None:
    """Ends a job that cannot go on; a refusal is kept with its values, for the language of whoever looks."""
    refused = [error.phrase.as_data(), error.hint_phrase.as_data()] if isinstance(error, BeizaiError) else []
    ended = {"state": JobState.FAILED, "error": str(error), "finished_at": now}
    _mine(job, owner).update(**ended, result={"refused": refused}, owner="", lease_until=None)
