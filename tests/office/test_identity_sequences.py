"""Whatever happens to cards in whatever order, taken apart each says what it would have said never having been joined."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from books import Sold, bring_in
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.consent import ledger
from beizai.consent.erasing import erase
from beizai.consent.rules import may_contact
from beizai.customers import cards as book_cards
from beizai.customers import points, remarks, search, ties
from beizai.customers.cards import NewCard
from beizai.customers.models import (
    AttributeDefinition,
    AttributeKind,
    ContactPoint,
    Customer,
    Note,
    Standing,
    Tag,
    TieKind,
)
from beizai.events.book import open_book
from beizai.identity import cards, merging, rules
from beizai.identity.models import Belonging, Merge, OwnCard
from beizai.identity.shown import said
from beizai.sources import register

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ("Zadie", "Quentin", "Ulrich", "Xenia")
FIELDS: dict[str, tuple[Any, ...]] = {
    "given_name": ("Ann", "Bo", ""),
    "language": ("fr", "zh", ""),
    "birthday_on": (date(1990, 1, 2), date(1991, 1, 2), None),
    "postal_address": ("1 quai", "2 quai", ""),
    "fact:tea": ("oolong", "pu-erh", None),
}
TOLD = ("granted", "refused", "withdrawn")
KINDS = (TieKind.REFERRED_BY, TieKind.HOUSEHOLD, TieKind.FRIEND)
who = st.integers(0, len(NAMES) - 1)
joining = st.one_of(
    st.tuples(st.just("merge"), who, who),
    st.tuples(st.just("merge"), who, who),
    st.tuples(st.just("unmerge"), st.integers(0, 9), st.none()),
)
happening = st.one_of(
    st.tuples(st.just("edit"), who, st.tuples(st.sampled_from(sorted(FIELDS)), st.integers(0, 2))),
    st.tuples(st.just("tag"), who, st.sampled_from(["vip", "tea"])),
    st.tuples(st.just("untag"), who, st.sampled_from(["vip", "tea"])),
    st.tuples(st.just("note"), who, st.sampled_from(["called", "came by"])),
    st.tuples(st.just("point"), who, st.sampled_from(["a", "b"])),
    st.tuples(st.just("end"), who, st.sampled_from(["a", "b"])),
    st.tuples(st.just("tie"), who, st.tuples(st.sampled_from(KINDS), who)),
    st.tuples(st.just("decide"), who, st.sampled_from(TOLD)),
    st.tuples(st.just("refresh"), who, st.none()),
)
erasing = st.tuples(st.just("erase"), who, st.none())
ordered = st.tuples(st.just("order"), who, st.integers(1, 9))
RULE = st.sampled_from(["latest", "kept_card", "verified_first", "most_frequent", "longest", "keep_all"])
Step = tuple[str, int, Any]
NESTED: list[Step] = [
    ("decide", 0, "granted"),
    ("merge", 0, 1),
    ("edit", 0, ("language", 1)),
    ("edit", 1, ("fact:tea", 0)),
    ("tag", 0, "vip"),
    ("tie", 0, (TieKind.FRIEND, 3)),
    ("merge", 1, 2),
    ("edit", 0, ("postal_address", 1)),
    ("point", 0, "a"),
    ("decide", 1, "refused"),
    ("unmerge", 0, None),
    ("edit", 1, ("language", 2)),
    ("note", 1, "called"),
]


@dataclass
class Book:
    """Four cards of one run, told by their places; `trace` holds what was written, on which of them, without the joining."""

    numbers: list[int]
    trace: list[tuple[datetime, Step]] = field(default_factory=list)
    merges: list[int] = field(default_factory=list)
    at: datetime = NOW

    @classmethod
    def fresh(cls) -> "Book":
        source = register.office(NOW)
        new = [
            NewCard(name=name, language="fr", points=[("email", f"{name}@example.test")]) for name in NAMES
        ]
        return cls([book_cards.add(one, source=source, now=NOW).pk for one in new])

    def place(self, number: int) -> int:
        return self.numbers.index(number)

    def there(self, place: int) -> bool:
        return Customer.objects.filter(pk=self.numbers[place]).exists()

    def together(self, place: int) -> list[int]:
        """The places of the cards that are one with this, the kept one first."""
        return [self.place(number) for number in cards.ids_of(cards.card_of(self.numbers[place]))]

    def take(self, step: Step) -> None:
        """One step, on whichever card it comes to now."""
        self.at += timedelta(hours=1)
        what, place, more = step
        if what == "unmerge":
            if self.merges:
                self.unmerge(place % len(self.merges))
        elif self.there(place):
            self._taken(what, place, more)

    def _taken(self, what: str, place: int, more: Any) -> None:
        group = self.together(place)
        match what:
            case "merge":
                other = self.together(more)[0]
                if self.there(more) and other != group[0]:
                    kept, joined = self.numbers[other], self.numbers[group[0]]
                    self.merges.append(merging.merge([joined], kept, now=self.at).pk)
            case "refresh":
                merging.refresh([self.numbers[place]], now=self.at)
            case "erase":
                erase(self.numbers[place], "They asked.", at=self.at)
                gone = {self.numbers[one] for one in group}
                self.merges = [one for one in self.merges if Merge.objects.get(pk=one).card_id not in gone]
                self.trace += [(self.at, ("erase", one, None)) for one in group]
            case "untag" | "end":  # whichever of the cards has it, it is gone from the person
                for one in group:
                    self.write((what, one, more))
            case "tie":
                kind, to = more
                if self.there(to):
                    self.write(("tie", group[0], (kind, self.together(to)[0])))
            case _:
                self.write((what, group[0], more))

    def unmerge(self, which: int) -> None:
        merging.unmerge(self.merges.pop(which), now=self.at)

    def apart(self) -> None:
        """Everything is taken apart, from the middle."""
        while self.merges:
            self.at += timedelta(hours=1)
            self.unmerge(len(self.merges) // 2)

    def write(self, step: Step) -> None:
        """Writes on this very card and notes it; what is refused or says nothing new is as if it had not been."""
        if self._write(step):
            self.trace.append((self.at, step))

    def _write(self, step: Step) -> bool:  # noqa: C901  (a case for each thing that may happen)
        what, place, more = step
        number, source, now = self.numbers[place], register.office(NOW), self.at
        match what:
            case "edit":
                return self._edit(number, *more)
            case "tag":
                remarks.add_tag(number, more, source=source, now=now)
            case "untag":
                remarks.remove_tag(number, more, source=source, now=now)
            case "note":
                remarks.note(number, more, now=now)
            case "point":
                address = f"{NAMES[place]}.{more}@example.test"
                points.add(Customer.objects.get(pk=number), "email", address, source=source, now=now)
                search.index_many([number])
            case "end":
                for one in ContactPoint.objects.filter(customer_id=number, value__contains=f".{more}@"):
                    points.end(one, source=source, now=now)
            case "tie":
                try:
                    ties.tie(number, more[0], self.numbers[more[1]], source=source, now=now)
                except Invalid:
                    return False
            case "decide":
                told = ledger.Given(number, "marketing", more, "Yes.", now, source.pk, channel="email")
                ledger.record(told, now=now)
            case "erase":
                erase(number, "They asked.", at=now)
        return True

    def _edit(self, number: int, name: str, choice: int) -> bool:
        value, card = FIELDS[name][choice], Customer.objects.get(pk=number)
        key = name.removeprefix("fact:")
        shows = card.facts.get(key, {}).get("v") if name != key else getattr(card, name)
        changes, known = ({}, {key: value}) if name != key else ({name: value}, {})
        book_cards.edit(
            number, changes, new_facts=known, revision=card.revision, source=register.office(NOW), now=self.at
        )
        return bool(shows != value)

    def tells(self) -> dict[int, dict[str, Any] | None]:
        """What each card says by itself."""
        return {place: self._tells(place) if self.there(place) else None for place in range(len(NAMES))}

    def _tells(self, place: int) -> dict[str, Any]:
        number = self.numbers[place]
        row = said(Customer.objects.get(pk=number))
        mine = ContactPoint.objects.filter(customer_id=number)
        answer = may_contact(number, "email", "marketing", self.at + timedelta(hours=1))
        return {
            "row": {name: one["v"] if name.startswith("fact:") else one for name, one in row.items()},
            "points": {(one.normal, one.ended_at is None) for one in mine},
            "tags": set(Tag.objects.filter(customer_id=number).values_list("tag", flat=True)),
            "notes": list(Note.objects.filter(customer_id=number).order_by("pk").values_list("text", "at")),
            "ties": self.ties(place),
            "may": (answer.allowed, answer.reason),
            "found": [self.place(one) for one in search.first_ids(NAMES[place], 9)],
            "standing": Standing.objects.filter(pk=number).exists(),
        }

    def ties(self, place: int) -> set[tuple[str, int, int]]:
        found = ties.of(self.numbers[place])
        return {(one.kind, self.place(one.customer_id), self.place(one.other_id)) for one in found}


def never_joined(trace: Sequence[tuple[datetime, Step]], last: datetime) -> Book:
    """The same, written on cards nobody ever joined, in a book that has no others."""
    Customer.objects.all().delete()
    book = Book.fresh()
    for at, step in trace:
        book.at = at
        book._write(step)
    book.at = last
    return book


def shows_the_union(book: Book) -> None:
    """Each joint card shows what its cards would say alone, taken together."""
    joint = [one for one in range(len(NAMES)) if book.there(one) and len(book.together(one)) > 1]
    if not joint:
        return
    alone = rolled_back(lambda: never_joined(book.trace, book.at).tells())
    for group in {tuple(book.together(one)) for one in joint}:
        own = [alone[one] for one in group]
        root = book.numbers[group[0]]
        shown = said(Customer.objects.get(pk=root))
        for name in (*FIELDS, "name"):
            values = [one["row"].get(name) for one in own if one is not None]
            is_known = bool(shown.get(name))
            assert not is_known or _value(shown[name]) in values or " " in str(_value(shown[name]))
        assert book.ties(group[0]) == {
            (kind, one, other)
            for each in own
            for kind, one, other in (each or {"ties": ()})["ties"]
            if not {one, other} <= set(group)
        }
        for place in group:
            assert search.first_ids(NAMES[place], 9) == [root]
            assert book_cards.get(book.numbers[place]).pk == root
        assert may(book, group) == says(book, group)


def _value(shown: Any) -> Any:
    return shown["v"] if isinstance(shown, dict) else shown


def may(book: Book, group: Sequence[int]) -> set[bool]:
    later = book.at + timedelta(hours=1)
    return {may_contact(book.numbers[one], "email", "marketing", later).allowed for one in group}


def says(book: Book, group: Sequence[int]) -> set[bool]:
    """A refusal on any of them when the last was joined stands until they decide again."""
    joined_at = max(
        Belonging.objects.filter(card_id=book.numbers[group[0]]).values_list("since_at", flat=True)
    )
    before: dict[int, str] = {}
    after = ""
    for at, (what, place, more) in book.trace:
        if what == "decide" and place in group:
            if at < joined_at:
                before[place] = more
            else:
                after = more
    if after:
        return {after == "granted"}
    return {bool(before) and set(before.values()) == {"granted"}}


def rolled_back(work: Callable[[], Any]) -> Any:
    """Does it in a book as it was before, and leaves no trace: each example is alone."""
    with transaction.atomic():
        done = work()
        transaction.set_rollback(True)
    return done


def play(steps: Sequence[Step], rule: str) -> None:
    AttributeDefinition.objects.get_or_create(
        key="tea", defaults={"label": "Tea", "kind": AttributeKind.TEXT}
    )
    rules.change(survivorship={name: rule for name in FIELDS if name != "birthday_on"})
    book = Book.fresh()
    for step in steps:
        book.take(step)
    shows_the_union(book)
    book.apart()
    joined, trace, last = book.tells(), book.trace, book.at
    assert not OwnCard.objects.filter(pk__in=[n for p, n in enumerate(book.numbers) if joined[p]]).exists()
    assert joined == never_joined(trace, last).tells()


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


@pytest.mark.parametrize(
    "examples", [20, pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(1_800)])]
)
def test_cards_taken_apart_are_as_if_never_joined(examples: int) -> None:
    """Beside it stands the oracle: the same written once more on fresh cards that are never joined."""
    usual = st.lists(st.one_of(joining, happening, happening), min_size=5, max_size=16)
    whole = st.tuples(
        usual, st.lists(erasing, max_size=1), st.lists(st.one_of(joining, happening), max_size=4)
    )

    @settings(
        max_examples=examples,
        derandomize=examples < 100,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @example(told=(NESTED, [], []), rule="latest")
    @example(told=(NESTED, [("erase", 3, None)], [("merge", 0, 1)]), rule="keep_all")
    @given(told=whole, rule=RULE)
    def all_of_them(told: tuple[list[Step], list[Step], list[Step]], rule: str) -> None:
        rolled_back(lambda: play([step for part in told for step in part], rule))

    all_of_them()


@settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(told=st.lists(st.one_of(joining, ordered, ordered), min_size=4, max_size=9))
def test_orders_are_the_persons_while_joined_and_each_cards_own_again(told: list[Step]) -> None:
    """An order comes under the number its shop knows, joined or not; the kept card has those of all its cards."""
    book = Book.fresh()
    own: dict[int, int] = {}
    for step in told:
        what, place, more = step
        if what == "order":
            bring_in([Sold(book.numbers[place], date(2026, 2, 1), more)], now=NOW)
            own[book.numbers[place]] = own.get(book.numbers[place], 0) + more
        else:
            book.take(step)
    together: dict[int, int] = {}
    for number, amount in own.items():
        kept = cards.card_of(number)
        together[kept] = together.get(kept, 0) + amount
    assert spent(book) == together
    book.apart()
    assert spent(book) == own


def spent(book: Book) -> dict[int, int]:
    with open_book(NOW) as found:
        orders = found.orders
        rows = found.arrow(orders.group_by("customer_id").agg(total=orders.amount_minor.sum())).to_pylist()
    return {row["customer_id"]: row["total"] for row in rows if row["customer_id"] in book.numbers}
