"""Somebody is forgotten while a file of theirs comes in: nothing of them is on any card, in any permission, in the queue."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beizai.base.home import Home
from beizai.consent.erasing import erase
from beizai.consent.models import ConsentEntry
from beizai.consent.rules import may_contact
from beizai.customers.models import ContactPoint, Customer, ExternalId, FactChange
from beizai.identity.models import Proposal
from beizai.imports import files
from beizai.imports.files import Result, bring_in
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HEAD = "Customer number,Name,Email,Phone,Newsletter,Consent text,Consent where,Consent date\n"
ANN = "K1,Ann Lee,ann@example.test,0612345678,yes,News by email,Form at the till,2025-03-01\n"
BEN = "K2,Ben Okafor,ben@example.test,,no,,,\n"


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Callable[..., Result]:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()

    def bring_text(text: str, *, at: datetime = NOW) -> Result:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        return bring_in(path, kind="customers", source="Shop", now=at)

    return bring_text


def test_who_is_erased_between_the_judging_and_the_writing_stays_erased(
    bring: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(HEAD + ANN.replace(",yes,News by email,Form at the till,2025-03-01", ",,,,") + BEN)
    ann = ExternalId.objects.get(value="K1").customer_id
    write = files._write

    def erased_first(*given: Any, **more: Any) -> None:
        erase(ann, "She asked by letter.", at=NOW + timedelta(hours=1))
        write(*given, **more)

    monkeypatch.setattr(files, "_write", erased_first)
    done = bring(
        HEAD + ANN.replace("Ann Lee", "Anna Lee") + BEN.replace("Okafor", "O."), at=NOW + timedelta(hours=1)
    )
    assert not Customer.objects.filter(pk=ann).exists()
    for held in (ContactPoint, ExternalId, FactChange, ConsentEntry):
        assert not held.objects.filter(customer_id=ann).exists(), held
    assert not ContactPoint.objects.filter(normal="ann@example.test").exists()
    assert not Proposal.objects.exists()
    assert (done.new_customers, Customer.objects.get().name) == (0, "Ben O.")


def test_who_comes_in_again_after_an_erasure_is_not_written_to(bring: Callable[..., Result]) -> None:
    bring(HEAD + ANN)
    erase(ExternalId.objects.get(value="K1").customer_id, "She asked by letter.", at=NOW)
    bring(HEAD + ANN, at=NOW + timedelta(days=1))
    again = ExternalId.objects.get(value="K1").customer_id
    assert not may_contact(again, "email", "marketing", NOW + timedelta(days=2)).allowed
