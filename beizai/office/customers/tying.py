"""Ties in the office: both directions in words, new ones, those proposed, the code of who brings others, and the page it leads to."""

import logging
import re
import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from beizai.base.errors import BeizaiError, Invalid, NotFound, Unavailable
from beizai.customers import belonging, cards, named, referring, search, ties
from beizai.customers.models import Customer, ProposedTie, Standing, Tie, TieKind
from beizai.events import inbox
from beizai.events.book import open_book
from beizai.events.happenings import Happening
from beizai.office import people, refusals, sight, wording
from beizai.office.customers.listing import display_name
from beizai.office.frame import HTML_LANGUAGES, frame
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies, tally
from beizai.office.tabs import hang, tabs
from beizai.sources.models import Source
from beizai.sources.register import office
from beizai.staff.models import User
from beizai.staff.roles import May

logger = logging.getLogger(__name__)
hang("customers", "ties", gettext_lazy("Ties"), "ties", May.SEE_CUSTOMERS, May.SEE_NAMES, place=40)
_PATIENCE_SECONDS = 5.0
_SHOWN = 50


def directions() -> dict[str, str]:
    """Every tie as it is read from each of its ends; "-" before a kind means from the other end."""
    return {
        "referred_by": _("Brought by"),
        "-referred_by": _("Brought"),
        "household": _("Same household"),
        "friend": _("Friend"),
        "gives_to": _("Gives presents to"),
        "-gives_to": _("Gets presents from"),
        "works_at": _("Works at"),
        "-works_at": _("Employs"),
        "influences": _("Influences"),
        "-influences": _("Listens to"),
    }


def reading(kind: str, *, mine: bool) -> str:
    """A tie as this end reads it."""
    words = directions()
    return words.get(kind if mine else f"-{kind}") or words.get(kind, kind)


def tie_lines(found: Customer, reader: User) -> list[dict[str, Any]]:
    """The ties of a card as it sees them."""
    numbers = belonging.ids_of(found.pk)
    return [_line(tie, tie.customer_id in numbers, reader) for tie in ties.of(found.pk)]


def _line(tie: Tie, mine: bool, reader: User) -> dict[str, Any]:
    other = tie.other if mine else tie.customer
    words = reading(tie.kind, mine=mine)
    standing: Standing | None = getattr(other, "standing", None)
    is_open = other.pk in sight.sees(reader, [other.pk])
    brought = is_open and standing is not None and tie.kind == TieKind.REFERRED_BY and not mine
    known = _("known only through others") if other.only_named else ""
    day = wording.day(tie.since_on) if tie.since_on else ""
    return {
        "id": tie.pk,
        "other_id": other.pk,
        "is_open": is_open,
        "name": display_name(other, reader),
        "words": words,
        "since": tie.since_on,
        "told": wording.listed([words, tie.occasion, day, known]),
        "spent": standing.spent_minor if standing is not None and brought else None,
        "icon": {"referred_by": "star", "gives_to": "gift"}.get(tie.kind, "customers"),
    }


