"""The next best question of each customer: what is missing or stale, weighed by what they are worth."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from beizai.customers import completeness, facts
from beizai.customers.models import Standing
from beizai.office import sight
from beizai.office.attributes import words
from beizai.office.customers.listing import display_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.tabs import hang, tabs
from beizai.sources.register import office
from beizai.staff.models import User
from beizai.staff.roles import May

hang(
    "customers",
    "questions",
    gettext_lazy("Worth asking"),
    "questions",
    May.SEE_CUSTOMERS,
    May.SEE_NAMES,
    place=30,
)
SHOWN = 50


@require_safe
@needs(May.SEE_CUSTOMERS, May.SEE_NAMES)
def questions(request: HttpRequest) -> HttpResponse:
    """Whom to ask what, the most useful first."""
    rows = [
        {
            "id": one.customer.pk,
            "name": display_name(one.customer, person(request)),
            "simulated": one.customer.simulated,
            "question": words.question(one.gap),
            "label": words.label(one.gap),
            "reason": words.reason(one.gap),
            "share": one.share,
            "worth": one.worth_minor,
        }
        for one in completeness.next_questions(SHOWN, now=frame().now, of_cards=_open_to(person(request)))
    ]
    context = {
        "rows": rows,
        "defined": len(facts.definitions()),
        "tabs": tabs(person(request), "customers", "questions"),
    }
    return render(request, "office/attributes/questions.html", context)


def _open_to(reader: User) -> Callable[[QuerySet[Standing]], QuerySet[Standing]] | None:
    """Of the cards the reader's branch opens."""
    found = sight.of(reader)
    return None if found.whole else lambda rows: rows.filter(found.within("customer_id"))


@require_POST
@needs(May.EDIT_CUSTOMERS, May.SEE_NAMES)
def still_so(request: HttpRequest, customer_id: int) -> HttpResponse:
    """They said the same again: the answer is as fresh as today."""
    now = frame().now
    facts.confirm(customer_id, request.POST.get("key", ""), source=office(now), now=now, user=person(request))
    messages.success(request, _("Kept: they said it again today."))
    return redirect("customer", customer_id)
