"""What waits for an answer, the longest due first; one matter with the card beside it; facts taken with one press."""

from typing import Any

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from beizai.base.errors import Forbidden, Invalid
from beizai.consent.rules import may_contact
from beizai.conversations import talking
from beizai.conversations.models import Conversation, Kind, ProposedFact, Speaker, Way
from beizai.conversations.talking import Told
from beizai.customers import facts
from beizai.customers.models import Channel, ContactPoint
from beizai.messages import service
from beizai.office import picking, refusals, sight, wording
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
    """Open matters, those due first; or one's own, or the closed ones."""
    view = request.GET.get("view", "open")
    rows = _open_to(person(request)).select_related("customer", "owner")
    if view == "closed":
        rows = rows.exclude(closed_at=None).order_by("-closed_at", "-id")
    else:
        rows = rows.filter(closed_at=None).order_by(F("due_at").asc(nulls_last=True), "id")
        rows = rows.filter(owner=person(request)) if view == "mine" else rows
    open_count = _open_to(person(request)).filter(closed_at=None).count()
    words = ngettext("%(n)s conversation waits for you", "%(n)s conversations wait for you", open_count)
    context = {
        "head": words % {"n": wording.number(open_count)} if open_count else _("Nobody waits for an answer"),
        "rows": [_line(row, person(request)) for row in rows.prefetch_related("utterances")[:_SHOWN]],
        "view": view,
        "tabs": tabs(person(request), "collection", "conversations"),
    }
    return render(request, "office/conversations/list.html", context)


def _line(row: Conversation, reader: User) -> dict[str, Any]:
    said = list(row.utterances.all())
    return {
        "row": row,
        "name": display_name(row.customer, reader),
        "kind": kind_name(row.kind),
        "way": way_name(row.way),
        "last": said[-1].text if said else "",
        "late": row.due_at is not None and row.closed_at is None and row.due_at < frame().now,
    }


def _open_to(reader: User) -> QuerySet[Conversation]:
    """Conversations with customers the reader's branch opens."""
    return Conversation.objects.filter(sight.of(reader).within("customer_id"))


def _get(request: HttpRequest, conversation_id: int) -> Conversation:
    found = talking.get(conversation_id)
    sight.require(person(request), found.customer_id)
    return found


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


@needs(May.EDIT_CUSTOMERS)
def conversation_page(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What was said, what it proposes, and the card beside it."""
    found = _get(request, conversation_id)
    now = frame().now
    proposals = ProposedFact.objects.filter(utterance__conversation=found).select_related("utterance")
    labels = {one.key: one.label for one in facts.definitions(retired=True)}
    mailbox = _mailbox(found.customer_id)
    context = {
        "found": found,
        "name": display_name(found.customer, person(request)),
        "kind": kind_name(found.kind),
        "way": way_name(found.way),
        "said": found.utterances.select_related("user"),
        "proposals": [
            {"one": one, "label": labels.get(one.attribute_key, one.attribute_key)}
            for one in proposals.filter(state="open").order_by("id")
        ],
        "known": [known for known in facts.known(found.customer) if known.value not in (None, "", [])][:12],
        "mailbox": mailbox
        if mailbox and may_contact(found.customer_id, "email", "service", now).allowed
        else "",
        "staff": User.objects.filter(is_active=True).order_by("name", "id"),
        "late": found.due_at is not None and found.closed_at is None and found.due_at < now,
    }
    return render(request, "office/conversations/one.html", context)


@require_POST
@needs(May.EDIT_CUSTOMERS)
def do(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Something more was said, an answer goes out, it is handed over, closed, opened again."""
    found, step, now = _get(request, conversation_id), request.POST.get("step", ""), frame().now
    match step:
        case "note":
            talking.say(
                found.pk,
                request.POST.get("text", ""),
                speaker=Speaker.CUSTOMER,
                said_at=now,
                by=person(request),
            )
        case "answer":
            _answer(request, found)
            messages.success(request, _("The answer goes out by email."))
        case "close":
            talking.settle(found.pk, by=person(request), now=now)
            messages.success(request, _("It is dealt with."))
        case "open":
            talking.open_again(found.pk)
        case "hand":
            owner = request.POST.get("owner", "")
            user = User.objects.filter(pk=int(owner), is_active=True).first() if owner.isdecimal() else None
            talking.hand_to(found.pk, user, found.due_at)
        case _:
            raise Invalid("That step is not known.")
    forget_tallies()
    return redirect("conversation", found.pk)


def _answer(request: HttpRequest, found: Conversation) -> None:
    """An answer by email: written down, and sent once however often it is pressed."""
    now, words = frame().now, request.POST.get("text", "")
    mailbox = _mailbox(found.customer_id)
    if not mailbox or not may_contact(found.customer_id, "email", "service", now).allowed:
        raise Forbidden(
            "There is no mailbox we may answer to.", hint="Answer by phone, and write down what was said."
        )
    said = talking.say(found.pk, words, speaker=Speaker.STAFF, said_at=now, by=person(request))
    if said is None:
        return
    service.ask(
        f"answer:{said.pk}",
        kind="answer",
        to=mailbox,
        subject=_("Our answer") if found.kind != Kind.COMPLAINT else _("About your complaint"),
        text=f"{words.strip()}\n\n{person(request)}\n{frame().shop.name}\n",
        customer_id=found.customer_id,
        now=now,
    )


@require_POST
@needs(May.EDIT_CUSTOMERS)
def decide(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """A proposed fact is taken onto the card, or left."""
    now = frame().now
    proposed = ProposedFact.objects.filter(pk=proposal_id)
    sight.require(person(request), *proposed.values_list("utterance__conversation__customer_id", flat=True))
    if request.POST.get("take"):
        decided = talking.take(proposal_id, source=office(now), by=person(request), now=now)
        messages.success(request, _("It stands on the card."))
    else:
        decided = talking.leave(proposal_id, by=person(request), now=now)
    return redirect("conversation", decided.utterance.conversation_id)


def _mailbox(customer_id: int) -> str:
    rows = ContactPoint.objects.filter(customer_id=customer_id, channel=Channel.EMAIL, ended_at=None)
    return rows.order_by("-verified_at", "id").values_list("normal", flat=True).first() or ""


def kind_name(kind: str) -> str:
    """What a conversation is about, in the reader's words."""
    return {
        Kind.TALK: _("Talk"),
        Kind.QUESTION: _("Question"),
        Kind.WISH: _("Wish"),
        Kind.COMPLAINT: _("Complaint"),
        Kind.AFTER_SALES: _("After the sale"),
    }[Kind(kind)]


def way_name(way: str) -> str:
    """By which way it came, in the reader's words."""
    return {
        Way.CALL: _("by phone"),
        Way.VISIT: _("in the shop"),
        Way.EMAIL: _("by email"),
        Way.CHAT: _("by chat"),
        Way.MESSENGER: _("by messenger"),
    }[Way(way)]
