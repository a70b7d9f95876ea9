"""The rules of joining: from when on pairs are shown or joined, what counts as shared, which value a joint card shows."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base.errors import Invalid
from beizai.customers.models import AttributeDefinition
from beizai.identity import cards, merging, rules
from beizai.identity.rules import COLUMNS
from beizai.identity.survivorship import Survives
from beizai.office import refusals
from beizai.office.frame import frame
from beizai.office.merges import words
from beizai.office.permissions import needs, person
from beizai.office.tabs import tabs
from beizai.sources.models import Source
from beizai.staff.roles import May

_AT_ONCE = 500  # joint cards that follow at once


class RulesForm(forms.Form):
    """The thresholds in per cent, and a rule for each field."""

    all_optional = True

    review_above = forms.IntegerField(
        label=gettext_lazy("Show a pair to a person from (%)"), min_value=0, max_value=100
    )
    merge_above = forms.IntegerField(
        label=gettext_lazy("Count a pair as sure from (%)"), min_value=0, max_value=100
    )
    join_by_itself = forms.BooleanField(
        label=gettext_lazy("Join sure pairs without asking (each can be taken apart)"), required=False
    )
    shared_by = forms.IntegerField(
        label=gettext_lazy("An address or number on more cards than this is a shared one"),
        min_value=1,
        max_value=1000,
    )

    source_order = forms.CharField(
        label=gettext_lazy("Sources, the most trusted first, one to a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("For fields that follow the order of sources. Those not named come last."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, words.rule(code)) for code in Survives]
        for name, label in _fields():
            self.fields[_key(name)] = forms.ChoiceField(label=label, choices=choices, required=False)

    def clean_source_order(self) -> list[int]:
        """The sources' numbers in their order."""
        names = [line.strip() for line in str(self.cleaned_data["source_order"]).splitlines() if line.strip()]
        known = dict(Source.objects.filter(name__in=names).values_list("name", "pk"))
        unknown = [name for name in names if name not in known]
        if unknown:
            raise forms.ValidationError(_("There is no source “%(name)s”.") % {"name": unknown[0]})
        return [known[name] for name in names]

    @property
    def survivorship(self) -> list[forms.BoundField]:
        return [self[_key(name)] for name, _label in _fields()]


@needs(May.CHANGE_SETTINGS)
def rules_page(request: HttpRequest) -> HttpResponse:
    """The form."""
    form = RulesForm(request.POST or None, initial=_initial())
    if request.method == "POST" and form.is_valid() and _save(form):
        messages.success(request, _("The rules are changed, and joint cards follow them."))
        return redirect("merge_rules")
    context = {"form": form, "tabs": tabs(person(request), "customers", "review")}
    return render(request, "office/merges/rules.html", context)


def _fields() -> list[tuple[str, str]]:
    own = [(name, words.field(name)) for name in COLUMNS]
    told = AttributeDefinition.objects.values_list("key", "label")
    return own + [(f"fact:{key}", label) for key, label in told]


def _key(name: str) -> str:
    return f"rule_{name.replace(':', '__')}"


def _initial() -> dict[str, Any]:
    found = rules.rules()
    sources = dict(Source.objects.values_list("pk", "name"))
    first = {
        "review_above": round(found.review_above * 100),
        "merge_above": round(found.merge_above * 100),
        "join_by_itself": found.join_by_itself,
        "shared_by": found.shared_by,
        "source_order": "\n".join(sources[number] for number in found.source_order if number in sources),
    }
    return first | {_key(name): str(rules.survives(name, found)) for name, _label in _fields()}


def _save(form: RulesForm) -> bool:
    told = form.cleaned_data
    chosen = {name: told[_key(name)] for name, _label in _fields() if told.get(_key(name))}
    try:
        rules.change(
            review_above=told["review_above"] / 100,
            merge_above=told["merge_above"] / 100,
            join_by_itself=told["join_by_itself"],
            shared_by=told["shared_by"],
            survivorship=chosen,
            source_order=told["source_order"],
        )
    except Invalid as error:
        form.add_error(None, refusals.in_words(error))
        return False
    merging.refresh(list(cards.groups())[:_AT_ONCE], now=frame().now)
    return True
