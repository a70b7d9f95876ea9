"""Before anything is sent: who would be written to, who not and why, and what the result would have to be to be seen."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from beizai.base.clock import civil_date
from beizai.campaigns.models import Campaign
from beizai.customers import belonging
from beizai.events.book import open_book
from beizai.experiments.history import HISTORY_DAYS
from beizai.experiments.outlook import Outlook, outlook, proposed_share
from beizai.messages import arbitration
from beizai.messages.models import Group, Message
from beizai.segments import membership
from beizai.staff.models import Shop
from beizai.value.contribution import Margins, contribution_by_customer

Ids = NDArray[np.int64]
Money = NDArray[np.float64]


@dataclass(frozen=True)
class Audience:
    """Everyone in the segment: the eligible by rising id with the contact point they would be written at, the rest
    with the reason why not, and those who may not be left out a third time."""

    eligible: Ids
    verdicts: Mapping[int, arbitration.Eligibility]
    spared: frozenset[int]

    @property
    def refused(self) -> Counter[str]:
        """How many are refused for each reason."""
        return Counter(verdict.reason for verdict in self.verdicts.values() if not verdict.eligible)


@dataclass(frozen=True)
class Past:
    """What the eligible spent before, as contribution in minor units, one place for each by rising id.

    `history`: the 26 weeks up to today; `last`: the latest window of the campaign's length; `before`: the 26 weeks
    before that window, from which it is learnt how much of the past comes back.
    """

    history: Money
    last: Money
    before: Money
    from_on: date


def audience(campaign: Campaign, shop: Shop, *, at: datetime) -> Audience:
    """The segment as of now, each member judged: eligibility first, the draw comes after."""
    assert campaign.segment_id is not None
    members = membership.members(campaign.segment_id, as_of=at, version=campaign.segment_version)
    ids = np.unique(np.asarray(members, dtype=np.int64))
    verdicts = arbitration.arbitrate(
        ids.tolist(),
        channel=campaign.channel,
        purpose=campaign.purpose,
        at=at,
        cap_days=shop.frequency_cap_days,
        campaign_id=campaign.pk,
        topic=campaign.topic,
    )
    eligible = np.array([i for i in ids.tolist() if verdicts[i].eligible], dtype=np.int64)
    spared = frozenset() if shop.standing_control else left_out_twice(eligible, but=campaign.pk)
    return Audience(eligible, verdicts, spared)


def left_out_twice(customer_ids: Ids, *, but: int) -> frozenset[int]:
    """Those of them who were left alone in the last two campaigns they were drawn for: the lot spares them now."""
    drawn = Message.objects.exclude(campaign_id=but).exclude(group="")
    candidates = drawn.filter(group=Group.HELD_OUT).values_list("customer_id", flat=True).distinct()
    leads = belonging.cards_of(candidates.iterator())
    wanted = np.intersect1d(np.fromiter(leads.values(), np.int64, len(leads)), customer_ids)
    last: dict[int, list[str]] = {}
    for start in range(0, wanted.size, 5000):
        whose = belonging.spread(wanted[start : start + 5000].tolist())
        rows = drawn.filter(customer_id__in=list(whose)).order_by("-campaign_id", "customer_id")
        for customer_id, group in rows.values_list("customer_id", "group").iterator():
            last.setdefault(whose[customer_id], []).append(group)
    return frozenset(i for i, groups in last.items() if groups[:2] == [Group.HELD_OUT, Group.HELD_OUT])


def past(customer_ids: Ids, *, shop: Shop, margins: Margins, window_days: int, at: datetime) -> Past:
    """The eligible's own history up to yesterday, three times over."""
    today = civil_date(at, shop.timezone)
    windows = {
        "history": (today - timedelta(days=HISTORY_DAYS), today),
        "last": (today - timedelta(days=window_days), today),
        "before": (today - timedelta(days=window_days + HISTORY_DAYS), today - timedelta(days=window_days)),
    }
    with open_book(as_of=at) as book:
        found = {
            name: contribution_by_customer(book, customer_ids, start_on=start, end_on=end, margins=margins)
            for name, (start, end) in windows.items()
        }
    return Past(**found, from_on=windows["history"][0])


def share_of(campaign: Campaign, people: int) -> float:
    """The share left alone: the author's, or the one proposed for so many people."""
    return proposed_share(people) if campaign.share_proposed else campaign.holdout_permille / 1000


def expect(campaign: Campaign, people: Ids, spent: Past) -> Outlook:
    """What the planner says before anything is sent."""
    return outlook(
        spent.last,
        spent.before,
        share=share_of(campaign, people.size),
        window_days=campaign.window_days,
        contact_cost_minor=float(campaign.contact_cost),
        fixed_cost_minor=float(campaign.fixed_cost_minor),
    )


def as_fields(found: Outlook) -> dict[str, float | int | None]:
    """The outlook as it is kept with the campaign."""
    return asdict(found)
