"""The forms of events: a key, the sites it is heeded from, a schema, an event to be mended."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base.errors import BeizaiError
from beizai.events import keys, schemas
from beizai.events.models import EventSchema, WriteKey
from beizai.office import refusals
from beizai.office.events import words
from beizai.office.frame import frame
from beizai.sources.models import Source
from beizai.staff.models import User


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(label=gettext_lazy("Which site or program will use it"), max_length=80)
    place = forms.ChoiceField(
        label=gettext_lazy("Where the key will stand"), widget=forms.RadioSelect, initial="program"
    )
    source = forms.ModelChoiceField(
        label=gettext_lazy("Its customer numbers are those of"),
        queryset=Source.objects.none(),
        required=False,
        help_text=gettext_lazy("The number a program calls a customer by is looked up in this source."),
    )
    origins = forms.CharField(
        label=gettext_lazy("Only heeded from these sites, one per line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "https://shop.example"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["source"].empty_label = _("a new source of this name")  # type: ignore[attr-defined]
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            ("program", _("In a program of ours, where nobody sees it")),
            ("page", _("In the pages of a site, where everybody can read it")),
        ]

    def make(self, user: User) -> tuple[WriteKey, str] | None:
        """The new key with its text; None with the reason beside its field."""
        data = self.cleaned_data
        try:
            return keys.make(
                data["name"],
                now=frame().now,
                user=user,
                source=data["source"],
                in_browser=data["place"] == "page",
                origins=_lines(data["origins"]),
            )
        except BeizaiError as error:
            self.add_error("origins", refusals.in_words(error))
            return None


class OriginsForm(forms.Form):
    """The sites a key is heeded from."""

    origins = forms.CharField(
        label=gettext_lazy("Only heeded from these sites, one per line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def keep(self, key_id: int, user: User) -> bool:
        """Keeps them; False with the reason beside the field."""
        try:
            keys.change_origins(key_id, _lines(self.cleaned_data["origins"]), now=frame().now, user=user)
        except BeizaiError as error:
            self.add_error("origins", refusals.in_words(error))
            return False
        return True


class SchemaForm(forms.Form):
    """What events of a name must look like."""

    call = forms.ChoiceField(label=gettext_lazy("Which calls"))
    name = forms.CharField(
        label=gettext_lazy("Their name"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "Without a name it holds for all calls of this type that have no schema of their own."
        ),
    )
    schema = forms.CharField(
        label=gettext_lazy("JSON Schema of their properties, or of the traits"),
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "field mono"}),
        initial='{\n  "type": "object",\n  "required": ["price"],\n  "properties": {\n    "price": {"type": "number"}\n  }\n}',
    )

    def __init__(self, *args: Any, found: EventSchema | None = None, **kwargs: Any) -> None:
        if found is not None:
            text = json.dumps(found.schema, indent=2, ensure_ascii=False)
            kwargs["initial"] = {"call": found.call, "name": found.name, "schema": text}
        super().__init__(*args, **kwargs)
        names = words.calls()
        self.fields["call"].choices = [(call, f"{call} ({names[call]})") for call in schemas.CALLS]  # type: ignore[attr-defined]
        if found is not None:
            self.fields["call"].disabled = self.fields["name"].disabled = True

    def keep(self, user: User) -> EventSchema | None:
        """The schema as it was kept; None with the reason beside the field."""
        data = self.cleaned_data
        try:
            schema = json.loads(data["schema"])
            return schemas.save(data["call"], data["name"], schema, now=frame().now, user=user)
        except (ValueError, RecursionError):
            self.add_error("schema", _("This is no JSON."))
        except BeizaiError as error:
            self.add_error("schema", refusals.in_words(error))
        return None


class MendForm(forms.Form):
    """An event as it came, to be mended."""

    body = forms.CharField(
        label=gettext_lazy("The event"),
        widget=forms.Textarea(attrs={"rows": 20, "spellcheck": "false", "class": "field mono"}),
    )
