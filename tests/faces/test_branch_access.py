"""Several branches, one book: what staff of one branch find of another's customers, page by page, as the owner has set it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from books import Sold, bring_in
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from beizai.appointments import booking, gifts
from beizai.appointments.booking import Booking
from beizai.appointments.models import Appointment, GiftOrder, MadeToMeasure, Service, StaffHours
from beizai.consent import ledger
from beizai.consent.models import ConsentEntry
from beizai.conversations import talking
from beizai.conversations.models import Conversation, Utterance
from beizai.conversations.talking import Told
from beizai.customers import access, cards, remarks, search, ties
from beizai.customers.models import (
    AttributeDefinition,
    ContactPoint,
    Customer,
    Note,
    ProposedTie,
    ServedAt,
    Standing,
    Tag,
    Tie,
)
from beizai.events.batches import undo as undo_batch
from beizai.events.orders import Sale, SaleLine, ring_up
from beizai.identity import merging
from beizai.identity.models import Belonging, Proposal
from beizai.office.customers import listing
from beizai.sources.register import office, till
from beizai.staff import branches
from beizai.staff.models import Access, AuditEntry, Branch, Shop, User
from beizai.value import standings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PHONE = "+33639980012"
SECRETS = (
    "Zwackelmann",
    "zwackel@",
    "06 39 98 00 12",
    "Hinterhofgasse",
    "Goldschnalle",
    "Kranichleder",
    "KD-4711",
)


@pytest.fixture(autouse=True)
def shop() -> Shop:
    return Shop.objects.create(
        pk=1, name="Schuhhaus", currency="EUR", timezone="Europe/Paris", country="FR", clock_at=NOW
    )


@pytest.fixture
def here() -> Branch:
    return branches.add("Hauptstraße", access=Access.OWN)


@pytest.fixture
def there() -> Branch:
    return branches.add("Am Markt")


def person(name: str, branch: Branch | None, role: str = "staff") -> User:
    return User.objects.create_user(f"{name}@example.test", None, name=name.title(), role=role, branch=branch)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def reader(here: Branch) -> User:
    return person("anna", here)


def card(name: str, branch: Branch | None, **fields: Any) -> Customer:
    new = cards.NewCard(name=name, branch_id=branch.pk if branch else None, **fields)
    return cards.add(new, source=office(NOW), now=NOW, country="FR")


@pytest.fixture
def other(there: Branch) -> Customer:
    """A customer of the other branch, of whom every room holds something."""
    source, colleague = office(NOW), person("otto", there)
    AttributeDefinition.objects.create(key="buckle", label="Buckle", kind="text")
    found = card(
        "Quirina Zwackelmann",
        there,
        points=[("email", "zwackel@example.test"), ("phone", "06 39 98 00 12")],
        postal_address="Hinterhofgasse 7\n75001 Paris",
    )
    found = cards.edit(
        found.pk, {}, new_facts={"buckle": "Goldschnalle"}, revision=found.revision, source=source, now=NOW
    )
    Tag.objects.create(customer=found, tag="Kranichleder", added_at=NOW)
    found.external_ids.create(source=source, value="KD-4711")
    search.index_one(found.pk)
    remarks.note(found.pk, "Kranichleder bestellt", user=colleague, now=NOW)
    Standing.objects.filter(pk=found.pk).update(spent_12m_minor=987_654, last_order_on=date(2026, 4, 1))
    given = ledger.Given(
        customer_id=found.pk, purpose="marketing", channel="email", decision="granted",
        text="Goldschnalle ja", at=NOW, source_id=source.pk,
    )  # fmt: skip
    ledger.record(given, now=NOW)
    friend = card("Quirina Zwackelmann-Nord", there)
    ties.tie(found.pk, "friend", friend.pk, source=source, now=NOW)
    ProposedTie.objects.create(
        customer=found,
        other=friend,
        kind="household",
        evidence="Goldschnalle",
        source=source,
        proposed_at=NOW,
    )
    Proposal.objects.create(
        left_id=found.pk, right_id=friend.pk, probability=0.9, evidence={}, rule="x", proposed_at=NOW
    )
    service = Service.objects.create(name="Fitting", minutes=30)
    StaffHours.objects.create(staff=colleague, weekday=NOW.weekday(), begins="08:00", ends="20:00")
    wanted = Booking(found.pk, service.pk, colleague.pk, NOW + timedelta(hours=2), wish="Kranichleder")
    booking.book(wanted, source=source, by=colleague, now=NOW)
    what = MadeToMeasure.objects.create(name="Boot", attribute_keys=["buckle"])
    gifts.take(
        gifts.Wanted(found.pk, what.pk, "Zwackelmann Nord", "nord@example.test", "Kranichleder"),
        by=colleague,
        now=NOW,
    )
    told = Told(found.pk, "question", "call", "Is the Kranichleder there?", NOW)
    talking.open_one(told, source=source, by=colleague, now=NOW)
    ring_up(
        Sale(
            till(NOW).pk,
            "BON-77",
            NOW,
            "EUR",
            [SaleLine(5_000, 1_000)],
            customer_id=found.pk,
            store=there.name,
        ),
        received_at=NOW,
        timezone="Europe/Paris",
    )
    return found


def patterns(found: Any, before: str = "") -> list[tuple[str, URLPattern]]:
    listed: list[tuple[str, URLPattern]] = []
    for one in found:
        if isinstance(one, URLResolver):
            listed += patterns(one.url_patterns, before + str(one.pattern))
        else:
            listed.append((before + str(one.pattern), one))
    return listed


def addresses(other: Customer) -> list[str]:
    """Every address of the office, with the other branch's things where it asks for one."""
    given = {
        "customer_id": other.pk,
        "appointment_id": Appointment.objects.get().pk,
        "gift_id": GiftOrder.objects.get().pk,
        "conversation_id": Conversation.objects.get().pk,
    }
    found = []
    for route, one in patterns(get_resolver().url_patterns):
        names = one.pattern.converters
        if one.name is None or not route or route.startswith(("account/", "^account")):
            continue
        kwargs: dict[str, Any] = {
            name: given.get(name, 1) if type(kind).__name__ == "IntConverter" else "tier"
            for name, kind in names.items()
        }
        found.append(reverse(one.name, kwargs=kwargs))
    return found


