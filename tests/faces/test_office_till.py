"""The till over HTTP: a sale is in the book once, whoever presses twice."""

from datetime import UTC, datetime

import pytest

from beizai.customers import cards
from beizai.events.book import open_book
from beizai.events.flusher import flush_once
from beizai.products import catalogue
from beizai.products.models import Product
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)


@pytest.fixture
def till(client):
    Shop.objects.create(pk=1, currency="EUR", timezone="Europe/Paris", country="FR", clock_at=NOW)
    user = User.objects.create_user("mei@example.test", None, name="Mei", role="staff")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def tea(price=990, **fields):
    return catalogue.save(catalogue.NewProduct("T-1", "Sencha", "Tea", price, 400, **fields), now=NOW)


def number(client):
    return client.session["till"]["number"]


def orders():
    flush_once()
    with open_book() as book:
        return book.arrow(book.orders).to_pylist(), book.arrow(book.lines).to_pylist()


def test_a_sale_is_rung_up_with_goods_and_an_amount(till):
    someone = cards.add(cards.NewCard(name="Élodie Marchand"), source=office(NOW), now=NOW)
    product = tea()
    till.post("/till/who/", {"customer": someone.pk})
    till.post("/till/line/", {"product": product.pk})
    till.post("/till/line/", {"more": "0"})
    till.post("/till/line/", {"amount": "12,50", "words": "cup"})
    page = till.get("/till/").content.decode()
    assert "Ring up €32.30" in page
    assert "Élodie Marchand" in page
    slip = number(till)
    till.post("/till/pay/", {"number": slip})
    till.post("/till/pay/", {"number": slip})  # pressed twice
    (order,), lines = orders()
    assert (order["amount_minor"], order["customer_id"], order["staff"], order["number"]) == (
        3230,
        someone.pk,
        "Mei",
        slip,
    )
    assert sorted(
        (line["amount_minor"], line["quantity_milli"], line["cost_minor"])
        for line in lines
        if line["product"]
    ) == [(1980, 2000, 800)]
    assert "Empty" in till.get("/till/").content.decode()


def test_a_sale_without_a_name_and_a_return_count_too(till):
    till.post("/till/who/", {"nameless": "1"})
    till.post("/till/line/", {"amount": "-38"})
    till.post("/till/pay/", {"number": number(till)})
    (order,), (line,) = orders()
    assert (order["kind"], order["customer_id"], order["amount_minor"], line["quantity_milli"]) == (
        "return",
        None,
        -3800,
        -1000,
    )


@pytest.mark.parametrize("amount", ["much", "0", "1e30", "NaN", "99999999999999"])
def test_what_is_no_amount_is_refused_in_words(till, amount):
    page = till.post("/till/line/", {"amount": amount}, follow=True).content.decode()
    assert "amount" in page
    assert "Empty" in page


def test_a_line_goes_when_its_last_piece_goes(till):
    product = tea()
    till.post("/till/line/", {"product": product.pk})
    till.post("/till/line/", {"fewer": "0"})
    assert "Empty" in till.get("/till/").content.decode()
    till.post("/till/line/", {"fewer": "7"})
    till.post("/till/pay/", {"number": "x"})
    assert orders() == ([], [])


def test_products_and_people_are_looked_up_while_typing(till):
    cards.add(cards.NewCard(name="Élodie Marchand"), source=office(NOW), now=NOW)
    tea()
    assert "Sencha" in till.get("/till/products/?what=sen").content.decode()
    assert "Élodie" in till.get("/customers/pick/?who=elo").content.decode()
    assert "Élodie" in till.get("/till/?who=elo").content.decode()  # without script
    assert "Add “zoe”" in till.get("/customers/pick/?who=zoe").content.decode()


def test_a_product_without_a_price_says_so(till):
    product = Product.objects.create(number="X", created_at=NOW)
    page = till.post("/till/line/", {"product": product.pk}, follow=True).content.decode()
    assert "has no price yet" in page
