"""The duties of this house: who makes which round, and how often."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from beizai.base import clock
from beizai.base.progress import Progress
from beizai.campaigns import stopping
from beizai.consent import retention, suppression
from beizai.events import batches, erasing, flusher, inbox, receiving, upkeep
from beizai.events.book import open_book
from beizai.imports import undoing
from beizai.measurement import book_days, results
from beizai.staff.shop import now, shop
from beizai.value import customers, kept, standings
from beizai.worker import (
    appointments,
    asked,
    background,
    conversations,
    forms,
    jobs,
    rounds,
    sending,
    shops,
    webhooks,
)
from beizai.worker.loop import REST, SENDING

_STANDINGS = "standings"
_BOOK_DAY = "book day"
_RETENTION = "retention"
_REST_SECONDS = 0.05
_SETTLE_IDS_SECONDS = 10.0
_FLUSH_SECONDS, _SWEEP_SECONDS, _RECOVER_SECONDS = 0.5, 300.0, 30.0
_ERASE_SECONDS = 6 * 3600.0
_SETTLE_SECONDS = 600.0
_STANDINGS_SECONDS = 600.0
_REMEMBERED = timedelta(days=7)  # how long a message told again is known to be the same


def enlist() -> None:
    """Registers every round. Twice is once."""
    rounds.register("send", SENDING, 1.0, sending.send_all)
    rounds.register("service mails", SENDING, 1.0, sending.send_service)
    rounds.register("history", SENDING, 1.0, sending.enter_history)
    rounds.register("receive", REST, _FLUSH_SECONDS, receiving.receive_once)
    rounds.register("flush", REST, _FLUSH_SECONDS, flusher.flush_once)
    rounds.register("ids", REST, _SETTLE_IDS_SECONDS, _settle_ids)
    rounds.register("batches", REST, _RECOVER_SECONDS, _recover_batches)
    rounds.register("sweep", REST, _SWEEP_SECONDS, _sweep)
    asked.enlist()
    forms.enlist()
    conversations.enlist()
    shops.enlist()
    webhooks.enlist()
    rounds.register("erase", REST, _ERASE_SECONDS, _erase)
    background.register(_RETENTION, _carry_out_retention)
    rounds.register("retention", REST, _STANDINGS_SECONDS, _keep_no_longer)
    rounds.register("settle", REST, _SETTLE_SECONDS, _settle)
    rounds.register("reminders", REST, _RECOVER_SECONDS, appointments.remind)
    rounds.register("appointments", REST, _RECOVER_SECONDS, appointments.tell)
    background.register(_STANDINGS, _stand)
    rounds.register("standings", REST, _STANDINGS_SECONDS, _count_standings)
    background.register(_BOOK_DAY, _count_the_day)
    rounds.register("sources", REST, _RECOVER_SECONDS, _stop_sources)
    rounds.register("book day", REST, _STANDINGS_SECONDS, _look_at_the_day)


def _settle() -> int:
    """Campaigns whose window has ended: what each earned goes into the year."""
    return len(results.settle_due(now()))


def _stop_sources() -> int:
    """Imports whose first mails bounce or are disowned too often: nobody else of them is written to."""
    return len(stopping.look(now()))


def _look_at_the_day() -> int:
    """How complete the book is and whom we may write to, counted some times a day."""
    if book_days.is_due(now()):
        jobs.ask(_BOOK_DAY, key=_BOOK_DAY, now=clock.machine_now())
    return 0


def _count_the_day(_arguments: Mapping[str, Any], _progress: Progress) -> Mapping[str, Any]:
    return {"customers": book_days.count(now()).customers}


def _settle_ids() -> int:
    return inbox.current().settle_ids()


def _count_standings() -> int:
    """Where every customer stands, counted anew once the book or the day has moved on."""
    at = now()
    latest = kept.latest(customers.civil(at))
    if latest is not None:
        with open_book(at) as book:
            if not latest.is_stale(book):
                return 0
    jobs.ask(_STANDINGS, key=_STANDINGS, now=clock.machine_now())
    return 0


def _stand(_arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Counting everybody may take minutes in a large book: the other rounds go on beside it."""
    standings.refresh(now(), progress=progress)
    return {}


def _recover_batches() -> int:
    """Imports and batches whose process died: finished where all of it was in, else taken out."""
    return len(undoing.recover(now=now()))


def _sweep() -> int:
    """A month of each table at a time, so that what happens meanwhile does not wait for all of them."""
    hourly = clock.machine_now().minute < _SWEEP_SECONDS / 60  # old files once an hour
    swept = upkeep.sweep(at=now(), clean=hourly, within_seconds=0.5).values()
    return sum(len(one.sealed) + len(one.compacted) for one in swept)


def _erase() -> int:
    """What customers asked to have erased, imports undone yesterday, ids of messages nobody repeats any more."""
    at = now()
    erasing.carry_out(at=at)
    batches.erase_undone(at=at)
    inbox.current().forget((at - _REMEMBERED).date())
    return 0


def _keep_no_longer() -> int:
    """Once a day what is older than its retention rule goes; contact points are compared with the lists once more."""
    at, here = now(), shop()
    today = customers.civil(at)
    if retention.is_due(at, today=today, zone=here.timezone, standing=here.clock_at is not None):
        jobs.ask(_RETENTION, key=_RETENTION, now=clock.machine_now())
    return 0


def _carry_out_retention(_arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Old things go in short steps with a rest after each, so that nobody waits; a run that broke off goes on where it stood."""
    taken: Mapping[str, int] = {}
    for step in retention.steps(retention.begin(now()).pk):
        taken = step.taken
        progress(sum(taken.values()), 0, step.kind)
        time.sleep(_REST_SECONDS)
    suppression.compare_all()
    return {"taken": dict(taken)}
