"""Targets: how many customers are wanted of the book, each branch, source and member of staff, and how many there are."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base.errors import Invalid
from beizai.customers import targets as customer_targets
from beizai.measurement.figures import customers
from beizai.office import refusals
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.tabs import hang, tabs
from beizai.staff import audit
from beizai.staff.roles import May, may

hang("results", "targets", gettext_lazy("Targets"), "targets", May.SEE_RESULTS, place=30)


@needs(May.SEE_RESULTS)
def targets(request: HttpRequest) -> HttpResponse:
    """The targets and how far they are; who may edit campaigns may set them."""
    reader = person(request)
    wrong = ""
    if request.method == "POST" and may(reader, May.EDIT_CAMPAIGNS):
        try:
            _set(request)
            messages.success(request, _("The target is kept."))
            return redirect("targets")
        except Invalid as error:
            wrong = refusals.in_words(error)
    scopes = [("source", _("Sources")), ("user", _("Staff, by the cards they entered"))]
    if (branches := customer_targets.aims("branch")) != []:
        scopes.insert(0, ("branch", _("Branches")))
    book = customers(frame().shop, frame().now, frame().today)
    context = {
        "scopes": [
            (words, branches if scope == "branch" else customer_targets.aims(scope))
            for scope, words in scopes
        ],
        "book": book,
        "book_share": book.count / book.target if book.target else None,
        "wrong": wrong,
        "tabs": tabs(reader, "results", "targets"),
    }
    return render(request, "office/sources/targets.html", context)


def _set(request: HttpRequest) -> None:
    scope, _colon, number = request.POST.get("of", "").partition(":")
    wanted = request.POST.get("customers", "").replace(" ", "").replace("\u202f", "").replace(",", "")
    if wanted and not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 11):
        raise Invalid(
            "“{text}” is not a whole number.", hint="Write 500, or nothing for no target.", text=wanted
        )
    customer_targets.aim(
        scope,
        int(number) if number.isdecimal() and len(number) < 18 else 0,
        int(wanted) if wanted else None,
        _day(request.POST.get("by_on", "")),
    )
    audit.record(
        "target.set", at=frame().now, user=person(request), of=request.POST.get("of", ""), customers=wanted
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("“{text}” is not a date.", hint="Write it as 2026-03-31.", text=text) from None
