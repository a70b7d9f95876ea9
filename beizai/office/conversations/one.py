"""One matter with the card beside it: what was said as it comes in, the answer, whose it is, facts taken with one press."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from beizai.base import clock
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.consent.rules import may_contact
from beizai.conversations import pictures, talking
from beizai.conversations.chats import desk, thread
from beizai.conversations.mails import answering
from beizai.conversations.models import Attachment, Conversation, Kind, ProposedFact, Speaker, Way
from beizai.customers import cards, facts
from beizai.customers.models import Channel, ContactPoint
from beizai.messages import service
from beizai.office import picking, refusals, sight
from beizai.office.conversations.naming import called, chat_of, kind_name, last_mail, way_name
from beizai.office.customers.listing import display_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies
from beizai.sources.register import office
from beizai.staff.models import User
from beizai.staff.roles import May

_ANSWER_BY_CHAT, _ANSWER_BY_MAIL = "chat", "mail"


def _open(request: HttpRequest, conversation_id: int) -> Conversation:
    """The conversation, where the reader may open its customer."""
    found = talking.get(conversation_id)
    sight.require(person(request), found.customer_id)
    return found


@needs(May.EDIT_CUSTOMERS)
def conversation_page(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What was said, what it proposes, and the card beside it."""
    found = _open(request, conversation_id)
    now = frame().now
    talking.read_by_staff(found.pk)
    desk.seen(person(request), at=clock.machine_now())
    proposals = ProposedFact.objects.filter(utterance__conversation=found).select_related("utterance")
    labels = {one.key: one.label for one in facts.definitions(retired=True)}
    known = facts.known(found.customer) if found.customer is not None else []
    context = _said(found, person(request)) | {
        "name": called(found, person(request)),
        "kind": kind_name(found.kind),
        "way": way_name(found.way),
        "proposals": [
            {"one": one, "label": labels.get(one.attribute_key, one.attribute_key)}
            for one in proposals.filter(state="open").order_by("id")
        ],
        "known": [one for one in known if one.value not in (None, "", [])][:12],
        "answers": _answers_by(found),
        "once": get_random_string(20),
        "staff": User.objects.filter(is_active=True).order_by("name", "id"),
        "late": found.due_at is not None and found.closed_at is None and found.due_at < now,
    }
    return render(request, "office/conversations/one.html", context)


