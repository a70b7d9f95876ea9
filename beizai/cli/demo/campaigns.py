"""The demo's two campaigns: the regulars, where a result will show, and the silent, where it takes luck."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.resources import files

from beizai.base.home import Home
from beizai.campaigns import plan
from beizai.campaigns.models import Campaign
from beizai.campaigns.plan import Plan
from beizai.cli.demo.picture import draw_picture
from beizai.segments import membership

WINDOW_DAYS = 56
CENTS_A_MESSAGE = Decimal(2)
PICTURE = "demo-basket.png"

REGULARS, SILENT = "Regulars in their rhythm", "Used to buy often, silent for twice their usual gap"
SEGMENTS: dict[str, dict[str, object]] = {
    SILENT: {
        "all": [
            {"orders": {"measure": "purchase_days", "op": "at_least", "value": 20}},
            {"silence": {"op": "at_least", "gaps": 2}},
        ]
    },
    REGULARS: {
        "all": [
            {"orders": {"measure": "purchase_days", "op": "at_least", "value": 6}},
            {"silence": {"op": "less_than", "gaps": 2}},
        ]
    },
    "Best customers": {"rfm": {"score": "m", "op": "is", "value": 5}},
    "Bought lately, no permission to write": {
        "all": [
            {"orders": {"measure": "orders", "op": "at_least", "value": 1, "within_days": 60}},
            {"not": {"may_contact": {"channel": "email", "purpose": "marketing"}}},
        ]
    },
}

_CHECKLIST = {
    "what_it_does": "the picture and the first sentence",
    "what_good_it_does": "the second sentence",
    "price": "the button",
    "who_vouches": "Margaret at the bread counter",
    "if_it_goes_wrong": "money back within 14 days",
}


@dataclass(frozen=True)
class Letter:
    """The words of one campaign, and the lift that is planted for it: one extra basket in so many."""

    name: str
    segment: str
    subject: str
    preheader: str
    words: str
    button: str
    extra_one_in: float


LETTERS = (
    Letter(
        name="Bread week for regulars",
        segment=REGULARS,
        subject="{{ customer.first_name | default: 'Neighbour' }}, bread week: every loaf baked this morning",
        preheader="Five loaves, apples from the valley, and 10% off both.",
        words="This week every loaf comes out of our own oven the same morning, and the new apples are in. "
        "Both together make supper for four in ten minutes: the recipe lies at the counter.",
        button="10% off bread and apples, to 19 November",
        extra_one_in=6.0,
    ),
    Letter(
        name="We have not seen you for a while",
        segment=SILENT,
        subject="{{ customer.first_name | default: 'Neighbour' }}, your basket is waiting",
        preheader="A loaf on us with your next shopping.",
        words="You used to come by often, and we miss you. Come and see what is new: the counters were rebuilt in "
        "autumn, and the bread is baked here now.",
        button="A loaf on us with your next shopping",
        extra_one_in=10.0,
    ),
)


def save_segments(now: datetime) -> None:
    """Keeps the demo's segments."""
    for name, rule in SEGMENTS.items():
        membership.save(name, rule, now=now)


def plan_campaign(letter: Letter, home: Home, *, now: datetime) -> Campaign:
    """The campaign as a draft."""
    draw_picture(home.uploads / PICTURE)
    template = files(__package__).joinpath("mail.mjml").read_text(encoding="utf-8")
    words = Plan(
        name=letter.name,
        segment=letter.segment,
        subject=letter.subject,
        preheader=letter.preheader,
        mjml=template.replace("%(words)s", letter.words).replace("%(button)s", letter.button),
        checklist=_CHECKLIST,
        picture=PICTURE,
        contact_cost=CENTS_A_MESSAGE,
        window_days=WINDOW_DAYS,
        simulated=True,
    )
    return plan.save(words, now=now, by=None)
