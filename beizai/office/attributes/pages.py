"""Attributes: made, put in order, no longer asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from beizai.base.errors import NotFound
from beizai.customers import completeness, facts
from beizai.customers.models import AttributeDefinition
from beizai.measurement import book_days
from beizai.office.attributes import words
from beizai.office.attributes.forms import AttributeForm
from beizai.office.frame import frame
from beizai.office.home.kept import Kept, is_small
from beizai.office.permissions import needs, person
from beizai.office.tabs import hang, tabs
from beizai.staff import audit
from beizai.staff.roles import May

hang("customers", "attributes", gettext_lazy("Attributes"), "attributes", May.SEE_CUSTOMERS, place=70)
_filled = Kept(completeness.of_the_book)


@dataclass(frozen=True)
class Line:
    """One attribute of the list."""

    one: AttributeDefinition
    kind: str
    weight: str
    again: str
    sensitive: bool
    known: float | None


@needs(May.SEE_CUSTOMERS)
def attributes(request: HttpRequest) -> HttpResponse:
    """What may be known of a customer, family by family, and how complete the book is."""
    now = frame().now
    filled = _filled.get(now) if is_small() else None
    context = {
        "families": _families(facts.definitions(), filled),
        "retired": facts_no_longer_asked(),
        "filled": filled.mean if filled else None,
        "by_worth": filled.by_worth if filled else None,
        "day": None if filled else book_days.latest(frame().today),
        "tabs": tabs(person(request), "customers", "attributes"),
    }
    return render(request, "office/attributes/list.html", context)


def facts_no_longer_asked() -> list[AttributeDefinition]:
    """The attributes that are no longer asked."""
    return [one for one in facts.definitions(retired=True) if one.retired_at is not None]


def _families(
    asked: Sequence[AttributeDefinition], filled: completeness.Filled | None
) -> list[tuple[str, str, list[Line]]]:
    meanings = words.family_meanings()
    return [
        (name, meanings[family], [_line(one, filled) for one in asked if one.family == family])
        for family, name in words.family_names().items()
    ]


def _line(one: AttributeDefinition, filled: completeness.Filled | None) -> Line:
    known = filled.known.get(one.key, 0) / filled.cards if filled else None
    kind = words.kind_names()[one.kind]
    return Line(
        one,
        f"{kind} ({one.unit})" if one.unit else kind,
        words.weight_name(one.weight),
        words.ask_again(one.ask_again_months),
        facts.is_sensitive(one),
        known,
    )


@needs(May.CHANGE_SETTINGS)
def attribute(request: HttpRequest, definition_id: int | None = None) -> HttpResponse:
    """One attribute, new or changed. Its kind stays once it is made: values would no longer fit."""
    found = _definition(definition_id) if definition_id else None
    form = AttributeForm(request.POST or None, instance=found)
    if found is not None:
        form.fields["kind"].disabled = True
    if request.method == "POST" and form.is_valid():
        kept = form.keep()
        audit.record("attribute.saved", at=frame().now, user=person(request), attribute=kept.key)
        messages.success(request, _("“%(name)s” is kept.") % {"name": kept.label})
        return redirect("attributes")
    return render(request, "office/attributes/attribute.html", {"form": form, "found": found})


def _definition(definition_id: int) -> AttributeDefinition:
    found = AttributeDefinition.objects.filter(pk=definition_id).first()
    if found is None:
        raise NotFound("There is no attribute {number}.", hint="See the list.", number=definition_id)
    return found


@require_POST
@needs(May.CHANGE_SETTINGS)
def move(request: HttpRequest, definition_id: int) -> HttpResponse:
    """One place up or down within its family."""
    one = _definition(definition_id)
    with transaction.atomic():
        every = list(AttributeDefinition.objects.select_for_update())
        family = [row for row in every if row.family == one.family and row.retired_at is None]
        here = [row.pk for row in family].index(one.pk)
        there = here + (-1 if "up" in request.POST else 1)
        if 0 <= there < len(family):
            _swap(every, family[here].pk, family[there].pk)
    return redirect("attributes")


def _swap(every: list[AttributeDefinition], first: int, second: int) -> None:
    """Numbers all anew, the two in each other's place."""
    order = [row.pk for row in every]
    a, b = order.index(first), order.index(second)
    order[a], order[b] = order[b], order[a]
    for place, pk in enumerate(order, 1):
        AttributeDefinition.objects.filter(pk=pk).update(position=place)


@require_POST
@needs(May.CHANGE_SETTINGS)
def retire(request: HttpRequest, definition_id: int) -> HttpResponse:
    """No longer asked, or asked again; what customers told stays on their cards."""
    one = _definition(definition_id)
    one.retired_at = None if one.retired_at else frame().now
    one.save(update_fields=["retired_at"])
    action = "attribute.retired" if one.retired_at else "attribute.asked_again"
    audit.record(action, at=frame().now, user=person(request), attribute=one.key)
    said = (
        _("“%(name)s” is no longer asked. What was told stays on the cards.")
        if one.retired_at
        else _("“%(name)s” is asked again.")
    )
    messages.success(request, said % {"name": one.label})
    return redirect("attributes")
