"""Settings: the shop, how it sends, what is left of its sales, what may be known of a customer, what was done."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from beizai.base.errors import BeizaiError, Invalid
from beizai.office import paging, refusals, sender, shell
from beizai.office.frame import frame
from beizai.office.paging import Key
from beizai.office.permissions import needs, person
from beizai.products import catalogue
from beizai.staff import audit, shop_settings
from beizai.staff.models import AuditEntry, Shop
from beizai.staff.roles import May
from beizai.worker.sending import CATCHER


def tabs(here: str) -> list[dict[str, Any]]:
    """The pages of the settings."""
    pages = [
        ("shop", pgettext("settings", "Shop"), "/settings/"),
        ("sender", _("Sender"), "/settings/sender/"),
        ("margins", _("Margins"), "/settings/margins/"),
        ("trade", pgettext("settings", "Trade"), "/settings/trade/"),
        ("appointments", _("Appointments"), "/settings/appointments/"),
        ("users", _("Users"), "/settings/users/"),
        ("branches", _("Branches"), "/settings/branches/"),
        ("keeping", pgettext("settings", "Keeping"), "/settings/keeping/"),
        ("lists", pgettext("settings", "Not to be contacted"), "/settings/lists/"),
        ("webhooks", _("Webhooks"), "/settings/webhooks/"),
        ("audit", _("What was done"), "/settings/audit/"),
    ]
    return [{"words": words, "url": url, "current": key == here} for key, words, url in pages]


class SettingsForm(forms.Form):
    """Fields named as the shop's settings; each value goes through the one table of settings."""

    secret: Sequence[str] = ()

    def save(self, request: HttpRequest) -> bool:
        """Changes what differs, all or nothing; what cannot be stands at its field."""
        here = Shop.objects.get(pk=frame().shop.pk)
        changed: list[str] = []
        try:
            with transaction.atomic():
                for name in self.fields:
                    text = _text(self.cleaned_data[name])
                    if (name in self.secret and not text) or text == _text(getattr(here, name)):
                        continue
                    self._change(here, name, text)
                    changed.append(name)
                if self.errors:
                    raise Invalid("")
        except Invalid:
            return False
        for name in changed:
            audit.record("settings.changed", at=frame().now, user=person(request), setting=name)
        messages.success(request, _("Saved."))
        return True

    def _change(self, here: Shop, name: str, text: str) -> None:
        try:
            shop_settings.change(here, name, text)
        except Invalid as error:
            self.add_error(name, refusals.in_words(error))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value).replace("\r\n", "\n")


def _initial(form: type[forms.Form]) -> dict[str, Any]:
    return {
        name: getattr(frame().shop, name)
        for name in form.base_fields
        if name not in getattr(form, "secret", ())
    }


