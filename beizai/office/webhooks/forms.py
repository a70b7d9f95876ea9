"""The form of an endpoint: where it is, what it is told, of which segments, and whether people's addresses go along."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base.errors import BeizaiError
from beizai.office import refusals
from beizai.office.frame import frame
from beizai.office.webhooks import words
from beizai.segments.models import Segment
from beizai.staff.models import User
from beizai.webhooks import endpoints, kinds
from beizai.webhooks.endpoints import Wish
from beizai.webhooks.models import WebhookEndpoint

_GROUPS = {
    "customers": ("customer.", "import."),
    "consents": ("consent.",),
    "messages": ("message.",),
    "membership": ("segment.",),
}
_FIELD_OF = {"contact_points": "with_contact_points", "nothing_chosen": "customers", "no_name": "name"}


def _several(label: Any, **more: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, widget=forms.CheckboxSelectMultiple, **more)


class EndpointForm(forms.Form):
    """An endpoint, new or changed."""

    name = forms.CharField(label=gettext_lazy("Which program it is"), max_length=80)
    url = forms.CharField(
        label=gettext_lazy("Its address"),
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": "https://shop.example/hooks", "inputmode": "url"}),
        help_text=gettext_lazy("A public address over HTTPS. Nothing is sent to private ones."),
    )
    customers = _several(gettext_lazy("Of customers it is told when"))
    consents = _several(gettext_lazy("Of permissions, when"))
    messages = _several(gettext_lazy("Of mails, when"))
    membership = _several(gettext_lazy("Of segments, when"))
    segments = _several(
        gettext_lazy("Of these segments"),
        help_text=gettext_lazy("None ticked: of every segment. They are counted every ten minutes."),
    )
    with_contact_points = forms.BooleanField(
        label=gettext_lazy("Names, addresses and numbers go along"),
        required=False,
        help_text=gettext_lazy(
            "Else it is told numbers of cards alone. Choose it only with a contract for it; it stands in the record of what was done."
        ),
    )

    def __init__(self, *args: Any, found: WebhookEndpoint | None = None, **kwargs: Any) -> None:
        if found is not None:
            kwargs["initial"] = _initial(found)
        super().__init__(*args, **kwargs)
        self.found = found
        for group, starts in _GROUPS.items():
            codes = [code for code in kinds.KINDS if code.startswith(starts)]
            self.fields[group].choices = [  # type: ignore[attr-defined]
                (code, f"{words.kind(code)} ({code})") for code in codes
            ]
        named = [(str(pk), name) for pk, name in Segment.objects.order_by("name").values_list("pk", "name")]
        if named:
            self.fields["segments"].choices = named  # type: ignore[attr-defined]
        else:
            del self.fields["segments"]

    def keep(self, user: User) -> tuple[WebhookEndpoint, str] | None:
        """The endpoint with its secret ("" where it was there before); None with the reason beside its field."""
        data = self.cleaned_data
        wish = Wish(
            data["name"],
            data["url"],
            [code for group in _GROUPS for code in data[group]],
            [int(one) for one in data.get("segments", ())],
            data["with_contact_points"],
        )
        try:
            if self.found is None:
                return endpoints.add(wish, now=frame().now, user=user)
            return endpoints.change(self.found.pk, wish, now=frame().now, user=user), ""
        except BeizaiError as error:
            self.add_error(_FIELD_OF.get(error.code, "url"), refusals.in_words(error))
            return None


def _initial(found: WebhookEndpoint) -> dict[str, Any]:
    return {
        "name": found.name,
        "url": found.url,
        **{
            group: [code for code in found.kinds if code.startswith(starts)]
            for group, starts in _GROUPS.items()
        },
        "segments": [str(one) for one in found.segments],
        "with_contact_points": found.with_contact_points,
    }


_FILTER = forms.Select(attrs={"class": "field"})


class LogForm(forms.Form):
    """What of the log is shown."""

    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, widget=_FILTER)
    kind = forms.ChoiceField(label=gettext_lazy("What"), required=False, widget=_FILTER)
    id = forms.CharField(
        label=gettext_lazy("Its webhook-id"),
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"class": "field", "size": 20, "placeholder": "webhook-id", "title": "webhook-id"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [(code, words.state(code)) for code in words.State.values]
        self.fields["state"].choices = [("", _("every state")), *states]  # type: ignore[attr-defined]
        told = [(code, code) for code in (*kinds.KINDS, kinds.PING)]
        self.fields["kind"].choices = [("", _("everything")), *told]  # type: ignore[attr-defined]

    def asked(self) -> dict[str, str]:
        """What of it can be read; what somebody typed into the address and there is none of is left aside."""
        self.is_valid()
        data = self.cleaned_data
        return {
            "state": data.get("state", ""),
            "kind": data.get("kind", ""),
            "webhook_id": data.get("id", ""),
        }
