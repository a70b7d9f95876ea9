"""An order as it is known, as the orders and lines of the book: the sale, each refund and the calling off as a return.

A return is an order of its own, numbered after the sale, dated when the money went back. What comes back never exceeds
what was sold: an order called off and refunded comes to nothing, to the last minor unit, also in another currency,
because what comes back is counted at the rate of the sale.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from beizai.base.money import minor_digits
from beizai.imports.shops.folding import Known, is_in_book
from beizai.imports.shops.told import Line, Order, Refund, Standing

CALLED_OFF = "X"


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What one unit of the order's currency is worth in the book's; a rate of 1 where they are the same."""

    currency: str
    book_currency: str
    rate: Decimal = Decimal(1)

    def is_foreign(self) -> bool:
        return self.currency != self.book_currency

    def into_book(self, minor: int) -> int:
        """Minor units of the order's currency in minor units of the book's, rounded half up."""
        if not self.is_foreign():
            return minor
        digits = minor_digits(self.book_currency) - minor_digits(self.currency)
        return int((Decimal(minor) * self.rate).scaleb(digits).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, kw_only=True)
class BookLine:
    """A line as it stands in the book; a return's pieces and amounts are negative."""

    product: str
    name: str
    quantity_milli: int
    amount_minor: int
    discount_minor: int = 0


@dataclass(frozen=True, kw_only=True)
class BookOrder:
    """An order as it stands in the book. `original_minor` is its amount in its own currency."""

    number: str
    occurred_at: datetime
    is_return: bool
    lines: tuple[BookLine, ...]
    original_minor: int

    @property
    def amount_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


def book_orders(known: Known, exchange: Exchange, number: str) -> list[BookOrder]:
    """The sale of this number and its returns; nothing where the order does not count."""
    order = known.order
    if order is None or not is_in_book(known) or not order.lines:
        return []
    sale = BookOrder(
        number=number,
        occurred_at=order.occurred_at,
        is_return=False,
        lines=tuple(_sold(line, exchange) for line in order.lines),
        original_minor=sum(line.amount_minor for line in order.lines),
    )
    return [sale, *_returns(known, order, sale, exchange)]


def _sold(line: Line, exchange: Exchange) -> BookLine:
    return BookLine(
        product=line.product,
        name=line.name,
        quantity_milli=line.quantity_milli,
        amount_minor=exchange.into_book(line.amount_minor),
        discount_minor=exchange.into_book(line.discount_minor),
    )


class _Left:
    """What is left of an order's lines while its returns are gone through, in both currencies."""

    def __init__(self, order: Order, exchange: Exchange) -> None:
        self.exchange = exchange
        self.lines = {line.key: line for line in order.lines}
        self.pieces = {line.key: line.quantity_milli for line in order.lines}
        self.own = {line.key: line.amount_minor for line in order.lines}
        self.book = {key: exchange.into_book(amount) for key, amount in self.own.items()}
        self.apart = 0  # given back without saying for what, in the order's currency
        self.apart_book = 0

    @property
    def total(self) -> int:
        return sum(self.own.values()) - self.apart

    @property
    def total_book(self) -> int:
        return sum(self.book.values()) - self.apart_book

    def take(self, key: str, pieces: int, amount: int) -> BookLine:
        """Takes so much of a line; the last of its money takes what rounding has left in the book's currency."""
        line = self.lines[key]
        amount, pieces = min(amount, self.own[key]), min(pieces, self.pieces[key])
        whole = amount == self.own[key]
        book = self.book[key] if whole else min(self.exchange.into_book(amount), self.book[key])
        self.own[key] -= amount
        self.book[key] -= book
        self.pieces[key] -= pieces
        return BookLine(product=line.product, name=line.name, quantity_milli=-pieces, amount_minor=-book)

    def take_apart(self, amount: int) -> BookLine:
        """Takes money without goods (negative gives some back); the last of it all takes what rounding has left."""
        book = self.total_book if amount == self.total else self.exchange.into_book(amount)
        self.apart += amount
        self.apart_book += book
        return BookLine(product="", name="", quantity_milli=0, amount_minor=-book)

    def take_all(self) -> tuple[BookLine, ...]:
        """Takes everything that is left, line by line."""
        keys = [key for key in self.lines if self.own[key] or self.pieces[key]]
        lines = [self.take(key, self.pieces[key], self.own[key]) for key in keys]
        return (*lines, self.take_apart(-self.apart)) if self.apart else tuple(lines)


def _returns(known: Known, order: Order, sale: BookOrder, exchange: Exchange) -> Iterator[BookOrder]:
    left = _Left(order, exchange)
    for at, refund in _in_order(known, order):
        before = left.total
        if refund.amount_minor <= 0 or before <= 0:
            continue
        lines = tuple(_refund_lines(refund, left))
        if any(line.amount_minor or line.quantity_milli for line in lines):
            yield BookOrder(
                number=f"{sale.number}/R{refund.key}",
                occurred_at=max(at, order.occurred_at),
                is_return=True,
                lines=lines,
                original_minor=left.total - before,
            )
    if _is_called_off(order) and (left.total or not sale.original_minor):
        before, lines = left.total, left.take_all()
        at = known.cancelled_at or order.at
        yield BookOrder(
            number=f"{sale.number}/{CALLED_OFF}",
            occurred_at=max(at, order.occurred_at),
            is_return=True,
            lines=lines,
            original_minor=-before,
        )


def _is_called_off(order: Order) -> bool:
    return order.standing == Standing.CANCELLED or order.cancelled_at is not None


def _in_order(known: Known, order: Order) -> list[tuple[datetime, Refund]]:
    refunds: Iterable[Refund] = known.refunds.values() if order.has_refunds_for_good else order.refunds
    dated = [(one.at or known.first_told.get(one.key) or order.at, one) for one in refunds]
    return sorted(dated, key=lambda pair: (pair[0], pair[1].key))


def _refund_lines(refund: Refund, left: _Left) -> Iterator[BookLine]:
    """The lines a refund names, and what it gave beside or below them; never more than is left of the order."""
    allowed = min(refund.amount_minor, left.total)
    if allowed == left.total and not refund.lines:
        yield from left.take_all()
        return
    taken = 0
    for back in refund.lines:
        if back.key in left.lines:
            before = left.own[back.key]
            yield left.take(back.key, back.quantity_milli, back.amount_minor)
            taken += before - left.own[back.key]
    if allowed != taken:
        yield left.take_apart(allowed - taken)