@require_safe
@needs(May.EDIT_CUSTOMERS)
def said_page(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What was said, alone, as the open page asks for it; asking says that it was read."""
    found = _open(request, conversation_id)
    talking.read_by_staff(found.pk)
    desk.seen(person(request), at=clock.machine_now())
    return render(request, "office/conversations/said.html", _said(found, person(request)))


def _said(found: Conversation, reader: User) -> dict[str, Any]:
    rows = found.utterances.select_related("user", "head").prefetch_related("attachments").order_by("pk")
    chat = chat_of(found)
    return {
        "found": found,
        "name": called(found, reader),
        "said": rows,
        "chat": chat,
        "watching": chat is not None and _watches(chat.seen_at),
    }


def _watches(seen_at: Any) -> bool:
    """Whether the visitor's page is open now."""
    return seen_at is not None and (clock.machine_now() - seen_at).total_seconds() < 60


def _answers_by(found: Conversation) -> str:
    """By which way an answer reaches them from here: "chat", "mail", or "" (none)."""
    if found.way == Way.CHAT and chat_of(found) is not None:
        return _ANSWER_BY_CHAT
    return _ANSWER_BY_MAIL if _mailbox(found) else ""


def _mailbox(found: Conversation) -> str:
    """The address an answer by mail goes to: who wrote a mail is answered there; else the card's, where we may."""
    mail = last_mail(found)
    if mail is not None:
        return mail.head.sender if answering.may_answer(mail.head.sender) else ""
    if found.customer_id is None:
        return ""
    rows = ContactPoint.objects.filter(customer_id=found.customer_id, channel=Channel.EMAIL, ended_at=None)
    box = rows.order_by("-verified_at", "id").values_list("normal", flat=True).first() or ""
    return box if box and may_contact(found.customer_id, "email", "service", frame().now).allowed else ""


@require_POST
@needs(May.EDIT_CUSTOMERS)
def do(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Something more was said, an answer goes out, it is handed over, closed, opened again."""
    found, step, now = _open(request, conversation_id), request.POST.get("step", ""), frame().now
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
    """An answer: written down, and sent once however often it is pressed."""
    now, words, by = frame().now, request.POST.get("text", ""), person(request)
    once = request.POST.get("once", "")[:60]
    if _answers_by(found) == _ANSWER_BY_CHAT:
        thread.answer(found.pk, words, by=by, once=once, now=now)
        messages.success(request, _("The answer stands on their page."))
        return
    mailbox = _mailbox(found)
    if not mailbox:
        raise Forbidden(
            "There is no mailbox we may answer to.", hint="Answer by phone, and write down what was said."
        )
    said = thread.answer(found.pk, words, by=by, once=once, now=now)
    messages.success(request, _("The answer goes out by email."))
    if said is None:
        return
    mail = last_mail(found)
    subject = _("Our answer") if found.kind != Kind.COMPLAINT else _("About your complaint")
    service.ask(
        answering.key(said.pk),
        kind="answer",
        to=mailbox,
        subject=answering.subject(mail.head) if mail is not None else subject,
        text=f"{words.strip()}\n\n{by}\n{frame().shop.name}\n",
        customer_id=found.customer_id,
        headers=answering.headers(mail.head if mail is not None else None),
        now=now,
    )


@needs(May.EDIT_CUSTOMERS)
def whose_page(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Whose conversation it is: a card of the book, or a new one; what they say of themselves is not proof."""
    found, wrong, reader = _open(request, conversation_id), "", person(request)
    if found.customer_id is not None:
        return redirect("conversation", found.pk)
    given = request.POST or request.GET
    customer = picking.chosen(given.get("customer", ""), request)
    chat, mail = chat_of(found), last_mail(found)
    email = chat.email if chat is not None else mail.head.sender if mail is not None else ""
    name = chat.name if chat is not None else mail.head.sender_name if mail is not None else ""
    if request.method == "POST":
        try:
            card_id = customer.pk if customer is not None else _new_card(request, found)
            talking.belongs_to(found.pk, card_id)
        except Invalid as error:
            wrong = refusals.in_words(error)
        else:
            messages.success(request, _("The conversation stands on the card."))
            return redirect("conversation", found.pk)
    who = str(given.get("who", "")).strip()
    context = {
        "found": found,
        "name": called(found, reader),
        "customer": customer,
        "customer_name": display_name(customer, reader) if customer else "",
        "who": who,
        "rows": picking.people(who, request),
        "email": email,
        "said_name": name,
        "wrong": wrong,
    }
    return render(request, "office/conversations/whose.html", context)


def _new_card(request: HttpRequest, found: Conversation) -> int:
    email = request.POST.get("email", "").strip()
    new = cards.NewCard(
        name=" ".join(request.POST.get("name", "").split())[:200],
        points=[(Channel.EMAIL, email)] if email else [],
        simulated=found.simulated,
    )
    return int(cards.add(new, source=found.source, now=frame().now, user=person(request)).pk)


@require_POST
@needs(May.EDIT_CUSTOMERS)
def decide(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """A proposed fact is taken onto the card, or left."""
    now = frame().now
    whose = Conversation.objects.filter(utterances__proposals=proposal_id).values_list(
        "customer_id", flat=True
    )
    sight.require(person(request), *whose)
    if request.POST.get("take"):
        decided = talking.take(proposal_id, source=office(now), by=person(request), now=now)
        messages.success(request, _("It stands on the card."))
    else:
        decided = talking.leave(proposal_id, by=person(request), now=now)
    return redirect("conversation", decided.utterance.conversation_id)


@require_safe
@needs(May.EDIT_CUSTOMERS)
def picture(request: HttpRequest, conversation_id: int, number: int) -> HttpResponse:
    """A picture of this conversation, drawn anew by us."""
    found = _open(request, conversation_id)
    one = Attachment.objects.filter(pk=number, utterance__conversation=found).first()
    if one is None:
        raise NotFound("There is no such picture.")
    return HttpResponse(pictures.path_of(one).read_bytes(), content_type="image/jpeg")
