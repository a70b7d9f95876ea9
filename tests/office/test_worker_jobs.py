"""Jobs in steps: asked for once, done step by step, taken over from the dead."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from beizai.base.errors import Invalid, NotFound
from beizai.events.leases import this_process
from beizai.worker import jobs
from beizai.worker.jobs import Step
from beizai.worker.models import Job, JobState

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def counting() -> Iterator[None]:
    """A kind of job that counts to three, and one that always fails."""

    def count(arguments: Mapping[str, Any], position: Mapping[str, Any]) -> Step:
        at = int(position.get("at", 0)) + 1
        return Step({"at": at}, finished=at == 3, done=at, total=3, what="counting", result={"counted": at})

    def refuse(arguments: Mapping[str, Any], position: Mapping[str, Any]) -> Step:
        raise Invalid("No.", hint="Never.") if arguments.get("said") else ZeroDivisionError

    jobs.register("count", count)
    jobs.register("refuse", refuse)
    yield
    jobs._handlers.pop("count")
    jobs._handlers.pop("refuse")


def step(at: datetime = NOW, owner: str = "me") -> bool:
    return jobs.run_next(("count", "refuse"), owner=owner, now=lambda: at)


def test_a_job_goes_on_where_the_last_step_left_it_and_keeps_its_result() -> None:
    job = jobs.ask("count", now=NOW)
    assert step()
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.what) == (JobState.WAITING, 1, 3, "counting")
    while step():
        pass
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"counted": 3})


def test_the_same_job_asked_twice_is_one_until_it_is_over() -> None:
    first, second = (jobs.ask("count", key="a", now=NOW) for _ in range(2))
    assert first.pk == second.pk
    while step():
        pass
    assert jobs.ask("count", key="a", now=NOW).pk != first.pk


def test_a_job_in_living_hands_is_left_alone_and_a_dead_ones_taken_over() -> None:
    job = jobs.ask("count", now=NOW)
    in_hand = Job.objects.filter(pk=job.pk)
    in_hand.update(state=JobState.RUNNING, owner=this_process(), lease_until=NOW + jobs.LEASE)
    assert not step()
    assert step(NOW + jobs.LEASE)
    in_hand.update(
        state=JobState.RUNNING,
        owner=this_process().replace("|", "|999999999|", 1),
        lease_until=NOW + jobs.LEASE,
    )
    assert step()


def test_a_refusal_ends_a_job_with_its_words_and_a_fault_is_tried_again() -> None:
    refused, faulty = jobs.ask("refuse", {"said": True}, now=NOW), jobs.ask("refuse", now=NOW)
    for hours in range(8):
        step(NOW + timedelta(hours=hours))
        step(NOW + timedelta(hours=hours))
    refused.refresh_from_db()
    faulty.refresh_from_db()
    assert (refused.state, refused.error) == (JobState.FAILED, "No. Never.")
    assert (faulty.state, faulty.attempts) == (JobState.FAILED, 4)
    assert "ZeroDivisionError" in faulty.error


def test_an_unknown_kind_is_refused_and_a_finished_job_cannot_be_stopped() -> None:
    with pytest.raises(Invalid, match="nonsense"):
        jobs.ask("nonsense", now=NOW)
    job = jobs.ask("count", now=NOW)
    jobs.cancel(job.pk, now=NOW)
    with pytest.raises(NotFound):
        jobs.cancel(job.pk, now=NOW)
    assert not step()
