"""The customers' pages over HTTP: the list in pages by key, the card, what changes it, what an analyst may not see."""

import io
import re
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from django.urls import reverse

from beizai.consent import ledger
from beizai.consent.models import ConsentEntry
from beizai.consent.rules import may_contact
from beizai.customers import cards, remarks, ties
from beizai.customers.models import AttributeDefinition, Customer, Standing
from beizai.office.customers import filters, listing
from beizai.sources.register import office
from beizai.staff.models import AuditEntry, Shop, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def shop(monkeypatch):
    monkeypatch.setattr(listing, "_total", None)
    return Shop.objects.create(
        pk=1, name="Maison Lin", currency="EUR", timezone="Europe/Paris", country="FR", clock_at=NOW
    )


@pytest.fixture
def owner(client):
    return as_role(client, "owner")


def as_role(client, role):
    client.force_login(
        User.objects.create_user(f"{role}@example.test", None, name=role.title(), role=role), backend=BACKEND
    )
    return client


def card(name="Élodie Marchand", *, spent=0, last=None, tier="", points=(), **fields):
    one = cards.add(
        cards.NewCard(name=name, points=points, **fields), source=office(NOW), now=NOW, country="FR"
    )
    Standing.objects.filter(pk=one.pk).update(spent_12m_minor=spent, last_order_on=last, tier=tier)
    return one


def allow(one, decision="granted", at=NOW, expires_at=None):
    given = ledger.Given(
        customer_id=one.pk, purpose="marketing", channel="email", decision=decision, text="Yes, send me news.", at=at,
        source_id=office(NOW).pk, expires_at=expires_at,
    )  # fmt: skip
    ledger.record(given, now=NOW)


def names(page):
    return re.findall(r'<td class="person"><a href="[^"]+"><b>([^<]+)</b>', page.content.decode())


@pytest.mark.parametrize("sort", ["-spent", "spent", "-last", "last", "name", "-name", "-added"])
def test_walking_the_pages_shows_everybody_once_there_and_back(owner, monkeypatch, sort):
    monkeypatch.setattr(
        "beizai.office.paging.by_key.__kwdefaults__", {**listing.paging.by_key.__kwdefaults__, "size": 3}
    )
    for number in range(10):
        last = NOW.date() - timedelta(days=number % 3) if number % 4 else None
        card(f"Ann {number % 5}", spent=number % 3 * 100, last=last)
    seen, pages, address = [], [], f"/customers/?sort={sort}"
    while address:
        page = owner.get(address)
        ids = re.findall(r'/customers/(\d+)/"><b>', page.content.decode())
        pages.append(ids)
        seen += ids
        found = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = f"/customers/{found.group(1).replace('&amp;', '&')}" if found else ""
    assert len(seen) == len(set(seen)) == 10
    back = re.search(r'rel="prev" href="([^"]+)"', page.content.decode())
    while back:
        pages.pop()
        page = owner.get("/customers/" + back.group(1).replace("&amp;", "&"))
        assert re.findall(r'/customers/(\d+)/"><b>', page.content.decode()) == pages[-1]
        back = re.search(r'rel="prev" href="([^"]+)"', page.content.decode())
    assert len(pages) == 1


def test_a_page_key_typed_by_hand_begins_at_the_top(owner):
    card()
    for wrong in (
        "after=x~y",
        "after=~",
        "before=9~9~9",
        "after=12",
        "from=-3",
        "after=2025-99-99~1&sort=-last",
    ):
        assert owner.get(f"/customers/?{wrong}").status_code == 200


