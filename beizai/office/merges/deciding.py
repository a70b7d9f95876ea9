"""The pairs to look at: two cards side by side, what differs marked, and one of three answers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from beizai.base.errors import Invalid
from beizai.customers.models import Customer
from beizai.identity import cards, proposals
from beizai.identity.models import Merge, Proposal
from beizai.office import people, sight, waiting
from beizai.office.frame import frame
from beizai.office.merges import words
from beizai.office.merges.standing import stand
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies, tally
from beizai.office.tabs import hang, tabs
from beizai.staff.roles import May
from beizai.worker import asked

hang(
    "customers",
    "review",
    gettext_lazy("One person?"),
    "review",
    May.EDIT_CUSTOMERS,
    May.SEE_CONTACT_POINTS,
    place=30,
)
_SHOWN = 20


@tally("customers")
def waiting_pairs() -> int:
    """Pairs of cards somebody should look at."""
    return proposals.count()


@needs(May.EDIT_CUSTOMERS, May.SEE_NAMES, May.SEE_CONTACT_POINTS)
def review(request: HttpRequest) -> HttpResponse:
    """The pair at hand and those after it."""
    sight.require_book(person(request))
    later = request.GET.get("later") == "1"
    rows = proposals.waiting(later=later)
    chosen = request.GET.get("pair", "")
    found = _settled(proposals.get(int(chosen)) if chosen.isdecimal() else rows.first())
    others = [one for one in rows[: _SHOWN + 1] if found is None or one.pk != found.pk][:_SHOWN]
    context = {
        "tabs": tabs(person(request), "customers", "review", review=proposals.count()),
        "later": later,
        "pair": _pair(request, found) if found else None,
        "rows": [_row(request, one) for one in others],
        "count": rows.count(),
        "put_off": proposals.waiting(later=True).count(),
        "cards": Customer.objects.exists(),
        "merged": Merge.objects.exists(),
    }
    return render(request, "office/merges/review.html", context)


@require_POST
@needs(May.EDIT_CUSTOMERS, May.SEE_NAMES, May.SEE_CONTACT_POINTS)
def decide(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Join, keep apart, or later."""
    sight.require_book(person(request))
    here, by = frame(), person(request)
    match request.POST.get("answer"):
        case "join":
            keep = request.POST.get("keep", "")
            made = proposals.join(
                proposal_id, keep=int(keep) if keep.isdecimal() else None, now=here.now, by=by
            )
            stand([made.card_id])
            words_of = _("Joined: everything of both stands on %(name)s's card.")
            name = people.names(by, [made.card_id])[made.card_id]
            messages.success(
                request, words_of % {"name": name}, extra_tags=reverse("merge_apart", args=[made.pk])
            )
        case "apart":
            proposals.keep_apart(proposal_id, now=here.now, by=by)
            undo = reverse("review_reopen", args=[proposal_id])
            messages.success(request, _("They stay two people and are not shown again."), extra_tags=undo)
        case "later":
            proposals.put_off(proposal_id, now=here.now, by=by)
            undo = reverse("review_reopen", args=[proposal_id])
            messages.success(request, _("Put off: the pair waits under “Later”."), extra_tags=undo)
        case _:
            raise Invalid("Nothing was answered.", hint="Join them, keep them apart, or look later.")
    forget_tallies()
    return redirect("review")


@require_POST
@needs(May.EDIT_CUSTOMERS, May.SEE_NAMES, May.SEE_CONTACT_POINTS)
def reopen(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Takes back that they are two people, or were put off."""
    sight.require_book(person(request))
    proposals.reopen(proposal_id, now=frame().now, by=person(request))
    forget_tallies()
    return redirect(f"{reverse('review')}?pair={proposal_id}")


@require_POST
@needs(May.EDIT_CUSTOMERS, May.SEE_CONTACT_POINTS)
def look(request: HttpRequest) -> HttpResponse:
    """Has the whole book looked through."""
    sight.require_book(person(request))
    return waiting.ask(asked.LOOK, {"user_id": person(request).pk}, key=asked.LOOK)


def _settled(found: Proposal | None) -> Proposal | None:
    """A pair whose cards were joined meanwhile is decided; the next one is shown."""
    while found is not None and cards.card_of(found.left_id) == cards.card_of(found.right_id):
        Proposal.objects.filter(pk=found.pk).update(state=Proposal.State.JOINED, decided_at=frame().now)
        found = proposals.waiting().first()
    return found


def _pair(request: HttpRequest, found: Proposal) -> dict[str, Any]:
    left, right = cards.card_of(found.left_id), cards.card_of(found.right_id)
    names = people.names(person(request), [left, right])
    return {
        "id": found.pk,
        "left": left,
        "right": right,
        "left_name": names[left],
        "right_name": names[right],
        "probability": words.likely(found.probability),
        "lines": words.lines(proposals.side_by_side(found)),
        "evidence": words.strongest(found.evidence, most=12),
        "by": words.joined_by(found.rule),
        "open": found.state in (Proposal.State.OPEN, Proposal.State.LATER),
    }


def _row(request: HttpRequest, one: Proposal) -> dict[str, Any]:
    names = people.names(person(request), [one.left_id, one.right_id])
    return {
        "id": one.pk,
        "left": names[one.left_id],
        "right": names[one.right_id],
        "probability": words.likely(one.probability),
        "evidence": words.strongest(one.evidence),
    }
