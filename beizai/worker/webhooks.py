"""Webhooks: what happened is written down for each endpoint and carried there; segments are counted for those who asked."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from beizai.base import clock
from beizai.base.progress import Progress
from beizai.staff.shop import now
from beizai.webhooks import rolls
from beizai.webhooks.delivering import Courier
from beizai.webhooks.telling import Teller
from beizai.worker import background, jobs, loop, rounds
from beizai.worker.loop import REST

_TELL_SECONDS, _DELIVER_SECONDS, _COUNT_SECONDS = 1.0, 1.0, 60.0
_SEGMENTS = "webhook segments"


def enlist() -> None:
    """Registers the rounds. Twice is once."""
    rounds.register("webhook facts", REST, _TELL_SECONDS, _tell)
    rounds.register("webhooks", REST, _DELIVER_SECONDS, _deliver)
    background.register(_SEGMENTS, _count)
    rounds.register("webhook segments", REST, _COUNT_SECONDS, _look_at_segments)


@lru_cache(maxsize=1)
def _teller() -> Teller:
    return Teller()


@lru_cache(maxsize=1)
def _courier() -> Courier:
    return Courier()


def _tell() -> int:
    return _teller().tell(now=now(), at=clock.machine_now())


def _deliver() -> int:
    return _courier().go_round(clock.machine_now, take=not loop.leaving())


def _look_at_segments() -> int:
    """Counting a segment of a large book takes seconds: it is done beside the rounds."""
    if rolls.is_due(clock.machine_now()):
        jobs.ask(_SEGMENTS, key=_SEGMENTS, now=clock.machine_now())
    return 0


def _count(_arguments: Mapping[str, Any], _progress: Progress) -> Mapping[str, Any]:
    return {"segments": rolls.count(now=now(), at=clock.machine_now())}
