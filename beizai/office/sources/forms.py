"""The forms of a source: what it is, and on what ground its people may be written to."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base import money
from beizai.base.errors import Invalid
from beizai.office import refusals
from beizai.office.frame import frame
from beizai.office.sources.words import bases, kinds
from beizai.office.wording import currency_symbol
from beizai.sources.models import Source, SourceKind

_BY_ITSELF = (SourceKind.TILL, SourceKind.OFFICE, SourceKind.DEMO, SourceKind.EDGE)


class SourceForm(forms.Form):
    """What a source is, who answers for it, what it cost."""

    name = forms.CharField(label=gettext_lazy("What it is called"), max_length=120)
    kind = forms.ChoiceField(
        label=gettext_lazy("What kind of source it is"),
        help_text=gettext_lazy(
            "There is none for addresses collected from the web: such people may not be written to."
        ),
    )
    owner = forms.CharField(label=gettext_lazy("Who answers for it"), max_length=120, required=False)
    cost = forms.CharField(max_length=40, required=False)
    cost_per_record = forms.CharField(max_length=40, required=False)
    stop_percent = forms.DecimalField(
        label=gettext_lazy("Stop when more than so many of 100 first mails bounce or are disowned"),
        min_value=Decimal("0.5"),
        max_value=Decimal(50),
        decimal_places=1,
        initial=Decimal(5),
    )

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        self.source = source
        super().__init__(*args, **kwargs | {"initial": _initial(source) if source else None})
        offered = [(kind, words) for kind, words in kinds().items() if kind not in _BY_ITSELF]
        if source and source.kind in _BY_ITSELF:
            offered = [(source.kind, kinds()[source.kind])]
        self.fields["kind"].choices = offered  # type: ignore[attr-defined]
        symbol = {"currency": currency_symbol()}
        self.fields["cost"].label = _("Cost in all (%(currency)s)") % symbol
        self.fields["cost_per_record"].label = _("Cost per record, beside that (%(currency)s)") % symbol

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        others = Source.objects.filter(name__iexact=name)
        if self.source:
            others = others.exclude(pk=self.source.pk)
        if others.exists():
            raise forms.ValidationError(_("There is a source of this name already."))
        return name

    def clean_cost(self) -> int:
        return _minor(self.cleaned_data["cost"]) or 0

    def clean_cost_per_record(self) -> int | None:
        return _minor(self.cleaned_data["cost_per_record"])

    def keep(self) -> Source:
        """Makes or changes the source."""
        found = self.source or Source(created_at=frame().now)
        data = self.cleaned_data
        found.name, found.kind, found.owner = data["name"], data["kind"], data["owner"].strip()
        found.cost_minor, found.cost_per_record_minor = data["cost"], data["cost_per_record"]
        found.stop_permille = round(data["stop_percent"] * 10)
        found.save()
        return found


def _minor(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        found = money.to_minor(text.replace(" ", "").replace(",", "."), frame().shop.currency)
    except Invalid as error:
        raise forms.ValidationError(refusals.in_words(error)) from None
    if found < 0:
        raise forms.ValidationError(_("A cost is not below zero."))
    return found


def _initial(source: Source) -> dict[str, Any]:
    currency = frame().shop.currency
    per_record = source.cost_per_record_minor
    return {
        "name": source.name,
        "kind": source.kind,
        "owner": source.owner,
        "cost": money.from_minor(source.cost_minor, currency) if source.cost_minor else "",
        "cost_per_record": "" if per_record is None else money.from_minor(per_record, currency),
        "stop_percent": Decimal(source.stop_permille) / 10,
    }


class BasisForm(forms.Form):
    """On what ground people of a source may be written to, with what proves it."""

    basis = forms.ChoiceField(label=gettext_lazy("Lawful basis"), required=False)
    evidence = forms.CharField(
        label=gettext_lazy("What proves it: the form's words, the contract, the assessment and its date"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["basis"].choices = [("", _("none said")), *bases().items()]  # type: ignore[attr-defined]
