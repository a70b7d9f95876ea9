"""The consent ledger in the database: words kept, entries never changed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from beizai.base.errors import Forbidden, Invalid
from beizai.consent import ledger, rules
from beizai.consent.models import ConsentEntry, Suppression

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
