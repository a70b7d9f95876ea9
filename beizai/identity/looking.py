"""The whole book looked through for cards of one person: what is likely is proposed, what is sure may be joined."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from beizai.base.progress import Progress, silent
from beizai.customers import belonging
from beizai.customers.models import Channel, ContactPoint, Customer
from beizai.identity import merging, proposals, rules
from beizai.identity.matching import Matcher, people, settings_for
from beizai.identity.models import Proposal
from beizai.identity.proposals import Found
from beizai.staff.models import User

RULE = "matching"
_COLUMNS = ("given_name", "family_name", "name", "country", "postal_address")
_NAMES = {"postal_address": "address"}


@dataclass(frozen=True)
class Looked:
    """What looking came to: the cards looked at, the pairs found, those joined at once, those put before a person."""

    cards: int
    pairs: int
    joined: int
    proposed: int


def look(
    *,
    now: datetime,
    by: User | None = None,
    among: Iterable[int] | None = None,
    join: bool | None = None,
    progress: Progress = silent,
) -> Looked:
    """Looks for doubles in the whole book, or for those of some cards.

    Pairs from the upper threshold on are joined where the book's rules say so (or `join`), those between the two
    thresholds wait for a person, two people told apart stay so.
    """
    found = rules.rules()
    table = cards_table()
    if not table.num_rows:
        return Looked(0, 0, 0, 0)
    columns = [
        name for name in table.column_names if name != "id" and table[name].null_count < table.num_rows
    ]
    settings = settings_for(columns, merge_from=found.merge_above, review_from=found.review_above)
    asked = None if among is None else list(belonging.cards_of(among).values())
    progress(0, 0, "comparing cards")
    matcher = Matcher.of(table, settings, among=asked)
    pairs = matcher.pairs(among=asked, progress=lambda done, total: progress(done, total, "comparing cards"))
    joined, rest = 0, pairs
    if found.join_by_itself if join is None else join:
        apart = Proposal.objects.filter(state=Proposal.State.APART).values_list("left_id", "right_id")
        sorted_out = people(matcher, pairs, apart=list(apart))
        for person in sorted_out.merge:
            kept, *others = person.ids
            evidence = {"probability": person.probability}
            merging.merge(others, kept, now=now, by=by, rule=RULE, evidence=evidence)
            joined += len(others)
        rest = sorted_out.review
    proposed = proposals.add(_found(rest), rule=RULE, now=now)
    return Looked(table.num_rows, pairs.num_rows, joined, proposed)


def cards_table() -> pa.Table:
    """Every card as the matcher reads it: id, names, birthday_on, country, address, email, phone; text, null where not known."""
    rows = belonging.listed(Customer.objects.order_by("pk"))
    read = list(rows.values_list("pk", "birthday_on", *_COLUMNS).iterator(chunk_size=20_000))
    ids = [row[0] for row in read]
    columns: dict[str, list[Any]] = {"birthday_on": [row[1].isoformat() if row[1] else None for row in read]}
    for place, name in enumerate(_COLUMNS, start=2):
        columns[_NAMES.get(name, name)] = [row[place] or None for row in read]
    for channel in (Channel.EMAIL, Channel.PHONE):
        first = _first_points(channel)
        columns[channel.value] = [first.get(number) for number in ids]
    texts = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return pa.table({"id": pa.array(ids, pa.int64()), **texts})


def _first_points(channel: str) -> Mapping[int, str]:
    """One contact point of each card: one that is proved, else the first."""
    rows = ContactPoint.objects.filter(channel=channel, ended_at=None).order_by("verified_at", "pk")
    whose = belonging.leading()
    found: dict[int, str] = {}
    proved: dict[int, str] = {}
    for number, normal, verified_at in rows.values_list("customer_id", "normal", "verified_at").iterator(
        chunk_size=20_000
    ):
        card = whose.get(number, number)
        (proved if verified_at else found).setdefault(card, normal)
    return found | proved


def _found(pairs: pa.Table) -> Iterator[Found]:
    roles = [name.removesuffix("_level") for name in pairs.column_names if name.endswith("_level")]
    for batch in pairs.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            evidence = {
                role: {"level": row[f"{role}_level"], "bits": round(float(row[f"{role}_weight"]), 2)}
                for role in roles
                if row[f"{role}_level"] != "missing"
            }
            yield Found(row["left_id"], row["right_id"], float(row["probability"]), evidence)
