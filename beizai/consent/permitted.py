"""Everyone who may be written to, channel by channel: the answer of `may_contact` for the whole book in one pass."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from beizai.consent.models import ConsentEntry, Purpose
from beizai.consent.rules import DecisionRow, judge
from beizai.customers.models import Channel


@dataclass(frozen=True)
class Permitted:
    """Who is permitted on a channel: those listed, where nobody else is; or everyone but the listed, for service mail.

    `turns_at` is the first time after the question at which a permission ends by itself; None: none does.
    """

    allowed: dict[str, set[int]]
    refused: dict[str, set[int]]
    by_default: bool
    turns_at: datetime | None

    def may(self, customer_id: int, channel: str) -> bool:
        """The answer of `may_contact` for one customer."""
        if self.by_default:
            return customer_id not in self.refused[channel]
        return customer_id in self.allowed[channel]


def permitted(purpose: str, at: datetime, *, customer_ids: Iterable[int] | None = None) -> Permitted:
    """The whole book's permissions for a purpose as of a time, or those of some customers."""
    channels = tuple(Channel.values)
    allowed: dict[str, set[int]] = {channel: set() for channel in channels}
    refused: dict[str, set[int]] = {channel: set() for channel in channels}
    turns: list[datetime] = []
    for customer_id, rows in groupby(_entries(purpose, at, customer_ids), key=lambda row: row[0]):
        decisions = list(rows)
        turns += [ends for *_, ends in decisions if ends is not None and ends > at]
        for channel, granted in _answers(decisions, channels, purpose, at):
            (allowed if granted else refused)[channel].add(customer_id)
    return Permitted(allowed, refused, purpose == Purpose.SERVICE, min(turns, default=None))


_Entry = tuple[int, str, int, str, datetime, datetime | None]


def _entries(purpose: str, at: datetime, customer_ids: Iterable[int] | None) -> Iterator[_Entry]:
    found = ConsentEntry.objects.filter(purpose=purpose, at__lte=at)
    if customer_ids is not None:
        found = found.filter(customer_id__in=list(customer_ids))
    rows = found.order_by("customer_id").values_list(
        "customer_id", "channel", "id", "decision", "at", "expires_at"
    )
    return rows.iterator(chunk_size=20_000)


def _answers(
    decisions: list[_Entry], channels: tuple[str, ...], purpose: str, at: datetime
) -> Iterator[tuple[str, bool]]:
    """Per channel that any decision speaks of; a channel nobody spoke of is left to the default."""
    for channel in channels:
        rows = [
            DecisionRow(number, made, when, ends)
            for _, on, number, made, when, ends in decisions
            if on in (channel, "")
        ]
        if rows:
            yield channel, judge(rows, purpose=purpose, at=at).allowed
