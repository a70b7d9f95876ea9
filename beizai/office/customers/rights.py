"""What a customer may ask for: all that is held of them, the proof of their consents, restriction, erasure."""

import tempfile
from pathlib import Path

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from beizai.base.errors import Invalid, NotFound
from beizai.consent import erasing, giving_out, proof, restricting
from beizai.consent.models import ErasureCertificate, Restriction
from beizai.consent.rules import may_contact
from beizai.customers import cards
from beizai.office.customers.listing import display_name
from beizai.office.customers.reach import CHANNELS
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.staff import audit
from beizai.staff.roles import May

_JSON = "application/json"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MAY = (May.EDIT_CUSTOMERS, May.SEE_CONTACT_POINTS, May.EXPORT)


@require_safe
@needs(*_MAY)
def rights(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The page of one customer."""
    card = cards.get(customer_id)
    name = display_name(card, person(request))
    context = {
        "card": card,
        "name": name,
        "typed": name or str(card.pk),
        "restricted": customer_id in restricting.restricted(frame().now),
        "history": Restriction.objects.filter(customer_id=customer_id).order_by("-at", "-pk")[:20],
    }
    return render(request, "office/customers/rights.html", context)


@require_safe
@needs(*_MAY)
def give_out(request: HttpRequest, customer_id: int, kind: str) -> HttpResponse:
    """All that is held of them as JSON or workbook, or the proof of their consents; who took it is written down."""
    here = frame()
    content, media, action = b"", _JSON, "customer.given_out"
    if kind == "proof":
        answers = {one: may_contact(customer_id, one, "marketing", here.now) for one in CHANNELS}
        found = proof.document(cards.get(customer_id).pk, at=here.now, answers=answers)
        content, action = giving_out.as_json(found).encode(), "consent.exported"
    elif kind in ("json", "xlsx"):
        found = giving_out.document(customer_id, at=here.now, shop_name=here.shop.name)
        content = giving_out.as_json(found).encode() if kind == "json" else _workbook(found)
        media = _JSON if kind == "json" else _EXCEL
    else:
        raise NotFound("There is no such document.")
    audit.record(action, at=here.now, user=person(request), customer_id=customer_id, kind=kind)
    ending = "xlsx" if kind == "xlsx" else "json"
    name = f'attachment; filename="customer-{customer_id}-{kind}.{ending}"'
    return HttpResponse(content, content_type=media, headers={"Content-Disposition": name})


def _workbook(found: dict[str, object]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="beizai-export-") as folder:
        path = Path(folder) / "customer.xlsx"
        giving_out.write_xlsx(found, path)
        return path.read_bytes()


@require_POST
@needs(*_MAY)
def restrict(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Their data is only kept from now on, or used again."""
    here, reason = frame(), request.POST.get("reason", "")
    on = request.POST.get("on") == "1"
    change = restricting.restrict if on else restricting.lift
    change(cards.get(customer_id).pk, reason, at=here.now, user=person(request))
    audit.record("customer.restricted", at=here.now, user=person(request), customer_id=customer_id, on=on)
    messages.success(
        request, _("Their data is only kept from now on.") if on else _("Their data is used again.")
    )
    return redirect("customer_rights", customer_id)


@require_POST
@needs(*_MAY)
def erase(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Erases the customer where the name was typed; shows the certificate."""
    card = cards.get(customer_id)
    typed = display_name(card, person(request)) or str(card.pk)
    if request.POST.get("typed", "").strip() != typed:
        raise Invalid("The name typed is another one.", hint="Type the name as it stands on the card.")
    made = erasing.erase(customer_id, request.POST.get("reason", ""), at=frame().now, user=person(request))
    return redirect("erasure_certificate", made.pk)


@require_safe
@needs(*_MAY)
def certificate(request: HttpRequest, number: int) -> HttpResponse:
    """What was erased, what was kept and why."""
    found = ErasureCertificate.objects.filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such certificate.")
    if request.GET.get("as") == "json":
        name = f'attachment; filename="erasure-{number}.json"'
        content = giving_out.as_json({"certificate": number, "sha256": found.sha256, **found.document})
        return HttpResponse(content, content_type=_JSON, headers={"Content-Disposition": name})
    context = {"one": found, "whole": erasing.is_whole(found)}
    return render(request, "office/customers/certificate.html", context)
