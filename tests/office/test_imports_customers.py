"""Customers come in: cards made and completed, addresses mended, permissions only with their proof."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from beizai.base.home import Home
from beizai.consent.models import ConsentEntry
from beizai.consent.rules import may_contact
from beizai.customers.models import AttributeDefinition, ContactPoint, Customer, ExternalId, FactChange
from beizai.customers.search import find
from beizai.imports.files import Result, Wish, bring_in, preview, undo
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
Importer = Callable[..., Result]


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Importer:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()

    def bring_text(text: str, **more: Any) -> Result:
        path = tmp_path / "customers.csv"
        path.write_text(text, encoding="utf-8")
        return bring_in(path, kind="customers", source=more.pop("source", "Shop"), now=NOW, wish=Wish(**more))

    return bring_text


def codes(result: Result) -> dict[str, int]:
    return {remark["code"]: remark["count"] for remark in result.remarks}


def test_a_card_holds_what_the_file_told(bring: Importer) -> None:
    result = bring(
        "Code client;Prénom;Nom;E-mail;Portable;Rue;Code postal;Ville;Pays;Date de naissance;Points;Couleur préférée;Tags\n"
        "0012;Nathalie;Aubert;N.Aubert@Example.test;0639980147;1 rue X;1240;Bourg;France;25/04/1980;12;bleu;vip, thé\n"
    )
    assert (result.rows, result.accepted, result.customers, result.new_customers) == (1, 1, 1, 1)
    card = Customer.objects.get()
    assert (card.name, card.country, card.birthday_on) == ("Nathalie Aubert", "FR", date(1980, 4, 25))
    assert card.postal_address == "1 rue X\n01240 Bourg"
    assert {key: fact["v"] for key, fact in card.facts.items()} == {"points": 12, "couleur_preferee": "bleu"}
    assert AttributeDefinition.objects.get(key="points").kind == "number"
    assert set(card.contact_points.values_list("normal", flat=True)) == {
        "n.aubert@example.test",
        "+33639980147",
    }
    assert set(card.tags.values_list("tag", flat=True)) == {"vip", "thé"}
    assert card.external_ids.get().value == "0012"
    assert list(find("aubert")) == [card]
    assert codes(result)["postcode_zeros"] == 1


def test_the_same_file_again_changes_nothing(bring: Importer) -> None:
    text = "Customer number,Name,Email,Points\n1,Ann Lee,ann@example.test,3\n2,Bob,bob@example.test,4\n"
    bring(text)
    again = bring(text)
    assert (again.new_customers, again.changed_customers, Customer.objects.count()) == (0, 0, 2)


def test_what_staff_wrote_by_hand_stays_and_what_was_missing_is_added(bring: Importer) -> None:
    bring("Customer number,Name,Email\n1,Ann Lee,ann@example.test\n")
    card = Customer.objects.get()
    Customer.objects.filter(pk=card.pk).update(name="Ann B. Lee", revision=1)
    result = bring("Customer number,Name,Country\n1,Ann Lee,FR\n")
    card.refresh_from_db()
    assert (card.name, card.country, result.changed_customers) == ("Ann B. Lee", "FR", 1)


def test_lost_digits_and_zeros_of_phones(bring: Importer) -> None:
    result = bring("Customer number,Name,Phone\n1,Ann,3.36E+10\n2,Bob,639980147\n3,Cleo,12\n")
    assert list(ContactPoint.objects.values_list("normal", flat=True)) == ["+33639980147"]
    assert codes(result) == {"phones_lost": 1, "phone_zeros": 1, "left_out_contacts": 1}
    assert Customer.objects.count() == 3


def test_a_mistyped_domain_is_proposed_and_left_until_said(bring: Importer) -> None:
    text = "Customer number,Name,Email\n1,Ann,ann@gmial.com\n"
    left = bring(text)
    assert ContactPoint.objects.get().normal == "ann@gmial.com"
    assert next(remark for remark in left.remarks if remark["code"] == "email_typos")["done"] is False
    bring(text.replace("1,Ann", "2,Ann"), repairs={"email_typos": True})
    assert ContactPoint.objects.filter(normal="ann@gmail.com").exists()


def test_the_same_person_twice_in_a_file_is_one_card(bring: Importer) -> None:
    result = bring("Name,Email,Phone\nAnn Lee,ann@example.test,\nAnn Lee,ANN@example.test,0639980147\n")
    assert Customer.objects.count() == 1
    assert ContactPoint.objects.count() == 2
    assert codes(result)["same_person"] == 1


def test_two_numbers_are_two_customers_whatever_they_share(bring: Importer) -> None:
    bring("Customer number,Name,Phone\n1,Ann Lee,0639980147\n2,Ann Lee,0639980147\n")
    assert Customer.objects.count() == 2


def test_a_number_without_its_zeros_finds_the_card_the_book_knows(bring: Importer) -> None:
    bring("Customer number,Name\n00123,Ann\n")
    result = bring("Customer number,Name,Country\n123,Ann,FR\n")
    assert Customer.objects.count() == 1
    assert codes(result)["number_zeros"] == 1


def test_a_yes_alone_is_no_permission_and_a_no_is_kept(bring: Importer) -> None:
    result = bring(
        "Customer number,Name,Email,Newsletter\n1,Ann,ann@example.test,oui\n2,Bob,bob@example.test,non\n"
    )
    assert result.permissions == 0
    assert codes(result)["consent_without_proof"] == 1
    ann, bob = Customer.objects.order_by("pk")
    assert not may_contact(ann.pk, "email", "marketing", NOW).allowed
    assert may_contact(bob.pk, "email", "marketing", NOW).reason == "refused"


def test_a_permission_with_words_place_and_time_is_written_down(bring: Importer) -> None:
    head = "Customer number,Email,Newsletter,Consent text,Consent where,Consent date\n"
    result = bring(
        head
        + "1,ann@example.test,yes,Send me news of tea,Form at the till,2025-03-01\n2,bob@example.test,yes,Send me news,,2025-03-01\n"
    )
    assert result.permissions == 1
    entry = ConsentEntry.objects.get()
    assert (entry.text, entry.at, entry.evidence["where"]) == (
        "Send me news of tea",
        datetime(2025, 2, 28, 23, 0, tzinfo=UTC),
        "Form at the till",
    )
    assert may_contact(entry.customer_id, "email", "marketing", NOW).allowed
    undo(result.import_id, now=NOW)
    assert not may_contact(entry.customer_id, "email", "marketing", NOW).allowed


def test_undo_puts_back_what_cards_said_and_takes_out_new_ones(bring: Importer) -> None:
    bring("Customer number,Name,Country,Points\n1,Ann,FR,3\n")
    second = bring(
        "Customer number,Name,Email,Points\n1,Anna,anna@example.test,5\n2,Bob,bob@example.test,1\n"
    )
    undone = undo(second.import_id, now=NOW)
    card = Customer.objects.get()
    assert (card.name, card.facts["points"]["v"], card.contact_points.count()) == ("Ann", 3, 0)
    assert (undone.customers_out, undone.customers_stayed) == (1, 0)
    assert not find("bob").exists()


def test_a_card_edited_since_stays_and_is_listed(bring: Importer) -> None:
    first = bring("Customer number,Name\n1,Ann\n2,Bob\n")
    ann = ExternalId.objects.get(value="1").customer
    Customer.objects.filter(pk=ann.pk).update(revision=1)
    undone = undo(first.import_id, now=NOW)
    assert undone.stayed == ((ann.pk, "Ann", "edited"),)
    assert Customer.objects.get() == ann


def test_rows_that_name_nobody_are_kept_aside(bring: Importer) -> None:
    result = bring("Customer number,Name,City\n,,Paris\n1,Ann,Lyon\n1.2E+11,Bob,Nice\n")
    assert result.rejected == 1
    assert result.reasons == {"digits_lost:customer": 1}


def test_a_preview_of_customers_writes_nothing(bring: Importer, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("Name,Email\nAnn,ann@gmial.com\nBob,bob@example.test\n", encoding="utf-8")
    seen = preview(path, kind="customers", source="Shop", now=NOW)
    assert seen.happens["new_customers"] == 2
    assert seen.counts["to_decide"] == 1
    assert not Customer.objects.exists()
    assert not FactChange.objects.exists()
