"""Those who have not bought, ranked by the points of the trade's book, or by what this shop's own buyers have taught."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from beizai.base import money
from beizai.conversations.models import Conversation
from beizai.customers import belonging
from beizai.customers.models import AttributeDefinition, AttributeKind, Customer, Tie, TieKind
from beizai.events.book import Book, open_book
from beizai.staff.models import Shop
from beizai.trades import books
from beizai.value import learning
from beizai.value.conditions import ASKED_KINDS
from beizai.value.customers import civil, measures
from beizai.value.prospects import PARTS, Chance, Criterion, Person, Prospect, Scheme, ranked

MOST = 20_000  # cards looked at: the newest who have not bought
ALIKE = "alike:"
_ASKED_WITHIN = timedelta(days=365)
_AT_ONCE = 2_000


@dataclass(frozen=True)
class Ranking:
    """The ranked, the scheme they were ranked by, what was learnt (None: too few buyers), and of how many."""

    prospects: tuple[Prospect, ...]
    scheme: Scheme
    learnt: learning.Learnt | None
    buyers: int
    looked_at: int

    @property
    def learns(self) -> bool:
        """Whether the learnt weights rank, and not the points of the book."""
        return self.learnt is not None and self.learnt.better


def ranking(shop: Shop, as_of: datetime) -> Ranking:
    """Everybody who has not bought as of a time, the most promising first.

    Weights are learnt from facts alone: how often somebody asked and how many buyers they know ends at a buyer's first purchase and goes
    on for everybody else, so that comparing the two would teach the wrong thing; those points stay as the book has them. In a large book
    the newest 20,000 who have not bought are looked at.
    """
    with open_book(as_of) as book:
        first = _first_bought(book, as_of)
        asked = _asked(book, as_of)
    scheme = scheme_of(shop)
    people = list(_people(scheme, first, asked, shop, as_of))
    points = np.array(
        [
            [np.nan if (got := one.points(person.values.get(one.key))) is None else got for one in scheme.criteria]
            for person in people
        ],
        dtype=np.float64,
    ).reshape(len(people), len(scheme.criteria))  # fmt: skip
    points[:, [not one.is_fact for one in scheme.criteria]] = np.nan
    learnt = _learnt(scheme, people, points)
    found = ranked(
        scheme,
        people,
        factors=learnt.factors if learnt and learnt.better else (),
        chances=_chances(scheme, learnt, people, points),
    )
    return Ranking(tuple(found), scheme, learnt, sum(one.bought for one in people), len(people))


def scheme_of(shop: Shop) -> Scheme:
    """The points of the book the shop opened first that has any; else those any shop may begin with."""
    opened = [one for one in books.opened(shop) if one.prospects]
    return read(opened[0].prospects if opened else _of_any_shop())


@lru_cache(maxsize=1)
def _of_any_shop() -> Mapping[str, Any]:
    text = files(__package__).joinpath("prospects.toml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = tomllib.loads(text)["prospects"]
    return found


def read(table: Mapping[str, Any]) -> Scheme:
    """The scheme of a book, its answers in the words the shop's own attributes have; what is not asked here counts nothing."""
    defined = {one.key: one for one in AttributeDefinition.objects.filter(retired_at=None)}
    found = (_criterion(row, defined) for row in table.get("points", ()))
    return Scheme(tuple(one for one in found if one is not None), int(table.get("wait_days", 30)))


def _criterion(row: Mapping[str, Any], defined: Mapping[str, AttributeDefinition]) -> Criterion | None:
    key = row.get("attribute") or row.get("alike") or ""
    if key and key not in defined:
        return None
    steps = tuple((float(least), int(points)) for least, points in row.get("steps", ()))
    words = tuple(
        (tuple(each.casefold() for each in said), int(points)) for said, points in row.get("words", ())
    )
    if "alike" in row:
        return Criterion(f"{ALIKE}{key}", row["part"], False, steps)
    if "count" in row:
        return Criterion(row["count"], row["part"], False, steps)
    if "answers" in row:
        return Criterion(key, row["part"], True, answers=_answers(row["answers"], defined[key]))
    return Criterion(key, row["part"], True, steps, words=words)


