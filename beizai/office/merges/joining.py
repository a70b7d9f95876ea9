"""A merge with everything about it and its undoing; joining two cards by hand from one of them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from beizai.base.errors import Invalid, NotFound
from beizai.customers import cards as book
from beizai.customers import search
from beizai.customers.models import Customer
from beizai.identity import merging
from beizai.identity.models import Merge
from beizai.office import paging, people, refusals, sight, wording
from beizai.office.customers.listing import display_name
from beizai.office.customers.timeline import field_name
from beizai.office.frame import frame
from beizai.office.merges import words
from beizai.office.merges.standing import stand
from beizai.office.paging import Key
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies
from beizai.office.tabs import tabs
from beizai.staff.models import User
from beizai.staff.roles import May, may

_LISTED = 100


@needs(May.SEE_CUSTOMERS, May.SEE_NAMES)
def merges(request: HttpRequest) -> HttpResponse:
    """Every merge, the latest first."""
    sight.require_book(person(request))
    rows = Merge.objects.select_related("user")
    page = paging.by_key(
        rows, Key("at", "pk", paging.moment), falls=True, params=request.GET, total=rows.count()
    )
    names = people.names(person(request), [row.card_id for row in page.rows])
    context = {
        "page": page,
        "rows": [_row(row, names) for row in page.rows],
        "tabs": tabs(person(request), "customers", "review"),
    }
    return render(request, "office/merges/list.html", context)


@needs(May.SEE_CUSTOMERS, May.SEE_NAMES)
def merge(request: HttpRequest, merge_id: int) -> HttpResponse:
    """One merge: which cards, who, why; what has been written since and would stay with the kept card."""
    sight.require_book(person(request))
    found = _get(merge_id)
    reader = person(request)
    numbers = list(found.cards.order_by("customer_id").values_list("customer_id", flat=True))
    names = people.names(reader, [found.card_id, *numbers[:_LISTED]])
    stayed = found.stayed if found.undone_at else merging.written_since(found)
    context = {
        "merge": found,
        "name": names[found.card_id],
        "cards": [{"id": number, "name": names[number]} for number in numbers[:_LISTED]],
        "more": max(len(numbers) - _LISTED, 0),
        "by": str(found.user) if found.user else words.joined_by(found.rule),
        "evidence": words.strongest(found.evidence.get("fields", {}), most=12),
        "probability": words.likely(found.evidence.get("probability")),
        "stayed": [_written(one, reader) for one in stayed],
    }
    return render(request, "office/merges/merge.html", context)


@require_POST
@needs(May.EDIT_CUSTOMERS, May.SEE_NAMES)
def apart(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Takes it apart."""
    sight.require_book(person(request))
    done = merging.unmerge(merge_id, now=frame().now, by=person(request))
    stand([done.card_id, *done.cards])
    forget_tallies()
    told = ngettext(
        "Taken apart: %(n)s card is one of its own again, as it was.",
        "Taken apart: %(n)s cards are cards of their own again, as they were.",
        len(done.cards),
    )
    messages.success(request, told % {"n": wording.number(len(done.cards))})
    return redirect("merge", merge_id)


@needs(May.EDIT_CUSTOMERS, May.SEE_NAMES)
def join(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Another card of the same person is found and joined to this one."""
    sight.require_book(person(request))
    card = book.get(customer_id)
    wrong = ""
    if request.method == "POST":
        try:
            other = _chosen(request)
            made = merging.merge([other], card.pk, now=frame().now, by=person(request))
        except Invalid as error:
            wrong = refusals.in_words(error)
        else:
            stand([card.pk])
            forget_tallies()
            undo = reverse("merge_apart", args=[made.pk])
            messages.success(request, _("Joined: everything of both stands on this card."), extra_tags=undo)
            return redirect("customer", card.pk)
    context = {"card": card, "name": display_name(card, person(request)), "wrong": wrong}
    return render(request, "office/merges/join.html", context)


def _chosen(request: HttpRequest) -> int:
    chosen = request.POST.get("customer", "")
    if chosen.isdecimal():
        return int(chosen)
    found = search.first_ids(request.POST.get("who", ""), 2)
    if len(found) != 1:
        raise Invalid(
            "It is not clear who is meant.",
            hint="Type more of the name, or #card number, until one is left.",
        )
    return found[0]


def _get(merge_id: int) -> Merge:
    found = Merge.objects.select_related("user", "undone_by").filter(pk=merge_id).first()
    if found is None:
        raise NotFound("There is no merge {merge}.", merge=merge_id, hint="See the card's history of merges.")
    return found


def _row(row: Merge, names: dict[int, str]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": row.at,
        "name": names[row.card_id],
        "count": row.cards.count(),
        "by": str(row.user) if row.user else words.joined_by(row.rule),
        "undone_at": row.undone_at,
    }


def _written(one: Any, reader: User) -> dict[str, Any]:
    from datetime import datetime

    shown = not one["field"].startswith("contact:") or may(reader, May.SEE_CONTACT_POINTS)
    new = one["new"]
    if one["field"].startswith("tie:") and str(new or "").isdecimal():
        new = Customer.objects.filter(pk=int(new)).values_list("name", flat=True).first() or f"#{new}"
    return {
        "at": datetime.fromisoformat(one["at"]),
        "what": field_name(one["field"]) if one["field"] != "note" else _("Note"),
        "new": (new if new not in (None, "") else _("taken out")) if shown else "…",
    }
