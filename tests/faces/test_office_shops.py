"""Web shops in the office: connected with a secret shown once, looked at, mended, a wish for privacy answered."""

from typing import Any

import pytest
from django.test import Client
from web_shops import START, packed, shopify_headers, shopify_order, woo_headers, woo_order

from beizai.base.home import Home
from beizai.customers.models import Customer
from beizai.imports.models import CurrencyRate, ShopConnection, ShopDelivery, ShopRequest
from beizai.imports.shops import arriving, bringing, connections
from beizai.staff.models import Role, User

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "a secret of the shop"


def client(role: str) -> Client:
    found = Client()
    found.force_login(User.objects.create_user(f"{role}@example.test", password="tea and gifts 1", role=role))
    return found


@pytest.fixture
def owner(home: Home) -> Client:
    return client(Role.OWNER)


def deliver(shop: ShopConnection, topic: str, payload: Any) -> None:
    body = packed(payload)
    signed = woo_headers if shop.kind == "woocommerce" else shopify_headers
    headers = {name.lower(): value for name, value in signed(SECRET, topic, body).items()}
    arriving.take(arriving.delivery(shop.kind, shop.pk, headers, body, START))
    bringing.bring_once()


def connected(kind: str = "woocommerce") -> ShopConnection:
    return connections.connect("Tea", kind, now=START, secret=SECRET, currency="EUR")[0]


def test_a_shop_is_connected_and_its_secret_shown_once(owner: Client) -> None:
    made = owner.post("/collection/shops/new/woocommerce/", {"name": "Tea", "currency": "EUR"})
    shop = ShopConnection.objects.get()
    secret = made.context["secret"]
    page = made.content.decode()
    assert secret in page
    assert f"/w/{shop.key}" in page
    assert connections.known()[shop.key].secret == secret.encode()
    assert secret not in shop.secret
    assert secret not in owner.get(f"/collection/shops/{shop.pk}/").content.decode()


def test_shopify_signs_with_a_secret_of_its_own(owner: Client) -> None:
    answer = owner.post("/collection/shops/new/shopify/", {"name": "Tea", "currency": "EUR"})
    assert "Shopify" in str(answer.context["form"].errors["secret"])
    given = {"name": "Tea", "currency": "EUR", "secret": SECRET, "email_words": "Yes, write to me."}
    assert owner.post("/collection/shops/new/shopify/", given).context["secret"] == ""
    shop = ShopConnection.objects.get()
    assert shop.email_words == "Yes, write to me."
    owner.post(f"/collection/shops/{shop.pk}/", {"secret": "", "email_words": "Yes.", "sms_words": ""})
    shop.refresh_from_db()
    assert (shop.email_words, connections.known()[shop.key].secret) == ("Yes.", SECRET.encode())
    owner.post(f"/collection/shops/{shop.pk}/", {"end": "1"})
    assert not connections.known()


def test_the_list_says_what_came_and_what_waits(owner: Client) -> None:
    shop = connected()
    assert "not delivered" in owner.get(f"/collection/shops/{shop.pk}/").content.decode()
    deliver(shop, "order.created", woo_order())
    deliver(shop, "order.created", b"{")
    page = owner.get("/collection/shops/").content.decode()
    assert "2 deliveries came in, 1 wait aside" in page
    assert "It cannot be read" in owner.get(f"/collection/shops/{shop.pk}/").content.decode()


def test_money_nobody_knew_the_worth_of_comes_in_once_its_rate_is_said(owner: Client) -> None:
    shop = connected()
    deliver(shop, "order.created", woo_order(currency="USD"))
    row = ShopDelivery.objects.get()
    address = f"/collection/shops/deliveries/{row.pk}/"
    assert "Longjing" in owner.get(address).content.decode()
    owner.post(address, {"again": "1"})
    assert ShopDelivery.objects.get().outcome == "aside"
    owner.post(address, {"currency": "USD", "since_on": "2026-01-01", "rate": "0.913"})
    assert CurrencyRate.objects.get().currency == "USD"
    assert (ShopDelivery.objects.get().outcome, ShopDelivery.objects.get().body) == ("taken", "")
    assert owner.get(address).status_code == 404


def test_what_waits_is_played_again_all_at_once_or_thrown_away(owner: Client) -> None:
    shop = connected()
    deliver(shop, "order.created", b"{")
    owner.post(f"/collection/shops/{shop.pk}/again/")
    row = ShopDelivery.objects.get()
    assert row.outcome == "aside"
    owner.post(f"/collection/shops/deliveries/{row.pk}/", {"throw": "1"})
    assert ShopDelivery.objects.get().reason == "thrown_away"


def test_nobody_is_erased_without_a_persons_yes(owner: Client) -> None:
    shop = connected("shopify")
    deliver(shop, "orders/create", shopify_order())
    deliver(shop, "customers/redact", {"customer": {"id": 207, "email": "mei.lin@example.com"}})
    request = ShopRequest.objects.get()
    assert "A customer wants to be erased" in owner.get("/collection/shops/").content.decode()
    address = f"/collection/shops/requests/{request.pk}/"
    assert "Mei Lin" in owner.get(address).content.decode()
    assert owner.post(f"{address}erase/", {"typed": "Somebody"}).status_code == 400
    assert Customer.objects.count() == 1
    answer = owner.post(f"{address}erase/", {"typed": "Mei Lin"})
    assert (answer.status_code, Customer.objects.count()) == (302, 0)
    assert "erased" in owner.get(address).content.decode()
    assert "A customer wants to be erased" not in owner.get("/collection/shops/").content.decode()


def test_a_request_about_nobody_is_answered_so(owner: Client) -> None:
    shop = connected("shopify")
    deliver(shop, "customers/data_request", {"customer": {"id": 1}, "data_request": {"id": 9}})
    request = ShopRequest.objects.get()
    owner.post(f"/collection/shops/requests/{request.pk}/", {"answer": "nothing_held"})
    assert ShopRequest.objects.get().answer == "nothing_held"


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.MARKETER, {"list": 200, "new": 403, "delivery": 200, "request": 200}),
        (Role.STAFF, {"list": 403, "new": 403, "delivery": 403, "request": 403}),
        (Role.ANALYST, {"list": 403, "new": 403, "delivery": 403, "request": 403}),
    ],
)
def test_each_role_sees_what_it_may(home: Home, role: str, seen: dict[str, int]) -> None:
    shop = connected("shopify")
    deliver(shop, "orders/create", b"{")
    deliver(shop, "customers/data_request", {"customer": {"id": 1}, "data_request": {"id": 9}})
    user = client(role)
    found = {
        "list": user.get("/collection/shops/").status_code,
        "new": user.get("/collection/shops/new/shopify/").status_code,
        "delivery": user.get(
            f"/collection/shops/deliveries/{ShopDelivery.objects.get(outcome='aside').pk}/"
        ).status_code,
        "request": user.get(f"/collection/shops/requests/{ShopRequest.objects.get().pk}/").status_code,
    }
    assert found == seen
