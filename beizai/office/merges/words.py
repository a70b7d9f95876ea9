"""What is said of two cards that may be one person: the fields, how they compare, the rules, in the reader's words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from beizai.identity.proposals import Line
from beizai.office.customers.reach import channel_name
from beizai.office.customers.timeline import field_name

_OURS = ("email", "phone", "sms", "letter", "messenger")


def field(name: str) -> str:
    """A field of the card, or what the matcher compared."""
    if name in _OURS:
        return channel_name(name).capitalize()
    known = {
        "external": _("Numbers in other books"),
        "external_number": _("Numbers in other books"),
        "id_number": _("Numbers in other books"),
        "source": _("Source"),
        "address": _("Postal address"),
        **doubts(),
        "note": _("Note"),
    }
    return known.get(name) or field_name(name)


def doubts() -> dict[str, str]:
    """Why two cards may be one person though nobody can be sure, by the codes of `identity.same`."""
    return {
        "claimed": _("The other's address, claimed and not proved"),
        "two_ways": _("One came with a number or address of each"),
        "another_number": _("The same address, two numbers of one source"),
        "several": _("The same address and no other name"),
        "phone_alone": _("The same phone, the names not wholly the same"),
        "other_name": _("The same email under two names"),
        "shared": _("A contact point several people use"),
    }


def level(code: str) -> str:
    """How two values compare."""
    return {
        "same": _("the same"),
        "written_otherwise": _("the same, written otherwise"),
        "swapped": _("exchanged"),
        "one_slip": _("a letter or digit off"),
        "two_slips": _("two letters or digits off"),
        "year_off": _("the same but for the year"),
        "ending": _("the same at the end"),
        "local_part": _("the same before the @"),
        "alike": pgettext("two values", "alike"),
        "differs": pgettext("two values", "differs"),
    }.get(code, "")


def rule(code: str) -> str:
    """Which of several values a joint card shows."""
    return {
        "kept_card": _("the kept card's"),
        "latest": _("the latest"),
        "verified_first": _("what a person wrote, then the latest"),
        "source_order": _("by the order of sources"),
        "most_frequent": _("the most frequent"),
        "longest": _("the longest"),
        "keep_all": _("all of them"),
    }.get(code, code)


def joined_by(code: str) -> str:
    """What joined or found them, where nobody did by hand."""
    return {
        "": "",
        "matching": _("found by comparing the whole book"),
        "deterministic": _("found by a number or address they share"),
        "unmerged": _("taken apart"),
        "import": _("found by a file that came in"),
    }.get(code.partition(" ")[0], code)


def likely(probability: float | None) -> float | None:
    """The probability as it is shown: nothing is wholly sure."""
    return None if probability is None else min(probability, 0.99)


def lines(found: list[Line]) -> list[dict[str, Any]]:
    """The two cards field by field, for the page."""
    return [
        {
            "name": field(one.field),
            "left": one.left,
            "right": one.right,
            "differs": one.differs,
            "level": level(one.level),
            "bits": one.bits,
            "tone": "good" if one.bits > 0.5 else "bad" if one.bits < -0.5 else "line",
        }
        for one in found
    ]


def strongest(evidence: Mapping[str, Any], most: int = 3) -> list[dict[str, str]]:
    """What speaks loudest for or against, in a few words."""
    said = sorted(evidence.items(), key=lambda one: (-abs(one[1].get("bits", 0.0)), one[0]))[:most]
    return [
        {
            "words": f"{field(name)} ({level(one.get('level', ''))})" if one.get("bits") else field(name),
            "tone": "good" if one.get("bits", 0) > 0.5 else "bad" if one.get("bits", 0) < -0.5 else "line",
        }
        for name, one in said
    ]
