"""Gift orders: taken without looking anybody up, worked through in the workshop, told to the giver in one of two sentences."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from beizai.appointments import gifts
from beizai.appointments.gifts import Wanted
from beizai.appointments.models import GiftOrder, GiftState, MadeToMeasure
from beizai.base import money
from beizai.base.errors import Forbidden, Invalid
from beizai.customers import access
from beizai.customers.models import AttributeDefinition
from beizai.office import picking, refusals, sight, wording
from beizai.office.customers.listing import display_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import tally
from beizai.sources.register import office
from beizai.staff.models import Access, User
from beizai.staff.roles import May

_SHOWN = 200


@tally("gifts")
def _kept() -> int:
    """Whether the shop makes anything to measure."""
    return MadeToMeasure.objects.all()[:1].count()


@needs(May.USE_TILL)
def gifts_page(request: HttpRequest) -> HttpResponse:
    """What is open, the longest waiting first."""
    settled = (GiftState.HANDED_OVER, GiftState.CANCELLED)
    rows = (
        GiftOrder.objects.exclude(state__in=settled)
        .select_related("giver", "what")
        .order_by("taken_at", "id")
    )
    reader = person(request)
    found = list(rows.filter(sight.of(reader).within("giver_id"))[:_SHOWN])
    head = ngettext(
        "%(n)s gift is being made or asked for", "%(n)s gifts are being made or asked for", len(found)
    )
    context = {
        "rows": [{"gift": one, "giver": display_name(one.giver, reader), **_state(one)} for one in found],
        "head": head % {"n": wording.number(len(found))} if found else _("No gift is waiting"),
        "made_here": MadeToMeasure.objects.exists(),
    }
    return render(request, "office/gifts/list.html", context)


@needs(May.USE_TILL)
def take_page(request: HttpRequest) -> HttpResponse:
    """At the counter: what the giver says is written down, and nobody is looked up."""
    given = request.POST or request.GET
    giver = picking.chosen(given.get("giver") or given.get("customer", ""), request)
    wrong = ""
    if request.method == "POST" and giver is not None:
        try:
            made = gifts.take(_wanted(request, giver.pk), by=person(request), now=frame().now)
            access.served(giver.pk, person(request), frame().now)
        except Invalid as error:
            wrong = refusals.in_words(error)
        else:
            words = _("%(number)s is taken. Say: “We shall see whether it can be made, and let you know.”")
            messages.success(request, words % {"number": made.number})
            return redirect("gifts")
    who = str(given.get("who", "")).strip()
    context = {
        "giver": giver,
        "name": display_name(giver, person(request)) if giver else "",
        "who": who,
        "rows": picking.people(who, request),
        "whats": MadeToMeasure.objects.all(),
        "given": given,
        "wrong": wrong,
        "sign": wording.currency_symbol(),
    }
    return render(request, "office/gifts/take.html", context)


@needs(May.USE_TILL)
def gift_page(request: HttpRequest, gift_id: int) -> HttpResponse:
    """One gift: its sheet for the workshop, what to tell the giver, what may be done next."""
    gift = _open_one(request, gift_id)
    context = {
        "gift": gift,
        "giver": display_name(gift.giver, person(request)),
        "measures": _measures(gift, person(request)),
        "steps": [(state_name(one.step), one) for one in gift.steps.select_related("user").order_by("id")],
        **_state(gift),
    }
    return render(request, "office/gifts/one.html", context)


def _open_one(request: HttpRequest, gift_id: int) -> GiftOrder:
    """The order, of a giver the reader may open."""
    gift = gifts.get(gift_id)
    sight.require(person(request), gift.giver_id)
    return gift


def _measures(gift: GiftOrder, reader: User) -> list[tuple[str, str]] | None:
    """Label and value of each measure; None where there are none to be seen.

    A branch that sees its own customers alone does not see the measures of another's: the workshop there makes it.
    """
    if gift.state not in (GiftState.CAN_BE_MADE, GiftState.MAKING, GiftState.READY):
        return None
    branch = sight.of(reader).branch
    if branch and branch.access == Access.OWN and not sight.sees(reader, [gift.receiver_id or 0]):
        return None
    try:
        sheet = gifts.sheet(gift.pk, now=frame().now)
    except Forbidden:
        return None
    known = {one.key: one for one in AttributeDefinition.objects.filter(key__in=dict(sheet.measures))}
    return [
        (
            known[key].label if key in known else key,
            f"{value} {known[key].unit if key in known else ''}".strip(),
        )
        for key, value in sheet.measures
    ]


@require_POST
@needs(May.USE_TILL)
def look(request: HttpRequest, gift_id: int) -> HttpResponse:
    """The workshop looks whether it can be made."""
    gifts.look(_open_one(request, gift_id).pk, by=person(request), now=frame().now)
    return redirect("gift", gift_id)


@require_POST
@needs(May.USE_TILL)
def step(request: HttpRequest, gift_id: int) -> HttpResponse:
    """Making, ready, handed over, called off."""
    now = frame().now
    gift = gifts.step(
        _open_one(request, gift_id).pk,
        request.POST.get("step", ""),
        source=office(now),
        by=person(request),
        now=now,
    )
    messages.success(request, state_name(gift.state))
    return redirect("gift", gift_id)


def _wanted(request: HttpRequest, giver_id: int) -> Wanted:
    given = request.POST
    price = given.get("price", "").replace(" ", "").replace(",", ".")
    what = given.get("what", "")
    try:
        wanted_on = date.fromisoformat(given["wanted_on"]) if given.get("wanted_on") else None
    except ValueError:
        raise Invalid("“{text}” is no day.", text=given["wanted_on"], hint="Write 2026-05-30.") from None
    return Wanted(
        giver_id=giver_id,
        what_id=int(what) if what.isdecimal() else 0,
        receiver_name=given.get("receiver_name", ""),
        receiver_point=given.get("receiver_point", ""),
        wish=given.get("wish", ""),
        price_minor=money.to_minor(price, frame().shop.currency) if price else None,
        wanted_on=wanted_on,
    )


def state_name(state: str) -> str:
    """A state in the reader's words."""
    return {
        GiftState.TAKEN: _("Taken"),
        GiftState.CAN_BE_MADE: _("Can be made"),
        GiftState.NEEDS_THEM: _("They have to come in"),
        GiftState.MAKING: _("Is being made"),
        GiftState.READY: _("Is ready"),
        GiftState.HANDED_OVER: _("Handed over"),
        GiftState.CANCELLED: _("Called off"),
    }[GiftState(state)]


def _state(gift: GiftOrder) -> dict[str, Any]:
    """The state, its colour, what to say to the giver, and the next step."""
    tone, say, next_step, verb = {
        GiftState.TAKEN: ("info", "", "", ""),
        GiftState.CAN_BE_MADE: ("good", _("We can make it."), GiftState.MAKING, _("Begin to make it")),
        GiftState.NEEDS_THEM: (
            "warn",
            _("We shall gladly make it once they come in to be measured."),
            "",
            "",
        ),
        GiftState.MAKING: ("info", _("It is being made."), GiftState.READY, _("It is ready")),
        GiftState.READY: ("good", _("It is ready."), GiftState.HANDED_OVER, _("Hand it over")),
        GiftState.HANDED_OVER: ("line", "", "", ""),
        GiftState.CANCELLED: ("line", "", "", ""),
    }[GiftState(gift.state)]
    return {"state": state_name(gift.state), "tone": tone, "say": say, "next": next_step, "verb": verb}
