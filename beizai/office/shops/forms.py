"""The forms of web shops: a connection, its words and secret, what foreign money was worth."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base.errors import BeizaiError
from beizai.imports import rates
from beizai.imports.models import ShopConnection
from beizai.imports.shops import connections
from beizai.office import refusals
from beizai.office.frame import frame
from beizai.sources.models import Source
from beizai.staff.models import User


def _secret(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=500,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class _Words(forms.Form):
    email_words = forms.CharField(
        label=gettext_lazy("What stands beside the tick for offers by email, word for word"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Without these words nobody who ticked it may be written to: a permission needs its text."
        ),
    )
    sms_words = forms.CharField(
        label=gettext_lazy("The same beside the tick for text messages"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ConnectForm(_Words):
    """A new connection; `kind` stands in the address of the page."""

    name = forms.CharField(label=gettext_lazy("What you call the shop"), max_length=80)
    secret = forms.CharField(required=False)
    currency = forms.CharField(label=gettext_lazy("The currency of its prices"), max_length=3, min_length=3)
    source = forms.ModelChoiceField(
        label=gettext_lazy("Its orders and customer numbers are those of"),
        queryset=Source.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "If you have brought in files of this shop before, choose their source: nobody is doubled."
        ),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["source"].queryset = Source.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["source"].empty_label = _("a new source of this name")  # type: ignore[attr-defined]
        self.fields["currency"].initial = frame().shop.currency
        if kind == "shopify":
            help_text = gettext_lazy("From Settings › Notifications › Webhooks, or of the app that delivers.")
            self.fields["secret"] = _secret(gettext_lazy("The secret Shopify signs with"), help_text)
        else:
            help_text = gettext_lazy("Leave it empty: one is made and shown once.")
            self.fields["secret"] = _secret(gettext_lazy("The secret, if there is one already"), help_text)
            del self.fields["email_words"], self.fields["sms_words"]

    def make(self, user: User) -> tuple[ShopConnection, str] | None:
        """The new connection with its secret; None with the reason in the form."""
        data = self.cleaned_data
        try:
            return connections.connect(
                data["name"],
                self.kind,
                now=frame().now,
                user=user,
                secret=data["secret"],
                source=data["source"],
                currency=data["currency"],
                email_words=data.get("email_words", ""),
                sms_words=data.get("sms_words", ""),
            )
        except BeizaiError as error:
            field = {"secret_missing": "secret", "secret_length": "secret"}.get(error.code)
            self.add_error(field, refusals.in_words(error))
            return None


class ChangeForm(_Words):
    """Another secret, other words."""

    secret = _secret(gettext_lazy("A new secret"), gettext_lazy("Empty keeps the one there is."))

    def __init__(self, *args: Any, found: ShopConnection, **kwargs: Any) -> None:
        words = {"email_words": found.email_words, "sms_words": found.sms_words}
        super().__init__(*args, **(kwargs | {"initial": words}))
        self.found = found
        if found.kind != "shopify":
            del self.fields["email_words"], self.fields["sms_words"]

    def keep(self, user: User) -> bool:
        """Keeps them; False with the reason beside the field."""
        data = self.cleaned_data
        try:
            connections.change(
                self.found.pk,
                now=frame().now,
                user=user,
                secret=data["secret"],
                email_words=data.get("email_words"),
                sms_words=data.get("sms_words"),
            )
        except BeizaiError as error:
            self.add_error("secret", refusals.in_words(error))
            return False
        return True


class RateForm(forms.Form):
    """What foreign money was worth from a day on."""

    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, min_length=3)
    since_on = forms.DateField(
        label=gettext_lazy("From this day on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    rate = forms.DecimalField(label=gettext_lazy("What 1 of it was worth"), max_digits=18, decimal_places=8)

    def keep(self) -> bool:
        """Keeps it; False with the reason beside the field."""
        data = self.cleaned_data
        try:
            rates.put(data["currency"], data["since_on"], data["rate"])
        except BeizaiError as error:
            self.add_error("rate", refusals.in_words(error))
            return False
        return True
