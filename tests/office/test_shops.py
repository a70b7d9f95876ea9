"""From a web shop's deliveries to cards, products, consents and the lake: once, whatever order they come in."""

import itertools
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from web_shops import (
    START,
    later,
    packed,
    shopify_customer,
    shopify_headers,
    shopify_order,
    shopify_product,
    shopify_refund,
    woo_customer,
    woo_headers,
    woo_order,
    woo_product,
    woo_refund,
)

from beizai.base import ids
from beizai.base.home import Home
from beizai.consent import erasing
from beizai.consent.models import ConsentEntry
from beizai.consent.rules import may_contact
from beizai.customers import referring
from beizai.customers.models import Customer, ExternalId, ProposedTie, Tie
from beizai.events import batches
from beizai.events.book import open_book
from beizai.events.flusher import Flusher
from beizai.events.models import Batch, Superseded
from beizai.imports import rates
from beizai.imports.models import ShopDelivery, ShopOrder, ShopRequest
from beizai.imports.shops import arriving, bringing, connections, following, privacy
from beizai.imports.shops.told import Delivery
from beizai.products.models import Product

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 20, 12, tzinfo=START.tzinfo)
SECRET = "a secret of the shop"
TOLD = "Yes, send me offers of the tea house by email."


class WebShop:
    """A connected shop that delivers."""

    def __init__(self, kind: str = "woocommerce", **given: Any) -> None:
        self.kind = kind
        self.connection = connections.connect(
            f"Tea {kind}", kind, now=START, secret=SECRET, currency="EUR", **given
        )[0]

    def delivery(
        self, topic: str, payload: Any, *, at: datetime = NOW, name: str | None = None, triggered: str = ""
    ) -> Delivery:
        body = packed(payload)
        if self.kind == "woocommerce":
            headers = woo_headers(SECRET, topic, body, name)
        else:
            headers = shopify_headers(SECRET, topic, body, name, triggered)
        lower = {key.lower(): value for key, value in headers.items()}
        assert arriving.is_signed(self.kind, lower, body, SECRET.encode())
        return arriving.delivery(self.kind, self.connection.pk, lower, body, at)

    def deliver(self, topic: str, payload: Any, **given: Any) -> bool:
        return arriving.take(self.delivery(topic, payload, **given))

    def told(self, *deliveries: tuple[str, Any]) -> list[tuple[str, int]]:
        for topic, payload in deliveries:
            self.deliver(topic, payload)
        return carried()


def carried() -> list[tuple[str, int]]:
    """Everything carried; the orders of the book by number, with their amounts."""
    while bringing.bring_once():
        pass
    following.follow_all(NOW)
    return [(row["number"], row["amount_minor"]) for row in orders()]


def orders() -> list[dict[str, Any]]:
    with open_book() as book:
        return book.arrow(book.orders.order_by("number")).to_pylist()


def lines() -> list[dict[str, Any]]:
    with open_book() as book:
        return book.arrow(book.lines.order_by("occurred_at", "order_id", "line_no")).to_pylist()


def aside() -> list[str]:
    return list(ShopDelivery.objects.filter(outcome="aside").values_list("reason", flat=True))


def test_an_order_of_woocommerce_comes_into_the_book_with_its_buyer_lines_and_discount(home: Home) -> None:
    shop = WebShop()
    assert shop.told(("order.created", woo_order())) == [("727", 4200)]
    [order] = orders()
    card = ExternalId.objects.get(source=shop.connection.source, value="26").customer
    assert order["customer_id"] == card.pk
    assert order["order_id"] == ids.order_id(shop.connection.source_id, "727")
    assert (order["kind"], order["discount_minor"], order["country"]) == ("sale", 500, "FR")
    assert (card.name, card.country, card.postal_address) == (
        "Mei Lin",
        "FR",
        "12 Rue des Thés\n69001\nLyon\nFR",
    )
    told = [
        (row["product"], row["quantity_milli"], row["amount_minor"], row["discount_minor"]) for row in lines()
    ]
    assert told == [("LJ-100", 2000, 2100, 300), (f"{shop.connection.pk}-23", 1000, 2100, 200)]
    assert Product.objects.get(number="LJ-100").name == "Longjing, tin"


