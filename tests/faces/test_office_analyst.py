"""An analyst walks through every page of the office: no address and no number of a customer stands on any of them."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from beizai.appointments.models import GiftOrder, MadeToMeasure
from beizai.conversations import talking
from beizai.conversations.talking import Told
from beizai.customers import cards
from beizai.customers.models import ContactPoint, Customer
from beizai.identity.models import Proposal
from beizai.imports.files import Wish, bring_in
from beizai.messages.models import Group, Message, ServiceMail, State
from beizai.segments import membership
from beizai.sources import register
from beizai.staff.models import Role, User
from beizai.staff.shop import shop
from beizai.trades import books
from beizai.trades.example import filling

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
EMAIL, PHONE, SPOKEN = "ann.tracey.walked@secret.example", "+33639981234", "63998"
SECRETS = (
    EMAIL,
    "ann.tracey.walked",
    PHONE,
    "639981234",
    "6 39 98 12 34",
    "39 98 12 34",
    "17 rue des Marcheurs",
)
_QUERIES = ("", f"?q={EMAIL}", "?show=all", "?format=json")
_LEAVES = ("account_logout", "language")


@pytest.fixture
def book(tmp_path: Any) -> Customer:
    """A salon's example book, and in it one customer who stands in every room."""
    here = shop()
    here.clock_at, here.country, here.timezone = NOW, "FR", "Europe/Paris"
    here.save()
    books.open_book_of("hair_salon", here, now=NOW)
    filling.add("hair_salon", now=NOW)
    source = register.office(NOW)
    ann = cards.add(
        cards.NewCard(
            name="Ann Tracey",
            points=[("email", EMAIL), ("phone", PHONE)],
            postal_address="17 rue des Marcheurs",
        ),
        source=source,
        now=NOW,
    )
    talking.open_one(
        Told(ann.pk, "question", "email", f"Call me at {PHONE} or {EMAIL}.", NOW),
        source=source,
        by=None,
        now=NOW,
    )
    _written_to(ann)
    other = Customer.objects.exclude(pk=ann.pk).earliest("pk")
    Proposal.objects.create(left_id=other.pk, right_id=ann.pk, probability=0.9, evidence={}, proposed_at=NOW)
    what = MadeToMeasure.objects.create(name="Shoes")
    GiftOrder.objects.create(
        number="G1",
        giver=other,
        what=what,
        receiver=ann,
        receiver_name="Ann",
        receiver_point=EMAIL,
        taken_at=NOW,
    )
    path = tmp_path / "people.csv"
    path.write_text(
        f"Name,Email,Phone\nAnn Tracey,{EMAIL},{PHONE}\nBo,not an address {EMAIL},\n", encoding="utf-8"
    )
    bring_in(path, kind="customers", source="Stand", now=NOW, wish=Wish())
    return ann


def _written_to(ann: Customer) -> None:
    for number in (1, 2):
        Message.objects.create(
            campaign_id=number, customer_id=ann.pk, state=State.SENT, group=Group.TREATED, address=EMAIL,
            detail=f"250 to {EMAIL}", sent_at=NOW, changed_at=NOW,
        )  # fmt: skip
    ServiceMail.objects.create(
        key="walk",
        kind="reminder",
        customer_id=ann.pk,
        address=EMAIL,
        subject=f"For {EMAIL}",
        due_at=NOW,
        asked_at=NOW,
    )
    membership.save("Everyone", {"everyone": {}}, now=NOW)


def _patterns(resolver: Any, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _patterns(one, before + str(one.pattern))
        else:
            yield before + str(one.pattern), one


def _numbers(ann: Customer) -> list[int]:
    """The keys that lead somewhere: the customer's own, and the first of every table."""
    return sorted({1, 2, ann.pk})


def _words(ann: Customer) -> list[str]:
    return ["email", "orders", "customers", "recency", "2026-05-04", str(ann.pk)]


def _addresses(ann: Customer) -> Iterator[str]:
    """Every address of the office, with each value that may lead somewhere."""
    numbers, words = _numbers(ann), _words(ann)
    for route, one in _patterns(get_resolver()):
        if one.name in _LEAVES or not hasattr(one.pattern, "converters"):
            continue
        tried = [route]
        for name, converter in one.pattern.converters.items():
            place = route[route.index("<") :]  # from the first place on
            marks = [
                mark
                for mark in (
                    f"<int:{name}>",
                    f"<str:{name}>",
                    f"<slug:{name}>",
                    f"<uuid:{name}>",
                    f"<path:{name}>",
                    f"<{name}>",
                )
                if mark in place
            ]
            values = numbers if "Int" in type(converter).__name__ else words
            tried = [each.replace(mark, str(value)) for each in tried for mark in marks for value in values][
                :60
            ]
        yield from ("/" + each for each in tried if "<" not in each)


def _said(answer: Any) -> str:
    """Everything an answer says, a workbook's sheets too."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8", "replace") + str(answer.headers)
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            text += "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    return text


def _without_echo(said: str) -> str:
    """A page without what she typed herself, in a field, in an address, in “Nothing is called …”."""
    for typed in (EMAIL, quote(EMAIL), quote(quote(EMAIL))):
        said = said.replace(f"q={typed}", "").replace(f"q%3D{typed}", "")
    return said.replace(f'value="{EMAIL}"', "").replace(f"“{EMAIL}”", "")


def _log_in(role: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_user(f"{role}@office.example", role=role, language="en"))
    return client


def test_the_walk_finds_what_is_there(book: Customer) -> None:
    """The owner sees the address on the card and in the search: the secrets looked for are those that would show."""
    owner = _log_in(Role.OWNER)
    assert EMAIL in _said(owner.get(f"/customers/{book.pk}/"))
    assert any(secret in _said(owner.get(f"/customers/?q={EMAIL}")) for secret in SECRETS)


def test_an_analyst_finds_nobody_by_an_address(book: Customer) -> None:
    client = _log_in(Role.ANALYST)
    for place in ("/search/", "/customers/"):
        for known in (EMAIL, "639981234"):
            assert "Tracey" not in _said(client.get(f"{place}?q={known}")), place


@pytest.mark.long
def test_an_analyst_sees_no_contact_point_on_any_page(book: Customer) -> None:
    client = _log_in(Role.ANALYST)
    others = set(ContactPoint.objects.values_list("normal", flat=True)) - {EMAIL, PHONE}
    seen, opened = [], 0
    for address in dict.fromkeys(_addresses(book)):
        for query in _QUERIES if "customer" in address or "search" in address else ("",):
            answer = client.get(address + query)
            said = _without_echo(_said(answer))
            opened += answer.status_code == 200
            assert answer.status_code < 500, address
            seen += [(address + query, one) for one in SECRETS if one in said]
            seen += [(address + query, one) for one in others if one in said]
    assert not seen, seen[:10]
    assert opened > 50
