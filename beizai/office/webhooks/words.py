"""What the codes of webhooks mean, in words."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.office.wording import moment, number
from beizai.webhooks import kinds
from beizai.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint

State = WebhookDelivery.State


def kind(code: str) -> str:
    """What a webhook tells."""
    return {
        kinds.CREATED: _("A card is made"),
        kinds.UPDATED: _("A card is changed"),
        kinds.MERGED: _("Cards of one person are joined"),
        kinds.UNMERGED: _("Joined cards are taken apart"),
        kinds.ERASED: _("Somebody is erased"),
        kinds.IMPORTED: _("A file brings customers, in sets of 500"),
        kinds.UNDONE: _("A file is taken out again"),
        kinds.GRANTED: _("Somebody gives a permission"),
        kinds.WITHDRAWN: _("Somebody withdraws a permission"),
        kinds.REFUSED: _("Somebody says no"),
        kinds.CONSENT_IMPORTED: _("A file brings permissions, in sets of 500"),
        kinds.ENTERED: _("Somebody enters a segment"),
        kinds.LEFT: _("Somebody leaves a segment"),
        kinds.SENT: _("A mail is sent"),
        kinds.BOUNCED: _("A mail bounces"),
        kinds.COMPLAINED: _("Somebody complains of a mail"),
        kinds.OPENED: _("A mail is opened"),
        kinds.CLICKED: _("A link is followed"),
        kinds.UNSUBSCRIBED: _("Somebody unsubscribes"),
        kinds.PING: _("A ping, to try it"),
    }.get(code, code)


def state(code: str) -> str:
    """How a delivery is."""
    return {
        State.WAITING: _("Waits"),
        State.TAKEN: _("Taken"),
        State.GIVEN_UP: _("Given up"),
        State.EMPTIED: _("Emptied"),
    }[State(code)]


def colour(code: str) -> str:
    """The badge of a delivery's state."""
    return {State.WAITING: "info", State.TAKEN: "good", State.GIVEN_UP: "bad", State.EMPTIED: "line"}[
        State(code)
    ]


def attempt(one: DeliveryAttempt) -> str:
    """What became of an attempt."""
    return outcome(one.status, one.problem)


def outcome(status: int | None, problem: str) -> str:
    """The answer's status, or why there was none."""
    if status is not None:
        return _("answered %(status)s") % {"status": status}
    return {
        "no_such_host": _("nothing is known of its host"),
        "private_address": _("its host leads to a private address"),
        "not_connected": _("nobody takes the connection"),
        "not_trusted": _("its certificate cannot be trusted"),
        "too_slow": _("it took longer than the time it has"),
        "broken_off": _("it broke off the connection"),
        "no_http": _("what it answered is no HTTP"),
        "not_encrypted": _("its address is not encrypted"),
    }.get(problem, _("its address cannot be used"))


def why_off(endpoint: WebhookEndpoint) -> str:
    """Why an endpoint is off; "" where it is on."""
    Why = WebhookEndpoint.Why
    if not endpoint.off_because:
        return ""
    return {
        Why.BY_HAND: _("Switched off by hand."),
        Why.GONE: _("It answered 410: it wishes to be told nothing more."),
        Why.FAILING: _("It took nothing for three days."),
        Why.RESTORED: _("This book was restored from a backup; the book it came from may be at work."),
    }[Why(endpoint.off_because)]


def badge(endpoint: WebhookEndpoint) -> tuple[str, str]:
    """How an endpoint is, and the badge's colour."""
    if endpoint.state == WebhookEndpoint.State.OFF:
        return _("off"), "warn" if endpoint.off_because == WebhookEndpoint.Why.BY_HAND else "bad"
    if endpoint.failing_since is not None:
        return _("failing"), "bad"
    return (
        (_("takes everything"), "good") if endpoint.taken_at is not None else (_("nothing told yet"), "line")
    )


def failing(since: datetime, failures: int) -> str:
    """How long and how often an endpoint has failed."""
    words = ngettext(
        "Since %(when)s it has taken nothing: %(n)s attempt failed.",
        "Since %(when)s it has taken nothing: %(n)s attempts failed.",
        failures,
    )
    return words % {"when": moment(since), "n": number(failures)}


def trouble() -> str:
    """What somebody should look at; "" where every endpoint does well."""
    off = WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.OFF)
    off = off.exclude(off_because=WebhookEndpoint.Why.BY_HAND)
    names = ", ".join(one.name for one in off)
    if names:
        return _("Webhooks to %(names)s switched themselves off.") % {"names": names}
    failing_ones = WebhookEndpoint.objects.filter(
        state=WebhookEndpoint.State.ON, failing_since__isnull=False, failures__gte=3
    )
    names = ", ".join(one.name for one in failing_ones)
    return _("Webhooks to %(names)s are not taken just now.") % {"names": names} if names else ""