def _answers(given: Any, one: AttributeDefinition) -> dict[str, int]:
    """Points by answer: in the order of the attribute's answers, or for yes and no."""
    if one.kind == AttributeKind.BOOLEAN:
        return {"True": int(given["true"]), "False": int(given["false"])}
    return dict(zip(one.choices, map(int, given), strict=False))


def _learnt(scheme: Scheme, people: list[Person], points: Any) -> learning.Learnt | None:
    told = np.array([one.bought or one.days >= scheme.wait_days for one in people], dtype=np.bool_)
    bought = np.array([one.bought for one in people], dtype=np.bool_)
    return learning.learn(points[told], bought[told]) if len(people) else None


def _chances(
    scheme: Scheme, learnt: learning.Learnt | None, people: list[Person], points: Any
) -> dict[int, Chance]:
    """Of those who may still decide alone: who let the time pass has told already, and is no longer as likely to buy."""
    open_ones = [place for place, one in enumerate(people) if not one.bought and one.days < scheme.wait_days]
    if learnt is None or not open_ones:
        return {}
    middle, low, high = learnt.chances(points[open_ones])
    return {
        people[place].customer_id: Chance(float(middle[row]), float(low[row]), float(high[row]))
        for row, place in enumerate(open_ones)
    }


_Asked = Mapping[int, list[date]]


def _first_bought(book: Book, as_of: datetime) -> dict[int, date]:
    """The day of each buyer's first purchase."""
    found = measures(book, as_of)
    days = zip(found["customer_id"].to_pylist(), found["first_on"].to_pylist(), strict=True)
    return {customer: day for customer, day in days if day is not None}


def _people(
    scheme: Scheme, first: Mapping[int, date], asked: _Asked, shop: Shop, as_of: datetime
) -> Iterator[Person]:
    cards, today = _cards(first, as_of), civil(as_of)
    tied, brought = _tied(as_of)
    alike = [one.key.removeprefix(ALIKE) for one in scheme.criteria if one.key.startswith(ALIKE)]
    same = {key: Counter(_fact(facts, key, as_of) for pk, facts, _ in cards if pk in first) for key in alike}
    whole = unit(shop)
    sums = frozenset(
        AttributeDefinition.objects.filter(kind=AttributeKind.MONEY).values_list("key", flat=True)
    )
    for pk, facts, created in cards:
        bought_on = first.get(pk)
        until = bought_on or today + timedelta(days=1)
        since = until - _ASKED_WITHIN
        values: dict[str, Any] = {
            "asked": sum(since <= day < until for day in asked.get(pk, ())),
            "tied_buyers": sum(first.get(other, until) < until for other in tied.get(pk, ())),
            "brought_by_buyer": int(first.get(brought.get(pk, 0), until) < until),
        }
        for one in scheme.criteria:
            if one.is_fact:
                value = _fact(facts, one.key, as_of)
                values[one.key] = value / whole if one.key in sums and value is not None else value
        for key in alike:
            value = _fact(facts, key, as_of)
            values[f"{ALIKE}{key}"] = None if value is None else same[key][value] - (bought_on is not None)
        yield Person(pk, values, bought_on is not None, (today - civil(created)).days)


def _cards(first: Mapping[int, date], as_of: datetime) -> list[tuple[int, Mapping[str, Any], datetime]]:
    """The newest cards, buyers among them, at most so many of each; by rising number."""
    rows = belonging.listed(Customer.objects.filter(created_at__lte=as_of)).exclude(only_named=True)
    found: dict[bool, list[tuple[int, Mapping[str, Any], datetime]]] = {True: [], False: []}
    for row in rows.order_by("-pk").values_list("pk", "facts", "created_at").iterator(chunk_size=_AT_ONCE):
        held = found[row[0] in first]
        if len(held) < MOST:
            held.append(row)
        elif len(found[row[0] not in first]) >= MOST or len(found[False]) >= MOST:
            break
    return sorted(found[True] + found[False], key=lambda one: one[0])