@needs(May.EDIT_CUSTOMERS, May.SEE_NAMES)
def ties_page(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Who brought them, who lives with them, whom they give presents to; added and taken away; and their own code."""
    card = cards.get(customer_id)
    wrong = ""
    if request.method == "POST":
        try:
            if request.POST.get("remove", "").isdecimal():
                _untie(customer_id, int(request.POST["remove"]), request)
            else:
                _tie(customer_id, request)
            return redirect("customer_ties", customer_id)
        except Invalid as error:
            wrong = refusals.in_words(error)
    context = {
        "card": card,
        "name": display_name(card, person(request)),
        "ties": tie_lines(card, person(request)),
        "kinds": list(directions().items()),
        "today": frame().today.isoformat(),
        "wrong": wrong,
        "typed": request.POST,
        "code": referring.code(card.pk),
        "link": referring.link(card.pk, frame().shop),
        "visits": visits(card.pk),
        "brought": ties.referrals(belonging.ids_of(card.pk)),
    }
    return render(request, "office/customers/ties.html", context)


def visits(card_id: int) -> int:
    """How often somebody followed the customer's link."""
    mark = f'"referral": {card_id},'  # as json.dumps writes it; the browser's name follows
    with open_book(frame().now) as book:
        events = book.events
        followed = (events.kind == "visited") & events.customer_id.isnull() & events.props.contains(mark)
        asked = events.filter(followed)
        return int(book.arrow(asked.aggregate(n=asked.count())).to_pylist()[0]["n"])


def _tie(customer_id: int, request: HttpRequest) -> None:
    here = frame()
    sign, kind = request.POST.get("kind", ""), request.POST.get("kind", "").removeprefix("-")
    more: dict[str, Any] = {
        "source": office(here.now),
        "now": here.now,
        "user": person(request),
        "since_on": _since(request),
        "occasion": request.POST.get("occasion", ""),
    }
    if request.POST.get("somebody", "").strip():
        _named(customer_id, sign, request.POST["somebody"], more)
        return
    other = cards.get(_chosen(request)).pk
    first, second = (other, customer_id) if sign.startswith("-") else (customer_id, other)
    ties.tie(first, kind, second, **more)


def _named(customer_id: int, sign: str, name: str, more: dict[str, Any]) -> None:
    """Somebody who has no card: one is made that takes no addresses. Who brings or employs has come already, or is no card yet."""
    if sign.startswith("-") or sign == TieKind.REFERRED_BY:
        raise Invalid(
            _("Who brought them is a customer of yours: choose the card."),
            hint=_("Only for household, friends, presents, work and influence somebody new is written down."),
        )
    named.add_named(customer_id, name, sign, **more)


def _since(request: HttpRequest) -> date | None:
    text = request.POST.get("since_on", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("“{text}” is not a date.", hint="Write it as 2026-03-31.", text=text) from None


def _chosen(request: HttpRequest) -> int:
    chosen, reader = request.POST.get("customer", ""), person(request)
    if chosen.isdecimal():
        sight.require(reader, int(chosen))
        return int(chosen)
    words = request.POST.get("who", "").strip()
    found = search.first_ids(words, 2, among=sight.of(reader).within()) if words else []
    if len(found) != 1:
        raise Invalid(
            _("It is not clear who is meant."),
            hint=_("Type more of the name, or #card number, until one is left."),
        )
    return found[0]


def _untie(customer_id: int, tie_id: int, request: HttpRequest) -> None:
    numbers = belonging.ids_of(customer_id)
    if not Tie.objects.filter(Q(customer_id__in=numbers) | Q(other_id__in=numbers), pk=tie_id).exists():
        raise NotFound("This tie is not on the card.")
    ties.untie(tie_id, source=office(frame().now), now=frame().now, user=person(request))


@require_POST
@needs(May.EDIT_CUSTOMERS)
def came(request: HttpRequest, customer_id: int) -> HttpResponse:
    """They came themselves: from now on the card takes addresses."""
    now = frame().now
    if named.came(customer_id, source=office(now), now=now, user=person(request)):
        messages.success(request, _("They came themselves: the card takes their addresses now."))
    return redirect("customer", customer_id)


@require_safe
@needs(May.SEE_CUSTOMERS, May.SEE_NAMES)
def every_tie(request: HttpRequest) -> HttpResponse:
    """What is proposed and waits, who brings most, and how many ties of each kind there are."""
    reader = person(request)
    rows = named.waiting(_SHOWN, among=sight.of(reader).within("customer_id"))
    context = {
        "proposed": [_proposed(row, reader) for row in rows],
        "best": _best(reader),
        "kinds": [
            (words, Tie.objects.filter(kind=kind).count())
            for kind, words in directions().items()
            if not kind.startswith("-")
        ],
        "tabs": tabs(reader, "customers", "ties"),
    }
    return render(request, "office/customers/every_tie.html", context)


def _proposed(row: ProposedTie, reader: User) -> dict[str, Any]:
    return {
        "id": row.pk,
        "customer_id": row.customer_id,
        "name": display_name(row.customer, reader),
        "words": reading(row.kind, mine=True),
        "other_id": row.other_id,
        "other": display_name(row.other, reader) if row.other else row.other_name,
        "evidence": row.evidence,
        "at": row.proposed_at,
    }


def _best(reader: User) -> list[dict[str, Any]]:
    """Who brought most, and what those spent in twelve months."""
    from django.db.models import Count, Sum

    rows = list(
        Tie.objects.filter(sight.of(reader).within("other_id"), kind=TieKind.REFERRED_BY)
        .values("other_id")
        .annotate(people=Count("pk"), spent=Sum("customer__standing__spent_12m_minor"))
        .order_by("-people", "other_id")[:20]
    )
    names = people.names(reader, {row["other_id"] for row in rows})
    return [row | {"name": names.get(row["other_id"], "")} for row in rows]


@require_POST
@needs(May.EDIT_CUSTOMERS, May.SEE_NAMES)
def decide(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Makes a proposed tie, or leaves it."""
    now = frame().now
    sight.require(person(request), *named.tied(proposal_id))
    accept = request.POST.get("accept") == "1"
    named.decide(proposal_id, accept=accept, source=office(now), now=now, user=person(request))
    forget_tallies()
    messages.success(request, _("They are tied.") if accept else _("Left as it was."))
    return redirect("ties")


@tally("customers")
def proposals_waiting() -> int:
    """Ties that are proposed and wait for somebody."""
    return ProposedTie.objects.filter(decided_at=None).count()


def redeem(request: HttpRequest, customer_id: int, text: str, source: Source) -> None:
    """Takes the code of who brought a customer, where one was given; what is wrong with it is said, and the rest stands."""
    if not text.strip():
        return
    here = frame()
    try:
        made = referring.redeem(
            text,
            customer_id,
            source=source,
            now=here.now,
            user=person(request),
            timezone=here.shop.timezone,
        )
    except BeizaiError as error:
        messages.error(request, refusals.in_words(error))
        return
    if made is None:
        messages.info(request, _("Who brought them is on the card already; the code changes nothing."))


@require_safe
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """Somebody follows a customer's link: the visit is counted, the page says the code; it names nobody."""
    customer_id = referring.read(code)
    if not Customer.objects.filter(pk=customer_id).exists():
        raise NotFound("This code is nobody's.", hint="Look again: six signs stand behind the dash.")
    _count_visit(customer_id, request)
    context = {
        "title": frame().shop.name,
        "shop": frame().shop,
        "nonce": frame().nonce,
        "colour": _colour(frame().shop.brand_colour),
        "lang": HTML_LANGUAGES[frame().language],
        "code": referring.code(customer_id),
    }
    answer = render(request, "office/customers/arrive.html", context)
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Vary"] = "Accept-Language"
    return answer


def _colour(text: str) -> str:
    return text if re.fullmatch(r"#[0-9a-fA-F]{3,8}", text) else "#1b4f86"


def _count_visit(customer_id: int, request: HttpRequest) -> None:
    """Durable before the answer; where the inbox fails the visitor sees the page all the same."""
    now = frame().now
    happening = Happening(
        id=f"referral:{uuid.uuid4().hex}",
        kind="visited",
        occurred_at=now,
        received_at=now,
        props={"referral": customer_id, "ua": request.headers.get("User-Agent", "")[:200]},
        simulated=frame().shop.simulated,
    )
    try:
        inbox.current().submit([happening.message()]).result(timeout=_PATIENCE_SECONDS)
    except (Unavailable, TimeoutError):
        logger.exception("a visit by a customer's link was not counted")
