"""The first two steps of a campaign: to whom and why, and the words. Every step keeps the draft."""

import secrets
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image

from beizai.base import home, money
from beizai.base.errors import Invalid
from beizai.campaigns.models import Campaign
from beizai.campaigns.plan import CHECKLIST, MAX_WINDOW_DAYS, Plan
from beizai.consent.models import Topic
from beizai.office import wording
from beizai.office.frame import frame
from beizai.segments.models import Segment

SHARES = (100, 200, 300, 500, 0)
PROPOSED = "proposed"
_LARGEST_PICTURE = 5_000_000
_MOST_PIXELS = 40_000_000
_WIDEST = 1_200
_FORMATS = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif"}
_STARTER = """<mjml>
  <mj-body background-color="#f4f6f8">
    <mj-section background-color="#ffffff">
      <mj-column>
        <mj-text font-size="22px">{{ customer.first_name | default: "Hello" }}</mj-text>
        <mj-text></mj-text>
        <mj-button href="{{ shop.url }}">{{ shop.name }}</mj-button>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <mj-text font-size="12px" color="#5f6b79">{{ shop.name }}, {{ shop.postal_address }}<br/><a href="{{ unsubscribe_url }}">%s</a> · <a href="{{ preferences_url }}">%s</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def starter() -> str:
    """A mail to begin with: it has what every marketing mail must show."""
    return _STARTER % (_("Unsubscribe"), _("What you receive"))


def plan_of(campaign: Campaign) -> Plan:
    """The plan a draft holds, to be changed and kept again."""
    segment = Segment.objects.filter(pk=campaign.segment_id or 0).first()
    return Plan(
        name=campaign.name,
        segment=segment.name if segment else "",
        subject=campaign.subject,
        mjml=campaign.mjml,
        text=campaign.text,
        preheader=campaign.preheader,
        defaults=campaign.defaults,
        checklist=campaign.checklist,
        picture=campaign.picture,
        contact_cost=campaign.contact_cost,
        fixed_cost_minor=campaign.fixed_cost_minor,
        holdout_permille=None if campaign.share_proposed else campaign.holdout_permille,
        window_days=campaign.window_days,
        topic=campaign.topic,
        simulated=campaign.simulated,
    )


class AimForm(forms.Form):
    """Step 1: what for, to whom, how long it is watched, how many are left alone."""

    name = forms.CharField(label=gettext_lazy("Name of the campaign"), max_length=200)
    segment = forms.ChoiceField(label=gettext_lazy("To whom: the segment"))
    topic = forms.ChoiceField(
        label=gettext_lazy("What it is about"),
        required=False,
        help_text=gettext_lazy(
            "Customers choose the topics they wish to hear of; who refused this one gets nothing."
        ),
    )
    window_days = forms.IntegerField(
        label=gettext_lazy("How long it is watched (days)"),
        min_value=1,
        max_value=MAX_WINDOW_DAYS,
        initial=28,
        help_text=gettext_lazy(
            "As long as the mail may move people to buy. It cannot be changed after approval."
        ),
    )
    contact_cost = forms.DecimalField(
        min_value=0,
        max_digits=12,
        decimal_places=5,
        initial=Decimal("0.02"),
        help_text=gettext_lazy("What one mail costs you."),
    )
    fixed_cost = forms.DecimalField(
        min_value=0,
        max_digits=12,
        decimal_places=3,
        initial=0,
        required=False,
        help_text=gettext_lazy("What the campaign costs however many it goes to: a photographer, your time."),
    )
    share = forms.ChoiceField(
        label=gettext_lazy("Left alone on purpose"), widget=forms.RadioSelect, initial=PROPOSED
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        symbol = wording.currency_symbol()
        self.fields["contact_cost"].label = _("Cost per mail (%(currency)s)") % {"currency": symbol}
        self.fields["fixed_cost"].label = _("Fixed cost (%(currency)s)") % {"currency": symbol}
        segments = cast(forms.ChoiceField, self.fields["segment"])
        segments.choices = [
            (name, name) for name in Segment.objects.order_by("name").values_list("name", flat=True)
        ]
        topics = list(Topic.objects.values_list("name", flat=True))
        cast(forms.ChoiceField, self.fields["topic"]).choices = [
            ("", _("of all")),
            *((name, name) for name in topics),
        ]
        if not topics:
            del self.fields["topic"]
        chosen = {PROPOSED, *(str(share) for share in SHARES), str(self.initial.get("share", PROPOSED))}
        cast(forms.ChoiceField, self.fields["share"]).choices = [(share, share) for share in sorted(chosen)]

    @staticmethod
    def initial_of(plan: Plan) -> dict[str, Any]:
        """The draft as the form shows it."""
        currency = frame().shop.currency
        digits = money.minor_digits(currency)
        return {
            "name": plan.name,
            "segment": plan.segment,
            "topic": plan.topic,
            "window_days": plan.window_days,
            "contact_cost": plan.contact_cost.scaleb(-digits).normalize()
            if plan.contact_cost
            else Decimal(0),
            "fixed_cost": money.from_minor(plan.fixed_cost_minor, currency),
            "share": PROPOSED if plan.holdout_permille is None else str(plan.holdout_permille),
        }

    def plan(self, before: Plan | None) -> Plan:
        """The draft with what was typed here."""
        given = self.cleaned_data
        currency = frame().shop.currency
        start = before or Plan(name="", segment="", subject="", mjml=starter())
        return replace(
            start,
            name=given["name"],
            segment=given["segment"],
            topic=given.get("topic", ""),
            window_days=given["window_days"],
            contact_cost=Decimal(given["contact_cost"])
            .scaleb(money.minor_digits(currency))
            .quantize(Decimal("0.001")),
            fixed_cost_minor=money.to_minor(given["fixed_cost"] or 0, currency),
            holdout_permille=None if given["share"] == PROPOSED else int(given["share"]),
        )


class WordsForm(forms.Form):
    """Step 2: the words, with what stands in for a missing field, and what a buyer needs to decide."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300, required=False)
    preheader = forms.CharField(
        label=gettext_lazy("Line beside the subject"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Mailboxes show it after the subject. Empty: they show how the mail begins."),
    )
    mjml = forms.CharField(
        label=gettext_lazy("The mail"),
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "true", "class": "code"}),
        max_length=400_000,
        required=False,
        strip=False,
    )
    text = forms.CharField(
        label=gettext_lazy("The text part"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=100_000,
        required=False,
        help_text=gettext_lazy("For readers without pictures. Empty: it is made from the mail."),
    )
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG or GIF, at most 5 MB. In the mail: {{ campaign.picture }}"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item, (label, help_text) in checklist().items():
            self.fields[f"check_{item}"] = forms.CharField(
                label=label, help_text=help_text, required=False, max_length=500
            )

    @property
    def checks(self) -> list[forms.BoundField]:
        """The fields of what a buyer needs to decide."""
        return [self[f"check_{item}"] for item in CHECKLIST]

    @staticmethod
    def initial_of(plan: Plan) -> dict[str, Any]:
        """The draft as the form shows it."""
        own = {
            "subject": plan.subject,
            "preheader": plan.preheader,
            "mjml": plan.mjml or starter(),
            "text": plan.text,
        }
        return own | {f"check_{item}": plan.checklist.get(item, "") for item in CHECKLIST}

    def plan(self, before: Plan, defaults: dict[str, str]) -> Plan:
        """The draft with what was typed here."""
        given = self.cleaned_data
        answers = {item: given[f"check_{item}"] for item in CHECKLIST if given[f"check_{item}"]}
        picture = keep_picture(given["picture"]) if given.get("picture") else before.picture
        return replace(
            before,
            subject=given["subject"],
            preheader=given["preheader"],
            mjml=given["mjml"],
            text=given["text"],
            checklist=answers,
            defaults=defaults,
            picture=picture,
        )


def checklist() -> dict[str, tuple[str, str]]:
    """What a buyer needs to decide: the question and an example of an answer."""
    return {
        "what_it_does": (
            _("What does it do?"),
            _("Where in the mail is it said? A word or a sentence will do."),
        ),
        "what_good_it_does": (_("What good does it do me?"), ""),
        "price": (_("What does it cost?"), ""),
        "who_vouches": (_("Who vouches for it?"), _("Other customers, a guarantee, your name.")),
        "if_it_goes_wrong": (_("What if it goes wrong?"), _("Returns, repair, whom to call.")),
    }


def keep_picture(given: Any) -> str:
    """Keeps a picture in the uploads under a name of ours and returns the name; made anew, so that nothing else rides in it."""
    if (given.size or 0) > _LARGEST_PICTURE:
        raise Invalid(
            _("The picture is larger than 5 MB."),
            hint=_("Save it smaller: 1,200 pixels wide is enough for a mail."),
        )
    try:
        picture = Image.open(BytesIO(given.read()))
        kind = picture.format or ""
        if kind not in _FORMATS or picture.width * picture.height > _MOST_PIXELS:
            raise Invalid(
                _("This picture cannot be used in a mail."),
                hint=_("Use a JPEG, PNG or GIF of at most 40 megapixels."),
            )
        picture.thumbnail((_WIDEST, 4 * _WIDEST))
        name = secrets.token_hex(12) + _FORMATS[kind]
        (home.current().uploads).mkdir(parents=True, exist_ok=True)
        picture.save(home.current().uploads / name, format=kind)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Invalid(_("The file is not a picture."), hint=_("Use a JPEG, PNG or GIF.")) from error
    return name