def _fact(facts: Mapping[str, Any], key: str, as_of: datetime) -> Any:
    fact = facts.get(key)
    if fact is None or (fact.get("at") and datetime.fromisoformat(fact["at"]) > as_of):
        return None
    value = fact["v"]
    return str(value) if isinstance(value, bool) else value


def unit(shop: Shop) -> int:
    """Minor units in one of the book's currency: schemes speak of whole ones."""
    return int(10 ** money.minor_digits(shop.currency))


def _tied(as_of: datetime) -> tuple[dict[int, set[int]], dict[int, int]]:
    """Whom each card is tied to, from either side, and who brought it; joined cards count as one."""
    ties = Tie.objects.filter(added_at__lte=as_of).exclude(kind=TieKind.WORKS_AT)
    rows = list(ties.values_list("customer_id", "other_id", "kind").iterator(chunk_size=20_000))
    whose = belonging.cards_of({one for row in rows for one in row[:2]}) if rows else {}
    tied: dict[int, set[int]] = defaultdict(set)
    brought: dict[int, int] = {}
    for customer, other, kind in rows:
        a, b = whose.get(customer, customer), whose.get(other, other)
        if a == b:
            continue
        if kind == TieKind.REFERRED_BY:
            brought[a] = b
        tied[a].add(b)
        tied[b].add(a)
    return tied, brought


def _asked(book: Book, as_of: datetime) -> dict[int, list[date]]:
    """The days on which somebody asked, clicked, answered, or talked with the shop."""
    since = civil(as_of) - 3 * _ASKED_WITHIN
    events = book.events
    rows = book.arrow(
        events.filter(
            events.customer_id.notnull(),
            events.kind.isin(ASKED_KINDS),
            events.verdict.fill_null("person") != "machine",
            events.occurred_on >= since,
        ).select("customer_id", "occurred_on")
    ).to_pylist()  # fmt: skip
    found: dict[int, list[date]] = defaultdict(list)
    for row in rows:
        found[row["customer_id"]].append(row["occurred_on"])
    talks = Conversation.objects.filter(opened_at__lte=as_of, customer__isnull=False).values_list(
        "customer_id", "said_at"
    )
    said = list(talks.iterator(chunk_size=20_000))
    whose = belonging.cards_of({pk for pk, _ in said}) if said else {}
    for pk, at in said:
        found[whose.get(pk, pk)].append(civil(at))
    return found


def in_document(found: Ranking, at: datetime, limit: int) -> dict[str, Any]:
    """The ranking as plain data, its first `limit`: numbers of cards and keys, no names."""
    learnt = found.learnt
    return {
        "as_of": at,
        "looked_at": found.looked_at,
        "not_bought": len(found.prospects),
        "buyers": found.buyers,
        "learnt": learnt
        and {
            "used": learnt.better,
            "buyers": learnt.buyers,
            "others": learnt.others,
            "auc_points": round(learnt.auc_points, 4),
            "auc_learnt": round(learnt.auc_learnt, 4),
            "log_loss_saved": learnt.gain,
            "standard_error": learnt.se,
            "weights": [
                {"key": one.key, "factor": round(factor, 3), "sd": round(sd, 3)}
                for one, factor, sd in zip(
                    found.scheme.criteria, learnt.factors, learnt.factor_sd, strict=True
                )
            ],
        },
        "prospects": [_one_in_document(one) for one in found.prospects[:limit]],
    }


def _one_in_document(one: Prospect) -> dict[str, Any]:
    return {
        "rank": one.rank,
        "customer": one.customer_id,
        "points": round(one.points, 2),
        **{part: round(one.of(part), 2) for part in PARTS},
        "chance": one.chance
        and {"middle": one.chance.middle, "low": one.chance.low, "high": one.chance.high},
        "ask": one.ask,
        "reasons": [
            {
                "key": each.key,
                "part": each.part,
                "points": each.points,
                "most": each.most,
                "known": each.value is not None,
            }
            for each in one.parts
        ],
    }
