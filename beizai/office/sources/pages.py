"""Sources: where customers came from, how many, and what they cost."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from beizai.customers.models import Customer
from beizai.imports.models import Import
from beizai.office.permissions import needs, person
from beizai.office.tabs import hang, tabs
from beizai.office.wording import money
from beizai.sources.models import Source
from beizai.staff.roles import May

hang("collection", "sources", gettext_lazy("Sources"), "sources", May.IMPORT, place=20)


@require_safe
@needs(May.IMPORT)
def sources(request: HttpRequest) -> HttpResponse:
    """Where customers and facts came from, how many, and what they cost."""
    people = dict(Customer.objects.values_list("source_id").annotate(Count("id")).order_by())
    brought = dict(
        Import.objects.filter(state=Import.State.IN_BOOK)
        .values_list("source_id")
        .annotate(Count("id"))
        .order_by()
    )
    rows = [
        {
            "source": one,
            "customers": people.get(one.pk, 0),
            "imports": brought.get(one.pk, 0),
            "cost": money(one.cost_minor),
        }
        for one in Source.objects.order_by("name")
    ]
    context = {"rows": rows, "tabs": tabs(person(request), "collection", "sources")}
    return render(request, "office/sources/list.html", context)
