"""The fields in which what customers told is written down: one for each kind of answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from beizai.base.money import from_minor
from beizai.customers import answers, facts, photos
from beizai.customers.answers import ON
from beizai.customers.models import AttributeDefinition, AttributeKind, Customer
from beizai.office.wording import currency_symbol

PREFIX = "fact_"
_AWAY = "_away"
_BLANK_ROWS = 2
_MOST_ROWS = 220


class RecordsTable(forms.Widget):
    """Rows of a date and its columns, with two empty ones below."""

    def __init__(self, definition: AttributeDefinition) -> None:
        super().__init__()
        self.definition = definition

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows: list[Mapping[str, str]] = [*(value or []), *({} for _ in range(_BLANK_ROWS))]
        context = {
            "rows": [self._cells(name, number, row) for number, row in enumerate(rows)],
            "count_name": f"{name}-rows",
            "count": len(rows),
        }
        return render_to_string("office/customers/records.html", context)

    def _cells(self, name: str, number: int, row: Mapping[str, str]) -> list[dict[str, Any]]:
        on = {"key": ON, "label": _("Date"), "kind": "date"}
        return [
            {
                "name": f"{name}-{number}-{column['key']}",
                "label": f"{column['label']} ({currency_symbol()})"
                if column["kind"] == AttributeKind.MONEY
                else column["label"],
                "kind": column["kind"],
                "choices": column.get("choices", []),
                "value": row.get(column["key"], ""),
            }
            for column in [on, *self.definition.columns]
        ]

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, str]]:
        count = str(data.get(f"{name}-rows", "0"))
        keys = [ON, *(column["key"] for column in self.definition.columns)]
        return [
            {key: str(data.get(f"{name}-{number}-{key}", "")) for key in keys}
            for number in range(min(int(count), _MOST_ROWS) if count.isdecimal() else 0)
        ]


class RecordsField(forms.Field):
    """A list of records; whatever is in it is read by `answers.records`."""

    def __init__(self, definition: AttributeDefinition, **kwargs: Any) -> None:
        super().__init__(widget=RecordsTable(definition), **kwargs)


def field_name(one: AttributeDefinition) -> str:
    """The name of the field of an attribute."""
    return f"{PREFIX}{one.pk}"


def fields(one: AttributeDefinition, has_picture: bool) -> dict[str, forms.Field]:
    """The fields in which one attribute is answered: one, and for a picture that is there a second to take it away."""
    found = {field_name(one): _field(one)}
    if one.question and one.question != one.label:
        found[field_name(one)].help_text = one.question
    if has_picture:
        found[f"{field_name(one)}{_AWAY}"] = forms.BooleanField(
            label=_("Take the picture away: %(name)s") % {"name": one.label}, required=False
        )
    return found


def _field(one: AttributeDefinition) -> forms.Field:  # noqa: PLR0911  (one kind each)
    label = f"{one.label} ({one.unit})" if one.unit else one.label
    match one.kind:
        case AttributeKind.CHOICE:
            return forms.ChoiceField(
                label=label, required=False, choices=[("", _("not known")), *((c, c) for c in one.choices)]
            )
        case AttributeKind.CHOICES:
            return forms.MultipleChoiceField(
                label=label,
                required=False,
                choices=[(c, c) for c in one.choices],
                widget=forms.CheckboxSelectMultiple,
            )
        case AttributeKind.BOOLEAN:
            said = [("", _("not known")), ("yes", _("yes")), ("no", _("no"))]
            return forms.ChoiceField(label=label, required=False, choices=said)
        case AttributeKind.DATE:
            return forms.CharField(
                label=label, required=False, widget=forms.TextInput(attrs={"type": "date"})
            )
        case AttributeKind.MONEY:
            return forms.CharField(label=f"{label} ({currency_symbol()})", required=False, max_length=40)
        case AttributeKind.PHOTO:
            pictures = forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"})
            return forms.FileField(label=label, required=False, widget=pictures)
        case AttributeKind.RECORDS:
            return RecordsField(one, label=label, required=False)
    return forms.CharField(label=label, required=False, max_length=2000)


def initial(card: Customer, asked: Sequence[AttributeDefinition], currency: str) -> dict[str, Any]:
    """What stands on the card, as the fields show it."""
    return {field_name(one): _shown(one, card.facts.get(one.key, {}).get("v"), currency) for one in asked}


def _shown(one: AttributeDefinition, value: Any, currency: str) -> Any:
    if value is None:
        return None
    match one.kind:
        case AttributeKind.MONEY:
            return from_minor(value, currency)
        case AttributeKind.BOOLEAN:
            return "yes" if value else "no"
        case AttributeKind.PHOTO:
            return None
        case AttributeKind.RECORDS:
            keys = [ON, *(column["key"] for column in one.columns)]
            return [dict(zip(keys, answers.cells(one, row, currency), strict=True)) for row in value]
    return value


def read(one: AttributeDefinition, cleaned: Mapping[str, Any], card: Customer, currency: str) -> Any:
    """The value of the fields of one attribute; Invalid where they cannot be one."""
    given = cleaned.get(field_name(one))
    match one.kind:
        case AttributeKind.CHOICES:
            return facts.several(one, given or [])
        case AttributeKind.RECORDS:
            return facts.records(one, given or [], currency=currency)
        case AttributeKind.PHOTO:
            if isinstance(given, UploadedFile):
                return photos.keep(given.read())
            return None if cleaned.get(f"{field_name(one)}{_AWAY}") else card.facts.get(one.key, {}).get("v")
    return facts.parse(one, given or "", currency=currency)