ASKED = "?q=Quirina&who=Quirina&name=Quirina+Zwackelman&phone=%2B33639980012&all=1&strips=1&pair=1&show=all"


def told(client: Client, other: Customer) -> set[tuple[str, str]]:
    """Which page says which word of the other branch's customer."""
    more = f"{ASKED}&ids={other.pk}&customer={other.pk}&giver={other.pk}"
    found = set()
    for page in addresses(other):
        for address in (page, page + more):
            answer = client.get(address)
            assert answer.status_code < 500 or answer.status_code == 503, address
            said = b"".join(answer.streaming_content) if answer.streaming else answer.content
            found |= {(page, word) for word in SECRETS if word in said.decode("utf-8", "replace")}
    return found


@pytest.mark.parametrize("access_of", [Access.OWN, Access.LOOK_UP])
def test_no_page_tells_staff_of_one_branch_anything_of_anothers_customer(
    reader: User, here: Branch, other: Customer, access_of: Access
) -> None:
    branches.change(here, access=access_of)
    assert told(logged_in(reader), other) == set()


def test_with_the_whole_book_open_the_same_pages_tell(reader: User, here: Branch, other: Customer) -> None:
    branches.change(here, access=Access.WHOLE_BOOK)
    found = told(logged_in(reader), other)
    assert {word for _page, word in found} == set(SECRETS)
    assert len({page for page, _word in found}) >= 20


@pytest.mark.parametrize("role", ["owner", "marketer"])
def test_owner_and_marketer_see_the_whole_book_wherever_they_work(
    here: Branch, other: Customer, role: str
) -> None:
    client = logged_in(person(role, here, role))
    assert "Zwackelmann" in client.get(f"/customers/{other.pk}/").content.decode()


def state_of(other: Customer) -> list[Any]:
    """Everything a page could change of the other branch's customer."""
    return [
        list(Customer.objects.order_by("pk").values()),
        list(Appointment.objects.values("state", "wish", "starts_at", "customer_id")),
        list(GiftOrder.objects.values("state", "receiver_id", "giver_id")),
        list(Conversation.objects.values("closed_at", "owner_id", "customer_id")),
        [one.objects.count() for one in (Note, Tag, Tie, ContactPoint, ConsentEntry, Utterance, Belonging)],
        list(ProposedTie.objects.values("decided_at")),
        list(Proposal.objects.values("state")),
    ]


def test_nothing_that_is_sent_changes_anothers_customer(reader: User, other: Customer) -> None:
    client, before = logged_in(reader), state_of(other)
    words = {
        "customer": other.pk, "giver": other.pk, "who": "Quirina", "text": "Known", "tag": "x", "kind": "friend",
        "step": "note", "answer": "apart", "accept": "0", "decision": "refused", "channel": "email", "value": "a@b.test",
        "wish": "another", "name": "", "receiver_name": "A", "receiver_point": "a@b.test", "what": "1",
        "time": f"{NOW + timedelta(hours=4):%Y-%m-%dT%H:%M}/{Appointment.objects.get().staff_id}", "service": "1",
        "way": "call", "key": "buckle", "take": "1", "remove": "1",
    }  # fmt: skip
    for page in addresses(other):
        if not page.startswith(("/f/", "/preferences/", "/chat")):
            answer = client.post(page, words)
            assert answer.status_code < 500 or answer.status_code == 503, page
    assert state_of(other) == before


