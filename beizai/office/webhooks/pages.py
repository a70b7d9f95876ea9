"""Settings, Webhooks: the endpoints, one of them with its log, one delivery with its attempts."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from beizai.base import clock
from beizai.office import paging
from beizai.office.frame import frame
from beizai.office.paging import Key
from beizai.office.permissions import needs, person
from beizai.office.settings import tabs
from beizai.office.webhooks import words
from beizai.office.webhooks.forms import EndpointForm, LogForm
from beizai.office.wording import moment, number
from beizai.staff import audit
from beizai.staff.roles import May
from beizai.webhooks import endpoints, log
from beizai.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint

_NEEDED = (May.CHANGE_SETTINGS, May.SEE_CONTACT_POINTS)


@require_safe
@needs(*_NEEDED)
def listing(request: HttpRequest) -> HttpResponse:
    """Every endpoint and how it is doing."""
    rows = [
        {"row": row, "badge": words.badge(row), "standing": log.standing(row)}
        for row in WebhookEndpoint.objects.all()
    ]
    return render(request, "office/webhooks/list.html", {"rows": rows, "tabs": tabs("webhooks")})


@needs(*_NEEDED)
def new(request: HttpRequest) -> HttpResponse:
    """A new endpoint; its secret is shown on the answer to this one request and nowhere else."""
    form = EndpointForm(request.POST or None, initial={"customers": ["customer.created"]})
    if request.method == "POST" and form.is_valid():
        made = form.keep(person(request))
        if made is not None:
            return _secret(request, *made)
    return render(request, "office/webhooks/edit.html", {"form": form})


def _secret(request: HttpRequest, row: WebhookEndpoint, secret: str) -> HttpResponse:
    answer = render(request, "office/webhooks/secret.html", {"row": row, "secret": secret})
    answer["Cache-Control"] = "no-store"
    return answer


@needs(*_NEEDED)
def edit(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """What an endpoint is called, where it is, what it is told."""
    found = endpoints.get(endpoint_id)
    form = EndpointForm(request.POST or None, found=found)
    if request.method == "POST" and form.is_valid() and form.keep(person(request)) is not None:
        messages.success(request, _("Saved. It holds for what happens from now on."))
        return redirect("webhook", endpoint_id)
    return render(request, "office/webhooks/edit.html", {"form": form, "row": found})


@require_safe
@needs(*_NEEDED)
def one(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """One endpoint: how it is, what can be done with it, and its log."""
    row = endpoints.get(endpoint_id)
    form = LogForm(request.GET)
    asked = form.asked()
    page = paging.by_key(log.deliveries(row.pk, **asked), Key("pk"), falls=True, params=request.GET)
    tries = log.attempts(page.rows)
    standing = log.standing(row)
    context = {
        "row": row,
        "badge": words.badge(row),
        "why_off": words.why_off(row),
        "failing": words.failing(row.failing_since, row.failures) if row.failing_since else "",
        "last": words.attempt(standing.last_failure) if standing.last_failure else "",
        "tells": [words.kind(code) for code in row.kinds],
        "standing": standing,
        "form": form,
        "page": page,
        "narrowed": any(asked.values()),
        "lines": [_line(one, tries[one.pk]) for one in page.rows],
    }
    return render(request, "office/webhooks/one.html", context)


def _line(row: WebhookDelivery, tries: list[DeliveryAttempt]) -> dict[str, Any]:
    last = tries[-1] if tries else None
    waiting = row.state == words.State.WAITING
    return {
        "row": row,
        "kind": words.kind(row.kind),
        "state": words.state(row.state),
        "colour": words.colour(row.state),
        "tries": len(tries),
        "last": last,
        "outcome": words.attempt(last) if last else "",
        "due_at": row.due_at if waiting and tries else None,
        "may_go_again": not waiting and row.body,
    }


@require_safe
@needs(*_NEEDED)
def delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One delivery: what it says, and every attempt. Looking at somebody's addresses in it is written down."""
    row = log.get(delivery_id)
    if row.endpoint.with_contact_points and row.customer_id is not None and row.body:
        audit.seen(row.customer_id, at=frame().now, user=person(request), timezone=frame().shop.timezone)
    tries = log.attempts([row])[row.pk]
    context = {
        "line": _line(row, tries),
        "row": row,
        "body": json.dumps(json.loads(row.body), indent=2, ensure_ascii=False) if row.body else "",
        "tries": [{"row": one, "outcome": words.attempt(one)} for one in tries],
    }
    return render(request, "office/webhooks/delivery.html", context)


@require_POST
@needs(*_NEEDED)
def resend(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Sends one delivery again."""
    row = log.resend(delivery_id, at=clock.machine_now())
    messages.success(request, _("It goes out again in a moment, with the same id."))
    return redirect("webhook", row.endpoint_id)


@require_POST
@needs(*_NEEDED)
def resend_given_up(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Sends everything again that an endpoint did not take."""
    count = log.resend_given_up(endpoint_id, at=clock.machine_now())
    told = ngettext("%(n)s webhook goes out again.", "%(n)s webhooks go out again.", count)
    messages.success(request, told % {"n": number(count)})
    return redirect("webhook", endpoint_id)


@require_POST
@needs(*_NEEDED)
def ping(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Tries an endpoint while the person waits."""
    _row, answer = log.ping(endpoint_id, at=clock.machine_now())
    said = {"outcome": words.outcome(answer.status, answer.problem), "ms": number(answer.ms)}
    if answer.taken:
        messages.success(request, _("It took the ping: %(outcome)s after %(ms)s ms.") % said)
    else:
        messages.error(request, _("It did not take the ping: %(outcome)s after %(ms)s ms.") % said)
    return redirect("webhook", endpoint_id)


@require_POST
@needs(*_NEEDED)
def switch(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Switches an endpoint on or off."""
    user, at = person(request), clock.machine_now()
    if request.POST.get("to") == "on":
        endpoints.switch_on(endpoint_id, now=frame().now, user=user)
        messages.success(request, _("Switched on: it is told what happens from now on, and what waited."))
    else:
        endpoints.switch_off(endpoint_id, now=frame().now, at=at, user=user)
        messages.success(request, _("Switched off: nothing is told to it."))
    return redirect("webhook", endpoint_id)


@require_POST
@needs(*_NEEDED)
def rotate(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """A new secret, shown on the answer to this one request."""
    at = clock.machine_now()
    secret = endpoints.rotate(endpoint_id, now=frame().now, at=at, user=person(request))
    row = endpoints.get(endpoint_id)
    answer = render(
        request,
        "office/webhooks/secret.html",
        {"row": row, "secret": secret, "until": moment(at + endpoints.BOTH_SIGN)},
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@needs(*_NEEDED)
def remove(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Removes an endpoint once its name was typed."""
    row = endpoints.get(endpoint_id)
    if request.POST.get("name", "").strip() != row.name:
        messages.error(request, _("The name was not typed as it stands: nothing was removed."))
        return redirect("webhook", endpoint_id)
    endpoints.remove(endpoint_id, now=frame().now, user=person(request))
    messages.success(request, _("The endpoint and its log are gone."))
    return redirect("webhooks")
