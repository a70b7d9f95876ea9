"""The two groups of a campaign as they were drawn, and what became of everybody in the segment."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Count, QuerySet
from numpy.typing import NDArray

from beizai.campaigns.models import Campaign
from beizai.experiments.draw import OUTSIDE
from beizai.messages.models import Group, Message, State

Ids = NDArray[np.int64]
_WRITTEN = (State.SENT, State.BOUNCED, State.COMPLAINED)
_AT_ONCE = 50_000


@dataclass(frozen=True, eq=False)
class Assigned:
    """Everybody who was drawn, by rising id, delivered or not; and those written to who took no part in the draw."""

    customer_ids: Ids
    treated: NDArray[np.bool_]
    block: NDArray[np.int32]
    outside: Ids


@dataclass(frozen=True)
class Ledger:
    """How many of the segment came to what. `refused` before the draw, `refused_later` after it, each by reason."""

    segment: int
    treated: int
    held_out: int
    outside: int
    sent: int  # left the house, what bounced later included
    bounced: int
    complained: int
    in_doubt: int
    waiting: int
    refused: Mapping[str, int]
    refused_later: Mapping[str, int]
    written_treated: int  # sent to the treated, or perhaps sent: what was paid for
    written_outside: int


def assigned(campaign_id: int) -> Assigned:
    """The groups from the ledger; a million rows take a few seconds."""
    rows = Message.objects.filter(campaign_id=campaign_id).exclude(group="").order_by("customer_id")
    number = {Group.TREATED.value: 1, Group.HELD_OUT.value: 0, Group.OUTSIDE.value: OUTSIDE}
    kept = np.array(
        [
            (customer_id, number[group], OUTSIDE if block is None else block)
            for customer_id, group, block in rows.values_list("customer_id", "group", "block").iterator(
                _AT_ONCE
            )
        ],
        dtype=np.int64,
    ).reshape(-1, 3)
    drawn = kept[:, 1] != OUTSIDE
    inside = kept[drawn]
    return Assigned(inside[:, 0], inside[:, 1] == 1, inside[:, 2].astype(np.int32), kept[~drawn, 0])


def ledger(campaign_id: int) -> Ledger:
    """Everyone in the segment, counted from the message ledger."""
    rows = Message.objects.filter(campaign_id=campaign_id)
    counts = list(rows.values_list("group", "state", "reason").annotate(Count("id")).order_by())

    def people(*, group: str | None = None, states: tuple[str, ...] = ()) -> int:
        return sum(
            n
            for g, state, _, n in counts
            if (group is None or g == group) and (not states or state in states)
        )

    def reasons(*, drawn: bool) -> dict[str, int]:
        found: Counter[str] = Counter()
        for group, state, reason, n in counts:
            if state == State.REFUSED and bool(group) == drawn:
                found[reason] += n
        return dict(found.most_common())

    paid = (*_WRITTEN, State.IN_DOUBT)
    return Ledger(
        segment=people(),
        treated=people(group=Group.TREATED),
        held_out=people(group=Group.HELD_OUT),
        outside=people(group=Group.OUTSIDE),
        sent=people(states=_WRITTEN),
        bounced=people(states=(State.BOUNCED,)),
        complained=people(states=(State.COMPLAINED,)),
        in_doubt=people(states=(State.IN_DOUBT,)),
        waiting=people(states=(State.CHOSEN, State.LEASED, State.RETRY)),
        refused=reasons(drawn=False),
        refused_later=reasons(drawn=True),
        written_treated=people(group=Group.TREATED, states=paid),
        written_outside=people(group=Group.OUTSIDE, states=paid),
    )


@dataclass(frozen=True)
class OtherCampaign:
    """Another campaign that wrote to people of this one within its window."""

    campaign_id: int
    name: str
    treated: int
    held_out: int


def others(campaign_id: int, *, start_at: datetime, until_at: datetime) -> tuple[OtherCampaign, ...]:
    """Which other campaigns reached either group between the two times, and how many of each."""
    rows = Message.objects.filter(sent_at__gte=start_at, sent_at__lt=until_at)
    sending = Campaign.objects.filter(started_at__lt=until_at).exclude(pk=campaign_id)
    sending = sending.exclude(finished_at__lt=start_at).order_by("pk")
    found = []
    for other_id, name in sending.values_list("pk", "name"):
        reached = rows.filter(campaign_id=other_id)
        both = [_also(reached, campaign_id, group) for group in (Group.TREATED, Group.HELD_OUT)]
        if any(both):
            found.append(OtherCampaign(other_id, name, *both))
    return tuple(found)


def _also(reached: QuerySet[Message], campaign_id: int, group: str) -> int:
    here = Message.objects.filter(campaign_id=campaign_id, group=group).values("customer_id")
    return reached.filter(customer_id__in=here).count()