def test_an_exact_phone_opens_the_card_for_the_day_and_is_written_down(
    reader: User, here: Branch, other: Customer, shop: Shop
) -> None:
    branches.change(here, access=Access.LOOK_UP)
    client, card_url = logged_in(reader), f"/customers/{other.pk}/"
    assert client.get(card_url).status_code == 404
    assert client.get(f"/customers/look-up/?q={PHONE[1:]}").status_code == 200
    assert client.get(card_url).status_code == 404  # asking is not yet opening
    assert client.post("/customers/look-up/", {"q": "06 39 98 00 1"}).status_code == 200
    assert client.get(card_url).status_code == 404  # the beginning of a number opens nobody
    answer = client.post("/customers/look-up/", {"q": "06 39 98 00 12", "then": "till"})
    assert answer.headers["Location"] == f"/till/?customer={other.pk}"
    assert "Zwackelmann" in client.get(card_url).content.decode()
    entry = AuditEntry.objects.get(action=access.LOOKED_UP)
    assert (entry.user, entry.customer_id, entry.detail) == (reader, other.pk, {"branch": "Hauptstraße"})
    owner = logged_in(person("lin", None, "owner"))
    assert "Zwackelmann" in owner.get(f"/settings/branches/{here.pk}/").content.decode()
    Shop.objects.update(clock_at=NOW + timedelta(days=1))
    assert client.get(card_url).status_code == 404


@pytest.mark.parametrize("words", ["06 39 98 00 12", PHONE, "ZWACKEL@example.test", "KD-4711"])
def test_phone_email_and_customer_number_open_a_card(
    reader: User, here: Branch, other: Customer, words: str
) -> None:
    branches.change(here, access=Access.LOOK_UP)
    client = logged_in(reader)
    assert client.post("/customers/look-up/", {"q": words}).headers["Location"] == f"/customers/{other.pk}/"


def test_a_name_or_the_number_of_a_card_opens_nobody(reader: User, here: Branch, other: Customer) -> None:
    branches.change(here, access=Access.LOOK_UP)
    client = logged_in(reader)
    for words in ("Quirina Zwackelmann", f"#{other.pk}", str(other.pk), "zwackel", "*", "%"):
        assert client.post("/customers/look-up/", {"q": words}).status_code == 200
    assert client.get(f"/customers/{other.pk}/").status_code == 404


def test_look_ups_are_counted_found_or_not(reader: User, here: Branch, other: Customer) -> None:
    branches.change(here, access=Access.LOOK_UP, look_ups_a_day=2)
    client = logged_in(reader)
    for number in ("0639980099", "0639980098"):
        client.post("/customers/look-up/", {"q": number})
    assert AuditEntry.objects.filter(action=access.MISSED).count() == 2
    client.post("/customers/look-up/", {"q": PHONE})
    assert client.get(f"/customers/{other.pk}/").status_code == 404


def test_a_branch_of_its_own_customers_alone_looks_nobody_up(reader: User, other: Customer) -> None:
    client = logged_in(reader)
    client.post("/customers/look-up/", {"q": PHONE})
    assert client.get(f"/customers/{other.pk}/").status_code == 404


def test_who_was_served_at_a_branch_is_its_own_from_then_on(
    reader: User, here: Branch, other: Customer
) -> None:
    branches.change(here, access=Access.LOOK_UP)
    client = logged_in(reader)
    client.post("/customers/look-up/", {"q": PHONE})
    client.get(f"/till/?customer={other.pk}")
    client.post("/till/line/", {"amount": "12.50"})
    slip = client.session["till"]
    client.post("/till/pay/", {"number": slip["number"]})
    assert ServedAt.objects.filter(branch=here, customer=other).exists()
    branches.change(here, access=Access.OWN)
    Shop.objects.update(clock_at=NOW + timedelta(days=9))
    assert client.get(f"/customers/{other.pk}/").status_code == 200


def test_a_card_made_at_a_branch_is_at_home_there(reader: User, here: Branch, there: Branch) -> None:
    client = logged_in(reader)
    made = client.post("/customers/add/", {"name": "Ida Neu"})
    assert Customer.objects.get(name="Ida Neu").branch == here
    assert client.get(made.headers["Location"]).status_code == 200
    assert (
        logged_in(person("otto", branches.change(there, access=Access.OWN)))
        .get(made.headers["Location"])
        .status_code
        == 404
    )


