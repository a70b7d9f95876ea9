"""What waits aside: one kind at a time, mended or played again as it is; and the schemas it is held against."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from beizai.base.errors import Invalid, NotFound
from beizai.events import quarantine, schemas
from beizai.events.models import EventSchema, QuarantinedEvent
from beizai.office import refusals
from beizai.office.events import words
from beizai.office.events.forms import MendForm, SchemaForm
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.shell import forget_tallies
from beizai.office.wording import number
from beizai.staff.roles import May

_SHOWN = 100


@require_safe
@needs(May.IMPORT, May.SEE_CONTACT_POINTS)
def aside(request: HttpRequest) -> HttpResponse:
    """Events that wait for the same reason under the same name."""
    reason, name = request.GET.get("reason", ""), request.GET.get("name", "")
    rows = QuarantinedEvent.objects.filter(reason=reason, name=name).select_related("source")
    context = {
        "words": words.reason(reason),
        "reason": reason,
        "name": name,
        "count": rows.count(),
        "rows": rows.order_by("-pk")[:_SHOWN],
        "shown": _SHOWN,
        "schema": EventSchema.objects.filter(name=name).first() if reason == "schema" else None,
    }
    return render(request, "office/events/aside.html", context)


@require_POST
@needs(May.IMPORT, May.SEE_CONTACT_POINTS)
def all_alike(request: HttpRequest) -> HttpResponse:
    """Plays all of a kind again, or throws them away."""
    reason, name = request.POST.get("reason", ""), request.POST.get("name", "")
    if request.POST.get("do") == "throw":
        gone = quarantine.throw_away(reason, name, now=frame().now, user=person(request))
        messages.success(request, _("%(n)s events were thrown away.") % {"n": number(gone)})
    else:
        went, left = quarantine.replay_alike(reason, name, now=frame().now, user=person(request))
        words_of_it = _("%(went)s are on their way into the book, %(left)s still do not fit.")
        messages.success(request, words_of_it % {"went": number(went), "left": number(left)})
    forget_tallies()
    return redirect("events")


@needs(May.IMPORT, May.SEE_CONTACT_POINTS)
def event(request: HttpRequest, event_id: int) -> HttpResponse:
    """One event: why it waits, and its text to be mended."""
    found = quarantine.get(event_id)
    form = MendForm(request.POST or None, initial={"body": _readable(found.body)})
    if request.method == "POST" and form.is_valid():
        try:
            quarantine.replay(event_id, form.cleaned_data["body"], now=frame().now, user=person(request))
        except Invalid as error:
            form.add_error("body", refusals.in_words(error))
        else:
            forget_tallies()
            messages.success(request, _("The event is on its way into the book."))
            return redirect("events")
    context = {"form": form, "event": found, "words": words.reason(found.reason)}
    return render(request, "office/events/event.html", context)


def _readable(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


@needs(May.CHANGE_SETTINGS)
def schema(request: HttpRequest, schema_id: int | None = None) -> HttpResponse:
    """What events of a name must look like: new, changed, or dropped."""
    found = EventSchema.objects.filter(pk=schema_id).first() if schema_id else None
    if schema_id and found is None:
        raise NotFound(_("There is no such schema any more."))
    if request.method == "POST" and found is not None and "drop" in request.POST:
        schemas.drop(found.pk)
        messages.success(request, _("Events of this name may look as they like."))
        return redirect("events")
    asked = {name: request.GET[name] for name in ("call", "name") if name in request.GET}
    form = SchemaForm(request.POST or None, found=found, **({} if found else {"initial": asked}))
    if request.method == "POST" and form.is_valid() and form.keep(person(request)) is not None:
        waiting = QuarantinedEvent.objects.filter(reason="schema", name=form.cleaned_data["name"]).count()
        messages.success(request, _kept(waiting))
        return redirect("events")
    return render(request, "office/events/schema.html", {"form": form, "schema": found})


def _kept(waiting: int) -> str:
    if not waiting:
        return _("The schema is kept. It holds from the next event on.")
    return ngettext(
        "The schema is kept. %(n)s event of this name waits aside and can be played again.",
        "The schema is kept. %(n)s events of this name wait aside and can be played again.",
        waiting,
    ) % {"n": number(waiting)}
