"""Key figures: what the campaigns of the year earned together, and the figures the home page begins with."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from beizai.campaigns.models import Campaign
from beizai.experiments.profit import Verdict
from beizai.measurement.results import Year, earned_in_year
from beizai.office import reasons
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.results.finding import carried, interval_words
from beizai.office.tabs import tabs
from beizai.staff.roles import May


@require_safe
@needs(May.SEE_RESULTS)
def figures(request: HttpRequest) -> HttpResponse:
    """The year so far."""
    year = earned_in_year(frame().now)
    return render(
        request,
        "office/results/figures.html",
        {
            "year": year,
            "head": head(year),
            "verdict": reasons.verdict(year.profit.verdict.value),
            "figure": carried(year.profit.estimate_minor, year.profit),
            "interval": interval_words(year.profit) if year.campaign_ids else "",
            "campaigns": Campaign.objects.filter(pk__in=year.campaign_ids).order_by("-started_at"),
            "tabs": tabs(person(request), "results", "figures"),
        },
    )


def head(year: Year) -> str:
    """The finding of the year."""
    if not year.campaign_ids:
        return _("No campaign has ended in %(year)s yet") % {"year": year.year}
    found = year.profit.estimate_minor
    match year.profit.verdict:
        case Verdict.EARNED if found is not None:
            return _("In %(year)s the campaigns earned about %(amount)s") % {
                "year": year.year,
                "amount": carried(found, year.profit),
            }
        case Verdict.LOST if found is not None:
            return _("In %(year)s the campaigns lost about %(amount)s") % {
                "year": year.year,
                "amount": carried(-found, year.profit),
            }
        case _:
            return _("In %(year)s the campaigns may have earned or lost: we cannot tell yet") % {
                "year": year.year
            }
