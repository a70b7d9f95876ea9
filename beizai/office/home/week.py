"""What to do this week, in words: what, for whom, what it should bring, how we shall know."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.measurement.advice import Advice, Code, Expected
from beizai.office import wording
from beizai.staff.models import User
from beizai.staff.roles import May, may


@dataclass(frozen=True)
class Todo:
    """One thing worth doing."""

    head: str
    text: str
    gain: str
    proof: str
    verb: str
    url: str
    icon: str
    tone: str = ""


_NEEDS = {
    Code.READ_REPORTS: May.SEE_RESULTS,
    Code.WRITE_TO_SILENT: May.EDIT_CAMPAIGNS,
    Code.ASK_PERMISSION: May.EDIT_CUSTOMERS,
    Code.LOOK_AT_KEPT_ASIDE: May.IMPORT,
}


def todos(found: tuple[Advice, ...], reader: User) -> list[Todo]:
    """The advice this person can follow, in words."""
    return [_in_words(one) for one in found if may(reader, _NEEDS[one.code])]


def _in_words(one: Advice) -> Todo:
    match one.code:
        case Code.READ_REPORTS:
            return _reports(one)
        case Code.WRITE_TO_SILENT:
            return _silent(one)
        case Code.ASK_PERMISSION:
            return _permission(one)
        case Code.LOOK_AT_KEPT_ASIDE:
            return _aside(one)


def _n(count: int) -> dict[str, str]:
    return {"n": wording.number(count)}


def _reports(one: Advice) -> Todo:
    head = ngettext("Read the report that is ready", "Read the %(n)s reports that are ready", one.count) % _n(
        one.count
    )
    url = f"/results/{one.refers_to[0]}/" if one.count == 1 else "/results/"
    text = _("The planned time is over, so what was earned can be told as far as it ever can.")
    return Todo(head, text, "", "", _("Read it") if one.count == 1 else _("Read them"), url, "results")


def _silent(one: Advice) -> Todo:
    head = ngettext(
        "Write to %(n)s regular who has gone quiet", "Write to %(n)s regulars who have gone quiet", one.count
    )
    gap = round(one.numbers.get("usual_gap_days", 0))
    text = ngettext(
        "They used to come every day; twice that has passed.",
        "They used to come every %(n)s days, by the middle one; twice their own gap has passed.",
        gap,
    ) % _n(gap)
    silent = int(one.numbers.get("silent", one.count))
    if silent > one.count:
        more = ngettext(
            "%(n)s more is as quiet, but may not be written to.",
            "%(n)s more are as quiet, but may not be written to.",
            silent - one.count,
        )
        text = wording.sentences(text, more % _n(silent - one.count))
    held_out = int(one.numbers.get("held_out", 0))
    proof = (
        ngettext("%(n)s left alone to prove it", "%(n)s left alone to prove it", held_out) % _n(held_out)
        if held_out
        else ""
    )
    rule = {"rule": json.dumps(one.rule), "name": _("Regulars gone quiet")}
    return Todo(
        head % _n(one.count),
        text,
        _gain(one.expected),
        proof,
        _("See who"),
        f"/segments/new/?{urlencode(rule)}",
        "email",
    )


def _gain(expected: Expected | None) -> str:
    """What it should bring, as the last one of its kind did; never a promise."""
    if expected is None:
        return _("What it brings: cannot tell yet")
    centre = wording.headline(round(expected.estimate_minor))
    low, high = expected.low_minor, expected.high_minor
    if low is not None and high is not None:
        between = {
            "centre": centre,
            "low": wording.headline(round(low)),
            "high": wording.headline(round(high)),
        }
        return _("Should bring %(centre)s (%(low)s to %(high)s), if it goes as last time") % between
    if low is not None:
        return _("Should bring %(centre)s (%(low)s or more), if it goes as last time") % {
            "centre": centre,
            "low": wording.headline(round(low)),
        }
    return _("About %(centre)s if it goes as last time, but it cannot be told how much less") % {
        "centre": centre
    }


def _permission(one: Advice) -> Todo:
    head = ngettext(
        "Ask %(n)s buyer for permission to write", "Ask %(n)s buyers for permission to write", one.count
    )
    days = int(one.numbers.get("within_days", 60))
    text = ngettext(
        "They bought in the last %(n)s day and left an email, but never said yes or no. Ask at the till; a mail would not be allowed.",
        "They bought in the last %(n)s days and left an email, but never said yes or no. Ask at the till; a mail would not be allowed.",
        days,
    )
    url = f"/customers/?bought={days}&write=no&reach=email"
    return Todo(
        head % _n(one.count),
        text % _n(days),
        _("What it brings: cannot tell yet"),
        "",
        _("See them"),
        url,
        "lock",
        "w",
    )


def _aside(one: Advice) -> Todo:
    head = ngettext(
        "Look at %(n)s row that could not be read", "Look at %(n)s rows that could not be read", one.count
    )
    files = int(one.numbers.get("files", 1))
    text = ngettext(
        "They are kept aside with the reason, from one file; everything else of it is in the book.",
        "They are kept aside with the reason, from %(n)s files; everything else of them is in the book.",
        files,
    )
    return Todo(
        head % _n(one.count),
        text % _n(files),
        "",
        "",
        _("Look at them"),
        "/collection/kept-aside/",
        "warn",
        "w",
    )
