"""A chat exported from a messenger: whose it is, which of those who wrote is the customer, and only their words are kept."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from beizai.base.errors import Invalid
from beizai.conversations import exports, talking
from beizai.customers.models import Customer
from beizai.office import picking, refusals, wording
from beizai.office.customers.listing import display_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.sources.models import SourceKind
from beizai.sources.register import source
from beizai.staff import audit
from beizai.staff.roles import May

_LARGEST = 20 * 1024 * 1024


@needs(May.EDIT_CUSTOMERS)
def bring_page(request: HttpRequest) -> HttpResponse:
    """One form: the file, the customer's name in it, and which of day and month stands first where that is not plain."""
    given = request.POST or request.GET
    customer = picking.chosen(given.get("customer", ""), request)
    wrong, ask_dates = "", False
    if request.method == "POST" and customer is not None:
        try:
            brought = _bring(request, customer)
        except Invalid as error:
            wrong, ask_dates = refusals.in_words(error), error.code == "dates_ambiguous"
        else:
            words = _("%(new)s messages are new, %(known)s were known, %(left)s by others were left out.")
            counts = {"new": brought.new, "known": brought.known, "left": brought.left_out}
            messages.success(request, words % {key: wording.number(count) for key, count in counts.items()})
            return redirect("conversation", brought.conversation.pk)
    context = {
        "customer": customer,
        "name": display_name(customer, person(request)) if customer else "",
        "given": given,
        "wrong": wrong,
        "ask_dates": ask_dates,
    }
    return render(request, "office/conversations/bring.html", context)


def _bring(request: HttpRequest, customer: Customer) -> talking.Brought:
    file = request.FILES.get("file")
    if file is None:
        raise Invalid("No file was chosen.", hint="Choose the exported chat.")
    if (file.size or 0) > _LARGEST:
        raise Invalid(
            "The file is over {most} MB.", most=_LARGEST // 1024**2, hint="Export the chat without media."
        )
    dates = request.POST.get("dates", "")
    lines = exports.read(file.read(), dates=dates if dates in ("dmy", "mdy") else "")
    now = frame().now
    who = request.POST.get("name", "").strip() or customer.name
    found = talking.bring_in(
        lines,
        customer_id=customer.pk,
        name=who,
        way="messenger",
        source=source("Exported chats", SourceKind.CHAT, now=now),
        by=person(request),
        now=now,
    )
    audit.record("conversation.brought", at=now, user=person(request), customer_id=customer.pk, new=found.new)
    return found
