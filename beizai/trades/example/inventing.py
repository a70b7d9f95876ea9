"""Invented people of a trade and what they bought: from the parameters of its folder, by a seed, the same every time. Pure."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any
from zoneinfo import ZoneInfo

Table = Mapping[str, Any]
Points = Callable[[Mapping[str, Any]], float]
MAIL, GONE = "example.test", "gone.example.test"  # the built-in catcher answers 5.1.1 at the second
NEWEST_DAYS, OLDEST_DAYS = 10, 330
_IN_MONTH = 6  # times as likely in the months a product is bought in


@dataclass
class Person:
    """One invented customer. `facts` in whole units; `decision` granted, refused or "" (never asked)."""

    number: str
    given_name: str
    family_name: str
    email: str
    decision: str
    is_new: bool
    facts: dict[str, Any] = field(default_factory=dict)
    buys: bool = False
    branch: str = ""


@dataclass(frozen=True)
class Line:
    """One line of an order."""

    order: str
    at: datetime
    person: str
    product: Table
    quantity: int
    branch: str


@dataclass(frozen=True)
class World:
    """What is invented: parameters, attributes of the book, names, the shop's language and today, the seed."""

    parameters: Table
    attributes: tuple[Table, ...]
    names: Mapping[str, Sequence[str]]
    language: str
    now: datetime
    zone: ZoneInfo
    seed: str

    def lot(self, what: str) -> random.Random:
        """A draw of its own for each thing, so that a changed parameter leaves the others as they were."""
        return random.Random(f"{self.seed} {what}")

    def said(self, text: Mapping[str, Any]) -> Any:
        return text.get(self.language, text["en"])


def people(world: World, points: Points) -> list[Person]:
    """Everybody; who buys is drawn by what the trade thinks makes a buyer, and by chance."""
    parameters = world.parameters
    count = int(parameters["customers"])
    newest = count - round(count * parameters["newest"])
    found = [_person(world, number, is_new=number >= newest) for number in range(count)]
    lot = world.lot("who buys")
    wanted = sorted(found, key=lambda one: -(points(one.facts) / 12 + lot.gauss(0, 1) - one.is_new))
    for one in wanted[: count - round(count * parameters["never"])]:
        one.buys = True
    for one in found:
        _leave_out(world, one)
    return found


def _person(world: World, number: int, *, is_new: bool) -> Person:
    lot, parameters = world.lot(f"person {number}"), world.parameters
    drawn = lot.random()
    refused = parameters["allowed"] + parameters["refused"]
    decision = "granted" if drawn < parameters["allowed"] else "refused" if drawn < refused else ""
    domain = GONE if lot.random() < 0.02 else MAIL
    one = Person(
        f"EX{number + 1:04}",
        lot.choice(world.names["given"]),
        lot.choice(world.names["family"]),
        f"c{number + 1:04}@{domain}",
        decision,
        is_new,
        branch=lot.choice(world.said(parameters["branches"])) if "branches" in parameters else "",
    )
    kinds = {each["key"]: each for each in world.attributes}
    for fact in parameters.get("facts", ()):
        one.facts[fact["key"]] = _fact(world, fact, kinds[fact["key"]], lot)
    return one


def _leave_out(world: World, one: Person) -> None:
    """Not everything is known of everybody, and some is asked only of those who have not bought."""
    for fact in world.parameters.get("facts", ()):
        lot = world.lot(f"known {one.number} {fact['key']}")
        if lot.random() >= fact["known"] or (fact.get("of") == "never" and one.buys):
            del one.facts[fact["key"]]


def _fact(world: World, fact: Table, kind: Table, lot: random.Random) -> Any:  # noqa: PLR0911  (one shape each)
    if "pick" in fact:
        return lot.choices(world.said(kind["choices"]), fact["pick"])[0]
    if "several" in fact:
        answers = zip(world.said(kind["choices"]), fact["several"], strict=True)
        return [answer for answer, chance in answers if lot.random() < chance]
    if "number" in fact:
        return lot.randint(*fact["number"])
    if "amount" in fact:
        low, high = fact["amount"]
        return round(low * (high / low) ** lot.random())
    if "yes" in fact:
        return lot.random() < fact["yes"]
    if "days_ago" in fact:
        return (world.now.date() - timedelta(days=lot.randint(*fact["days_ago"]))).isoformat()
    if "records" in fact:
        return sorted(_records(world, fact, lot))
    return lot.choice(world.said(fact["text"]))


