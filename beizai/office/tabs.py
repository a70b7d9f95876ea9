"""The tabs under an item: each is a page of its own, and each noun's module hangs its own in."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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


@dataclass(frozen=True)
class _Hung:
    place: int
    key: str
    label: Any  # a lazy text, said in the reader's language
    url: str  # the name of the address
    needs: tuple[May, ...]


_hung: dict[str, dict[str, _Hung]] = {}


def hang(item: str, key: str, label: Any, url: str, *needs: May, place: int) -> None:
    """Hangs a tab under an item of the cover; `label` is a lazy text, `url` the name of an address without arguments.

    Tabs stand by rising place: 10 Files, 20 Sources, 30 Forms, 40 Conversations, 50 Events under Collection.
    Call it where the noun's module is read; a tab shows only to those who have every permission in `needs`.
    """
    _hung.setdefault(item, {})[key] = _Hung(place, key, label, url, needs)


def tabs(user: User, item: str, here: str, **counts: int) -> tuple[Tab, ...]:
    """The tabs of an item that this person may open; `here` is the one at hand."""
    return tuple(
        Tab(one.key, str(one.label), reverse(one.url), one.key == here, counts.get(one.key))
        for one in sorted(_hung.get(item, {}).values(), key=lambda one: one.place)
        if all(may(user, what) for what in one.needs)
    )


hang("value", "pyramid", _("Pyramid"), "value", May.SEE_VALUE, place=10)
hang("value", "rfm", _("How lately, how often, how much"), "value_rfm", May.SEE_VALUE, place=20)
hang("value", "stages", _("Stages, types, tiers"), "value_stages", May.SEE_VALUE, place=30)
hang("campaigns", "campaigns", pgettext_lazy("tab", "Campaigns"), "campaigns", May.SEE_CAMPAIGNS, place=10)
hang("campaigns", "ledger", _("Message ledger"), "ledger", May.SEE_CAMPAIGNS, place=20)
hang(
    "campaigns",
    "catcher",
    _("Caught mails"),
    "catcher",
    May.SEE_CAMPAIGNS,
    May.SEE_CONTACT_POINTS,
    place=30,
)
hang("results", "reports", _("Campaign reports"), "results", May.SEE_RESULTS, place=10)
hang("results", "figures", _("Key figures"), "key_figures", May.SEE_RESULTS, place=20)
