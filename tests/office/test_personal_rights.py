"""Given out, erased with a certificate, kept no longer than said: what a person may ask of the book."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.db import DatabaseError, connection, transaction

from beizai.base import personal
from beizai.base.errors import Invalid, NotFound
from beizai.base.home import Home
from beizai.consent import erasing, giving_out, ledger, retention, rules
from beizai.consent.models import ConsentEntry, ErasureCertificate
from beizai.customers import cards
from beizai.customers.models import ContactPoint, Customer, Note
from beizai.events.models import Erasure
from beizai.identity import merging
from beizai.imports.files import Wish, bring_in, undo
from beizai.messages.models import Group, Message, State
from beizai.sources import register
from beizai.staff.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """A home with keys and a lake of its own."""


def ann() -> Customer:
    source = register.office(NOON)
    new = cards.NewCard(name="Ann =Lee", points=[("email", "ann@example.test"), ("phone", "+33612345678")])
    card = cards.add(new, source=source, now=NOON)
    Note.objects.create(customer=card, text="Likes green.", at=NOON)
    ledger.record(
        ledger.Given(card.pk, "marketing", "granted", "Write to me.", NOON, source.pk, channel="email"),
        now=NOON,
    )
    Message.objects.create(
        campaign_id=3, customer_id=card.pk, state=State.SENT, group=Group.TREATED, address="ann@example.test",
        sent_at=NOON, changed_at=NOON,
    )  # fmt: skip
    return card


def test_everything_of_a_person_is_given_out_readable_as_json_and_workbook(tmp_path: Path) -> None:
    card = ann()
    found = giving_out.document(card.pk, at=NOON, shop_name="Shoes")
    text, book = giving_out.write(found, tmp_path)
    tables = {part["table"]: part["rows"] for part in json.loads(text.read_text())["data"]}
    assert tables.keys() == {one.table for one in personal.holdings()}
    assert tables["customers_customer"][0]["name"] == "Ann =Lee"
    assert {row["value"] for row in tables["customers_contactpoint"]} == {"ann@example.test", "+33612345678"}
    assert tables["consent_consententry"][0]["text"] == "Write to me."
    sheets = openpyxl.load_workbook(book)
    assert next(row[0].value for row in sheets["Contents"]) == "Sheet"
    assert any("Likes green." in [cell.value for cell in row] for page in sheets for row in page)


def test_an_erased_person_is_gone_from_every_room_but_for_what_is_kept_with_its_reason() -> None:
    card = ann()
    certificate = erasing.erase(card.pk, "Letter of 1 May.", at=NOON)
    assert not Customer.objects.filter(pk=card.pk).exists()
    kept = {line["table"]: line["because"] for line in certificate.document["kept"]}
    for one in personal.holdings():
        if not one.table.startswith("lake.") and one.give_out(card.pk):
            assert one.kept_because, one.table
            assert one.table in kept or one.table in (
                "staff_auditentry",
                "consent_erasurecertificate",
                "events_erasure",
            )
    assert {"consent_consententry", "beizai_messages_message"} <= kept.keys()
    assert Message.objects.get().address == ""
    assert Erasure.objects.filter(customer_id=card.pk).exists()
    words = json.dumps(certificate.document)
    assert "ann@example" not in words
    assert "Ann" not in words


def test_the_suppressed_hash_outlives_the_person() -> None:
    card = ann()
    erasing.erase(card.pk, "Letter.", at=NOON)
    again = ann()
    answer = rules.may_contact(again.pk, "email", "marketing", NOON)
    assert (answer.reason, answer.detail) == ("suppressed", "erased")


def test_a_certificate_cannot_be_changed_and_shows_it_if_it_were() -> None:
    certificate = erasing.erase(ann().pk, "Letter.", at=NOON)
    assert erasing.is_whole(certificate)
    for verb in (
        "UPDATE consent_erasurecertificate SET reason = ''",
        "DELETE FROM consent_erasurecertificate",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb)
    certificate.document["kept"] = []
    assert not erasing.is_whole(certificate)


def test_who_is_not_there_or_without_a_reason_is_not_erased() -> None:
    with pytest.raises(NotFound):
        erasing.erase(99, "Letter.", at=NOON)
    with pytest.raises(Invalid, match="reason"):
        erasing.erase(ann().pk, " ", at=NOON)


def test_an_erasure_that_breaks_off_erases_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    card = ann()
    monkeypatch.setattr(erasing, "_document", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erasing.erase(card.pk, "Letter.", at=NOON)
    assert ContactPoint.objects.filter(customer_id=card.pk).count() == 2
    assert not ErasureCertificate.objects.exists()


def test_the_worker_takes_out_what_is_older_than_its_rule() -> None:
    card = ann()
    AuditEntry.objects.create(at=NOON - timedelta(days=1096), action="customer.seen", customer_id=card.pk)
    Message.objects.update(changed_at=NOON - timedelta(days=40))
    assert retention.carry_out(NOON) == {"audit_log": 1}
    retention.keep_for("message_addresses", 30, at=NOON)
    assert retention.carry_out(NOON) == {"message_addresses": 1}
    assert retention.carry_out(NOON) == {}
    with pytest.raises(NotFound):
        retention.keep_for("consent_restriction", 30, at=NOON)


def test_proof_stays_by_the_number_of_the_card_alone() -> None:
    card = ann()
    erasing.erase(card.pk, "Letter.", at=NOON)
    assert ConsentEntry.objects.filter(customer_id=card.pk).count() == 1


def test_an_erasure_in_the_middle_of_an_import_brings_nobody_back_to_be_written_to(tmp_path: Path) -> None:
    card = ann()
    path = tmp_path / "customers.csv"
    rows = ["Name,Email,Consent,Consent text,Consent where,Consent at"]
    rows += [f"C{n},c{n}@example.test,,,," for n in range(300)]
    rows.insert(150, "Ann Lee,ann@example.test,yes,Write to me.,Newsletter form,2026-04-01")
    path.write_text("\n".join(rows), encoding="utf-8")
    told: list[str] = []

    def erase_once(done: int, total: int, what: str) -> None:
        if not told:
            erasing.erase(card.pk, "Letter.", at=NOON)
        told.append(what)

    result = bring_in(path, kind="customers", source="Shop", now=NOON, wish=Wish(), progress=erase_once)
    assert told
    assert result.customers >= 300
    assert not Customer.objects.filter(pk=card.pk).exists()
    for number in ContactPoint.objects.filter(normal="ann@example.test").values_list(
        "customer_id", flat=True
    ):
        assert not rules.may_contact(number, "email", "marketing", NOON).allowed
    undo(result.import_id, now=NOON)
    assert not Customer.objects.filter(name="C5").exists()


def test_cards_that_were_joined_are_erased_together() -> None:
    kept, other = ann(), cards.add(
        cards.NewCard(name="A. Lee", points=[("email", "a.lee@example.test")]), source=register.office(NOON), now=NOON
    )  # fmt: skip
    merging.merge([other.pk], kept.pk, now=NOON)
    certificate = erasing.erase(other.pk, "Letter.", at=NOON)
    assert certificate.document["numbers"] == sorted([kept.pk, other.pk])
    assert not Customer.objects.exists()
    assert not ContactPoint.objects.exists()
    assert set(Erasure.objects.values_list("customer_id", flat=True)) == {kept.pk, other.pk}
