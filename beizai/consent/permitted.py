"""Everyone who may be written to, channel by channel: the answer of `may_contact` for the whole book in one pass."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from beizai.consent import suppression
from beizai.consent.as_one import as_one
from beizai.consent.countries import Law
from beizai.consent.models import ConsentEntry, Purpose
from beizai.consent.restricting import restricted
from beizai.consent.rules import DecisionRow, depends_on_law, judge, laws_of
from beizai.consent.unfounded import unfounded
from beizai.customers import belonging
from beizai.customers.models import Channel

_CHANNELS = tuple(Channel.values)
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Permitted:
    """Who is permitted on a channel: those listed, where nobody else is; or everyone but the listed, for service mail.

    `turns_at` is the first time after the question at which an answer may change by itself; None: never.
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
    suppression.catch_up()
    ids = None if customer_ids is None else list(customer_ids)
    found = Permitted(
        {channel: set() for channel in _CHANNELS},
        {channel: set() for channel in _CHANNELS},
        purpose == Purpose.SERVICE,
        None,
    )
    looks = suppression.looks(at)
    turns = _decided(found, purpose, at, ids, checked={one: looks.checked_at(one) for one in _CHANNELS})
    for channel in _CHANNELS:
        for customer_id in suppression.shut(ids, channel, purpose, at, looks=looks):
            _refuse(found, customer_id, channel)
    for customer_id in unfounded(ids, at) if purpose == Purpose.SERVICE else ():
        for channel in _CHANNELS:
            _refuse(found, customer_id, channel)
    for customer_id in restricted(at):
        for channel in _CHANNELS:
            _refuse(found, customer_id, channel)
    return Permitted(found.allowed, found.refused, found.by_default, min(turns, default=None))


def _refuse(found: Permitted, customer_id: int, channel: str) -> None:
    found.allowed[channel].discard(customer_id)
    found.refused[channel].add(customer_id)


_Entry = tuple[int, str, DecisionRow]


def _decided(
    found: Permitted,
    purpose: str,
    at: datetime,
    ids: Collection[int] | None,
    *,
    checked: Mapping[str, datetime | None],
) -> list[datetime]:
    """Fills in what the ledger says; returns when permissions end by themselves."""
    turns: list[datetime] = []
    waiting: dict[int, list[_Entry]] = {}
    for customer_id, entries in _by_card(purpose, at, ids):
        if depends_on_law((row for _, _, row in entries), purpose, _CHANNELS):
            waiting[customer_id] = entries
        else:
            turns += _enter(found, customer_id, entries, purpose=purpose, at=at, checked=checked)
    laws = laws_of(waiting)
    for customer_id, entries in waiting.items():
        turns += _enter(
            found, customer_id, entries, purpose=purpose, at=at, checked=checked, law=laws[customer_id]
        )
    return [turn for turn in turns if turn > at]


def _enter(
    found: Permitted,
    customer_id: int,
    entries: list[_Entry],
    *,
    purpose: str,
    at: datetime,
    checked: Mapping[str, datetime | None],
    law: Law | None = None,
) -> Iterator[datetime]:
    for channel in _CHANNELS:
        rows = [row for _, on, row in entries if on in (channel, "")]
        if rows:
            answer = judge(
                rows, purpose=purpose, at=at, channel=channel, law=law, list_checked_at=checked[channel]
            )
            (found.allowed if answer.allowed else found.refused)[channel].add(customer_id)
    for _, _, row in entries:
        ends = law.ends_at(row.basis, row.at, row.expires_at) if law else row.expires_at
        if ends is not None:
            yield ends
    if law is not None and law.list_days:
        yield from (one + timedelta(days=law.list_days) for one in checked.values() if one is not None)


def _by_card(purpose: str, at: datetime, ids: Collection[int] | None) -> Iterator[tuple[int, list[_Entry]]]:
    """Each card with its decisions; what people of joined cards decided comes with the card they belong to."""
    owners = belonging.leading(ids)
    together: dict[int, list[_Entry]] = {}
    cards_joined = set(owners.values())
    for customer_id, rows in groupby(_entries(purpose, at, ids, owners), key=lambda entry: entry[0]):
        card = owners.get(customer_id, customer_id)
        if card in cards_joined:
            together.setdefault(card, []).extend(rows)
        else:
            yield card, list(rows)
    since = belonging.since(together) if together else {}
    for card, said in together.items():
        joined_at = since.get(card)
        yield card, _as_one(said, joined_at if joined_at is not None and joined_at <= at else None)


def _as_one(said: list[_Entry], joined_at: datetime | None) -> list[_Entry]:
    """Channel by channel, what the cards of one person decided as one person's."""
    return [
        (0, channel, row)
        for channel in _CHANNELS
        for row in as_one([(number, row) for number, on, row in said if on in (channel, "")], joined_at)
    ]


def _entries(
    purpose: str, at: datetime, ids: Collection[int] | None, owners: Mapping[int, int]
) -> Iterator[_Entry]:
    entries = ConsentEntry.objects.filter(purpose=purpose, topic="", at__lte=at)
    if ids is not None:
        entries = entries.filter(customer_id__in=[*ids, *owners])
    rows = entries.order_by("customer_id").values_list(
        "customer_id", "channel", "id", "decision", "at", "expires_at", "basis", "separate"
    )
    for customer_id, channel, number, made, when, ends, basis, alone in rows.iterator(chunk_size=_AT_ONCE):
        yield customer_id, channel, DecisionRow(number, made, when, ends, basis, alone)