def test_an_order_of_shopify_comes_into_the_book_under_its_name(home: Home) -> None:
    shop = WebShop("shopify")
    assert shop.told(("orders/create", shopify_order())) == [("#1001", 4200)]
    [order] = orders()
    assert order["customer_id"] == ExternalId.objects.get(value="207").customer_id
    assert [(row["product"], row["amount_minor"]) for row in lines()] == [
        ("LJ-100", 2150),
        (f"{shop.connection.pk}-221", 2050),
    ]


def test_the_same_delivery_again_is_one_and_two_orders_of_one_second_are_two(home: Home) -> None:
    shop = WebShop()
    assert shop.deliver("order.created", woo_order(1), name="of this second")
    assert not shop.deliver("order.created", woo_order(1), name="of this second")
    assert shop.deliver("order.created", woo_order(2), name="of this second")
    assert carried() == [("1", 4200), ("2", 4200)]


def test_a_newer_revision_replaces_and_an_older_that_comes_late_changes_nothing(home: Home) -> None:
    shop = WebShop()
    shop.told(("order.created", woo_order()))
    fewer = woo_order(modified=later(60))
    del fewer["line_items"][1]
    assert shop.told(("order.updated", fewer)) == [("727", 2100)]
    assert shop.told(("order.updated", woo_order(modified=later(30)))) == [("727", 2100)]
    assert len(lines()) == 1


def test_what_changes_nothing_of_the_order_writes_nothing_into_the_lake(home: Home) -> None:
    shop = WebShop()
    shop.told(("order.created", woo_order()))
    shop.told(("order.updated", woo_order(status="completed", modified=later(60))))
    assert Batch.objects.filter(kind=following.KIND).count() == 1
    assert not Superseded.objects.exists()


def test_an_order_that_awaits_its_payment_is_no_sale_and_its_buyer_is_a_prospect(home: Home) -> None:
    shop = WebShop()
    waiting = woo_order(status="pending", paid=None)
    assert shop.told(("order.created", waiting)) == []
    assert Customer.objects.get().name == "Mei Lin"
    given_up = woo_order(status="cancelled", paid=None, modified=later(70))
    assert shop.told(("order.updated", given_up)) == []
    paid = woo_order(modified=later(80))
    assert shop.told(("order.updated", paid)) == [("727", 4200)]


def test_calling_off_what_was_sold_is_a_return_of_all_of_it(home: Home) -> None:
    shop = WebShop()
    cancelled = woo_order(status="cancelled", modified=later(90))
    assert shop.told(("order.created", woo_order()), ("order.updated", cancelled)) == [
        ("727", 4200),
        ("727/X", -4200),
    ]
    back = orders()[1]
    assert (back["kind"], back["occurred_at"]) == ("return", later(90).replace(tzinfo=None))
    assert [row["quantity_milli"] for row in lines()] == [2000, 1000, -2000, -1000]


def test_refunds_of_woocommerce_count_as_goods_first_and_in_all_as_no_more_than_the_goods(home: Home) -> None:
    shop = WebShop()
    part = woo_order(refunds=[woo_refund(801, "10.00")], modified=later(100))
    assert shop.told(("order.created", woo_order()), ("order.updated", part)) == [
        ("727", 4200),
        ("727/R801", -1000),
    ]
    whole = woo_order(
        status="refunded", refunds=[woo_refund(802, "38.00"), woo_refund(801, "10.00")], modified=later(200)
    )
    assert shop.told(("order.updated", whole)) == [("727", 4200), ("727/R801", -1000), ("727/R802", -3200)]
    assert [row["occurred_at"] for row in orders()][1:] == [
        later(100).replace(tzinfo=None),
        later(200).replace(tzinfo=None),
    ]
    taken_back = woo_order(refunds=[woo_refund(802, "1.00")], modified=later(300))
    assert shop.told(("order.updated", taken_back)) == [("727", 4200), ("727/R802", -100)]


