"""Contribution: what is left of a sale after the goods and the discounts, before the cost of writing to anyone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beizai.events.book import Book
from beizai.products.models import CategoryMargin
from beizai.staff.models import Shop

PATH_SEPARATOR = "/"
MILLS = 1000
"""Contribution is added up in whole thousandths of a minor unit, so that the sum is the same in any order."""


class Basis(StrEnum):
    """What the contribution of a line rests on: its own cost, else its category's margin, else the book's."""

    COST = "cost"
    CATEGORY = "category"
    BOOK = "book"


@dataclass(frozen=True)
class Margins:
    """What is left of 1,000 of sales before discounts, by category and for all the rest."""

    book_permille: int
    categories: Mapping[str, int] = field(default_factory=dict)

    def of(self, category: str | None) -> int | None:
        """The margin of the category, else of the nearest one above it in its path; None where none is known.

        >>> Margins(300, {"Tea": 420}).of("Tea / Green"), Margins(300, {"Tea": 420}).of("Cups")
        (420, None)
        """
        path = [part.strip() for part in (category or "").split(PATH_SEPARATOR)]
        for length in range(len(path), 0, -1):
            found = self._tidy().get(tuple(path[:length]))
            if found is not None:
                return found
        return None

    def _tidy(self) -> dict[tuple[str, ...], int]:
        return {
            tuple(part.strip() for part in name.split(PATH_SEPARATOR)): permille
            for name, permille in self.categories.items()
        }

    def as_fields(self) -> dict[str, Any]:
        """As kept with a campaign."""
        return {"book": self.book_permille, "categories": dict(self.categories)}

    @classmethod
    def from_fields(cls, kept: Mapping[str, Any]) -> "Margins":
        """The opposite of `as_fields`."""
        return cls(int(kept["book"]), {str(name): int(value) for name, value in kept["categories"].items()})


def current_margins(shop: Shop) -> Margins:
    """The margins as they stand today."""
    return Margins(
        shop.book_margin_permille, dict(CategoryMargin.objects.values_list("category", "margin_permille"))
    )


def contribution_lines(book: Book, margins: Margins, *, start_on: date, end_on: date) -> Any:
    """The lines of known customers sold from `start_on` up to the day before `end_on`, as an Ibis table.

    Columns: customer_id, order_id, occurred_on, simulated, basis, and in minor units gross (before discounts), discount,
    amount (net), and contribution_mills in thousandths of a minor unit. Goods without a cost are taken at
    1 - margin of the gross; a return takes back sale, goods and discount.
    """
    days = (book.lines.occurred_on >= start_on) & (book.lines.occurred_on < end_on)
    lines = book.lines.filter(days & book.lines.customer_id.notnull())
    lines = lines.left_join(_table(book, lines, margins), "category")
    gross = lines.amount_minor + lines.discount_minor
    goods = lines.cost_minor.abs() * ibis.ifelse(lines.quantity_milli < 0, -1, 1)
    margin = ibis.coalesce(lines.margin_permille, margins.book_permille)
    by_margin = gross * margin - lines.discount_minor * MILLS
    by_cost = (lines.amount_minor - goods) * MILLS
    known = ibis.ifelse(lines.margin_permille.isnull(), Basis.BOOK.value, Basis.CATEGORY.value)
    return lines.select(
        "customer_id",
        "order_id",
        "occurred_on",
        "simulated",
        amount="amount_minor",
        discount="discount_minor",
        gross=gross,
        basis=ibis.ifelse(lines.cost_minor.isnull(), known, Basis.COST.value),
        contribution_mills=ibis.ifelse(lines.cost_minor.isnull(), by_margin, by_cost),
    )


def _table(book: Book, lines: Any, margins: Margins) -> Any:
    """The categories that were sold and have a margin of their own."""
    sold = (
        book.arrow(lines.select("category").distinct())["category"].to_pylist() if margins.categories else []
    )
    known = [(name, margin) for name in sold if name is not None and (margin := margins.of(name)) is not None]
    columns = {
        "category": pa.array([name for name, _ in known], pa.string()),
        "margin_permille": pa.array([margin for _, margin in known], pa.int64()),
    }
    return ibis.memtable(pa.table(columns))


def contribution_by_customer(
    book: Book, customer_ids: NDArray[np.int64], *, start_on: date, end_on: date, margins: Margins
) -> NDArray[np.float64]:
    """Contribution of each of these customers from `start_on` up to the day before `end_on`, minor units.

    One place for each id as given; 0 for those who bought nothing. A million customers take a second or two.
    """
    asked = np.asarray(customer_ids, dtype=np.int64)
    lines = contribution_lines(book, margins, start_on=start_on, end_on=end_on)
    lines = lines.semi_join(people(asked), "customer_id")
    found = book.arrow(lines.group_by("customer_id").agg(mills=lines.contribution_mills.sum()))
    (mills,) = laid_out(asked, found["customer_id"].to_numpy(), [found["mills"].to_numpy()])
    return mills / MILLS


def people(customer_ids: Iterable[int]) -> Any:
    """The ids as an Ibis table of one column, to join with."""
    return ibis.memtable(pa.table({"customer_id": pa.array(np.asarray(customer_ids, dtype=np.int64))}))


def laid_out(
    asked: NDArray[np.int64], found: NDArray[np.int64], columns: Sequence[NDArray[Any]]
) -> list[NDArray[np.float64]]:
    """The columns in the order of the ids asked for, 0 where nothing was found; nobody else may be among the found."""
    by_id = np.argsort(asked, kind="stable")
    place = by_id[np.searchsorted(asked[by_id], found)]
    results = [np.zeros(asked.size) for _ in columns]
    for result, column in zip(results, columns, strict=True):
        result[place] = column
    return results
