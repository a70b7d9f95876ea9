"""What a web shop tells, in the house's own terms: an order as it now stands, money given back, a buyer, products, a request about privacy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """How far an order has come: awaiting its payment, sold, or called off."""

    WAITING = "waiting"
    SOLD = "sold"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: goods after every discount, in minor units of the order's currency. `key` is the shop's own number of it."""

    key: str
    product: str
    name: str
    quantity_milli: int
    amount_minor: int
    discount_minor: int


@dataclass(frozen=True, kw_only=True)
class Back:
    """What of one line came back, and for how much; both positive."""

    key: str
    quantity_milli: int
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money given back for goods. `amount_minor` is all of it; `lines` say for what, as far as the shop does.

    `at` is None where the shop does not say when.
    """

    key: str
    amount_minor: int
    at: datetime | None = None
    lines: tuple[Back, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Permission:
    """What a buyer decided about offers on a channel, and when (None: the shop does not say)."""

    channel: str
    granted: bool
    at: datetime | None
    level: str = ""


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who buys. `number` is their number in the shop, "" for a guest."""

    number: str = ""
    email: str = ""
    phone: str = ""
    given_name: str = ""
    family_name: str = ""
    language: str = ""
    address: Mapping[str, str] = field(default_factory=dict)  # street, postalCode, city, state, country
    permissions: tuple[Permission, ...] = ()

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.given_name, self.family_name) if part)

    @property
    def country(self) -> str:
        return self.address.get("country", "")

    def is_nobody(self) -> bool:
        """A sale without a name."""
        return not (self.number or self.email or self.phone or self.name)


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order as it stood at `at`. `has_refunds_for_good`: what was once given back is never taken from the list."""

    key: str
    number: str
    at: datetime
    occurred_at: datetime
    currency: str
    standing: Standing
    lines: tuple[Line, ...]
    buyer: Buyer
    refunds: tuple[Refund, ...] = ()
    has_refunds_for_good: bool = False
    cancelled_at: datetime | None = None
    codes: tuple[str, ...] = ()
    recipient: str = ""
    recipient_address: str = ""
    is_restored: bool = False


@dataclass(frozen=True, kw_only=True)
class LoneRefund:
    """A refund told by itself, of the order of this key."""

    order_key: str
    refund: Refund


@dataclass(frozen=True, kw_only=True)
class Person:
    """A customer of the shop as they stood at `at`."""

    buyer: Buyer
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Goods:
    """A product, or one variant of it, as it stood at `at`. `price` is text in units of the shop's currency."""

    key: str
    number: str
    name: str
    category: str
    price: str
    picture: str
    in_stock: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Products:
    """A product with its variants. `key` is the product's own, `variants` the keys it has now."""

    key: str
    goods: tuple[Goods, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Gone:
    """The shop has deleted an order, a product or a customer."""

    what: str  # order | product | customer
    key: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Request:
    """A wish about privacy that a person has to answer: "data_request", "redact", "shop_redact"."""

    kind: str
    key: str
    number: str = ""
    email: str = ""
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """A delivery the book has no use for, with the reason: a trial, a topic that is not asked for."""

    reason: str


Said = Order | LoneRefund | Person | Products | Gone | Request | Nothing


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One delivery as it came, its signature checked. `triggered_at` is the shop's own time of it, "" where it says none."""

    connection_id: int
    key: str  # by which it is known when it is sent again
    topic: str
    received_at: datetime
    body: bytes
    triggered_at: str = ""
    is_trial: bool = False