def test_a_refund_of_prices_without_tax_counts_without_tax(home: Home) -> None:
    shop = WebShop()
    order = woo_order(prices_include_tax=False, refunds=[woo_refund(5, "12.00")])
    assert shop.told(("order.updated", order)) == [("727", 3500), ("727/R5", -1000)]


def test_refunds_of_shopify_say_for_which_lines_and_may_come_before_their_order(home: Home) -> None:
    shop = WebShop("shopify")
    refund = shopify_refund(9, lines=((11, 1, "10.75"),), adjusted="-1.25")
    assert shop.told(("refunds/create", refund)) == []
    assert shop.told(("orders/create", shopify_order())) == [("#1001", 4200), ("#1001/R9", -1200)]
    assert shop.told(("orders/updated", shopify_order(refunds=[refund], updated=later(600)))) == carried()
    back = [row for row in lines() if row["amount_minor"] < 0]
    assert [(row["product"], row["quantity_milli"], row["amount_minor"]) for row in back] == [
        ("LJ-100", -1000, -1075),
        (None, 0, -125),
    ]


def test_called_off_after_a_refund_comes_to_nothing(home: Home) -> None:
    shop = WebShop("shopify")
    refund = shopify_refund(9, lines=((11, 1, "10.75"),), adjusted="-1.25")
    order = shopify_order(refunds=[refund], cancelled_at=later(700).isoformat(), updated=later(700))
    assert sum(amount for _, amount in shop.told(("orders/cancelled", order))) == 0
    assert sum(row["quantity_milli"] for row in lines()) == 0


def test_an_order_that_was_deleted_is_out_of_the_book_and_back_when_it_is_restored(home: Home) -> None:
    shop = WebShop()
    shop.told(("order.created", woo_order()))
    assert shop.told(("order.deleted", {"id": 727})) == []
    shop.deliver("order.restored", woo_order(modified=later(20)), at=NOW + timedelta(minutes=1))
    assert carried() == [("727", 4200)]


def test_another_currency_counts_at_the_rate_of_its_day_and_waits_aside_without_one(home: Home) -> None:
    shop = WebShop()
    foreign = woo_order(currency="USD", refunds=[woo_refund(4, "48.00")], status="refunded")
    assert shop.told(("order.created", foreign)) == []
    assert aside() == ["no_rate"]
    rates.put("USD", date(2026, 1, 1), Decimal("0.913"))
    assert bringing.replay_alike(shop.connection.pk, now=NOW) == (1, 0)
    assert carried() == [("727", 3834), ("727/R4", -3834)]
    assert (orders()[0]["original_currency"], orders()[0]["original_amount_minor"]) == ("USD", 4200)
    assert not ShopDelivery.objects.exclude(body="").exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not_json"),
        (b"[]", "not_json"),
        (b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b'{"id": NaN}', "not_json"),
        (packed({"id": 1}), "unknown_currency"),
        (packed(woo_order(currency="XYZ")), "unknown_currency"),
        (packed(woo_order(date_created_gmt="yesterday")), "bad_time"),
        (packed(woo_order(date_created_gmt="1970-01-01T00:00:00")), "bad_time"),
        (packed(woo_order() | {"line_items": [{"id": 1, "total": "1e400"}]}), "bad_amount"),
        (packed(woo_order() | {"line_items": [{"id": 1, "total": "NaN"}]}), "bad_amount"),
        (packed(woo_order() | {"line_items": [{"total": "1.00"}]}), "field_missing"),
        (packed(woo_order() | {"line_items": [{}] * 5_001}), "too_long"),
    ],
)
def test_what_cannot_be_read_is_kept_aside_with_its_reason_and_the_rest_goes_on(
    home: Home, body: bytes, reason: str
) -> None:
    shop = WebShop()
    assert shop.told(("order.created", body), ("order.created", woo_order(8))) == [("8", 4200)]
    assert aside() == [reason]
    assert ShopDelivery.objects.get(outcome="aside").body