def test_filters_narrow_the_list_and_stand_as_chips(owner):
    card("Key", tier="key_account", spent=50_000, last=date(2026, 4, 1))
    quiet = card("Quiet", tier="small_medium", spent=100, last=date(2025, 1, 1), country="CH")
    card("New")
    remarks.add_tag(quiet.pk, "tasting", source=office(NOW), now=NOW)
    for query, found in {
        "tier=key_account": ["Key"],
        "bought=30": ["Key"],
        "silent=365": ["Quiet"],
        "never=1": ["New"],
        "spent=400": ["Key"],
        "tag=tasting": ["Quiet"],
        "country=ch": ["Quiet"],
        "country=ch&tier=key_account": [],
        "tier=nonsense&bought=x&spent=-3": ["Key", "Quiet", "New"],
    }.items():
        page = owner.get(f"/customers/?{query}")
        assert names(page) == found, query
    page = owner.get("/customers/?tier=key_account&bought=30").content.decode()
    assert "Bought in the last 30 days" in page
    assert "?tier=key_account" in page  # the other chip's way out
    assert "/segments/new/?rule=" in page


@pytest.mark.parametrize("sort", ["-spent", "name"])
def test_may_be_written_to_filters_as_may_contact_answers(owner, sort):
    people = {name: card(name) for name in ("yes", "no", "never", "tie", "back", "expired", "renewed")}
    before = NOW - timedelta(days=9)
    allow(people["yes"])
    allow(people["no"], "refused")
    allow(people["tie"])
    allow(people["tie"], "refused")
    allow(people["back"], "withdrawn", at=before)
    allow(people["back"])
    allow(people["expired"], at=before)
    allow(people["expired"], expires_at=NOW)
    allow(people["renewed"], at=before, expires_at=before)
    allow(people["renewed"])
    found = set(names(owner.get(f"/customers/?write=yes&sort={sort}")))
    assert found == {
        name for name, one in people.items() if may_contact(one.pk, "email", "marketing", NOW).allowed
    }
    assert set(names(owner.get(f"/customers/?write=no&sort={sort}"))) == set(people) - found


def test_a_search_says_when_there_are_too_many(owner, monkeypatch):
    monkeypatch.setattr(listing, "FOUND_AT_MOST", 3)
    for number in range(5):
        card(f"Marie {number}")
    page = owner.get("/customers/?q=mar")
    assert len(names(page)) == 3
    assert "More than 3 cards begin like this" in page.content.decode()
    assert names(owner.get("/customers/?q=marie+4")) == ["Marie 4"]
    nobody = owner.get("/customers/?q=zoe").content.decode()
    assert "Nobody matches" in nobody
    assert "/customers/add/?name=zoe" in nobody


def test_the_card_shows_facts_with_source_consents_with_words_and_the_best_question(owner):
    AttributeDefinition.objects.create(key="tea", label="Drinks")
    AttributeDefinition.objects.create(key="job", label="Works as")
    one = card(points=[("email", "e@example.test")])
    cards.edit(one.pk, {}, new_facts={"tea": "Oolong"}, revision=0, source=office(NOW), now=NOW)
    allow(one)
    page = owner.get(f"/customers/{one.pk}/").content.decode()
    assert "Oolong" in page
    assert "Office, 14 Apr 2026" in page
    assert "Ask next" in page
    assert "“Yes, send me news.” Office, 14 Apr 2026" in page
    timeline = owner.get(f"/customers/{one.pk}/timeline/").content.decode()
    assert "Allowed offers by email" in timeline
    assert "The card was made" in timeline
    assert (
        "The card was made" in owner.get(f"/customers/{one.pk}/?show=all").content.decode()
    )  # without script


