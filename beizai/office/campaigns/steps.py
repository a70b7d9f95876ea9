"""The steps of the wizard, one page each."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from beizai.campaigns.models import Campaign

ORDER = ("aim", "words", "who", "try", "approve")


@dataclass(frozen=True)
class Step:
    """One step: where it is, whether it is behind us."""

    label: str
    url: str
    done: bool
    current: bool


def of(campaign: Campaign | None, here: str) -> list[Step]:
    """The steps with the one at hand; those before it are done and lead back."""
    labels = {
        "aim": _("To whom"),
        "words": _("Words"),
        "who": _("Who gets it"),
        "try": _("Try it"),
        "approve": _("Approve and send"),
    }
    place = ORDER.index(here)
    return [
        Step(
            labels[key],
            reverse(f"campaign_{key}", args=[campaign.pk]) if campaign else "",
            number < place or bool(campaign and _filled(campaign, key) and number != place),
            number == place,
        )
        for number, key in enumerate(ORDER)
    ]


def _filled(campaign: Campaign, key: str) -> bool:
    return key == "aim" or (key == "words" and bool(campaign.subject))
