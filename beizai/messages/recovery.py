"""After a crash: every journal left behind is read and settled before anything is sent."""

from datetime import datetime, timedelta
from pathlib import Path
from socket import gethostname

from beizai.base.home import Home
from beizai.channels.driver import Verdict
from beizai.messages import journal, ledger
from beizai.messages.models import Lease

LOST_AFTER = timedelta(minutes=2)


def folder_of(home: Home) -> Path:
    """Where the journals of this home lie."""
    return home.root / "journal"


def place_of(home: Home) -> str:
    """This machine and folder, by which a lease is known to be ours to settle."""
    return f"{gethostname()}:{folder_of(home)}"[:200]


def recover(home: Home, *, at: datetime, now: datetime) -> int:
    """Settles what dead workers left; returns how many rows are in doubt because of it.

    A message intended and not done is in doubt; one leased and not intended is given back. A lease whose journal is
    gone, or lies on a machine that has not been heard of for two minutes, is in doubt as a whole, because
    nobody can say what was sent. `at` is the home's time, `now` the machine's. Safe to run twice, and twice at once.
    """
    doubtful = 0
    for path, lock in journal.orphans(folder_of(home)):
        for lease in Lease.objects.filter(journal=path.stem):
            doubtful += _settle(lease.pk, journal.read(path), at=at, now=now)
            ledger.close_lease(lease.pk)
        journal.remove(path, lock)
    return doubtful + _lost(home, at=at, now=now)


def _settle(lease_id: int, replay: journal.Replay, *, at: datetime, now: datetime) -> int:
    for piece in ledger.slices(replay.done.values()):
        ledger.settle(lease_id, piece, now=now)
    if replay.damaged:
        return _all_in_doubt(lease_id, at=at)
    unclear = sorted(replay.in_doubt())
    for start in range(0, len(unclear), ledger.AT_ONCE):
        ledger.doubt(lease_id, unclear[start : start + ledger.AT_ONCE], at=at, reason="worker_died")
    while numbers := ledger.numbers_under(lease_id):
        ledger.give_back(lease_id, numbers)
    return len(unclear) + sum(done.outcome.verdict is Verdict.DOUBT for done in replay.done.values())


def _lost(home: Home, *, at: datetime, now: datetime) -> int:
    """Leases whose journal nobody has."""
    doubtful = 0
    for lease in Lease.objects.filter(seen_at__lt=now - LOST_AFTER):
        here = lease.place == place_of(home)
        if here and (folder_of(home) / f"{lease.journal}.journal").exists():
            continue  # its worker lives, or the next round reads it
        doubtful += _all_in_doubt(lease.pk, at=at)
        ledger.close_lease(lease.pk)
    return doubtful


def _all_in_doubt(lease_id: int, *, at: datetime) -> int:
    count = 0
    while numbers := ledger.numbers_under(lease_id):
        ledger.doubt(lease_id, numbers, at=at, reason="journal_lost")
        count += len(numbers)
    return count
