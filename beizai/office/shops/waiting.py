"""What of web shops waits for a person: a delivery kept aside, a wish about somebody's privacy."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from beizai.base.errors import Invalid, NotFound
from beizai.customers.models import Customer
from beizai.imports.models import ShopDelivery
from beizai.imports.shops import bringing, connections, counting, privacy
from beizai.office import refusals
from beizai.office.customers.listing import display_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies
from beizai.office.shops import words
from beizai.office.shops.forms import RateForm
from beizai.office.wording import number
from beizai.staff.roles import May

_RIGHTS = (May.EDIT_CUSTOMERS, May.SEE_CONTACT_POINTS, May.EXPORT)
_SHOWN = 60_000


@require_POST
@needs(May.IMPORT)
def again(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Plays everything of a shop that waits aside again."""
    found = connections.get(connection_id)
    went, left = bringing.replay_alike(found.pk, now=frame().now, user=person(request))
    forget_tallies()
    said = _("%(went)s are on their way into the book, %(left)s still do not fit.")
    messages.success(request, said % {"went": number(went), "left": number(left)})
    return redirect("shop", connection_id)


@needs(May.IMPORT, May.SEE_CONTACT_POINTS)
def delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One delivery that waits: why, as it came; played again, thrown away, or its money given a rate."""
    row = ShopDelivery.objects.select_related("connection").filter(pk=delivery_id).first()
    if row is None or row.outcome != ShopDelivery.Outcome.ASIDE:
        raise NotFound("There is no delivery {n} aside.", n=delivery_id, hint="See the list.")
    asks_rate = row.reason == "no_rate"
    form = RateForm(request.POST if "rate" in request.POST else None, initial=_foreign(row.body))
    if request.method == "POST":
        answered = _answered(request, row, form)
        if answered is not None:
            return answered
    context = {
        "row": row,
        "words": words.reason(row.reason),
        "why": refusals.said(why) if (why := counting.why(row)) else "",
        "body": _readable(row.body),
        "form": form if asks_rate else None,
    }
    return render(request, "office/shops/delivery.html", context)


def _answered(request: HttpRequest, row: ShopDelivery, form: RateForm) -> HttpResponse | None:
    here, user = frame(), person(request)
    if "throw" in request.POST:
        bringing.throw_away(row.pk, now=here.now, user=user)
        messages.success(request, _("It was thrown away."))
    elif "rate" in request.POST:
        if not (form.is_valid() and form.keep()):
            return None
        went, left = bringing.replay_alike(row.connection_id, "no_rate", now=here.now, user=user)
        said = _("%(went)s are on their way into the book, %(left)s still do not fit.")
        messages.success(request, said % {"went": number(went), "left": number(left)})
    elif bringing.replay(row.pk, now=here.now, user=user).outcome == ShopDelivery.Outcome.ASIDE:
        messages.error(request, _("It still does not fit."))
        return redirect("shop_delivery", row.pk)
    else:
        messages.success(request, _("It is on its way into the book."))
    forget_tallies()
    return redirect("shop", row.connection_id)


def _foreign(body: str) -> dict[str, str]:
    """The currency and the day of an order whose money has no rate."""
    try:
        found = json.loads(body)
        return {
            "currency": str(found["currency"])[:3],
            "since_on": str(found.get("created_at") or found["date_created"])[:10],
        }
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}


def _readable(body: str) -> str:
    if len(body) > _SHOWN:
        return f"{body[:_SHOWN]} …"
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


@needs(*_RIGHTS)
def request_page(request: HttpRequest, request_id: int) -> HttpResponse:
    """A wish about somebody's privacy: who it is, what can be done, and the answer."""
    found = privacy.get(request_id)
    if request.method == "POST":
        privacy.answer(request_id, request.POST.get("answer", ""), now=frame().now, user=person(request))
        forget_tallies()
        messages.success(request, _("The answer is written down."))
        return redirect("shops")
    card = Customer.objects.filter(pk=found.customer_id).first() if found.customer_id else None
    name = display_name(card, person(request)) if card else ""
    context = {
        "found": found,
        "words": words.request(found.kind),
        "answer": words.answer(found.answer),
        "card": card,
        "name": name,
        "typed": name or (str(card.pk) if card else ""),
        "wants_erasing": found.kind in ("redact", "customer_deleted"),
    }
    return render(request, "office/shops/request.html", context)


@require_POST
@needs(*_RIGHTS)
def erase(request: HttpRequest, request_id: int) -> HttpResponse:
    """Erases the customer of a request where the name was typed; shows the certificate."""
    found = privacy.get(request_id)
    card = Customer.objects.filter(pk=found.customer_id).first() if found.customer_id else None
    typed = (display_name(card, person(request)) or str(card.pk)) if card else ""
    if not typed or request.POST.get("typed", "").strip() != typed:
        raise Invalid("The name typed is another one.", hint="Type the name as it stands on the card.")
    made = privacy.erase(request_id, now=frame().now, user=person(request))
    forget_tallies()
    return redirect("erasure_certificate", made.pk)