def test_an_analyst_sees_no_name_and_no_address_anywhere(client):
    one = card(
        "Élodie Marchand",
        points=[("email", "e@example.test"), ("phone", "0639980012")],
        postal_address="14 rue Tronchet",
    )
    other = card("Sophie Nguyen")
    ties.tie(other.pk, "referred_by", one.pk, source=office(NOW), now=NOW)
    remarks.note(one.pk, "Élodie has a new kettle", now=NOW)
    as_role(client, "analyst")
    for address in ("/customers/", f"/customers/{one.pk}/", f"/customers/{one.pk}/timeline/", f"/customers/{one.pk}/?show=all",
                    "/customers/?q=elodie", "/search/?q=elodie", "/", f"/search/?q={one.pk}"):  # fmt: skip
        page = client.get(address, follow=True).content.decode()
        for secret in ("lodie M", "Sophie", "e@example.test", "39980012", "39 98", "Tronchet", "kettle"):
            assert secret not in page, (address, secret)
    assert f"Customer {one.pk}" in client.get("/customers/").content.decode()
    for address in ("edit/", "history/", "points/", "ties/", "tags/", "consent/"):
        assert client.get(f"/customers/{one.pk}/{address}").status_code == 403


def test_a_customer_is_added_with_a_look_at_doubles(owner):
    known = card("Paul Fournier", points=[("phone", "+33639980031")])
    fragment = owner.get("/customers/add/doubles/", {"name": "", "phone": "06 39 98 00 31"}).content.decode()
    assert "Paul Fournier" in fragment
    assert "same phone" in fragment
    page = owner.post("/customers/add/", {"name": "P. Fournier", "phone": "06 39 98 00 31"})
    assert "Make a new card all the same" in page.content.decode()
    assert Customer.objects.count() == 1
    owner.post("/customers/add/", {"name": "P. Fournier", "phone": "06 39 98 00 31", "all_the_same": "1"})
    made = Customer.objects.exclude(pk=known.pk).get()
    assert made.contact_points.get().normal == "+33639980031"


def test_a_wrong_address_stands_at_its_field_and_nothing_is_lost(owner):
    page = owner.post("/customers/add/", {"name": "Zoé", "email": "zoe at example"}).content.decode()
    assert 'aria-invalid="true"' in page
    assert 'value="Zoé"' in page
    assert not Customer.objects.exists()


def test_a_card_is_edited_with_history_and_a_second_editor_is_told(owner):
    AttributeDefinition.objects.create(key="budget", label="Budget", kind="money")
    one = card()
    definition = AttributeDefinition.objects.get()
    fields = {
        "name": "Élodie Vidal",
        "revision": "0",
        f"fact_{definition.pk}": "12,50",
        "birthday_on": "1985-06-12",
    }
    assert owner.post(f"/customers/{one.pk}/edit/", fields).status_code == 302
    again = owner.post(f"/customers/{one.pk}/edit/", fields | {"name": "X"}).content.decode()
    assert "Somebody has changed this card" in again
    page = owner.get(f"/customers/{one.pk}/history/").content.decode()
    assert "<del>Élodie Marchand</del>" in page
    assert "Budget" in page
    assert Customer.objects.get().facts["budget"]["v"] == 1250
    wrong = owner.post(
        f"/customers/{one.pk}/edit/", fields | {"revision": "1", f"fact_{definition.pk}": "much"}
    )
    assert "not an amount of money" in wrong.content.decode()


def test_a_decision_is_written_down_with_its_words_or_not_at_all(owner):
    one = card(points=[("email", "e@example.test")])
    fields = {
        "decision": "granted",
        "purpose": "marketing",
        "channel": "email",
        "on": "2026-04-14",
        "basis": "consent",
    }
    wrong = owner.post(f"/customers/{one.pk}/consent/", fields)
    assert "A permission needs the words" in wrong.content.decode()
    assert (
        owner.post(
            f"/customers/{one.pk}/consent/", fields | {"text": "Yes.", "how": "at the till"}
        ).status_code
        == 302
    )
    entry = ConsentEntry.objects.get()
    assert (entry.text, entry.evidence, entry.user.role) == ("Yes.", {"how": "at the till"}, "owner")
    assert may_contact(one.pk, "email", "marketing", NOW).allowed
    ahead = owner.post(f"/customers/{one.pk}/consent/", fields | {"text": "Yes.", "on": "2026-05-01"})
    assert "lies ahead" in ahead.content.decode()