def _records(world: World, fact: Table, lot: random.Random) -> Iterator[str]:
    for _ in range(lot.randint(*fact["records"])):
        day = world.now.date() - timedelta(days=lot.randint(20, 500))
        yield "; ".join([day.isoformat(), *(lot.choice(world.said(column)) for column in fact["columns"])])


def as_cell(value: Any) -> str:
    """A fact as a cell of a customers file.

    >>> as_cell(["fine", "dry"]), as_cell(["2026-01-02; colour", "2026-03-04; perm"]), as_cell(True)
    ('fine; dry', '2026-01-02; colour\\n2026-03-04; perm', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ("\n" if value and value[0][:4].isdigit() and ";" in value[0] else "; ").join(value)
    return str(value)


def ties(world: World, everybody: Sequence[Person]) -> list[tuple[str, str, str]]:
    """Pairs of people and what ties them: (number, kind, other number). Who buys knows others who buy more often than not."""
    found: set[tuple[str, str, str]] = set()
    asked = world.parameters.get("ties", {})
    buyers = [one for one in everybody if one.buys]
    for kind, share in asked.items():
        lot, written = world.lot(kind), _KIND[kind]
        for place, one in enumerate(everybody):
            if lot.random() >= share or not place:
                continue
            near = buyers if one.buys or lot.random() < 0.4 else everybody
            others = [other for other in near[: max(3, place)] if other.number < one.number]
            if others:
                weights = [1 / (1 + rank % 9) for rank in range(len(others))]
                found.add((one.number, written, lot.choices(others, weights)[0].number))
    return sorted(found)


_KIND = {
    "friends": "friend",
    "brought": "referred_by",
    "household": "household",
    "gives_to": "gives_to",
}


def lines(world: World, everybody: Sequence[Person]) -> list[Line]:
    """What everybody bought, each at a rhythm of their own; some have stopped."""
    found = [line for one in everybody if one.buys for line in _visits(world, one)]
    return sorted(found, key=lambda line: (line.at, line.order))


def _visits(world: World, one: Person) -> Iterator[Line]:
    lot, parameters = world.lot(f"visits {one.number}"), world.parameters
    low, high = parameters["gap_days"]
    gap = low * (high / low) ** lot.random()
    today = world.now.astimezone(world.zone).date()
    quiet = lot.random() < parameters["quiet"]
    first, last = _spell(lot, today, parameters["months"], gap, quiet=quiet, is_new=one.is_new)
    visit, day = 0, first
    while day <= last:
        visit += 1
        yield from _order(world, one, day, visit, lot)
        day += timedelta(days=max(3.0, gap * lot.uniform(0.75, 1.3)))


def _spell(
    lot: random.Random, today: date, months: int, gap: float, *, quiet: bool, is_new: bool
) -> tuple[date, date]:
    """The first and the last day somebody came: who is new came lately, who is quiet stopped some gaps ago."""
    if is_new:
        day = today - timedelta(days=lot.randint(1, NEWEST_DAYS))
        return day, today - timedelta(days=1)
    first = today - timedelta(days=months * 30.4 * lot.uniform(0.25, 1))
    ago = gap * lot.uniform(2.6, 4.5) if quiet else max(1.0, gap * lot.uniform(0.05, 1.25))
    last = today - timedelta(days=ago)
    return min(first, last), last


def _order(world: World, one: Person, day: date, visit: int, lot: random.Random) -> Iterator[Line]:
    at = datetime.combine(day, clock_time(lot.randint(9, 18), lot.randint(0, 59)), world.zone)
    products = world.parameters["products"]
    shares = [each["share"] * (_IN_MONTH if day.month in each.get("months", ()) else 1) for each in products]
    wanted = min(len(products), lot.randint(*world.parameters["lines"]))
    chosen: dict[str, Table] = {}
    while len(chosen) < wanted:
        each = lot.choices(products, shares)[0]
        chosen[each["number"]] = each
    for each in chosen.values():
        yield Line(f"{one.number}-{visit:03}", at, one.number, each, 1, one.branch)
