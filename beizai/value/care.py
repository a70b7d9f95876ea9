"""What to do about each kind of customer: data, to which the faces put words.

The order is the order of weight. What is advised follows from where a customer stands, never from a person's guess.
"""

from collections.abc import Mapping
from types import MappingProxyType

CARE_OF_TIER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "opinion_leader": ("thank_in_person", "show_first", "reward_both_sides", "ask_opinion"),
        "key_account": ("one_contact", "call_when_silent", "early_access", "never_discount_first"),
        "small_medium": ("next_purchase", "second_category", "remind_at_usual_gap"),
        "interested": ("answer_question", "first_purchase_offer", "show_samples"),
        "target": ("welcome", "ask_what_they_want", "first_purchase_offer"),
        "potential": ("ask_permission", "invite_to_leave_contact"),
    }
)
CARE_OF_STAGE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "loyal": ("keep_rhythm", "ask_for_referral", "complete_card"),
        "target": ("win_next_purchase", "ask_why_silent", "complete_card"),
        "potential": ("ask_permission", "offer_reason_to_say_who"),
    }
)
CARE_OF_TYPE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "opinion_leader": ("thank_in_person", "show_first", "reward_both_sides"),
        "key_account": ("one_contact", "call_when_silent", "early_access"),
        "occasional": ("next_purchase", "remind_at_usual_gap"),
        "not_bought_yet": ("welcome", "first_purchase_offer"),
    }
)
CARE = MappingProxyType({"tier": CARE_OF_TIER, "stage": CARE_OF_STAGE, "type": CARE_OF_TYPE})
