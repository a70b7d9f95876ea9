"""What families, kinds of answers, weights and gaps are called."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.customers.completeness import BIRTHDAY, NAME, REACH, Gap
from beizai.office import wording


def family_names() -> dict[str, str]:
    """The six families of attributes."""
    return {
        "user": _("About them"),
        "relationship": _("Ties and occasions"),
        "attitude": _("Taste and attitude"),
        "feedback": _("What they told us"),
        "product_use": _("How they use it"),
        "credit": _("Credit"),
    }


def family_meanings() -> dict[str, str]:
    """What belongs into each family, by example."""
    return {
        "user": _("town, occupation, household, sizes"),
        "relationship": _("occasions, whom they buy for, how they found you"),
        "attitude": _("favourite styles, what they would never take, what they read"),
        "feedback": _("what pleased them, what they complained of, why they did not buy"),
        "product_use": _("what they use, how often, with what result"),
        "credit": _("how they pay, up to what; never in subjects, ads or exports"),
    }


def kind_names() -> dict[str, str]:
    """The kinds of answers."""
    return {
        "text": _("words"),
        "number": _("a number"),
        "money": _("an amount of money"),
        "date": _("a date"),
        "choice": _("one of several answers"),
        "choices": _("any of several answers"),
        "measure": _("a measure with its unit"),
        "photo": _("a picture"),
        "records": _("a list of records, each with its date"),
        "boolean": _("yes or no"),
    }


def weight_names() -> dict[int, str]:
    """How much it helps to know something."""
    return {
        0: _("not asked for"),
        1: _("nice to know"),
        3: _("useful"),
        6: _("important"),
        10: _("decides what we offer"),
    }


def weight_name(weight: int) -> str:
    """The nearest of the named weights."""
    names = weight_names()
    return names[min(names, key=lambda one: abs(one - weight))]


def question(gap: Gap) -> str:
    """What to ask, as staff would say it; where the shop wrote no words of its own, the attribute's name."""
    if gap.definition is not None:
        return gap.definition.question or gap.definition.label
    return {
        NAME: _("What is your name?"),
        REACH: _("How may we reach you: email or phone?"),
        BIRTHDAY: _("When is your birthday?"),
    }[gap.key]


def label(gap: Gap) -> str:
    """What is missing, in a word."""
    if gap.definition is not None:
        return gap.definition.label
    return {NAME: _("Name"), REACH: _("Email or phone"), BIRTHDAY: _("Birthday")}[gap.key]


def reason(gap: Gap) -> str:
    """Why it is worth asking: missing or stale, and how much it helps."""
    place = {"weight": weight_name(gap.weight)}
    if gap.reason == "stale" and gap.at is not None:
        return _("told on %(day)s, to be asked again; %(weight)s") % (place | {"day": wording.day(gap.at)})
    return _("not known yet; %(weight)s") % place


def ask_again(months: int | None) -> str:
    """After how long an answer is asked again."""
    if not months:
        return _("holds for good")
    return ngettext("ask again after %(n)s month", "ask again after %(n)s months", months) % {
        "n": wording.number(months)
    }
