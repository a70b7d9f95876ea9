"""Writing down what a customer allowed or refused: the exact words, when, how it is known."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base.errors import Invalid
from beizai.consent import ledger, proof
from beizai.consent.models import Basis, ConsentEntry, Decision, Purpose
from beizai.customers import cards
from beizai.office import refusals
from beizai.office.customers.listing import display_name
from beizai.office.customers.reach import CHANNELS, channel_name
from beizai.office.customers.timeline import purpose_name
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.sources.register import office
from beizai.staff.roles import May


class ConsentForm(forms.Form):
    """One decision. A permission needs its words; a refusal does not."""

    decision = forms.ChoiceField(label=gettext_lazy("They"), widget=forms.RadioSelect)
    purpose = forms.ChoiceField(label=gettext_lazy("What for"))
    channel = forms.ChoiceField(label=gettext_lazy("By which channel"), required=False)
    text = forms.CharField(
        label=gettext_lazy("The exact words they agreed to, or said"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "As on the form, or as you asked: “May we send you news and offers by email?” “Yes.”"
        ),
    )
    on = forms.DateField(
        label=gettext_lazy("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    basis = forms.ChoiceField(label=gettext_lazy("Lawful basis"))
    assessment = forms.CharField(
        label=gettext_lazy("Why our interest outweighs theirs"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Only for a legitimate interest."),
    )
    expires = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: until they take it back, or the law ends it."),
    )
    evidence = forms.FileField(
        label=gettext_lazy("The paper or recording that shows it"),
        required=False,
        help_text=gettext_lazy("Kept as it is, with its fingerprint; up to 10 MB."),
    )
    how = forms.CharField(
        label=gettext_lazy("How we know"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Paper form in the drawer, told me at the till, phone call…"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, str]]] = {
            "decision": [
                (Decision.GRANTED, _("allowed it")),
                (Decision.REFUSED, _("refused it")),
                (Decision.WITHDRAWN, _("took an earlier permission back")),
            ],
            "purpose": [(purpose, purpose_name(purpose)) for purpose in Purpose.values],
            "channel": [*((channel, channel_name(channel)) for channel in CHANNELS), ("", channel_name(""))],
            "basis": [
                (Basis.CONSENT, _("they agreed")),
                (Basis.SOFT_OPT_IN, _("bought, was told at the sale, could say no")),
                (Basis.CONTRACT, _("part of the contract")),
                (Basis.LEGITIMATE_INTEREST, _("legitimate interest")),
                (Basis.IMPLIED, _("implied by a purchase; ends by itself")),
                (Basis.INQUIRY, _("implied by asking us; ends by itself")),
                (Basis.LEGAL_DUTY, _("a duty in law")),
            ],
        }
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]


@needs(May.EDIT_CUSTOMERS, May.SEE_CONTACT_POINTS)
def consent(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The form of one decision."""
    card = cards.get(customer_id)
    here = frame()
    initial = {
        "decision": Decision.GRANTED,
        "purpose": Purpose.MARKETING,
        "channel": "email",
        "on": here.today,
    }
    form = ConsentForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _record(request, customer_id, form):
        messages.success(request, _("The decision is written down."))
        return redirect("customer", customer_id)
    used = (
        ConsentEntry.objects.filter(decision=Decision.GRANTED)
        .order_by("-pk")
        .values_list("text", flat=True)[:50]
    )
    context = {
        "card": card,
        "name": display_name(card, person(request)),
        "form": form,
        "used": list(dict.fromkeys(used))[:3],
    }
    return render(request, "office/customers/consent.html", context)


def _record(request: HttpRequest, customer_id: int, form: ConsentForm) -> bool:
    here, data = frame(), form.cleaned_data
    day = datetime.combine(data["on"], time(12), tzinfo=here.zone)
    at = here.now if data["on"] == here.today else day
    ends, file = data["expires"], data["evidence"]
    try:
        kept = proof.keep(file.read(), file.name) if file else None
        ledger.record(
            ledger.Given(
                customer_id=customer_id,
                purpose=data["purpose"],
                channel=data["channel"],
                decision=data["decision"],
                text=data["text"].strip(),
                at=at,
                source_id=office(here.now).pk,
                basis=data["basis"],
                evidence={"how": data["how"]} if data["how"] else {},
                assessment=data["assessment"].strip(),
                language=here.language,
                expires_at=datetime.combine(ends, time(23, 59), tzinfo=here.zone) if ends else None,
                evidence_file=kept.name if kept else "",
                evidence_sha256=kept.sha256 if kept else "",
            ),
            now=here.now,
            user=person(request),
        )
    except Invalid as error:
        field = {"lies_ahead": "on", "assessment_missing": "assessment"}.get(error.code, "text")
        form.add_error(field, refusals.in_words(error))
        return False
    return True
