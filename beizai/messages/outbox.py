"""The outbox: a campaign's mails on their way, from the ledger through a channel and back into the ledger.

Two threads: this one keeps the ledger (leases, checks, settles, looks whether to go on), the other one talks to the mail
server. Between them lie at most a few hundred mails.
"""

import asyncio
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from beizai.base import clock
from beizai.base.errors import BeizaiError, Unavailable
from beizai.base.home import Home
from beizai.channels.compile import Outgoing
from beizai.channels.driver import Driver, Outcome, Stop, Verdict
from beizai.messages import ledger, recovery
from beizai.messages.arbitration import arbitrate
from beizai.messages.journal import Done, Journal
from beizai.messages.ledger import Leased

log = logging.getLogger(__name__)
_LOW_WATER = 200
_LOOK_SECONDS = 0.5
_ALIVE_SECONDS = 5.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.005, 0.25
_LONG_TRANSACTION, _SMALLEST = 0.05, 20


class Compose(Protocol):
    """Makes the mails of leased rows: by row the mail, or the reason why there is none."""

    def __call__(self, rows: Sequence[Leased], *, at: datetime) -> Mapping[int, Outgoing | str]: ...


@dataclass(frozen=True)
class Task:
    """What is to be sent. `go_on` is asked twice a second; `clock` is the home's."""

    campaign_id: int
    channel: str
    purpose: str
    cap_days: int
    compose: Compose
    clock: Callable[[], datetime]
    go_on: Callable[[], bool] = lambda: True
    topic: str = ""


@dataclass
class Result:
    """How a run ended: what became of its mails, and why the channel stopped, if it did."""

    counts: dict[str, int] = field(default_factory=dict)
    stop: Stop | None = None


class _Queue:
    """The mails between the two threads, as the driver sees them, and the journal it goes by."""

    def __init__(self, journal: Journal, clock_: Callable[[], datetime]) -> None:
        self._journal, self._clock = journal, clock_
        self._ready: deque[Outgoing] = deque()
        self._intended: set[int] = set()
        self._ended = False
        self._more: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.settled: deque[Done] = deque()

    # the driver's side: one event loop

    def attach(self) -> None:
        self._loop, self._more = asyncio.get_running_loop(), asyncio.Event()

    async def next(self) -> Outgoing | None:
        assert self._more is not None
        while not self._ready and not self._ended:
            self._more.clear()
            if not self._ready and not self._ended:
                await self._more.wait()
        return self.at_once()

    def at_once(self) -> Outgoing | None:
        return self._ready.popleft() if self._ready and not self._ended else None

    async def intend(self, number: int) -> None:
        self._journal.intend(number)
        self._intended.add(number)
        await self._journal.durable()

    def settle(self, number: int, outcome: Outcome) -> None:
        done = Done(number, outcome, self._clock())
        if number in self._intended or outcome.verdict is not Verdict.UNSENT:
            self._journal.done(done)
        self._intended.discard(number)
        self.settled.append(done)

    # the ledger's side

    def unsettled(self) -> list[int]:
        """Mails a driver broke off on without a word. There are none unless it has a fault."""
        return sorted(self._intended)

    def waiting(self) -> int:
        return len(self._ready)

    def add(self, mails: Sequence[Outgoing]) -> None:
        self._ready.extend(mails)
        self._wake()

    def end(self, *, at_once: bool) -> None:
        """No more mails; at once, or when those that wait are sent."""
        if at_once or not self._ready:
            self._ended = True
        self._wake()

    def _wake(self) -> None:
        if self._loop is not None and self._more is not None:
            try:
                self._loop.call_soon_threadsafe(self._more.set)
            except RuntimeError:  # the driver has left already
                return


class _Network(threading.Thread):
    """The thread that talks to the mail server."""

    def __init__(self, driver: Driver, queue: _Queue) -> None:
        super().__init__(name="sending", daemon=True)
        self._driver, self._queue = driver, queue
        self.stop: Stop | None = None

    def run(self) -> None:
        try:
            self.stop = asyncio.run(self._deliver())
        except BeizaiError as error:
            self.stop = Stop(error.code or "fault", str(error))
        except BaseException as error:
            log.error("The channel broke off", exc_info=error)
            self.stop = Stop(
                "fault", f"A fault of Beizai's own ({type(error).__name__}); the log has the details."
            )

    async def _deliver(self) -> Stop | None:
        self._queue.attach()
        return await self._driver.deliver(self._queue)


