"""Long work beside the rounds: it is looked at step by step, told how far it is, and begun anew where its worker died."""

import threading
import time

import pytest

from beizai.base import clock
from beizai.base.errors import Invalid
from beizai.worker import background, jobs, loop
from beizai.worker.models import Job, JobState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]


def steps(job, most=100):
    for _step in range(most):
        jobs.run_next(["long"], owner="test", now=clock.machine_now)
        job.refresh_from_db()
        if job.state in (JobState.DONE, JobState.FAILED):
            return job
        time.sleep(0.05)
    raise AssertionError("it did not end")


def asked(work):
    background.register("long", work)
    return jobs.ask("long", {"a": 1}, key="one", now=clock.machine_now())


def test_the_work_is_done_once_and_its_result_is_kept():
    done = []

    def work(arguments, progress):
        done.append(arguments["a"])
        progress(1, 2, "half of it")
        return {"b": 2}

    job = steps(asked(work))
    assert (job.state, job.result, done) == (JobState.DONE, {"b": 2}, [1])


def test_while_it_runs_nobody_waits_and_how_far_it_is_can_be_seen():
    go_on, began = threading.Event(), threading.Event()

    def work(arguments, progress):
        progress(1, 4, "a quarter")
        began.set()
        go_on.wait(10)
        return {}

    job = asked(work)
    jobs.run_next(["long"], owner="test", now=clock.machine_now)
    assert began.wait(10)
    time.sleep(0.5)
    started = time.monotonic()
    jobs.run_next(["long"], owner="test", now=clock.machine_now)
    assert time.monotonic() - started < 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.WAITING, 1, 4)
    go_on.set()
    assert steps(job).state == JobState.DONE


def test_a_refusal_ends_the_job_with_its_words():
    def work(arguments, progress):
        raise Invalid("The file is empty.", hint="Export it again.")

    job = steps(asked(work))
    assert (job.state, job.error) == (JobState.FAILED, "The file is empty. Export it again.")


def test_what_a_dead_worker_left_is_begun_anew():
    times = []
    job = asked(lambda arguments, progress: times.append(1) or {})
    Job.objects.filter(pk=job.pk).update(position={"run": "gone", "owner": ""})
    assert steps(job).state == JobState.DONE
    assert times == [1]


def test_told_to_do_what_there_is_a_worker_waits_for_what_it_has_begun():
    def work(arguments, progress):
        time.sleep(0.8)
        return {"counted": 3}

    job = asked(work)
    loop.run((loop.REST,))
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"counted": 3})
