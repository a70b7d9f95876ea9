"""Files and calls that meet joint cards, and imports that are undone after cards were joined."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from beizai.base.home import Home
from beizai.customers.models import Customer, ExternalId
from beizai.identity import cards, merging
from beizai.identity.models import Merge, OwnCard
from beizai.identity.shown import said
from beizai.imports import files
from beizai.imports.recognise import Kind
from beizai.staff.models import Shop

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _shop(home: Home) -> None:
    Shop.objects.create(pk=1, name="Maison Lin", currency="EUR", timezone="Europe/Paris", country="FR")


def bring(folder: Path, text: str, *, kind: Kind = "customers", at: datetime = NOW, source: str = "Till"):
    path = folder / f"{len(list(folder.iterdir()))}.csv"
    path.write_text(text, encoding="utf-8")
    return files.bring_in(path, kind=kind, source=source, now=at)


def numbered(number: str) -> int:
    return ExternalId.objects.get(value=number).customer_id


HEAD = "customer number,name,email,country\n"


def test_a_file_that_names_a_joined_number_completes_the_one_card(tmp_path: Path) -> None:
    bring(tmp_path, HEAD + "K1,Marie Lin,marie@example.test,\nK2,M. Lin,m@example.test,\n")
    kept, other = numbered("K1"), numbered("K2")
    merging.merge([other], kept, now=NOW)
    before = Customer.objects.count()
    done = bring(tmp_path, HEAD + "K2,M. Lin,m@example.test,FR\n", at=NOW + timedelta(days=1))
    assert (done.new_customers, Customer.objects.count()) == (0, before)
    assert Customer.objects.get(pk=kept).country == "FR"


def test_an_undone_import_that_wrote_on_a_joint_card_leaves_no_trace_in_it(tmp_path: Path) -> None:
    bring(tmp_path, HEAD + "K1,Marie Lin,marie@example.test,\nK2,M. Lin,m@example.test,DE\n")
    kept, other = numbered("K1"), numbered("K2")
    alone = [said(Customer.objects.get(pk=number)) for number in (kept, other)]
    made = merging.merge([other], kept, now=NOW)
    joint = said(Customer.objects.get(pk=kept))
    for number in ("K1", "K2"):
        done = bring(
            tmp_path, HEAD + f"{number},Marie L.,marie@example.test,FR\n", at=NOW + timedelta(days=1)
        )
        files.undo(done.import_id, now=NOW + timedelta(days=2))
        assert said(Customer.objects.get(pk=kept)) == joint
    merging.unmerge(made.pk, now=NOW + timedelta(days=3))
    assert [said(Customer.objects.get(pk=number)) for number in (kept, other)] == alone


def test_undoing_the_import_that_made_a_joined_card_takes_the_merge_apart_first(tmp_path: Path) -> None:
    bring(tmp_path, HEAD + "K1,Marie Lin,marie@example.test,FR\n")
    later = bring(tmp_path, HEAD + "K2,M. Lin,m@example.test,DE\n", at=NOW + timedelta(days=1), source="Fair")
    kept, other = numbered("K1"), numbered("K2")
    alone = said(Customer.objects.get(pk=kept))
    merging.merge([other], kept, now=NOW + timedelta(days=2))
    undone = files.undo(later.import_id, now=NOW + timedelta(days=3))
    assert undone.customers_out == 1
    assert not Customer.objects.filter(pk=other).exists()
    assert Merge.objects.get().undone_at is not None
    assert said(Customer.objects.get(pk=kept)) == alone
    assert (cards.ids_of(kept), OwnCard.objects.count()) == ([kept], 0)


def test_undoing_the_import_that_made_the_kept_card_leaves_the_other(tmp_path: Path) -> None:
    bring(tmp_path, HEAD + "K1,Marie Lin,marie@example.test,FR\n")
    later = bring(tmp_path, HEAD + "K2,M. Lin,m@example.test,DE\n", at=NOW + timedelta(days=1), source="Fair")
    kept, other = numbered("K2"), numbered("K1")
    merging.merge([other], kept, now=NOW + timedelta(days=2))
    files.undo(later.import_id, now=NOW + timedelta(days=3))
    assert not Customer.objects.filter(pk=kept).exists()
    assert cards.card_of(other) == other
