"""Settings over HTTP: the shop, the sender with its test mail, margins, attributes, users, the record of what was done."""

import socket
from datetime import UTC, datetime

import pytest

from beizai.base.money import to_minor
from beizai.channels.catcher import Mailbox
from beizai.customers.models import AttributeDefinition
from beizai.products import catalogue
from beizai.products.models import Product
from beizai.staff import secrets
from beizai.staff.models import AuditEntry, Shop, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SHOP = {
    "name": "Maison Lin", "trade": "Tea", "postal_address": "1 rue Mercière\n69002 Lyon", "country": "FR", "currency": "EUR",
    "timezone": "Europe/Paris", "language": "fr", "public_url": "https://book.example.test", "brand_colour": "#1b4f86",
    "customer_target": "500", "customer_target_on": "2026-12-31", "frequency_cap_days": "3",
}  # fmt: skip
SENDER = {
    "sender_name": "Maison Lin", "sender_address": "lin@example.test", "reply_to": "", "smtp_host": "127.0.0.1", "smtp_port": "1",
    "smtp_security": "none", "smtp_user": "", "smtp_password": "secret", "sending_connections": "4",
}  # fmt: skip


@pytest.fixture
def owner(client):
    client.force_login(
        User.objects.create_user("owner@example.test", None, name="Wei", role="owner"), backend=BACKEND
    )
    Shop.objects.create(pk=1)
    return client


def test_the_shop_is_set_all_or_nothing(owner):
    wrong = owner.post("/settings/", SHOP | {"currency": "XXZ"})
    assert "is not a currency" in wrong.content.decode()
    assert Shop.objects.get().name == "My shop"
    assert owner.post("/settings/", SHOP).status_code == 302
    here = Shop.objects.get()
    assert (here.name, here.timezone, here.customer_target) == ("Maison Lin", "Europe/Paris", 500)
    assert AuditEntry.objects.filter(action="settings.changed", detail__setting="timezone").exists()


def test_the_password_is_kept_enciphered_never_shown_and_stays_when_left_empty(owner):
    owner.post("/settings/sender/", SENDER)
    kept = Shop.objects.get().smtp_password
    assert secrets.decipher(kept) == "secret"
    page = owner.get("/settings/sender/").content.decode()
    assert "secret" not in page
    assert kept not in page
    owner.post("/settings/sender/", SENDER | {"smtp_password": "", "smtp_port": "2525"})
    assert Shop.objects.get().smtp_password == kept


def test_a_test_mail_without_a_server_says_what_to_do(owner):
    page = owner.post("/settings/sender/test/", {}).content.decode()
    assert "No mail server is set up yet" in page


def test_a_test_mail_to_a_closed_door_is_told_in_words(owner):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    owner.post("/settings/sender/", SENDER | {"smtp_port": str(port), "smtp_password": ""})
    page = owner.post("/settings/sender/test/", {"to": "me@example.test"}).content.decode()
    assert "The test mail did not leave" in page
    assert "cannot be reached" in page
    assert "Nothing was sent" in page


def test_a_test_mail_reaches_the_built_in_server(owner, home):
    owner.post("/settings/sender/", SENDER | {"smtp_host": "catcher", "smtp_password": ""})
    page = owner.post("/settings/sender/test/", {"to": "me@example.test"}).content.decode()
    assert "The test mail has left" in page


def test_a_forgotten_password_is_mailed_by_the_shops_server(owner, client, home):
    owner.post("/settings/sender/", SENDER | {"smtp_host": "catcher", "smtp_password": ""})
    owner.logout()
    page = owner.post(
        "/account/password/reset/", {"email": "owner@example.test"}, follow=True
    ).content.decode()
    assert "Look into your mail" in page
    mailbox = Mailbox(home.root)
    assert "/account/password/reset/key/" in mailbox.read(mailbox.newest()[0].id).part("plain")


def test_margins_are_set_by_category_and_for_the_book(owner):
    Product.objects.create(number="1", category="Tea", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert owner.post("/settings/margins/", {"book": "35.5", "m0": "60"}).status_code == 302
    assert Shop.objects.get().book_margin_permille == 355
    assert catalogue.category_margins() == {"Tea": 600}
    assert "is not a percentage" in owner.post("/settings/margins/", {"book": "much"}).content.decode()
    owner.post("/settings/margins/", {"book": "35.5", "m0": ""})
    assert catalogue.category_margins() == {}


def test_an_attribute_gets_a_key_that_stays(owner):
    new = {
        "label": "Drinks tea",
        "family": "attitude",
        "kind": "choice",
        "answers": "Oolong\nGreen\n",
        "unit": "",
        "weight": "3",
    }
    assert (
        "A choice needs its answers"
        in owner.post("/customers/attributes/new/", new | {"answers": ""}).content.decode()
    )
    owner.post("/customers/attributes/new/", new)
    owner.post("/customers/attributes/new/", new)
    assert list(AttributeDefinition.objects.values_list("key", flat=True)) == ["drinks_tea", "drinks_tea_2"]
    one = AttributeDefinition.objects.first()
    owner.post(f"/customers/attributes/{one.pk}/", new | {"label": "Cup", "kind": "number"})
    one.refresh_from_db()
    assert (one.key, one.label, one.kind, one.choices) == ("drinks_tea", "Cup", "choice", ["Oolong", "Green"])


def test_users_are_added_with_a_link_shown_once(owner):
    owner.post("/settings/users/", {"email": "Mei@example.test", "name": "Mei", "role": "staff"})
    assert "/account/password/reset/key/" in owner.get("/settings/users/").content.decode()
    assert "/account/password/reset/key/" not in owner.get("/settings/users/").content.decode()
    again = owner.post("/settings/users/", {"email": "mei@example.test", "role": "staff"}).content.decode()
    assert "has an account already" in again


def test_the_last_owner_stays_and_nobody_switches_themselves_off(owner):
    me = User.objects.get()
    page = owner.post(f"/settings/users/{me.pk}/role/", {"role": "staff"}, follow=True).content.decode()
    assert "is the only owner" in page
    owner.post(f"/settings/users/{me.pk}/switch/")
    assert User.objects.get().is_active
    mei = User.objects.create_user("mei@example.test", None, role="staff")
    owner.post(f"/settings/users/{mei.pk}/switch/")
    owner.post(f"/settings/users/{mei.pk}/role/", {"role": "marketer"})
    mei.refresh_from_db()
    assert (mei.is_active, mei.role) == (False, "marketer")
    assert "User switched on or off" in owner.get("/settings/audit/").content.decode()


def test_products_are_kept_with_price_cost_and_margin(owner):
    new = {
        "number": "T-1",
        "name": "Sencha",
        "category": "Tea",
        "price": "9,90",
        "cost": "4",
        "in_stock": "on",
    }
    assert owner.post("/products/new/", new).status_code == 302
    one = Product.objects.get()
    assert (one.price_minor, one.cost_minor) == (to_minor("9.90", "EUR"), 400)
    page = owner.get("/products/").content.decode()
    assert "60%" in page
    assert "by its cost" in page
    assert "another product" in owner.post("/products/new/", new).content.decode()
    assert "not an amount" in owner.post(f"/products/{one.pk}/", new | {"price": "x"}).content.decode()
    owner.post(f"/products/{one.pk}/", new | {"cost": ""})
    assert "the book&#x27;s" in owner.get("/products/").content.decode()
