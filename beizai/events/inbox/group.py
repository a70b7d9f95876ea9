"""Many at the counter, one stroke of the pen: what arrives together is made durable together."""

import contextlib
import os
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import date
from itertools import islice
from typing import Protocol

from beizai.base.errors import Unavailable
from beizai.events.inbox.message import Arrival, Arrived, Claimed, Message

_PER_COMMIT = 2_000
Entry = tuple[bytes, bytes, int]  # digest, body, day it was received on (days since 1970)
Handed = tuple[list[Entry] | Arrival, "Future[int]"]


class Store(Protocol):
    """Where the messages lie. `write` (durable on return; which entries were new, how many events of each arrival)
    is called by one thread, the others by whoever flushes.
    """

    def write(
        self, entries: Sequence[Entry], arrivals: Sequence[Arrival] = ()
    ) -> tuple[list[bool], list[int]]: ...
    def arrived(self, limit: int) -> list[Arrived]: ...
    def settle_ids(self, *, all_of_them: bool = False) -> int: ...
    def exchange(self, seqs: Sequence[int], bodies: Sequence[bytes]) -> None: ...
    def deliver(self, digest: bytes, body: bytes, day: int) -> bool: ...
    def delivered(self, limit: int) -> list[tuple[int, bytes]]: ...
    def settle_deliveries(self, seqs: Sequence[int]) -> None: ...
    def waiting(self) -> int: ...
    def fence(self) -> int: ...
    def raise_fence(self, token: int) -> None: ...
    def claimed(self) -> list[int]: ...
    def claim(self, number: int, *, token: int, limit: int) -> int: ...
    def messages(self, number: int) -> list[Claimed]: ...
    def settle(self, number: int, *, token: int) -> None: ...
    def set_aside(self, seqs: Sequence[int], reason: str) -> None: ...
    def aside(self) -> list[tuple[int, bytes, str]]: ...
    def forget(self, before_day: int) -> int: ...
    def close(self) -> None: ...


class Inbox:
    """Takes messages durably, each id once, and hands them out under batch numbers.

    One thread of the process writes; all who wait meanwhile share its next commit.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._queue: queue.SimpleQueue[Handed | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._process = os.getpid()

    def submit(self, messages: Sequence[Message]) -> "Future[int]":
        """Hands messages to the writer; the future is done when they are durable, with how many were new.

        Invalid at once where a message cannot be right.
        """
        entries = [
            (one.digest(), one.body(), one.received_at.toordinal() - _EPOCH_ORDINAL) for one in messages
        ]
        future: Future[int] = Future()
        if not entries:
            future.set_result(0)
            return future
        self._start()
        self._queue.put((entries, future))
        return future

    def arrive(self, arrival: Arrival) -> "Future[int]":
        """Hands over requests of the events API; the future is done when they are durable, with how many events were new."""
        future: Future[int] = Future()
        self._start()
        self._queue.put((arrival, future))
        return future

    def arrived(self, limit: int = 20) -> list[Arrived]:
        """The oldest arrivals nobody has read yet."""
        return self.store.arrived(limit)

    def settle_ids(self) -> int:
        """Makes room in the memory of the latest ids, once there are many; returns for how many."""
        return self.store.settle_ids()

    def exchange(self, arrived: Sequence[Arrived], messages: Sequence[Message]) -> None:
        """Takes arrivals that were read out, and what was read in them in: both or neither.

        Unavailable where another process has read one of them meanwhile.
        """
        self.store.exchange([one.seq for one in arrived], [message.body() for message in messages])

    def put(self, messages: Sequence[Message], *, timeout_seconds: float = 30.0) -> int:
        """Returns when the messages are durable; how many of them were new. Unavailable where that fails."""
        try:
            return self.submit(messages).result(timeout_seconds)
        except TimeoutError:
            raise Unavailable(
                "The inbox did not answer.", hint="Is the disk full, or the database stopped?"
            ) from None

    def waiting(self) -> int:
        """How many messages are on their way to the lake (counted up to 1,000)."""
        return self.store.waiting()

    def forget(self, before: date) -> int:
        """Forgets the ids of messages received before a day; the same id is new again then."""
        return self.store.forget(before.toordinal() - _EPOCH_ORDINAL)

    def close(self) -> None:
        """Writes what waits and lets go of the files."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None and writer.is_alive():
            self._queue.put(None)
            writer.join(timeout=30)
        self.store.close()

    def _start(self) -> None:
        if self._process != os.getpid():
            raise Unavailable("The inbox was opened before a fork.", hint="Start processes with spawn.")
        with self._lock:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_all, name="inbox", daemon=True)
                self._writer.start()

    def _write_all(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = self._gather(first)
            self._write(group)
            if last:
                return

    def _gather(self, first: Handed) -> tuple[list[Handed], bool]:
        group, count = [first], _weight(first)
        with contextlib.suppress(queue.Empty):
            while count < _PER_COMMIT:
                following = self._queue.get_nowait()
                if following is None:
                    return group, True
                group.append(following)
                count += _weight(following)
        return group, False

    def _write(self, group: list[Handed]) -> None:
        group = [handed for handed in group if handed[1].set_running_or_notify_cancel()]
        entries = [entry for given, _ in group if isinstance(given, list) for entry in given]
        arrivals = [given for given, _ in group if isinstance(given, Arrival)]
        try:
            written, counted = self.store.write(entries, arrivals)
        except Exception as error:  # noqa: BLE001  (a thread's edge: everybody who waits is told)
            for _, future in group:
                future.set_exception(Unavailable("The inbox could not be written: {why}", why=str(error)))
            return
        new, events = iter(written), iter(counted)
        for given, future in group:
            future.set_result(next(events) if isinstance(given, Arrival) else sum(islice(new, len(given))))


def _weight(handed: Handed) -> int:
    given = handed[0]
    return len(given.digests) if isinstance(given, Arrival) else len(given)


_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