def _story() -> list[tuple[str, Any]]:
    """Three orders with all that can happen to them, and products, as a shop tells it."""
    refund = shopify_refund(9, lines=((11, 1, "10.75"),), adjusted="-1.25", at=later(300))
    second = shopify_refund(10, order=1002, lines=((11, 2, "21.50"), (12, 1, "20.50")), at=later(400))
    fewer = shopify_order(1003, created=later(10), updated=later(90))
    fewer["line_items"].pop()
    other = shopify_customer(208, email="ada@example.com", first_name="Ada", last_name="Okafor")
    return [
        ("products/update", shopify_product()),
        ("products/update", shopify_product(title="Longjing, spring", updated_at="2026-03-02T08:00:00Z")),
        ("orders/create", shopify_order()),
        ("orders/updated", shopify_order(refunds=[refund], updated=later(300))),
        ("refunds/create", refund),
        (
            "orders/cancelled",
            shopify_order(refunds=[refund], cancelled_at=later(500).isoformat(), updated=later(500)),
        ),
        ("orders/create", shopify_order(1002, created=later(5), customer=other, email="ada@example.com")),
        ("refunds/create", second),
        ("orders/create", shopify_order(1003, created=later(10))),
        ("orders/updated", fewer),
        ("customers/update", shopify_customer(first_name="Meihua", updated_at="2026-03-09T10:00:00+01:00")),
    ]


def _picture() -> Any:
    """The book as it stands, cards by their number in the shop."""
    numbers = dict(ExternalId.objects.values_list("customer_id", "value"))
    kept = ("number", "occurred_at", "kind", "amount_minor", "discount_minor", "line_count")
    sold = ("occurred_at", "line_no", "product", "category", "quantity_milli", "amount_minor")
    people = Customer.objects.order_by("name").values_list("name", "given_name", "country")
    return (
        [[row[name] for name in kept] + [numbers[row["customer_id"]]] for row in orders()],
        sorted([[str(row[name]) for name in sold] for row in lines()]),
        list(people),
        list(Product.objects.order_by("number").values_list("name", "category", "price_minor", "in_stock")),
    )


def _told_in(shop: WebShop, order: Sequence[Delivery], draw: random.Random) -> Any:
    for delivery in order:
        arriving.take(delivery)
        if draw.random() < 0.4:
            bringing.bring_once(limit=draw.randint(1, 3))
        if draw.random() < 0.3:
            following.follow_once(NOW, limit=draw.randint(1, 2))
    carried()
    return _picture()


@pytest.mark.parametrize("seed", range(6))
def test_the_same_deliveries_in_any_order_and_any_of_them_twice_give_the_same_book(
    home: Home, seed: int
) -> None:
    draw = random.Random(seed)
    story = _story()
    shop = WebShop("shopify")
    in_order = [
        shop.delivery(topic, payload, name=f"d{place}") for place, (topic, payload) in enumerate(story)
    ]
    shuffled = in_order + draw.sample(in_order, 4)
    draw.shuffle(shuffled)
    found = _told_in(shop, shuffled, draw)
    assert found[0] == [
        ["#1001", START.replace(tzinfo=None), "sale", 4200, 500, 2, "207"],
        ["#1001/R9", later(300).replace(tzinfo=None), "return", -1200, 0, 2, "207"],
        ["#1001/X", later(500).replace(tzinfo=None), "return", -3000, 0, 3, "207"],
        ["#1002", later(5).replace(tzinfo=None), "sale", 4200, 500, 2, "208"],
        ["#1002/R10", later(400).replace(tzinfo=None), "return", -4200, 0, 2, "208"],
        ["#1003", later(10).replace(tzinfo=None), "sale", 2150, 250, 1, "207"],
    ]
    assert sum(float(row[5]) for row in found[1]) == 2150
    assert {row[3] for row in found[1] if row[2] == "LJ-100"} == {"Green tea"}
    assert [row[1] for row in found[2]] == ["Ada", "Meihua"]
    assert ("Longjing, spring 100 g", "Green tea", 1200, True) in found[3]


