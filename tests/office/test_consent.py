"""The consent ledger in the database: words kept, entries never changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from beizai.base.errors import Forbidden, Invalid
from beizai.base.home import Home
from beizai.consent import asking, ledger, proof, restricting, rules, suppression
from beizai.consent.models import ConsentEntry, Suppression
from beizai.consent.permitted import permitted
from beizai.customers.models import ContactPoint, Customer
from beizai.identity import merging
from beizai.sources import register

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def said(customer_id: int = 7, decision: str = "granted", **words: object) -> ledger.Given:
    fields = {
        "purpose": "marketing",
        "text": "Write to me.",
        "at": NOON,
        "source_id": None,
        "channel": "email",
    }
    return ledger.Given(customer_id=customer_id, decision=decision, **{**fields, **words})  # type: ignore[arg-type]


def test_the_answer_names_the_entry_it_rests_on() -> None:
    entry = ledger.record(said(), now=NOON)
    answer = rules.may_contact(7, "email", "marketing", NOON)
    assert (answer.allowed, answer.entry_id) == (True, entry.pk)
    assert not rules.may_contact(7, "sms", "marketing", NOON).allowed


def test_a_refusal_of_every_channel_holds_for_each() -> None:
    ledger.record(said(), now=NOON)
    ledger.record(
        said(decision="refused", channel="", at=NOON + timedelta(minutes=1)), now=NOON + timedelta(1)
    )
    assert not rules.may_contact(7, "email", "marketing", NOON + timedelta(days=2)).allowed


def test_a_permission_without_its_words_is_refused() -> None:
    with pytest.raises(Invalid, match="words"):
        ledger.record(said(text=" "), now=NOON)


def test_an_entry_cannot_be_changed_nor_taken_out_even_past_the_program() -> None:
    entry = ledger.record(said(), now=NOON)
    with pytest.raises(Forbidden):
        entry.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentEntry.objects.update(text="Something else.")
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentEntry.objects.all().delete()
    assert ConsentEntry.objects.get().text == "Write to me."


def test_a_suppressed_address_is_known_by_its_hash_alone() -> None:
    ledger.suppress("email", "ann@example.test", "hard_bounce", at=NOON)
    ledger.suppress("email", "ann@example.test", "hard_bounce", at=NOON)
    assert rules.suppressed_among("email", ["ann@example.test", "b@example.test"]) == {
        "ann@example.test": "hard_bounce"
    }
    assert "ann" not in Suppression.objects.get().normal_hash


def test_many_are_answered_at_once_and_nobody_is_forgotten() -> None:
    ledger.record_many([said(customer_id=n) for n in range(1, 50)], now=NOON)
    answers = rules.may_contact_many(range(1, 100), "email", "marketing", NOON)
    assert sum(a.allowed for a in answers.values()) == 49
    assert len(answers) == 99


LEDGER_COLUMNS = [field.column for field in ConsentEntry._meta.concrete_fields]


@pytest.mark.parametrize("column", LEDGER_COLUMNS)
def test_no_column_of_an_entry_can_be_changed_by_any_statement(column: str) -> None:
    ledger.record(said(), now=NOON)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE consent_consententry SET {column} = {column}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_consententry SET text = 'We may sell your data.', text_sha256 = ''",
        "DELETE FROM consent_consententry",
        "INSERT INTO consent_consententry SELECT * FROM consent_consententry",
    ],
)
def test_a_consent_text_cannot_be_changed_after_the_fact(statement: str) -> None:
    ledger.record(said(), now=NOON)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"REPLACE INTO {ConsentEntry._meta.db_table} SELECT * FROM consent_consententry")
    assert ConsentEntry.objects.get().text == "Write to me."


def test_lists_and_restrictions_are_only_added_to(home: Home, tmp_path: Path) -> None:
    restricting.restrict(7, "They asked by letter.", at=NOON)
    listed(tmp_path, "+33612345678")
    for table in ("consent_restriction", "consent_listcheck", "consent_listedpoint", "consent_suppression"):
        ledger.suppress("email", "ann@example.test", "complaint", at=NOON)
        for verb in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(verb)


def test_a_restriction_stops_everything_until_it_is_lifted() -> None:
    ledger.record(said(), now=NOON)
    restricting.restrict(7, "They dispute the address.", at=NOON + timedelta(days=1))
    restricting.lift(7, "Told on the phone.", at=NOON + timedelta(days=3))
    answers = [rules.may_contact(7, "email", "marketing", NOON + timedelta(days=d)).reason for d in (0, 2, 4)]
    assert answers == ["granted", "restricted", "granted"]
    assert not rules.may_contact(7, "email", "service", NOON + timedelta(days=2)).allowed


def card(**points: str) -> Customer:
    source = register.office(NOON)
    made = Customer.objects.create(name="Ann", source=source, created_at=NOON, changed_at=NOON)
    for channel, value in points.items():
        ContactPoint.objects.create(
            customer=made, channel=channel, value=value, normal=value, source=source, added_at=NOON
        )
    return made


def listed(folder: Path, *numbers: str, checked_at: datetime = NOON) -> suppression.Imported:
    path = folder / "register.csv"
    path.write_text("number;since\n" + "\n".join(f"{number};2020" for number in numbers))
    return suppression.import_list(
        path, name="Register", channel="phone", checked_at=checked_at, now=checked_at, country="FR"
    )


def test_a_listed_number_is_not_called_and_a_newer_list_without_it_frees_it(
    home: Home, tmp_path: Path
) -> None:
    one = card(phone="+33612345678")
    ledger.record(said(one.pk, channel="phone"), now=NOON)
    found = listed(tmp_path, "06 12 34 56 78", "nonsense")
    assert (found.points, found.on_cards, found.unread_count) == (1, 1, 2)
    answer = rules.may_contact(one.pk, "phone", "marketing", NOON)
    assert (answer.allowed, answer.reason, answer.detail) == (False, "suppressed", "do_not_call")
    assert rules.may_contact(one.pk, "phone", "service", NOON).allowed
    listed(tmp_path, "06 98 76 54 32", checked_at=NOON + timedelta(days=9))
    assert rules.may_contact(one.pk, "phone", "marketing", NOON + timedelta(days=9)).allowed
    assert not rules.may_contact(one.pk, "phone", "marketing", NOON + timedelta(days=8)).allowed


def test_somebody_suppressed_stays_so_when_their_address_comes_in_again(home: Home) -> None:
    first = card(email="ann@example.test")
    ledger.suppress("email", "ann@example.test", "do_not_contact", at=NOON)
    first.delete()
    again = card(email="ann@example.test")
    ledger.record(said(again.pk), now=NOON)
    assert rules.may_contact(again.pk, "email", "marketing", NOON).reason == "suppressed"
    ContactPoint.objects.create(
        customer=again, channel="email", value="b@example.test", normal="b@example.test",
        source=register.office(NOON), added_at=NOON,
    )  # fmt: skip
    assert rules.may_contact(again.pk, "email", "marketing", NOON).allowed


def test_evidence_is_kept_by_its_hash_and_its_absence_is_seen(home: Home) -> None:
    kept = proof.keep(b"%PDF a signed form", "Form 12.PDF")
    entry = ledger.record(
        said(evidence_file=kept.name, evidence_sha256=kept.sha256, form="till card", form_version="3"),
        now=NOON,
    )
    assert proof.file_state(entry) == "whole"
    (home.uploads / kept.name).write_bytes(b"another form")
    assert proof.file_state(entry) == "changed"
    (home.uploads / kept.name).unlink()
    shown = proof.document(7, at=NOON, answers={})["entries"][0]
    assert (shown["file"], shown["form"], shown["text_is_whole"]) == ("missing", "till card", True)


def test_a_legitimate_interest_needs_its_assessment() -> None:
    with pytest.raises(Invalid, match="assessment"):
        ledger.record(said(basis="legitimate_interest"), now=NOON)


def test_one_sentence_for_two_purposes_is_not_separate() -> None:
    given = [said(purpose="marketing"), said(purpose="tracking", channel=""), said(customer_id=8)]
    ledger.record_many(given, now=NOON)
    assert list(ConsentEntry.objects.order_by("pk").values_list("separate", flat=True)) == [
        False,
        False,
        True,
    ]


def test_the_network_address_is_kept_as_far_as_the_country_allows() -> None:
    made = {country: card(email=f"{country}@example.test") for country in ("FR", "CA", "CN")}
    for country, one in made.items():
        Customer.objects.filter(pk=one.pk).update(country=country)
        ledger.record(said(one.pk, address="203.0.113.77"), now=NOON)
    kept = [ConsentEntry.objects.get(customer_id=one.pk).address for one in made.values()]
    assert kept == ["203.0.113.0", "203.0.113.77", ""]


def test_what_somebody_refused_on_a_card_that_was_joined_counts_for_the_card_it_belongs_to(
    home: Home,
) -> None:
    kept, other = card(email="a@example.test"), card(email="b@example.test")
    ledger.record(said(kept.pk), now=NOON)
    ledger.record(
        said(other.pk, decision="withdrawn", at=NOON + timedelta(hours=1)), now=NOON + timedelta(hours=1)
    )
    later = NOON + timedelta(days=1)
    made = merging.merge([other.pk], kept.pk, now=later)
    asked = asking.permitted_q("email", "marketing", later, key="pk", country="country")
    assert not rules.may_contact(kept.pk, "email", "marketing", later).allowed
    assert not permitted("marketing", later).may(kept.pk, "email")
    assert not Customer.objects.filter(asked, pk=kept.pk).exists()
    merging.unmerge(made.pk, now=later)
    assert rules.may_contact(kept.pk, "email", "marketing", later).allowed
    assert Customer.objects.filter(
        asking.permitted_q("email", "marketing", later, key="pk", country="country"), pk=kept.pk
    ).exists()
