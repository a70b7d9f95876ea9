"""The form in which an attribute is made."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.customers.answers import COLUMN_KINDS, ON
from beizai.customers.models import AttributeDefinition, AttributeKind, Family
from beizai.office.attributes.words import family_names, kind_names, weight_names

_WITH_ANSWERS = (AttributeKind.CHOICE, AttributeKind.CHOICES)
_DIVIDER = "|"


class AttributeForm(forms.ModelForm):  # type: ignore[type-arg]
    """One thing that may be known of a customer."""

    weight = forms.TypedChoiceField(label=gettext_lazy("How much it helps to know it"), coerce=int)
    answers = forms.CharField(
        label=gettext_lazy("Answers to choose from, one per line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    columns_text = forms.CharField(
        label=gettext_lazy("Columns of a record beside its date, one per line"),
        required=False,
        help_text=gettext_lazy(
            "A name; behind a | the kind if it is not words: number, money, or choice with its answers after colons. “Product | choice: Wella: Shiseido”"
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = AttributeDefinition
        fields = ["label", "question", "family", "kind", "unit", "weight", "ask_again_months", "sensitive"]
        labels = {
            "label": gettext_lazy("What it is called"),
            "question": gettext_lazy("How you ask for it, in your words"),
            "family": gettext_lazy("Family"),
            "kind": gettext_lazy("Kind of answer"),
            "unit": gettext_lazy("Unit, for a number or a measure (such as mm)"),
            "ask_again_months": gettext_lazy("Ask again after so many months"),
            "sensitive": gettext_lazy(
                "Sensitive (body, health, children): never in subjects, ads or exports"
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named: dict[str, list[tuple[Any, str]]] = {
            "family": [(family, family_names()[family]) for family in Family.values],
            "kind": [(kind, kind_names()[kind]) for kind in AttributeKind.values],
            "weight": _weights(self.instance.weight),
        }
        for name, choices in named.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields["ask_again_months"].help_text = _("Empty: the answer holds for good.")
        self.initial.setdefault("weight", 1)
        self.initial["answers"] = "\n".join(self.instance.choices)
        self.initial["columns_text"] = "\n".join(_column_line(one) for one in self.instance.columns)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = data.get("kind")
        answers = list(dict.fromkeys(_lines(data.get("answers", ""))))
        if kind in _WITH_ANSWERS and not answers:
            self.add_error("answers", _("A choice needs its answers."))
        if kind == AttributeKind.CHOICES and any(set(";；") & set(answer) for answer in answers):
            self.add_error("answers", _("An answer may not hold a semicolon: it divides several answers."))
        if kind == AttributeKind.MEASURE and not data.get("unit"):
            self.add_error("unit", _("A measure needs its unit."))
        self.instance.choices = answers if kind in _WITH_ANSWERS else []
        self.instance.columns = self._columns(data) if kind == AttributeKind.RECORDS else []
        return data

    def _columns(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        known = {column["label"]: column["key"] for column in self.instance.columns}
        found: list[dict[str, Any]] = []
        for line in _lines(data.get("columns_text", "")):
            label, _bar, rest = (part.strip() for part in line.partition(_DIVIDER))
            kind, *answers = [part.strip() for part in rest.split(":")] if rest else ["text"]
            if kind not in COLUMN_KINDS or not label or (kind == AttributeKind.CHOICE and not answers):
                self.add_error("columns_text", _("“%(line)s” cannot be read as a column.") % {"line": line})
                continue
            taken = {ON, *known.values(), *(one["key"] for one in found)}
            key = known.get(label) or _free(_stem(label, "column"), taken)
            found.append({"key": key, "label": label[:60], "kind": kind, "choices": answers})
        return found

    def keep(self) -> AttributeDefinition:
        """Saves it; a new one gets a key of its own, which never changes after, and stands last."""
        if not self.instance.key:
            stem = _stem(self.cleaned_data["label"], "attribute")
            begun = AttributeDefinition.objects.filter(key__startswith=stem)
            self.instance.key = _free(stem, set(begun.values_list("key", flat=True)))
            last = AttributeDefinition.objects.order_by("-position").first()
            self.instance.position = last.position + 1 if last else 1
        saved: AttributeDefinition = self.save()
        return saved


def _weights(now: int) -> list[tuple[int, str]]:
    names = weight_names()
    return sorted((names | ({} if now in names else {now: str(now)})).items())


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _column_line(column: dict[str, Any]) -> str:
    if column["kind"] == AttributeKind.TEXT:
        return str(column["label"])
    return f"{column['label']} {_DIVIDER} {': '.join([column['kind'], *column.get('choices', [])])}"


def _stem(label: str, otherwise: str) -> str:
    return slugify(label).replace("-", "_")[:50] or otherwise


def _free(stem: str, taken: set[str]) -> str:
    numbered = (f"{stem}_{number}" for number in range(2, 10_000))
    return stem if stem not in taken else next(key for key in numbered if key not in taken)
