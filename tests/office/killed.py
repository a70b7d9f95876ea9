"""Processes that the kill tests start and kill: run as `python killed.py ROLE ARGUMENT`, with BEIZAI_HOME set."""

# ruff: noqa: E402  (Django must stand before its models are imported)

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")

import django

django.setup()

from beizai.base.errors import Unavailable
from beizai.events import batches, book, inbox, leases
from beizai.events.flusher import Flusher
from beizai.events.happenings import Happening
from beizai.events.models import Batch, Lease
from beizai.events.orders import append_orders

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _event(id: str) -> inbox.Message:
    return Happening(id=id, kind="visited", occurred_at=NOW, received_at=NOW, anonymous_id=id).message()


def put(name: str) -> None:
    """Puts events for ever, ten at a time, and says which are durable."""
    number = 0
    while True:
        ids = [f"{name}-{number + n}" for n in range(10)]
        messages = [_event(one) for one in ids]
        inbox.current().put(messages + messages[:2])
        print(*ids, flush=True)
        number += 10


def flush(ttl_ms: str) -> None:
    """Flushes for ever."""
    if int(ttl_ms):
        leases.TTL = timedelta(milliseconds=int(ttl_ms))
    flusher = Flusher()
    print("ready", flush=True)
    while True:
        try:
            if not flusher.flush_once(limit=200):
                time.sleep(0.01)
        except Unavailable as error:
            print(error, file=sys.stderr, flush=True)


def obey(_: str) -> None:
    """Puts ten events for each line "put NAME", flushes all for each line "flush"."""
    print("ready", flush=True)
    for line in sys.stdin:
        what, _, name = line.strip().partition(" ")
        if what == "put":
            ids = [f"{name}-{number}" for number in range(10)]
            inbox.current().put([_event(one) for one in ids])
        else:
            Flusher().flush_all()
        print("done", flush=True)


def fall_asleep(step: str) -> None:
    """Flushes once and falls asleep at a step of it, longer than its leases last, until it is woken."""
    from beizai.lake import store

    flusher = Flusher()
    place, name = {
        "before claiming": (flusher._inbox.store, "claim"),
        "after claiming": (flusher._inbox.store, "messages"),
        "before committing": (store, "write_deltalake"),
        "before letting go": (flusher._inbox.store, "settle"),
    }[step]
    real = getattr(place, name)

    def asleep(*args: object, **kwargs: object) -> object:
        Lease.objects.update(until_at=NOW - timedelta(days=9999))
        os.kill(os.getpid(), signal.SIGSTOP)
        return real(*args, **kwargs)

    setattr(place, name, asleep)
    try:
        flusher.flush_once()
    except Unavailable as error:
        print(error)


def finish(_: str) -> None:
    """Flushes what is left and prints who is in the lake."""
    Flusher().flush_all()
    with book.open_book() as opened:
        ids = opened.arrow(opened.events.select("anonymous_id"))["anonymous_id"].to_pylist()
    print(json.dumps(ids))


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def bring_in(step: str) -> None:
    """Brings an order A into the book, and dies at a step on the way."""
    from test_book import orders

    lines_only = step == "between lines and orders"
    batch = batches.open_batch(step, opened_at=NOW)
    if step == "after opening":
        _die()
    if step == "before the first append":
        batches.places.lake = _die
    if lines_only:
        real = batches.append_rows
        done: list[int] = []
        import beizai.events.orders as room

        room.batches.append_rows = lambda *args: _die() if done else done.append(real(*args))
    append_orders(batch.pk, *orders("A", f"only {step}", amount=len(step)))
    if step == "after appending":
        _die()
    if step == "before noting what is replaced":
        batches._write_replaced = _die
    if step == "before turning":
        batches._turn = _die
    if step == "while turning":
        batches.draw_stamp = _die
    batches.enter(batch.pk, at=NOW)
    _die()


def recover(_: str) -> None:
    """Recovers, and prints what is in the book."""
    batches.recover(at=NOW)
    again = batches.recover(at=NOW)
    states = dict(Batch.objects.values_list("kind", "state"))
    with book.open_book() as opened:
        rows = opened.arrow(opened.orders.select("number", "amount_minor")).to_pylist()
        lines = opened.arrow(opened.lines).num_rows
    print(
        json.dumps(
            {
                "states": states,
                "orders": [[r["number"], r["amount_minor"]] for r in rows],
                "lines": lines,
                "again": len(again),
            }
        )
    )


ROLES = {
    "put": put,
    "flush": flush,
    "obey": obey,
    "fall asleep": fall_asleep,
    "finish": finish,
    "bring in": bring_in,
    "recover": recover,
}

if __name__ == "__main__":
    ROLES[sys.argv[1]](sys.argv[2])
