"""Attributes in the office: made, put in order, retired; every kind answered on the card; what to ask next."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from beizai.customers import cards
from beizai.customers.models import AttributeDefinition, Customer
from beizai.sources import register
from beizai.staff.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    client = Client()
    client.force_login(_user(Role.OWNER))
    return client


def _user(role: str):
    from beizai.staff.models import User

    return User.objects.create_user(f"{role}@example.test", "tea and gifts 1", role=role)


def definition(key: str, kind: str, **more: object) -> AttributeDefinition:
    return AttributeDefinition.objects.create(key=key, label=key.capitalize(), kind=kind, **more)


def card(name: str = "Marie Lin") -> Customer:
    now = timezone.now()
    return cards.add(cards.NewCard(name=name), source=register.office(now), now=now)


NEW = {
    "label": "Perms",
    "family": "product_use",
    "kind": "records",
    "weight": "6",
    "unit": "",
    "question": "",
}


def test_records_get_typed_columns(owner):
    lines = "Product\nPrice | money\nReaction | choice: fine: itching"
    owner.post(reverse("attribute_new"), NEW | {"columns_text": lines, "ask_again_months": "12"})
    one = AttributeDefinition.objects.get()
    assert [(c["key"], c["kind"], c["choices"]) for c in one.columns] == [
        ("product", "text", []),
        ("price", "money", []),
        ("reaction", "choice", ["fine", "itching"]),
    ]
    assert (one.weight, one.ask_again_months) == (6, 12)
    wrong = owner.post(reverse("attribute_new"), NEW | {"columns_text": "Size | colour"})
    assert "cannot be read as a column" in wrong.content.decode()


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(out, "PNG")
    return SimpleUploadedFile("me.png", out.getvalue(), "image/png")


def test_every_kind_is_answered_on_the_card_and_shown_there(owner):
    columns = [{"key": "product", "label": "Product", "kind": "text", "choices": []}]
    kinds = {
        "likes": definition("likes", "choices", choices=["Tea", "Silk"]),
        "foot": definition("foot", "measure", unit="mm"),
        "perms": definition("perms", "records", columns=columns),
        "face": definition("face", "photo"),
    }
    made = card()
    field = {key: f"fact_{one.pk}" for key, one in kinds.items()}
    sent = {
        "name": "Marie Lin",
        "revision": made.revision,
        field["likes"]: ["Silk", "Tea"],
        field["foot"]: "24.5 cm",
        f"{field['perms']}-rows": "2",
        f"{field['perms']}-0-on": "2026-01-31",
        f"{field['perms']}-0-product": "Wella 6/0",
        f"{field['perms']}-1-on": "",
        field["face"]: picture(),
    }
    assert owner.post(reverse("customer_edit", args=[made.pk]), sent).status_code == 302
    told = Customer.objects.get(pk=made.pk).facts
    assert told["likes"]["v"] == ["Tea", "Silk"]
    assert told["foot"]["v"] == 245
    assert told["perms"]["v"] == [{"on": "2026-01-31", "product": "Wella 6/0"}]
    page = owner.get(reverse("customer", args=[made.pk])).content.decode()
    for words in (
        "Tea",
        "245 mm",
        "31 Jan",
        "Wella 6/0",
        reverse("customer_picture", args=[made.pk, "face"]),
    ):
        assert words in page
    shown = owner.get(reverse("customer_picture", args=[made.pk, "face"]))
    assert shown["Content-Type"] == "image/jpeg"
    again = owner.get(reverse("customer_edit", args=[made.pk])).content.decode()
    assert "Wella 6/0" in again
    assert "Take the picture away" in again


def test_what_cannot_be_an_answer_stands_at_its_field(owner):
    one = definition("foot", "measure", unit="mm")
    made = card()
    sent = {"name": "Marie", "revision": made.revision, f"fact_{one.pk}": "wide"}
    page = owner.post(reverse("customer_edit", args=[made.pk]), sent)
    assert page.status_code == 200
    assert "wide" in page.content.decode()


def test_an_analyst_sees_no_picture():
    definition("face", "photo")
    made = card()
    analyst = Client()
    analyst.force_login(_user(Role.ANALYST))
    assert analyst.get(reverse("customer_picture", args=[made.pk, "face"])).status_code == 403


def test_attributes_are_put_in_order_and_retired(owner):
    first, second = definition("a", "text", position=1), definition("b", "text", position=2)
    owner.post(reverse("attribute_move", args=[second.pk]), {"up": "1"})
    assert [one.key for one in AttributeDefinition.objects.all()] == ["b", "a"]
    owner.post(reverse("attribute_retire", args=[first.pk]))
    page = owner.get(reverse("attributes")).content.decode()
    assert "No longer asked" in page


def test_the_questions_say_whom_to_ask_what(owner):
    definition("skin", "text", weight=9, question="How is your skin in winter?")
    made = card()
    assert "How is your skin in winter?" in owner.get(reverse("questions")).content.decode()
    assert "How is your skin in winter?" in owner.get(reverse("customer", args=[made.pk])).content.decode()
