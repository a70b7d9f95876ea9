"""What waits for an answer, the longest due first, as it comes in; and writing down what was said elsewhere."""

from typing import Any

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from beizai.base import clock
from beizai.base.errors import Invalid
from beizai.conversations import talking
from beizai.conversations.chats import desk
from beizai.conversations.models import Conversation, Kind, Way
from beizai.conversations.talking import Told
from beizai.office import picking, refusals, sight, wording
from beizai.office.conversations.naming import called, kind_name, way_name
from beizai.office.customers.listing import display_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies, tally
from beizai.office.tabs import hang, tabs
from beizai.sources.register import office
from beizai.staff.models import User
from beizai.staff.roles import May

_SHOWN = 100

hang(
    "collection",
    "conversations",
    gettext_lazy("Conversations"),
    "conversations",
    May.EDIT_CUSTOMERS,
    place=40,
)


@tally("conversations")
def _waiting() -> int:
    """How many matters are open."""
    return Conversation.objects.filter(closed_at=None)[:100].count()


@needs(May.EDIT_CUSTOMERS)
def inbox_page(request: HttpRequest) -> HttpResponse:
    """Open matters, those due first; or one's own, or the closed ones. The list asks again by itself."""
    here = desk.seen(person(request), at=clock.machine_now())
    open_count = _open_to(person(request)).filter(closed_at=None).count()
    words = ngettext("%(n)s conversation waits for you", "%(n)s conversations wait for you", open_count)
    view = request.GET.get("view", "open")
    context = {
        "head": words % {"n": wording.number(open_count)} if open_count else _("Nobody waits for an answer"),
        "rows": _lines(view, person(request)),
        "view": view,
        "desk": desk.desk(),
        "here": here,
        "tabs": tabs(person(request), "collection", "conversations"),
    }
    return render(request, "office/conversations/list.html", context)


@needs(May.EDIT_CUSTOMERS)
def inbox_rows(request: HttpRequest) -> HttpResponse:
    """The list alone, as the open page asks for it; asking says that the inbox is open."""
    desk.seen(person(request), at=clock.machine_now())
    view = request.GET.get("view", "open")
    context = {"rows": _lines(view, person(request)), "view": view}
    return render(request, "office/conversations/rows.html", context)


def _open_to(reader: User) -> QuerySet[Conversation]:
    """Those of customers this person may open, and those nobody has put on a card yet."""
    rows, found = Conversation.objects.all(), sight.of(reader)
    return rows if found.whole else rows.filter(Q(customer=None) | found.within("customer_id"))


def _lines(view: str, reader: User) -> list[dict[str, Any]]:
    rows = _open_to(reader).select_related("customer", "owner", "chat")
    if view == "closed":
        rows = rows.exclude(closed_at=None).order_by("-closed_at", "-id")
    else:
        rows = rows.filter(closed_at=None).order_by(F("due_at").asc(nulls_last=True), "id")
        rows = rows.filter(owner=reader) if view == "mine" else rows
        rows = rows.filter(heard_id__gt=F("read_id")) if view == "unread" else rows
    shown = list(rows.prefetch_related("utterances__head")[:_SHOWN])
    sight.sees(reader, [row.customer_id for row in shown if row.customer_id is not None])
    return [_line(row, reader) for row in shown]


def _line(row: Conversation, reader: User) -> dict[str, Any]:
    said = [one for one in row.utterances.all() if not one.automatic]
    return {
        "row": row,
        "name": called(row, reader),
        "kind": kind_name(row.kind),
        "way": way_name(row.way),
        "last": (said[-1].text or _("A picture")) if said else "",
        "unread": row.heard_id > row.read_id,
        "late": row.due_at is not None and row.closed_at is None and row.due_at < frame().now,
    }


@needs(May.EDIT_CUSTOMERS)
def new_page(request: HttpRequest) -> HttpResponse:
    """After a call or a visit: who, what about, what was said."""
    given = request.POST or request.GET
    customer = picking.chosen(given.get("customer", ""), request)
    wrong = ""
    if request.method == "POST" and customer is not None:
        try:
            made = talking.open_one(
                Told(
                    customer.pk,
                    given.get("kind", ""),
                    given.get("way", ""),
                    given.get("text", ""),
                    frame().now,
                ),
                source=office(frame().now),
                by=person(request),
                now=frame().now,
            )
        except Invalid as error:
            wrong = refusals.in_words(error)
        else:
            forget_tallies()
            messages.success(request, _("It is written down."))
            return redirect("conversation", made.pk)
    who = str(given.get("who", "")).strip()
    context = {
        "customer": customer,
        "name": display_name(customer, person(request)) if customer else "",
        "who": who,
        "rows": picking.people(who, request),
        "kinds": [(kind, kind_name(kind)) for kind in Kind.values],
        "ways": [(way, way_name(way)) for way in Way.values],
        "given": given,
        "wrong": wrong,
    }
    return render(request, "office/conversations/new.html", context)