def listed(client: Client, address: str = "/customers/") -> set[str]:
    said = client.get(address).content.decode()
    return {name for name in ("Ida Hier", "Jan Hier", "Quirina Zwackelmann") if f"<b>{name}</b>" in said}


@pytest.mark.parametrize("small", [True, False])
def test_the_list_holds_the_branchs_own_in_a_small_branch_and_a_large_one(
    reader: User, here: Branch, other: Customer, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "COUNTED_AT_MOST", 2000 if small else 1)
    card("Ida Hier", here), card("Jan Hier", here)
    client = logged_in(reader)
    own = {"Ida Hier", "Jan Hier"}
    assert (
        listed(client)
        == listed(client, "/customers/?sort=name")
        == listed(client, "/customers/?added=30")
        == own
    )
    assert listed(client, "/customers/?q=hier") == own
    assert listed(client, "/customers/?q=ida") == {"Ida Hier"}
    assert client.get("/customers/count/").content.decode().strip().startswith("2")
    assert listed(logged_in(person("lin", None, "owner"))) == {*own, "Quirina Zwackelmann"}


def test_a_joint_card_belongs_to_the_branches_of_all_its_cards(
    reader: User, here: Branch, other: Customer
) -> None:
    mine = card("Ida Hier", here)
    merging.merge([mine.pk], other.pk, now=NOW, by=None)
    client = logged_in(reader)
    assert client.get(f"/customers/{other.pk}/").status_code == 200
    assert listed(client) == {"Quirina Zwackelmann"}


def test_who_bought_at_a_branch_by_the_orders_of_the_book_is_its_own(
    reader: User, here: Branch, other: Customer
) -> None:
    client = logged_in(reader)
    batch = bring_in([Sold(other.pk, date(2026, 4, 2), store=here.name)], now=NOW)
    standings.refresh(NOW)
    assert client.get(f"/customers/{other.pk}/").status_code == 200
    undo_batch(batch, at=NOW)
    standings.refresh(NOW + timedelta(minutes=1))
    assert client.get(f"/customers/{other.pk}/").status_code == 404


def test_a_branch_people_work_at_is_not_taken_out(reader: User, here: Branch) -> None:
    owner = logged_in(person("lin", None, "owner"))
    owner.post(f"/settings/branches/{here.pk}/remove/")
    assert Branch.objects.filter(pk=here.pk).exists()
    owner.post(f"/settings/users/{reader.pk}/branch/", {"branch": ""})
    owner.post(f"/settings/branches/{here.pk}/remove/")
    assert not Branch.objects.filter(pk=here.pk).exists()
    assert AuditEntry.objects.filter(action="branch.removed").exists()


def test_the_owner_makes_a_branch_and_says_what_its_staff_open(reader: User) -> None:
    owner = logged_in(person("lin", None, "owner"))
    owner.post("/settings/branches/", {"name": "Hafen", "access": "look_up", "look_ups_a_day": "7"})
    made = Branch.objects.get(name="Hafen")
    assert (made.access, made.look_ups_a_day) == (Access.LOOK_UP, 7)
    assert (
        "already"
        in owner.post(
            "/settings/branches/", {"name": "hafen", "access": "own", "look_ups_a_day": "7"}
        ).content.decode()
    )
    assert logged_in(reader).get("/settings/branches/").status_code == 403


def test_the_list_is_narrowed_to_a_branch(here: Branch, other: Customer) -> None:
    card("Ida Hier", here)
    assert listed(logged_in(person("lin", None, "owner")), f"/customers/?branch={here.pk}") == {"Ida Hier"}


def test_who_moves_house_leaves_the_branch_they_were_at_home_at(
    reader: User, here: Branch, there: Branch
) -> None:
    mine, client = card("Ida Hier", here), logged_in(reader)
    assert client.get(f"/customers/{mine.pk}/").status_code == 200
    cards.edit(mine.pk, {"branch_id": there.pk}, revision=mine.revision, source=office(NOW), now=NOW)
    assert client.get(f"/customers/{mine.pk}/").status_code == 404


def test_what_was_written_past_the_cards_agrees_after_the_book_is_counted(
    reader: User, here: Branch, there: Branch
) -> None:
    one, other = card("Ida Hier", None), card("Jan Hier", here)
    Customer.objects.filter(pk=one.pk).update(branch=here)
    Customer.objects.filter(pk=other.pk).update(branch=there)
    standings.refresh(NOW)
    assert listed(logged_in(reader)) == {"Ida Hier"}