class _Clerk:
    """Keeps the ledger while the network thread sends."""

    def __init__(self, task: Task, queue: _Queue, lease_id: int) -> None:
        self._task, self._queue, self._lease_id = task, queue, lease_id
        self._exhausted = self._halted = False
        self._looked = self._alive = time.monotonic()
        self._size, self._locked = ledger.AT_ONCE, 0.0
        self.counts: dict[str, int] = {}

    def turn(self) -> None:
        """One short transaction, or none, and a pause as long as others were kept waiting."""
        self._locked = 0.0
        if not self._halted:
            self._look(time.monotonic())
        if not self._settle() and not self._halted:
            self._refill()
        time.sleep(min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, self._locked)))

    @contextmanager
    def _short(self) -> Iterator[None]:
        """Times a transaction, and makes the next one smaller where it took longer than others should wait."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        self._locked += took
        slow = took > _LONG_TRANSACTION
        self._size = max(_SMALLEST, self._size // 2) if slow else min(ledger.AT_ONCE, self._size + _SMALLEST)

    def _look(self, now: float) -> None:
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            if not self._task.go_on():
                self.halt()
        if now - self._alive >= _ALIVE_SECONDS:
            self._alive = now
            ledger.keep_lease(self._lease_id, now=clock.machine_now())

    def halt(self) -> None:
        """Stops after the mails under way."""
        self._halted = True
        self._queue.end(at_once=True)

    def _settle(self) -> bool:
        """Enters what is done, as soon as it is worth a transaction; False where it is not."""
        settled = self._queue.settled
        if len(settled) < self._size and self._queue.waiting() < self._size and not self._exhausted:
            return False  # the mails come first: the connections must not stand still
        piece = [settled.popleft() for _ in range(min(len(settled), self._size))]
        if not piece:
            return False
        with self._short():
            ledger.settle(self._lease_id, piece, now=clock.machine_now())
        for done in piece:
            self.counts[done.outcome.verdict] = self.counts.get(done.outcome.verdict, 0) + 1
        return True

    def _refill(self) -> None:
        if self._exhausted:
            self._queue.end(at_once=False)
        elif self._queue.waiting() < _LOW_WATER:
            with self._short():
                rows = ledger.lease(
                    self._lease_id, self._task.campaign_id, now=clock.machine_now(), limit=self._size
                )
            self._exhausted = not rows
            if rows:
                self._queue.add(self._mails(rows))

    def _mails(self, rows: list[Leased]) -> list[Outgoing]:
        """The rows that may still be written to, as mails; the others are refused with their reason."""
        task, at = self._task, self._task.clock()
        verdicts = arbitrate(
            [row.customer_id for row in rows],
            channel=task.channel,
            purpose=task.purpose,
            at=at,
            cap_days=task.cap_days,
            campaign_id=task.campaign_id,
            topic=task.topic,
        )
        allowed, refused, moved = [], {}, {}
        for row in rows:
            verdict = verdicts[row.customer_id]
            if not verdict.eligible:
                refused[row.number] = verdict.reason
                continue
            if verdict.address != row.address:
                moved[row.number] = verdict.address
            allowed.append(Leased(row.number, row.customer_id, verdict.address, row.attempts))
        composed = task.compose(allowed, at=at)
        refused.update({number: made for number, made in composed.items() if isinstance(made, str)})
        ledger.refuse(self._lease_id, refused, at=at)
        ledger.readdress(self._lease_id, moved)
        self.counts["refused"] = self.counts.get("refused", 0) + len(refused)
        return [made for made in composed.values() if isinstance(made, Outgoing)]

    def finish(self) -> None:
        """Settles the rest and gives back what was not begun."""
        self._exhausted = True
        while self._queue.settled:
            self.turn()
        if unclear := self._queue.unsettled():
            ledger.doubt(self._lease_id, unclear, at=self._task.clock(), reason="interrupted")
        while numbers := ledger.numbers_under(self._lease_id):
            ledger.give_back(self._lease_id, numbers)
        ledger.close_lease(self._lease_id)


def send(task: Task, driver: Driver, home: Home) -> Result:
    """Sends a campaign until nobody is left, `go_on` says no, or the channel stops. Call `recovery.recover` before.

    Nobody is written to twice: at most one mail per open connection can be in doubt after a crash.
    Errors: Unavailable where the journal cannot be written.
    """
    if not task.go_on():  # paused in this very moment
        return Result()
    name = f"{clock.machine_now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:12]}"
    journal = Journal(recovery.folder_of(home), name)
    settled = False
    try:
        lease_id = ledger.open_lease(name, recovery.place_of(home), now=clock.machine_now())
        queue = _Queue(journal, task.clock)
        clerk, network = _Clerk(task, queue, lease_id), _Network(driver, queue)
        _run(clerk, network)
        journal.force()
        clerk.finish()
        settled = True
    finally:
        journal.close(remove=settled)
    return Result(clerk.counts, network.stop)


def _run(clerk: _Clerk, network: _Network) -> None:
    network.start()
    try:
        while network.is_alive():
            clerk.turn()
    except BaseException:
        clerk.halt()
        raise
    finally:
        network.join()


@dataclass
class _Single:
    """A feed of one mail that no ledger knows."""

    mail: Outgoing | None
    outcome: Outcome = field(default_factory=lambda: Outcome(Verdict.UNSENT))

    async def next(self) -> Outgoing | None:
        return self.at_once()

    def at_once(self) -> Outgoing | None:
        mail, self.mail = self.mail, None
        return mail

    async def intend(self, number: int) -> None:
        """Nothing to remember: whoever asked is waiting for the answer."""

    def settle(self, number: int, outcome: Outcome) -> None:
        self.outcome = outcome


def hand_over(mail: Outgoing, driver: Driver) -> None:
    """Sends one mail now and waits: a test mail, a forgotten password. Unavailable with the server's words where it fails."""
    feed = _Single(mail)
    stop = asyncio.run(driver.deliver(feed))
    if stop is not None:
        raise Unavailable(stop.words, code=stop.code)
    if feed.outcome.verdict is not Verdict.SENT:
        raise Unavailable(
            "The mail was not taken: {words}", code=feed.outcome.verdict, words=feed.outcome.words
        )
