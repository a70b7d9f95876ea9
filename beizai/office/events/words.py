"""The kinds of calls and the reasons for keeping an event aside, in the reader's words."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def calls() -> dict[str, str]:
    """What a call of this type tells."""
    return {
        "track": pgettext("event", "did"),
        "page": pgettext("event", "page"),
        "screen": pgettext("event", "screen"),
        "identify": pgettext("event", "who it is"),
        "group": pgettext("event", "belongs to"),
        "alias": pgettext("event", "is the same as"),
    }


def reason(code: str) -> str:
    """Why an event was kept aside."""
    return {
        "schema": _("It does not fit its schema"),
        "no_identifier": _("It names nobody: neither userId nor anonymousId"),
        "bad_identifier": _("The number of the person is too long, or no text"),
        "no_event_name": _("It does not say what was done"),
        "name_too_long": _("The name is too long"),
        "no_group_id": _("It does not say which group"),
        "no_previous_id": _("It does not say which number was used before"),
        "not_an_object": _("A part of it is of another kind than it must be"),
        "not_json": _("It cannot be read"),
        "too_deep": _("It is nested too deeply"),
        "unknown_type": _("It is of an unknown type"),
        "bad_time": _("Its time cannot be read"),
        "in_future": _("Its time lies in the future"),
        "too_long_ago": _("Its time lies before the year 2000"),
        "bad_trait": _("It says something of the person that cannot be"),
    }.get(code, _("It could not be taken"))
