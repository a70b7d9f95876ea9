"""Attributes: what may be known of a customer beside name and address, in six families."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.customers.models import AttributeDefinition, AttributeKind, Family
from beizai.office.customers.card import family_names
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.office.settings import tabs
from beizai.staff import audit
from beizai.staff.roles import May


class AttributeForm(forms.ModelForm):  # type: ignore[type-arg]
    """One thing that may be known of a customer."""

    answers = forms.CharField(
        label=gettext_lazy("Answers, for a choice: one per line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = AttributeDefinition
        fields = ["label", "family", "kind", "unit", "sensitive", "position"]
        labels = {
            "label": gettext_lazy("What it is called"),
            "family": gettext_lazy("Family"),
            "kind": gettext_lazy("Kind of answer"),
            "unit": gettext_lazy("Unit"),
            "sensitive": gettext_lazy("Sensitive: never in subjects, ads or exports"),
            "position": gettext_lazy("Place in the list"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = family_names()
        self.fields["family"].choices = [(family, names[family]) for family in Family.values]  # type: ignore[attr-defined]
        kinds = kind_names()
        self.fields["kind"].choices = [(kind, kinds[kind]) for kind in AttributeKind.values]  # type: ignore[attr-defined]
        self.fields["position"].required = False
        self.initial["answers"] = "\n".join(self.instance.choices)

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        answers = [line.strip() for line in data.get("answers", "").splitlines() if line.strip()]
        if data.get("kind") == AttributeKind.CHOICE and not answers:
            self.add_error("answers", _("A choice needs its answers."))
        self.instance.choices = list(dict.fromkeys(answers))
        return data

    def keep(self) -> AttributeDefinition:
        """Saves it; a new one gets a key of its own, which never changes after."""
        if not self.instance.key:
            stem = slugify(self.cleaned_data["label"]).replace("-", "_")[:50] or "attribute"
            taken = set(
                AttributeDefinition.objects.filter(key__startswith=stem).values_list("key", flat=True)
            )
            numbered = (f"{stem}_{number}" for number in range(2, 10_000))
            self.instance.key = (
                stem if stem not in taken else next(key for key in numbered if key not in taken)
            )
        saved: AttributeDefinition = self.save()
        return saved


def kind_names() -> dict[str, str]:
    """The kinds of answers."""
    return {
        "text": _("words"),
        "number": _("a number"),
        "money": _("an amount of money"),
        "date": _("a date"),
        "choice": _("one of several answers"),
        "boolean": _("yes or no"),
    }


@needs(May.CHANGE_SETTINGS)
def attributes(request: HttpRequest) -> HttpResponse:
    """What may be known of a customer."""
    rows = [
        {"one": one, "family": family_names()[one.family], "kind": kind_names()[one.kind]}
        for one in AttributeDefinition.objects.all()
    ]
    return render(request, "office/settings/attributes.html", {"rows": rows, "tabs": tabs("attributes")})


@needs(May.CHANGE_SETTINGS)
def attribute(request: HttpRequest, definition_id: int | None = None) -> HttpResponse:
    """One attribute, new or changed. Its kind stays once it is in use: values would no longer fit."""
    found = AttributeDefinition.objects.filter(pk=definition_id).first() if definition_id else None
    form = AttributeForm(request.POST or None, instance=found)
    if found is not None:
        form.fields["kind"].disabled = True
    if request.method == "POST" and form.is_valid():
        kept = form.keep()
        audit.record("attribute.saved", at=frame().now, user=person(request), attribute=kept.key)
        return redirect("settings_attributes")
    return render(
        request, "office/settings/attribute.html", {"form": form, "found": found, "tabs": tabs("attributes")}
    )


urlpatterns = [
    path("settings/attributes/", attributes, name="settings_attributes"),
    path("settings/attributes/new/", attribute, name="settings_attribute_new"),
    path("settings/attributes/<int:definition_id>/", attribute, name="settings_attribute"),
]