def test_notes_tags_addresses_and_ties_are_kept(owner):
    one, other = card(), card("Sophie Nguyen")
    owner.post(f"/customers/{one.pk}/note/", {"text": "Asks for 85 °C teas."})
    owner.post(f"/customers/{one.pk}/tags/", {"tag": "tasting evening"})
    owner.post(f"/customers/{one.pk}/points/", {"channel": "email", "value": "New@Example.test"})
    owner.post(f"/customers/{one.pk}/ties/", {"kind": "referred_by", "who": "sophie"})
    page = owner.get(f"/customers/{one.pk}/?show=all").content.decode()
    for words in (
        "85 °C",
        "tasting evening",
        "New@Example.test",
        "Sophie Nguyen",
        "Brought by",
        "Was brought by Sophie",
    ):
        assert words in page
    assert names(owner.get("/customers/?q=new@ex")) == ["Élodie Marchand"]
    ring = owner.post(f"/customers/{other.pk}/ties/", {"kind": "referred_by", "customer": str(one.pk)})
    assert "would have brought each other" in ring.content.decode()
    point = one.contact_points.get()
    owner.post(f"/customers/{one.pk}/points/", {"end": str(point.pk)})
    assert names(owner.get("/customers/?q=new@ex")) == []
    assert owner.post(f"/customers/{other.pk}/points/", {"end": str(point.pk)}).status_code == 404


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_the_list_shows_is_taken_out_and_written_down(owner, kind):
    card("=Key", tier="key_account", points=[("email", "k@example.test")])
    card("Other")
    answer = owner.get(f"/customers/export/?tier=key_account&as={kind}")
    if kind == "csv":
        text = answer.content.decode("utf-8-sig")
        assert "'=Key" in text
        assert "Other" not in text
    else:
        page = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert [cell.value for cell in page["B"]] == ["Name", "=Key"]
    entry = AuditEntry.objects.get(action="customers.exported")
    assert entry.detail["rows"] == 1
    assert "k@example" not in str(entry.detail)


def test_every_filter_makes_a_rule_the_builder_reads(owner):
    from django.http import QueryDict

    from beizai.segments.rule import from_json

    query = "tier=key_account&stage=loyal&type=occasional&bought=30&silent=90&never=1&spent=10&write=no&tag=x&country=FR&added=30"
    found = filters.active(QueryDict(query))
    assert len(found) == 11
    for one in found:
        from_json(one.rule)


def test_long_names_and_empty_books_have_their_pages(owner):
    assert "No card yet" in owner.get("/customers/").content.decode()
    one = card("Marie-Clémentine de La Rochefoucauld-Beaumont" * 3)
    assert owner.get(f"/customers/{one.pk}/").status_code == 200
    assert owner.get(reverse("customers_count")).status_code == 200
    assert owner.get("/customers/strips/?ids=1,x,2").status_code == 200


def test_cards_that_are_not_valued_yet_are_in_the_list_all_the_same(owner):
    known, new = card("Known"), card("New")
    Standing.objects.filter(pk=new.pk).delete()
    page = owner.get("/customers/")
    assert set(names(page)) == {"Known", "New"}
    assert "Not everybody is valued yet" in page.content.decode()
    assert known.pk < new.pk


def test_a_permission_and_a_tie_are_seen_in_the_standing_when_the_card_is_opened(owner):
    one, other = card(points=[("email", "e@example.test")]), card("Sophie Nguyen")
    owner.get(f"/customers/{one.pk}/timeline/")
    before = Standing.objects.get(pk=one.pk)
    assert (before.tier, before.type) == ("potential", "not_bought_yet")
    allow(one)
    owner.get(f"/customers/{one.pk}/timeline/")
    assert Standing.objects.get(pk=one.pk).tier == "target"
    evidence = owner.get(f"/customers/{one.pk}/why/tier/").content.decode()
    assert "may be written to" in evidence
    assert owner.get(f"/customers/{one.pk}/why/size/").status_code == 404
    assert other.pk
