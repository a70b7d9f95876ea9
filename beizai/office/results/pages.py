"""The list of reports and the report itself."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from beizai.campaigns import plan as plans
from beizai.campaigns.models import Campaign
from beizai.measurement import report as reports
from beizai.measurement import results as kept
from beizai.measurement.models import Result
from beizai.measurement.report import Report
from beizai.messages.models import Message
from beizai.office import reasons
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.results import figures, pictures, workbook
from beizai.office.results.finding import finding, rule_words
from beizai.office.shell import forget_tallies, tally
from beizai.office.tabs import tabs
from beizai.office.wording import number, percent
from beizai.staff import audit
from beizai.staff.roles import May
from beizai.value.contribution import Basis

_PAGE = 50
_AT_ONCE = 20_000  # a larger campaign's report is fetched after its page stands


@dataclass(frozen=True)
class Line:
    """One report in the list."""

    campaign: Campaign
    verdict: reasons.Told
    ended: bool
    unread: bool


@require_safe
@needs(May.SEE_RESULTS)
def results(request: HttpRequest) -> HttpResponse:
    """The reports, the newest first."""
    before = request.GET.get("before", "")
    begun = Campaign.objects.filter(started_at__isnull=False)
    page = list(
        (begun.filter(pk__lt=int(before)) if before.isdigit() else begun).order_by("-pk")[: _PAGE + 1]
    )
    return render(
        request,
        "office/results/list.html",
        {
            "lines": _lines(page[:_PAGE]),
            "older": page[_PAGE - 1].pk if len(page) > _PAGE else None,
            "newest_first": not before,
            "tabs": tabs(person(request), "results", "reports"),
        },
    )


def _lines(campaigns: list[Campaign]) -> list[Line]:
    found = {
        result.campaign_id: result
        for result in Result.objects.filter(campaign_id__in=[c.pk for c in campaigns])
    }
    today = frame().today
    lines = []
    for campaign in campaigns:
        ended = bool(campaign.window_ends_on and campaign.window_ends_on <= today)
        result = found.get(campaign.pk)
        verdict = reasons.verdict(result.verdict if result else "ready" if ended else "waiting")
        if ended and not result:
            verdict = reasons.Told(_("ready to be read"), badge="info")
        lines.append(Line(campaign, verdict, ended, bool(ended and (not result or result.read_at is None))))
    return lines


@require_safe
@needs(May.SEE_RESULTS)
def report(request: HttpRequest, number: int) -> HttpResponse:
    """The report. The head of the page is the finding."""
    campaign = plans.campaign(number)
    large = Message.objects.filter(campaign_id=number)[_AT_ONCE : _AT_ONCE + 1].exists()
    if large and request.headers.get("X-Fragment") != "1" and "full" not in request.GET:
        return render(request, "office/results/report.html", {"campaign": campaign})
    found = reports.report(number, frame().now)
    _mark_read(found)
    fragment = request.headers.get("X-Fragment") == "1"
    template = "office/results/report_body.html" if fragment else "office/results/report.html"
    return render(request, template, {"campaign": campaign, "report": found, **context(found)})


def context(found: Report) -> dict[str, object]:
    """What the report's page shows."""
    return {
        "finding": finding(found),
        "rule_words": rule_words(),
        "profit_picture": pictures.profit_picture(found),
        "curve": pictures.curve_picture(found),
        "days": pictures.curve_table(found),
        "sums": pictures.adds_up(found),
        "stages": pictures.funnel(found),
        "refused": _refused(found),
        "refused_before": sum(found.ledger.refused.values()),
        "rests_on": rests_on(found),
        "expected_minor": _rounded(found.outlook.get("detectable_minor")),
        "revenue_minor": _rounded(found.incremental_revenue_minor),
        "outside_minor": _rounded(found.outside.projected_minor),
    }


def _refused(found: Report) -> list[str]:
    return [
        _("%(reason)s: %(people)s") % {"reason": reasons.refusal(code).name, "people": number(people)}
        for code, people in found.ledger.refused.items()
    ]


def rests_on(found: Report) -> str:
    """Which share of the sales rests on which margin, in a sentence; nothing where nothing was sold."""
    words = {
        Basis.COST: _("the cost of the goods on the line (%(share)s of the sales)"),
        Basis.CATEGORY: _("the margin of the category (%(share)s of the sales)"),
        Basis.BOOK: _("the margin of the whole book (%(share)s of the sales)"),
    }
    parts = [words[basis] % {"share": percent(share)} for basis, share in found.rests_on.items() if share]
    return _("The profit rests on %(parts)s.") % {"parts": _(", ").join(parts)} if parts else ""


def _rounded(minor: float | None) -> int | None:
    return None if minor is None else round(minor)


def _mark_read(found: Report) -> None:
    """The first look at a finished report takes it off the tally."""
    if found.window and found.window.ended:
        kept.mark_read(found.campaign_id, frame().now)
        forget_tallies()


@require_safe
@needs(May.SEE_RESULTS, May.EXPORT)
def excel(request: HttpRequest, number: int) -> HttpResponse:
    """The report as a workbook; nobody is named in it."""
    found = reports.report(number, frame().now)
    audit.record("report.exported", at=frame().now, user=person(request), campaign_id=number)
    response = HttpResponse(
        workbook.of(found), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="beizai-report-{number}.xlsx"'
    return response


@tally("results")
def unread() -> int:
    """Finished reports nobody has looked at."""
    return Result.objects.filter(read_at=None).count()


urlpatterns = [
    path("results/", results, name="results"),
    path("results/figures/", figures.figures, name="key_figures"),
    path("results/<int:number>/", report, name="report"),
    path("results/<int:number>/excel/", excel, name="report_excel"),
]
