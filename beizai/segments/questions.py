"""A question asked of the book as of a time: the tables, the day, and the lines of the book, opened together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beizai.events.book import Book, open_book
from beizai.segments import compile as compiled
from beizai.segments import rule as rules
from beizai.segments import snapshot
from beizai.segments.features import MEASURES, Tables
from beizai.segments.rule import Rule
from beizai.value import kept
from beizai.value.customers import civil, measures
from beizai.value.thresholds import Thresholds

Ids = npt.NDArray[np.int64]
_CUSTOMERS = "customers"


@dataclass(frozen=True)
class Question:
    """An open book beside the cards as of a time."""

    book: Book
    as_of: datetime
    on: date
    cards: pa.Table
    fresh: bool = True  # whether the lines must be of this very book

    def tables(self, rule: Rule) -> Tables:
        """The tables a rule is compiled over; with measures counted beforehand where that is quicker."""
        book = self.book
        measures = book.con.table(self._measures) if compiled.needs_measures(rule) else None
        return Tables(book.con.table(_CUSTOMERS), book.orders, book.lines, book.events, measures)

    @cached_property
    def _measures(self) -> str:
        """The name of the table of measures: of the standing kept of this day, where no order came since; else counted now."""
        kept_today = kept.latest(self.on)
        still_true = (
            kept_today is not None and kept_today.as_of <= self.as_of and not kept_today.is_stale(self.book)
        )
        counted = kept_today.table if kept_today and still_true else measures(self.book, self.as_of)
        self.book.con.con.register(MEASURES, counted)
        return MEASURES

    @cached_property
    def lines(self) -> Thresholds:
        """The lines of the book, counted only where a rule asks for a label or a fifth."""
        return kept.lines(self.book, self.as_of, fresh=self.fresh)

    def lines_for(self, rule: Rule) -> Thresholds:
        """The lines, or none where the rule needs none."""
        needs = (rules.Labelled, rules.Scored)
        if any(isinstance(leaf, needs) for leaf in rules.leaves(rule)):
            return self.lines
        return Thresholds(self.on, 0)

    def members(self, rule: Rule) -> Ids:
        """The ids of whom the rule (without references to segments) holds, rising."""
        asked = compiled.members(rule, self.tables(rule), as_of_on=self.on, lines=self.lines_for(rule))
        found = self.book.arrow(asked)["customer_id"].to_numpy()
        return np.sort(found)

    def truths(self, several: tuple[Rule, ...]) -> tuple[Ids, npt.NDArray[np.bool_]]:
        """The ids of everybody, and for each of the rules a row of who fulfils it, in the order of the ids."""
        whole = rules.All(several)
        lines = self.lines_for(whole)
        asked = compiled.truths(several, self.tables(whole), as_of_on=self.on, lines=lines)
        found = self.book.arrow(asked)
        columns = [found[f"t{number}"].to_numpy(zero_copy_only=False) for number in range(len(several))]
        matrix = np.array(columns, dtype=np.bool_).reshape(len(several), found.num_rows)
        return found["customer_id"].to_numpy(), matrix


@contextmanager
def ask(as_of: datetime) -> Iterator[Question]:
    """Opens the book and the cards as of a time (aware).

    In the past only those are there who had a card by then, or whose first order was by then.
    """
    with open_book(as_of) as book:
        on = civil(as_of)
        cards = _known_by(book, snapshot.customers(as_of), on)
        book.con.con.register(_CUSTOMERS, cards)
        yield Question(book, as_of, on, cards)


@contextmanager
def ask_of_one(as_of: datetime, customer_id: int) -> Iterator[Question]:
    """Opens the book beside one card alone; the lines of the book are the kept ones. For a page about one person."""
    with open_book(as_of) as book:
        cards = snapshot.one(customer_id, as_of)
        yield Question(book, as_of, civil(as_of), cards, fresh=False)


def _known_by(book: Book, cards: pa.Table, on: date) -> pa.Table:
    created = cards["created_on"].cast(pa.int32()).to_numpy()
    known = created <= on.toordinal() - date(1970, 1, 1).toordinal()
    if known.all():
        return cards
    orders = book.orders
    asked: Any = orders.filter(orders.customer_id.notnull()).select("customer_id").distinct()
    bought = book.arrow(asked)["customer_id"].to_numpy()
    return cards.filter(pa.array(known | np.isin(cards["customer_id"].to_numpy(), bought)))
