"""Waiting for what a worker does: how far it is, that leaving is safe, and on to the result when it is there."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from beizai.base import clock, home
from beizai.base.errors import NotFound, Phrase
from beizai.office import refusals, wording
from beizai.office.permissions import needs
from beizai.worker import asked, beat, jobs
from beizai.worker.loop import REST
from beizai.worker.models import Job, JobState

asked.enlist()


def ask(kind: str, arguments: Mapping[str, Any], *, key: str) -> HttpResponse:
    """Has a worker do it and leads to the page that looks on; asked twice, it is done once."""
    job = jobs.ask(kind, arguments, key=key, now=clock.machine_now())
    return redirect("waiting", job.pk)


@require_safe
@needs()
def waiting(request: HttpRequest, number: int) -> HttpResponse:
    """The page, or as a fragment the box that is asked again every two seconds."""
    job = Job.objects.filter(
        pk=number, kind__in=(asked.IMPORT, asked.APPROVE, asked.LOOK, asked.EXAMPLE)
    ).first()
    if job is None:
        raise NotFound(
            _("There is nothing to wait for here."), hint=_("It is done. Look for it in its list.")
        )
    if job.state == JobState.DONE:
        return _done(request, _result_url(job))
    context = {
        "job": job,
        "share": job.done / job.total if job.total else 0.0,
        "what": _what(job),
        "nobody": _nobody_works(),
        "back": _back_url(job),
        "why": _why(job),
    }
    fragment = request.headers.get("X-Fragment") == "1"
    response = render(request, "office/waiting_box.html" if fragment else "office/waiting.html", context)
    if job.state in (JobState.FAILED, JobState.CANCELLED):
        response.headers["X-Done"] = "1"
    return response


def _done(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("X-Fragment") != "1":
        return redirect(url)
    response = render(request, "office/waiting_box.html", {"done_url": url})
    response.headers["X-Done"] = "1"
    return response


def _result_url(job: Job) -> str:
    if job.kind == asked.IMPORT:
        return reverse("import", args=[job.result["import_id"]])
    if job.kind == asked.LOOK:
        return reverse("review")
    if job.kind == asked.EXAMPLE:
        return reverse("trade")
    return reverse("campaign", args=[job.result["campaign_id"]])


def _back_url(job: Job) -> str:
    if job.kind == asked.IMPORT:
        return reverse("import_check", args=[job.arguments.get("token", "0" * 24)])
    if job.kind == asked.LOOK:
        return reverse("review")
    if job.kind == asked.EXAMPLE:
        return reverse("trade")
    return reverse("campaign_approve", args=[job.arguments["campaign_id"]])


def _why(job: Job) -> str:
    """Why it could not be done."""
    refused = [refusals.said(Phrase.from_data(one)) for one in job.result.get("refused", ())]
    return wording.sentences(*refused) or job.error


def _what(job: Job) -> str:
    """What is being done, in a word of the reader's language."""
    if job.kind == asked.APPROVE:
        return _("Judging who may be written to, drawing the lot, writing the ledger")
    if job.kind == asked.LOOK:
        return _("Comparing the cards of the book")
    if job.kind == asked.EXAMPLE:
        return _("Inventing customers of the trade, or taking them out again")
    return _("Reading the file and bringing it in")


def _nobody_works() -> bool:
    silent = beat.silent_seconds(home.current(), REST)
    return silent is None or silent > beat.ALIVE_SECONDS


urlpatterns = [path("waiting/<int:number>/", waiting, name="waiting")]
