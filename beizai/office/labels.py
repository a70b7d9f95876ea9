"""Words for what a customer is called (stage, type, tier), for what was looked at, and for the care each gets."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from beizai.office import wording
from beizai.value.conditions import Check, Evidence

TIER_LEVELS = ("opinion_leader", "key_account", "small_medium", "interested", "target", "potential")
"""The tiers from the top, as the small pyramid of a badge counts its layers."""


def tiers() -> dict[str, str]:
    """The six tiers, from the top."""
    return {
        "opinion_leader": pgettext("tier", "Opinion leader"),
        "key_account": pgettext("tier", "Key account"),
        "small_medium": pgettext("tier", "Small & medium"),
        "interested": pgettext("tier", "Interested"),
        "target": pgettext("tier", "Target"),
        "potential": pgettext("tier", "Potential"),
    }


def stages() -> dict[str, str]:
    """The three stages."""
    return {
        "loyal": pgettext("stage", "Loyal"),
        "target": pgettext("stage", "Target"),
        "potential": pgettext("stage", "Potential"),
    }


def types() -> dict[str, str]:
    """The four types."""
    return {
        "opinion_leader": pgettext("type", "Opinion leader"),
        "key_account": pgettext("type", "Key account"),
        "occasional": pgettext("type", "Occasional"),
        "not_bought_yet": pgettext("type", "Not bought yet"),
    }


LABELS_OF: dict[str, Callable[[], dict[str, str]]] = {"stage": stages, "type": types, "tier": tiers}


def rules() -> dict[str, dict[str, str]]:
    """How each label is given, in one sentence: the first that holds, from the top."""
    tier = {
        "opinion_leader": _("Brought two customers or more."),
        "key_account": _("Among the best customers, who together bring half of the sales of 12 months."),
        "small_medium": _("Bought at least once."),
        "interested": _("Asked, visited by name, clicked or answered, but has not bought."),
        "target": _("May be written to, but has not asked yet."),
        "potential": _("Is known, but nobody may write to them yet."),
    }
    return {
        "tier": tier,
        "stage": {
            "loyal": _(
                "Bought on two days or more, and is not silent for longer than twice their usual gap."
            ),
            "target": _("Bought once, went silent, asked, or left an address or number."),
            "potential": _("A trace only: an entry without a stated basis, or a visit."),
        },
        "type": {
            "opinion_leader": tier["opinion_leader"],
            "key_account": tier["key_account"],
            "occasional": tier["small_medium"],
            "not_bought_yet": _("No order so far."),
        },
    }


def care() -> dict[str, str]:
    """What to do, by its code in `value.care`."""
    return {
        "thank_in_person": _("Thank them in person for whom they brought"),
        "show_first": _("Show them new things before anybody else"),
        "reward_both_sides": _("Reward them and whom they bring"),
        "ask_opinion": _("Ask what they think"),
        "one_contact": _("Give them one person to talk to"),
        "call_when_silent": _("Call when they are silent for longer than usual"),
        "early_access": _("Let them in early"),
        "never_discount_first": _("Do not begin with a discount"),
        "next_purchase": _("Win the next order"),
        "second_category": _("Show a second category"),
        "remind_at_usual_gap": _("Remind them when their usual gap is over"),
        "answer_question": _("Answer what they asked"),
        "first_purchase_offer": _("Make the first order easy"),
        "show_samples": _("Show samples"),
        "welcome": _("Welcome them"),
        "ask_what_they_want": _("Ask what they are looking for"),
        "ask_permission": _("Ask whether you may write"),
        "invite_to_leave_contact": _("Invite them to leave an address"),
        "keep_rhythm": _("Keep their rhythm"),
        "ask_for_referral": _("Ask whom they would bring"),
        "complete_card": _("Complete the card"),
        "win_next_purchase": _("Win the next order"),
        "ask_why_silent": _("Ask why they are silent"),
        "offer_reason_to_say_who": _("Give them a reason to say who they are"),
    }


@dataclass(frozen=True)
class Looked:
    """One thing that was looked at, in words: what was found, what it was held against, whether it holds."""

    found: str
    needed: str
    holds: bool


def looked(check: Check) -> Looked:
    """A condition of a label in words."""
    found, needed = _CHECKS[check.code](check.value, check.threshold)
    return Looked(found, needed, check.holds)


def _count(value: Evidence) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _purchase_days(value: Evidence, threshold: Evidence) -> tuple[str, str]:
    days = _count(value)
    found = ngettext("bought on %(n)s day", "bought on %(n)s days", days) % {"n": wording.number(days)}
    return found, _("needs %(n)s") % {"n": wording.number(_count(threshold))}


def _silent(value: Evidence, threshold: Evidence) -> tuple[str, str]:
    if value is None:
        return _("has not bought"), ""
    found = ngettext("silent for %(n)s day", "silent for %(n)s days", _count(value)) % {
        "n": wording.number(_count(value))
    }
    if threshold is None:
        return found, _("has no rhythm yet: bought on one day only")
    limit = ngettext("unusual from %(n)s day on", "unusual from %(n)s days on", _count(threshold))
    return found, limit % {"n": wording.number(_count(threshold))}


def _referrals(value: Evidence, threshold: Evidence) -> tuple[str, str]:
    people = _count(value)
    found = ngettext("brought %(n)s customer", "brought %(n)s customers", people) % {
        "n": wording.number(people)
    }
    return found, _("needs %(n)s") % {"n": wording.number(_count(threshold))}


def _spent(value: Evidence, threshold: Evidence) -> tuple[str, str]:
    found = _("spent %(amount)s in 12 months") % {"amount": wording.money(_count(value))}
    if threshold is None:
        return found, _("nothing was sold in 12 months")
    return found, _("key accounts begin at %(amount)s") % {"amount": wording.money(_count(threshold))}


def _asked(value: Evidence, _threshold: Evidence) -> tuple[str, str]:
    return (_("asked, clicked or answered") if value else _("has not asked, clicked or answered")), ""


def _left_contact(value: Evidence, _threshold: Evidence) -> tuple[str, str]:
    return (_("left an address or number") if value else _("left no address or number")), ""


def _contactable(value: Evidence, _threshold: Evidence) -> tuple[str, str]:
    return (_("may be written to") if value else _("may not be written to")), ""


_CHECKS: dict[str, Callable[[Evidence, Evidence], tuple[str, str]]] = {
    "purchase_days": _purchase_days,
    "silent_days_under": _silent,
    "referrals": _referrals,
    "spent_12m": _spent,
    "asked": _asked,
    "left_contact": _left_contact,
    "contactable": _contactable,
}
