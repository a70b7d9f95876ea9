"""The tabs under an item: each is a page of its own."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from beizai.staff.models import User
from beizai.staff.roles import May, may


@dataclass(frozen=True)
class Tab:
    """One page of several that belong together."""

    key: str
    label: str
    url: str
    current: bool = False
    count: int | None = None


def tabs(user: User, item: str, here: str, **counts: int) -> tuple[Tab, ...]:
    """The tabs of an item that this person may open; `here` is the one at hand."""
    return tuple(
        Tab(key, label, reverse(url), key == here, counts.get(key))
        for key, label, url, needed in _of(item)
        if all(may(user, what) for what in needed)
    )


def _of(item: str) -> list[tuple[str, str, str, tuple[May, ...]]]:
    match item:
        case "collection":
            return [
                ("imports", _("Imports"), "imports", (May.IMPORT,)),
                ("aside", _("Kept aside"), "aside", (May.IMPORT,)),
                ("sources", _("Sources"), "sources", (May.IMPORT,)),
            ]
        case "value":
            return [
                ("pyramid", _("Pyramid"), "value", (May.SEE_VALUE,)),
                ("rfm", _("How lately, how often, how much"), "value_rfm", (May.SEE_VALUE,)),
                ("stages", _("Stages, types, tiers"), "value_stages", (May.SEE_VALUE,)),
            ]
        case "campaigns":
            return [
                ("campaigns", pgettext("tab", "Campaigns"), "campaigns", (May.SEE_CAMPAIGNS,)),
                ("ledger", _("Message ledger"), "ledger", (May.SEE_CAMPAIGNS,)),
                ("catcher", _("Caught mails"), "catcher", (May.SEE_CAMPAIGNS, May.SEE_CONTACT_POINTS)),
            ]
        case "results":
            return [
                ("reports", _("Campaign reports"), "results", (May.SEE_RESULTS,)),
                ("figures", _("Key figures"), "key_figures", (May.SEE_RESULTS,)),
            ]
        case _:
            return []
