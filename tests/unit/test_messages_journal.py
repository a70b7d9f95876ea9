"""The sending worker's diary: what a crash leaves of it, and what is read from that."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beizai.base.errors import Unavailable
from beizai.channels.driver import Outcome, Verdict
from beizai.messages import journal
from beizai.messages.journal import Done, Journal

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def done(number: int, verdict: Verdict = Verdict.SENT, words: str = "") -> Done:
    return Done(number, Outcome(verdict, 250, "2.0.0", words), AT)


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Journal]:
    journal_ = Journal(tmp_path, "one")
    yield journal_
    journal_.close(remove=False)


def test_what_was_intended_and_not_done_is_in_doubt(diary: Journal) -> None:
    for number in (1, 2, 3):
        diary.intend(number)
    diary.done(done(2))
    replay = journal.read(diary.path)
    assert replay.in_doubt() == {1, 3}
    assert replay.done[2] == done(2)
    assert not replay.damaged


def test_a_message_tried_again_is_in_doubt_again(diary: Journal) -> None:
    diary.intend(1)
    diary.done(done(1, Verdict.LATER))
    diary.intend(1)
    assert journal.read(diary.path).in_doubt() == {1}


def test_the_servers_words_come_back_on_one_line(diary: Journal) -> None:
    diary.intend(1)
    diary.done(done(1, Verdict.BOUNCED, "550 nö\r\nI 7 forged"))
    assert journal.read(diary.path).done[1].outcome.words == "550 nö I 7 forged"
    assert journal.read(diary.path).intended == {1}


@pytest.mark.parametrize("cut", range(1, 30, 3))
def test_an_unfinished_last_line_was_never_acted_on(diary: Journal, cut: int) -> None:
    diary.intend(1)
    whole = diary.path.read_bytes()
    diary.intend(2)
    length = len(diary.path.read_bytes()) - len(whole)
    diary.path.write_bytes(diary.path.read_bytes()[: -min(cut, length)])
    replay = journal.read(diary.path)
    assert replay.intended == {1}
    assert not replay.damaged


def test_a_spoilt_line_in_the_middle_is_noticed(diary: Journal) -> None:
    diary.intend(1)
    diary.intend(2)
    diary.path.write_bytes(diary.path.read_bytes().replace(b"I 1", b"I 9"))
    assert journal.read(diary.path).damaged


def test_a_living_workers_journal_is_left_alone(diary: Journal, tmp_path: Path) -> None:
    assert list(journal.orphans(tmp_path)) == []
    diary.close(remove=False)
    ((path, lock),) = journal.orphans(tmp_path)
    assert list(journal.orphans(tmp_path)) == []
    journal.remove(path, lock)
    assert list(tmp_path.iterdir()) == []


def test_those_who_wait_together_are_made_durable_together(
    diary: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced = []
    monkeypatch.setattr(journal, "_force", forced.append)

    async def intend(number: int) -> None:
        diary.intend(number)
        await diary.durable()

    async def many() -> None:
        await asyncio.gather(*(intend(number) for number in range(50)))

    asyncio.run(many())
    assert len(forced) <= 3


def test_a_disk_that_fails_stops_the_sending(diary: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal.os, "write", full)
    with pytest.raises(Unavailable, match="No space left"):
        diary.intend(1)
    monkeypatch.undo()
    with pytest.raises(Unavailable):
        diary.intend(2)