class ShopForm(SettingsForm):
    """Who the shop is, where and when."""

    name = forms.CharField(label=gettext_lazy("Name of the shop"), max_length=200)
    trade = forms.CharField(
        label=gettext_lazy("What it sells, where"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Stands under the name, such as “Tea and gifts, Lyon”."),
    )
    postal_address = forms.CharField(
        label=gettext_lazy("Postal address"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Stands under every mail; most countries want it there."),
    )
    country = forms.CharField(
        label=gettext_lazy("Country (two letters)"),
        required=False,
        max_length=2,
        help_text=gettext_lazy("Phone numbers without a country code are read as dialled here."),
    )
    currency = forms.CharField(label=gettext_lazy("Currency (three letters)"), max_length=3)
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Where a day begins and ends.")
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language for whoever has chosen none"),
        choices=[("en", "English"), ("zh-hans", "简体中文"), ("fr", "Français")],
    )
    public_url = forms.CharField(
        label=gettext_lazy("Address of this office"),
        max_length=200,
        help_text=gettext_lazy("Links in mails begin with it, so customers must reach it."),
    )
    brand_colour = forms.CharField(
        label=gettext_lazy("Colour of buttons in mails"), widget=forms.TextInput(attrs={"type": "color"})
    )
    customer_target = forms.IntegerField(
        label=gettext_lazy("Customers you want"), required=False, min_value=1
    )
    customer_target_on = forms.DateField(
        label=gettext_lazy("By when"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    frequency_cap_days = forms.IntegerField(
        label=gettext_lazy("Days between two offers to one person"), min_value=0, max_value=365
    )
    standing_control = forms.BooleanField(
        label=gettext_lazy("The same customers may be left alone again and again, to measure all marketing"),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(available_timezones() | {frame().shop.timezone})
        self.fields["timezone"].choices = [(zone, zone) for zone in zones]  # type: ignore[attr-defined]


class SenderForm(SettingsForm):
    """How mails leave the house."""

    secret = ("smtp_password",)
    sender_name = forms.CharField(label=gettext_lazy("Name in the mailbox"), max_length=100, required=False)
    sender_address = forms.CharField(label=gettext_lazy("Sender address"), max_length=254, required=False)
    reply_to = forms.CharField(label=gettext_lazy("Answers go to"), max_length=254, required=False)
    smtp_host = forms.CharField(
        label=gettext_lazy("Mail server"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "As your mail provider names it. “catcher” is the built-in one that delivers to nobody."
        ),
    )
    smtp_port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535)
    smtp_security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[
            ("starttls", gettext_lazy("STARTTLS (port 587)")),
            ("tls", gettext_lazy("TLS (port 465)")),
            ("none", gettext_lazy("none, on this machine only")),
        ],
    )
    smtp_user = forms.CharField(label=gettext_lazy("User name there"), max_length=200, required=False)
    smtp_password = forms.CharField(
        label=gettext_lazy("Password there"),
        required=False,
        max_length=300,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept enciphered, never shown. Empty leaves the old one."),
    )
    sending_connections = forms.IntegerField(
        label=gettext_lazy("Connections at once"), min_value=1, max_value=50
    )
    sending_paused = forms.BooleanField(label=gettext_lazy("All sending stands still"), required=False)


@needs(May.CHANGE_SETTINGS)
def shop_page(request: HttpRequest) -> HttpResponse:
    """The shop."""
    form = ShopForm(request.POST or None, initial=_initial(ShopForm))
    if request.method == "POST" and form.is_valid() and form.save(request):
        return redirect("settings")
    return render(request, "office/settings/shop.html", {"form": form, "tabs": tabs("shop")})


@needs(May.CHANGE_SETTINGS)
def sender_page(request: HttpRequest) -> HttpResponse:
    """How mails leave, and a test mail whose failure is told in words."""
    form = SenderForm(request.POST if request.method == "POST" else None, initial=_initial(SenderForm))
    if request.method == "POST" and form.is_valid() and form.save(request):
        shell.forget_tallies()
        return redirect("settings_sender")
    context = {
        "form": form,
        "tabs": tabs("sender"),
        "has_password": bool(frame().shop.smtp_password),
        "catcher": CATCHER,
        "caught": frame().shop.smtp_host == CATCHER,
    }
    return render(request, "office/settings/sender.html", context)


@needs(May.CHANGE_SETTINGS)
def test_mail(request: HttpRequest) -> HttpResponse:
    """Sends a test mail to the person at the screen and says what became of it."""
    if request.method != "POST":
        return redirect("settings_sender")
    here, refusal = frame().shop, None
    to = request.POST.get("to", "").strip() or person(request).email
    text = _("If you can read this, mails of %(shop)s leave the house. Nothing else was sent.") % {
        "shop": here.name
    }
    try:
        sender.send(to, _("Test mail of %(shop)s") % {"shop": here.name}, text)
    except BeizaiError as error:
        refusal = error
    context = {"tabs": tabs("sender"), "refusal": refusal, "to": to, "caught": here.smtp_host == CATCHER}
    return render(request, "office/settings/test_mail.html", context, status=200)


@needs(May.CHANGE_SETTINGS)
def margins(request: HttpRequest) -> HttpResponse:
    """What is left of 100 of sales: for the book, and by category."""
    known = catalogue.category_margins()
    names = catalogue.categories()
    wrong = ""
    if request.method == "POST":
        try:
            _save_margins(request, names)
            messages.success(request, _("Saved. Campaigns that were approved before keep their margins."))
            return redirect("settings_margins")
        except Invalid as error:
            wrong = refusals.in_words(error)
    typed = request.POST if request.method == "POST" else {}
    lines = [
        {"name": name, "place": place, "value": typed.get(f"m{place}", _percent(known.get(name)))}
        for place, name in enumerate(names)
    ]
    book = typed.get("book", _percent(frame().shop.book_margin_permille))
    return render(
        request,
        "office/settings/margins.html",
        {"lines": lines, "book": book, "wrong": wrong, "tabs": tabs("margins")},
    )


def _percent(permille: int | None) -> str:
    return "" if permille is None else f"{permille / 10:g}"


def _permille(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return round(float(text.replace(",", ".").replace("%", "").strip()) * 10)
    except (ValueError, OverflowError):
        raise Invalid(
            _("“%(text)s” is not a percentage.") % {"text": text[:20]}, hint=_("Write it like 35 or 35.5.")
        ) from None


def _save_margins(request: HttpRequest, names: Sequence[str]) -> None:
    book = _permille(request.POST.get("book", ""))
    if book is None:
        raise Invalid(
            _("The book needs a margin."), hint=_("Write what is left of 100 of sales, such as 30.")
        )
    with transaction.atomic():
        shop_settings.change(Shop.objects.get(pk=frame().shop.pk), "book_margin_permille", str(book))
        catalogue.set_category_margins(
            (name, _permille(request.POST.get(f"m{n}", ""))) for n, name in enumerate(names)
        )
        audit.record("settings.changed", at=frame().now, user=person(request), setting="margins")


@needs(May.CHANGE_SETTINGS)
def audit_page(request: HttpRequest) -> HttpResponse:
    """Who did what, and when."""
    rows = AuditEntry.objects.select_related("user")
    page = paging.by_key(rows, Key("at", read=paging.moment), falls=True, params=request.GET)
    lines = [
        {
            "at": row.at,
            "who": str(row.user) if row.user else "",
            "what": action_words(row.action),
            "detail": _detail(row),
        }
        for row in page.rows
    ]
    return render(
        request, "office/settings/audit.html", {"page": page, "lines": lines, "tabs": tabs("audit")}
    )


def action_words(action: str) -> str:
    """What was done, in words; an action without words of its own keeps its code."""
    return {
        "attribute.saved": _("Attribute saved"),
        "attribute.retired": _("Attribute no longer asked"),
        "attribute.asked_again": _("Attribute asked again"),
        "source.saved": _("Source saved"),
        "source.basis": _("Basis of a source written down"),
        "source.stop_lifted": _("Stopped list let go on"),
        "target.set": _("Target set"),
        "position.kept": _("Position kept"),
        "campaign.approved": _("Campaign approved"),
        "campaign.paused": _("Campaign paused"),
        "campaign.planned": _("Campaign planned"),
        "campaign.resumed": _("Campaign resumed"),
        "campaign.started": _("Campaign started"),
        "cards.merged": _("Cards were joined"),
        "cards.unmerged": _("Joined cards were taken apart"),
        "customer.seen": _("Card looked at"),
        "customer.erased": _("Customer erased"),
        "customer.given_out": _("All of a customer given out"),
        "customer.restricted": _("Data of a customer restricted, or used again"),
        "consent.exported": _("Proof of consent taken out"),
        "retention.carried_out": _("Old entries taken out by the retention rules"),
        "retention.set": _("Days of keeping changed"),
        "suppression.added": _("Address or number put on the list of those not contacted"),
        "suppression.lifted": _("Address or number taken off the list of those not contacted"),
        "suppression.looked_up": _("Looked up whether an address or number is on a list"),
        "suppression.imported": _("List of those not to be contacted brought in"),
        "chat.changed": _("The chat was changed"),
        "mailbox.changed": _("The mailbox was changed"),
        "export.asked": _("Export asked for"),
        "export.released": _("Export released"),
        "export.called_back": _("Export called back"),
        "customers.exported": _("Customers taken out"),
        "home.made": _("Book opened"),
        "import.kept_aside_taken": _("Kept-aside rows taken out"),
        "product.saved": _("Product saved"),
        "report.exported": _("Report taken out"),
        "segment.exported": _("Segment taken out"),
        "segment.removed": _("Segment removed"),
        "settings.changed": _("Setting changed"),
        "trade.opened": _("Book of a trade opened"),
        "example.added": _("Example customers brought in"),
        "example.removed": _("Example customers taken out"),
        "branch.saved": _("Branch saved"),
        "branch.removed": _("Branch taken out"),
        "customer.looked_up": _("Served from another branch"),
        "customer.look_up_missed": _("Looked up for another branch, nobody found"),
        "webhook.added": _("Program told by webhooks"),
        "webhook.changed": _("What a program is told was changed"),
        "webhook.rotated": _("New secret for a webhook"),
        "webhook.switched_on": _("Webhooks to a program switched on"),
        "webhook.switched_off": _("Webhooks to a program switched off"),
        "webhook.removed": _("Program no longer told"),
        "user.added": _("User added"),
        "user.branch": _("Branch of a user changed"),
        "user.link": _("One-time link made"),
        "user.reset": _("One-time link made"),
        "user.role": _("Role changed"),
        "user.switched": _("User switched on or off"),
    }.get(action, action)


def _detail(row: AuditEntry) -> str:
    parts = [f"{key}: {value}" for key, value in row.detail.items() if value not in ("", None)]
    card = [f"#{row.customer_id}"] if row.customer_id else []
    return ", ".join([*card, *parts])[:200]


urlpatterns = [
    path("settings/", shop_page, name="settings"),
    path("settings/sender/", sender_page, name="settings_sender"),
    path("settings/sender/test/", test_mail, name="settings_test_mail"),
    path("settings/margins/", margins, name="settings_margins"),
    path("settings/audit/", audit_page, name="settings_audit"),
]
