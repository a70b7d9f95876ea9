"""The loop as a sewn thread of six knots: a verb, one fact, one link; filled where something waits for you."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from beizai.campaigns.models import Campaign, CampaignState
from beizai.customers import belonging
from beizai.customers.models import Customer, Standing
from beizai.imports.models import Import
from beizai.office import shell, wording
from beizai.office.frame import frame
from beizai.segments.models import Segment
from beizai.staff.models import User
from beizai.staff.roles import May, may

_COUNTED = 10_000


@dataclass(frozen=True)
class Knot:
    """One step: its verb, its fact with a link, a second fact; `waits` for a person, or `runs`."""

    verb: str
    fact: str
    url: str
    more: str = ""
    waits: bool = False
    runs: bool = True


def knots(reader: User) -> list[Knot]:
    """The six steps as this person may see them."""
    steps: tuple[tuple[May, Callable[[], Knot]], ...] = (
        (May.SEE_CUSTOMERS, _collect),
        (May.SEE_CUSTOMERS, _know),
        (May.SEE_VALUE, _value),
        (May.SEE_SEGMENTS, _choose),
        (May.SEE_CAMPAIGNS, _reach),
        (May.SEE_RESULTS, _measure),
    )
    return [step() for needed, step in steps if may(reader, needed)]


def _n(count: int) -> dict[str, str]:
    return {"n": wording.number(count)}


def _collect() -> Knot:
    verb = pgettext("knot of the loop", "Collect")
    waiting = shell.waiting("collection")
    last = Import.objects.filter(state=Import.State.IN_BOOK).order_by("-started_at").first()
    if waiting:
        fact = ngettext("%(n)s file waits for you", "%(n)s files wait for you", waiting) % _n(waiting)
        return Knot(verb, fact, "/collection/", waits=True)
    if last is None:
        return Knot(
            verb,
            _("No file yet: bring one in"),
            "/collection/",
            waits=not Customer.objects.exists(),
            runs=False,
        )
    fact = _("Last file: %(when)s") % {"when": wording.age(last.started_at) or wording.day(last.started_at)}
    more = (
        ngettext("%(n)s row kept aside", "%(n)s rows kept aside", last.rejected) % _n(last.rejected)
        if last.rejected
        else ""
    )
    return Knot(verb, fact, "/collection/", more)


def _know() -> Knot:
    since = frame().now - timedelta(days=30)
    added = belonging.listed(Customer.objects.filter(created_at__gt=since))[: _COUNTED + 1].count()
    if added > _COUNTED:
        fact = _("More than %(n)s cards added in 30 days") % _n(_COUNTED)
    else:
        fact = ngettext("%(n)s card added in 30 days", "%(n)s cards added in 30 days", added) % _n(added)
    return Knot(pgettext("knot of the loop", "Know"), fact, "/customers/?sort=-added")


def _value() -> Knot:
    verb = pgettext("knot of the loop", "Value")
    best = Standing.objects.filter(tier="key_account")[: _COUNTED + 1].count()
    latest = Standing.objects.order_by("-spent_12m_minor").values_list("as_of", flat=True).first()
    if latest is None:
        return Knot(verb, _("Nobody is valued yet"), "/value/", runs=False)
    more = _("as of %(day)s") % {"day": wording.day(latest)}
    if best > _COUNTED:
        return Knot(verb, _("More than %(n)s key accounts") % _n(_COUNTED), "/value/", more)
    return Knot(verb, ngettext("%(n)s key account", "%(n)s key accounts", best) % _n(best), "/value/", more)


def _choose() -> Knot:
    count = Segment.objects.count()
    fact = (
        ngettext("%(n)s segment", "%(n)s segments", count) % _n(count)
        if count
        else _("No segment yet: make one")
    )
    return Knot(pgettext("knot of the loop", "Choose"), fact, "/segments/", runs=bool(count))


def _reach() -> Knot:
    verb = pgettext("knot of the loop", "Reach")
    waiting = shell.waiting("campaigns")
    sending = Campaign.objects.filter(state=CampaignState.SENDING).count()
    more = (
        ngettext("%(n)s campaign sending", "%(n)s campaigns sending", sending) % _n(sending)
        if sending
        else ""
    )
    if waiting:
        fact = ngettext("%(n)s campaign waits for you", "%(n)s campaigns wait for you", waiting) % _n(waiting)
        return Knot(verb, fact, "/campaigns/", more, waits=True)
    if sending:
        return Knot(verb, more, "/campaigns/")
    sent = Campaign.objects.filter(state=CampaignState.SENT).count()
    fact = (
        ngettext("%(n)s campaign sent", "%(n)s campaigns sent", sent) % _n(sent)
        if sent
        else _("No campaign yet")
    )
    return Knot(verb, fact, "/campaigns/", runs=bool(sent))


def _measure() -> Knot:
    verb = pgettext("knot of the loop", "Measure")
    unread = shell.waiting("results")
    running = Campaign.objects.filter(started_at__lte=frame().now, window_ends_on__gt=frame().today).count()
    more = ngettext("%(n)s still running", "%(n)s still running", running) % _n(running) if running else ""
    if unread:
        fact = ngettext("%(n)s result is ready", "%(n)s results are ready", unread) % _n(unread)
        return Knot(verb, fact, "/results/", more, waits=True)
    return Knot(verb, more or _("No result is waiting"), "/results/", runs=bool(running))