@pytest.mark.parametrize(
    ("step", "when"), list(itertools.product(("open_batch", "withdraw", "enter"), ("before", "after")))
)
def test_an_attempt_that_died_at_any_step_is_finished_by_the_next(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    shop = WebShop()
    fewer = woo_order(modified=later(60))
    del fewer["line_items"][1]

    def dies_over(topic: str, payload: Any) -> list[tuple[str, int]]:
        with monkeypatch.context() as patch:
            _die_at(step, when, patch)
            shop.deliver(topic, payload)
            bringing.bring_once()
            with pytest.raises(KeyboardInterrupt):
                following.follow_once(NOW)
        return carried()

    assert dies_over("order.created", woo_order()) == [("727", 4200)]
    assert dies_over("order.updated", fewer) == [("727", 2100)]
    cancelled = fewer | {"status": "cancelled", "date_modified_gmt": "2026-03-03T09:00:00"}
    assert dies_over("order.updated", cancelled) == [("727", 2100), ("727/X", -2100)]
    assert dies_over("order.deleted", {"id": 727}) == []


def _die_at(step: str, when: str, patch: pytest.MonkeyPatch) -> None:
    """The process is gone at a step: nothing of what follows is done, not even the cleaning up."""
    does = getattr(batches, step)

    def die(*args: Any, **named: Any) -> Any:
        if when == "after":
            does(*args, **named)
        patch.setattr(batches, "undo", lambda *_, **__: None)
        raise KeyboardInterrupt

    patch.setattr(batches, step, die)


def test_a_batch_that_was_whole_and_is_finished_late_hides_nothing_newer(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = WebShop()
    shop.deliver("order.created", woo_order())
    bringing.bring_once()
    with monkeypatch.context() as patch:
        _die_at("enter", "before", patch)
        with pytest.raises(KeyboardInterrupt):
            following.follow_once(NOW)
    Batch.objects.update(complete=True)  # it died just before it was said to be in the book
    fewer = woo_order(modified=later(60))
    del fewer["line_items"][1]
    assert shop.told(("order.updated", fewer)) == [("727", 2100)]
    batches.recover(at=NOW)
    assert carried() == [("727", 2100)]


def test_a_delivery_that_was_read_and_not_settled_is_read_again_to_the_same_effect(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = WebShop()
    shop.deliver("order.created", woo_order())
    with monkeypatch.context() as patch:
        patch.setattr(arriving, "settle", lambda places: None)
        bringing.bring_once()
        following.follow_all(NOW)
    assert carried() == [("727", 4200)]
    assert (Customer.objects.count(), ShopDelivery.objects.count()) == (1, 1)


def test_guests_are_known_again_by_their_email_and_a_family_phone_joins_nobody(home: Home) -> None:
    shop = WebShop()
    guest = {"customer_id": 0}
    assert (
        len(shop.told(("order.created", woo_order(1, **guest)), ("order.created", woo_order(2, **guest))))
        == 2
    )
    assert Customer.objects.count() == 1
    other = woo_order(3, email="an@example.com", **guest)
    other["billing"] |= {"first_name": "An", "last_name": "Lin-Roux"}
    shop.told(("order.created", other))
    assert Customer.objects.count() == 2  # though the telephone is the same


def test_a_sale_without_a_name_counts_too(home: Home) -> None:
    shop = WebShop("shopify")
    nameless = shopify_order(customer=None, email="", billing_address=None, shipping_address=None)
    assert shop.told(("orders/create", nameless)) == [("#1001", 4200)]
    assert orders()[0]["customer_id"] is None


def test_an_order_to_another_persons_address_proposes_a_present(home: Home) -> None:
    shop = WebShop()
    order = woo_order()
    order["shipping"] = order["shipping"] | {"first_name": "Jun", "last_name": "Okafor", "city": "Paris"}
    shop.told(("order.created", order), ("order.updated", order | {"status": "completed"}))
    proposed = ProposedTie.objects.get()
    assert (proposed.other_name, proposed.kind, proposed.evidence) == (
        "Jun Okafor",
        "gives_to",
        "Tea woocommerce 727",
    )


def test_codes_become_events_once_and_a_customers_own_code_says_who_brought_the_buyer(home: Home) -> None:
    shop = WebShop()
    shop.told(("order.created", woo_order(1)))
    owner = Customer.objects.get().pk
    brought = woo_order(2, customer_id=31, email="jun@example.com")
    brought["billing"] |= {"first_name": "Jun", "last_name": "Okafor", "phone": ""}
    brought["coupon_lines"] = [
        {"id": 1, "code": referring.code(owner).lower(), "discount": "0", "discount_tax": "0"}
    ]
    shop.told(("order.created", brought), ("order.updated", brought | {"status": "completed"}))
    Flusher().flush_all()
    with open_book() as book:
        codes = [
            row["props"]
            for row in book.arrow(book.events.filter(book.events.kind == "coupon_redeemed")).to_pylist()
        ]
    assert len(codes) == 2
    tie = Tie.objects.get()
    assert (tie.kind, tie.other_id, tie.occasion) == ("referred_by", owner, "Tea woocommerce 2")


def _agreed(state: str, at: str | None = "2026-03-01T10:00:00+01:00") -> dict[str, Any]:
    said = {"state": state, "opt_in_level": "single_opt_in", "consent_updated_at": at}
    return shopify_customer(email_marketing_consent=said)


def test_a_permission_needs_the_words_that_stood_in_the_shop(home: Home) -> None:
    silent = WebShop("shopify")
    silent.told(("customers/create", _agreed("subscribed")))
    assert not ConsentEntry.objects.exists()
    assert not may_contact(Customer.objects.get().pk, "email", "marketing", NOW).allowed


def test_with_its_words_and_time_a_permission_is_written_down_once_and_an_unsubscribing_always(
    home: Home,
) -> None:
    shop = WebShop("shopify", email_words=TOLD)
    agreed = _agreed("subscribed")
    shop.told(
        ("customers/create", agreed),
        ("customers/update", agreed),
        ("orders/create", shopify_order(customer=agreed)),
    )
    entry = ConsentEntry.objects.get()
    assert (entry.text, entry.channel, entry.decision, entry.evidence["opt_in_level"]) == (
        TOLD,
        "email",
        "granted",
        "single_opt_in",
    )
    card = Customer.objects.get().pk
    assert may_contact(card, "email", "marketing", NOW).allowed
    shop.told(("customers/update", _agreed("not_subscribed")), ("customers/update", _agreed("pending")))
    assert ConsentEntry.objects.count() == 1
    shop.told(("customers/update", _agreed("unsubscribed", "2026-03-05T10:00:00+01:00")))
    assert not may_contact(card, "email", "marketing", NOW).allowed
    shop.told(("customers/update", agreed))  # the older decision comes late once more
    assert not may_contact(card, "email", "marketing", NOW).allowed
    assert ConsentEntry.objects.count() == 2


def test_subscribed_without_a_time_is_no_permission(home: Home) -> None:
    shop = WebShop("shopify", email_words=TOLD)
    shop.told(("customers/create", _agreed("subscribed", None)))
    assert not ConsentEntry.objects.exists()


def test_products_say_price_category_and_picture_and_what_is_deleted_is_no_longer_sold(home: Home) -> None:
    shop = WebShop()
    shop.told(("product.updated", woo_product()))
    product = Product.objects.get()
    assert (product.number, product.category, product.price_minor) == ("LJ-100", "Green tea", 1200)
    assert product.picture == "https://shop.example/longjing.jpg"
    shop.told(("product.updated", woo_product(price="9.00", date_modified_gmt="2026-01-05T08:00:00")))
    assert Product.objects.get().price_minor == 1200
    shop.told(("product.deleted", {"id": 93}))
    assert not Product.objects.get().in_stock


def test_a_customer_of_woocommerce_gets_a_card_and_a_deleted_account_waits_for_a_person(home: Home) -> None:
    shop = WebShop()
    shop.told(("customer.created", woo_customer()))
    card = Customer.objects.get()
    assert (card.name, card.country) == ("Mei Lin", "FR")
    shop.told(("customer.deleted", {"id": 26}))
    request = ShopRequest.objects.get()
    assert (request.kind, request.customer_id) == ("customer_deleted", card.pk)
    assert Customer.objects.filter(pk=card.pk).exists()


def test_trials_and_other_topics_are_taken_and_leave_no_trace(home: Home) -> None:
    shop = WebShop("shopify")
    assert shop.told(("orders/create", shopify_order(test=True)), ("carts/update", {"id": "x"})) == []
    assert list(ShopDelivery.objects.values_list("outcome", "reason")) == [
        ("no_use", "trial"),
        ("no_use", "other_topic"),
    ]


def test_a_wish_to_be_erased_waits_for_a_yes_and_later_deliveries_bring_nobody_back(home: Home) -> None:
    shop = WebShop("shopify")
    shop.told(("orders/create", shopify_order()))
    card = Customer.objects.get().pk
    wish = {
        "shop_id": 9,
        "shop_domain": "tea.myshopify.com",
        "customer": {"id": 207, "email": "mei.lin@example.com"},
        "orders_to_redact": [5_001_001],
    }
    shop.told(("customers/redact", wish), ("customers/redact", wish))
    [waiting] = privacy.waiting()
    assert (waiting.customer_id, waiting.due_on) == (card, date(2026, 4, 19))
    assert Customer.objects.filter(pk=card).exists()
    certificate = privacy.erase(waiting.pk, now=NOW)
    assert erasing.is_whole(certificate)
    refund = shopify_refund(9, lines=((11, 1, "10.75"),))
    again = shopify_order(refunds=[refund], updated=later(600))
    assert shop.told(("orders/updated", again)) == [("#1001", 4200), ("#1001/R9", -1075)]
    assert not Customer.objects.exists()
    assert {row["customer_id"] for row in orders()} == {None}
    assert ShopOrder.objects.get().forgotten
    assert not privacy.waiting()


def test_a_wish_to_see_what_is_held_and_one_of_the_whole_shop_are_tasks_too(home: Home) -> None:
    shop = WebShop("shopify")
    shop.told(
        (
            "customers/data_request",
            {"customer": {"id": 1, "email": "x@example.com"}, "data_request": {"id": 9999}},
        ),
        ("shop/redact", {"shop_id": 9, "shop_domain": "tea.myshopify.com"}),
    )
    assert [one.kind for one in privacy.waiting()] == ["data_request", "shop_redact"]
    privacy.answer(privacy.waiting()[0].pk, privacy.NOTHING_HELD, now=NOW)
    assert [one.kind for one in privacy.waiting()] == ["shop_redact"]


@pytest.mark.parametrize("field", ["date_created_gmt", "date_modified_gmt"])
def test_an_order_of_2090_waits_aside_and_what_comes_later_counts(home: Home, field: str) -> None:
    shop = WebShop()
    ahead = woo_order() | {field: "2090-01-01T00:00:00"}
    assert shop.told(("order.created", ahead), ("order.updated", woo_order())) == [("727", 4200)]
    assert aside() == ["in_future"]
