"""An import is in the book whole or not at all, and out of it again without a trace of its own."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from beizai.base.errors import Forbidden, NotFound
from beizai.base.home import Home
from beizai.customers.models import AttributeDefinition, Customer, SearchWords
from beizai.events.book import open_book
from beizai.events.models import Batch
from beizai.imports import orders, undoing
from beizai.imports.files import Result, bring_in, imports_list, undo
from beizai.imports.models import Import, ProductChange
from beizai.messages.models import Message, State
from beizai.products.models import Product
from beizai.segments.models import Segment, SegmentVersion
from beizai.segments.rule import Attribute, to_json

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HEAD = "Order,Date,Customer number,Product,Quantity,Unit price\n"
Importer = Callable[[str], Result]
in_office = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Importer:
    def bring_text(text: str) -> Result:
        path = tmp_path / "orders.csv"
        path.write_text(HEAD + text, encoding="utf-8")
        return bring_in(path, kind="orders", source="Shop", now=NOW)

    return bring_text


def orders_in_book() -> list[tuple[Any, ...]]:
    with open_book() as book:
        return book.con.con.execute("select number, amount_minor from orders order by number").fetchall()


@in_office
def test_undo_takes_out_what_came_and_restores_what_was_replaced(bring: Importer) -> None:
    bring("A1,2024-07-01,7,tea,1,1\nA2,2024-07-01,8,tea,1,1\n")
    second = bring("A2,2024-07-01,8,tea,5,1\nA3,2024-07-01,9,pot,1,1\n")
    assert orders_in_book() == [("A1", 100), ("A2", 500), ("A3", 100)]
    undone = undo(second.import_id, now=NOW)
    assert orders_in_book() == [("A1", 100), ("A2", 100)]
    assert (undone.orders_out, undone.orders_restored, undone.customers_out, undone.products_out) == (
        2,
        1,
        1,
        1,
    )
    assert Customer.objects.count() == 2
    assert set(Product.objects.values_list("number", flat=True)) == {"tea"}
    assert not SearchWords.objects.filter(words="9").exists()
    assert imports_list()[0].state == Import.State.UNDONE


@in_office
def test_undoing_the_middle_of_three_leaves_the_last_alone(bring: Importer) -> None:
    bring("A1,2024-07-01,7,tea,1,1\n")
    second = bring("A1,2024-07-01,7,tea,2,1\n")
    third = bring("A1,2024-07-01,7,tea,3,1\n")
    undo(second.import_id, now=NOW)
    assert orders_in_book() == [("A1", 300)]
    undo(third.import_id, now=NOW)
    assert orders_in_book() == [("A1", 100)]


@in_office
def test_a_customer_written_to_or_with_other_orders_stays_and_is_listed(bring: Importer) -> None:
    first = bring("A1,2024-07-01,7,tea,1,1\nA2,2024-07-01,8,tea,1,1\nA3,2024-07-01,9,tea,1,1\n")
    bring("B1,2024-07-02,8,pot,1,1\n")
    seven = Customer.objects.get(external_ids__value="7")
    Message.objects.create(campaign_id=1, customer_id=seven.pk, state=State.SENT, changed_at=NOW)
    undone = undo(first.import_id, now=NOW)
    assert undone.customers_out == 1
    assert {reason for _, _, reason in undone.stayed} == {"written_to", "has_orders"}
    assert orders_in_book() == [("B1", 100)]


@in_office
def test_an_import_is_undone_once_and_must_be_there(bring: Importer) -> None:
    first = bring("A1,2024-07-01,7,tea,1,1\n")
    undo(first.import_id, now=NOW)
    with pytest.raises(Forbidden):
        undo(first.import_id, now=NOW)
    with pytest.raises(NotFound):
        undo(9999, now=NOW)


@in_office
def test_a_failure_in_the_middle_leaves_nothing(bring: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(orders.batches, "append_rows", broken)
    with pytest.raises(RuntimeError, match="disk"):
        bring("A1,2024-07-01,7,tea,1,1\n")
    assert not Customer.objects.exists()
    assert not Product.objects.exists()
    assert orders_in_book() == []
    assert Import.objects.get().state == Import.State.UNDONE
    assert Batch.objects.get().state == Batch.State.UNDONE


_KILLED = """
import os, signal
from pathlib import Path
from datetime import UTC, datetime
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from beizai.imports import files, newcards, orders, undoing
import beizai.events.batches as batches

def dying(holder, name, after):
    real = getattr(holder, name)
    def die(*a, **k):
        if after:
            real(*a, **k)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(holder, name, die)

STEP
files.bring_in(Path("orders.csv"), kind="orders", source="Shop", now=datetime(2026, 1, 5, tzinfo=UTC))
"""
_RECOVERED = """
import json
from datetime import UTC, datetime
import django
django.setup()
from beizai.customers.models import Customer
from beizai.events.book import open_book
from beizai.imports import undoing
from beizai.imports.models import Import
from beizai.products.models import Product
undoing.recover(now=datetime(2026, 1, 5, tzinfo=UTC))
with open_book() as book:
    found = book.con.con.execute("select count(*) from orders").fetchone()[0]
print(json.dumps([found, Customer.objects.count(), Product.objects.count(), list(Import.objects.values_list("state", flat=True))]))
"""
_STEPS = {
    "after the row": ('dying(newcards, "make_cards", False)', False),
    "after the cards": ('dying(newcards, "make_cards", True)', False),
    "after the products": ('dying(orders, "enter_products", True)', False),
    "after the lines": ('dying(batches, "append_rows", True)', False),
    "before entering": ('dying(batches, "enter", False)', False),
    "half entered": ('dying(batches, "_write_replaced", False)', True),
    "after entering": ('dying(undoing, "settle", False)', True),
}


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
@pytest.mark.parametrize("step", _STEPS)
def test_a_kill_at_any_step_leaves_all_or_nothing(tmp_path: Path, step: str) -> None:
    code, whole = _STEPS[step]
    (tmp_path / "orders.csv").write_text(
        HEAD + "A1,2024-07-01,7,tea,1,1\nA2,2024-07-01,8,tea,1,1\n", encoding="utf-8"
    )
    fresh = Home(tmp_path / "home")
    fresh.make()
    killed = _run(_KILLED.replace("STEP", code), tmp_path, fresh)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    after = _run(_RECOVERED, tmp_path, fresh)
    expected = '[2, 2, 1, ["in_book"]]' if whole else '[0, 0, 0, ["undone"]]'
    assert after.stdout.strip() == expected, after.stderr


def _run(program: str, folder: Path, home: Home) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    env = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    env |= {
        "BEIZAI_HOME": str(home.root),
        "DJANGO_SETTINGS_MODULE": "beizai.settings",
        "PYTHONPATH": str(root),
    }
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@in_office
def test_recovering_a_book_at_rest_changes_nothing(bring: Importer) -> None:
    bring("A1,2024-07-01,7,tea,1,1\n")
    assert undoing.recover(now=NOW) == []
    assert orders_in_book() == [("A1", 100)]


@in_office
def test_products_say_again_what_they_said_before(home: Home, tmp_path: Path) -> None:
    tea = Product.objects.create(number="tea", created_at=NOW)
    pot = Product.objects.create(number="pot", name="Pot", created_at=NOW)
    path = tmp_path / "orders.csv"
    path.write_text(
        "Order,Date,Customer number,Product,Product name,Category,Quantity,Unit price\n"
        "A1,2024-07-01,7,tea,Green tea,Tea,1,1\nA2,2024-07-01,7,pot,The pot,Ware,1,1\n",
        encoding="utf-8",
    )
    brought = bring_in(path, kind="orders", source="Shop", now=NOW)
    pot.refresh_from_db()
    assert (pot.name, pot.category) == ("Pot", "Ware")
    Product.objects.filter(number="tea").update(name="Sencha")
    undone = undo(brought.import_id, now=NOW)
    said = Product.objects.order_by("number").values_list("number", "name", "category")
    assert list(said) == [("pot", "Pot", ""), ("tea", "Sencha", "")]
    assert (undone.products_restored, undone.products_changed) == (1, ((tea.pk, "tea"),))
    assert not ProductChange.objects.exists()


@in_office
def test_attributes_go_with_their_import_where_nothing_uses_them(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("Customer number,Hat,Shoe,Glove,Belt\n7,42,43,9,80\n", encoding="utf-8")
    brought = bring_in(path, kind="customers", source="Shop", now=NOW)
    hat, shoe, glove, belt = AttributeDefinition.objects.values_list("key", flat=True)
    AttributeDefinition.objects.filter(key=shoe).update(unit="EU")
    source = Import.objects.get(pk=brought.import_id).source
    Customer.objects.create(source=source, facts={glove: {"v": 8}}, created_at=NOW, changed_at=NOW)
    segment = Segment.objects.create(name="Belts", created_at=NOW, changed_at=NOW)
    rule = to_json(Attribute(belt, "known"))
    SegmentVersion.objects.create(segment=segment, number=1, rule=rule, saved_at=NOW)
    assert undo(brought.import_id, now=NOW).attributes_out == 1
    assert hat not in AttributeDefinition.objects.values_list("key", flat=True)


@in_office
def test_undo_names_the_later_files_that_held_what_is_now_out(bring: Importer) -> None:
    first = bring("A1,2024-07-01,7,tea,1,1\n")
    second = bring("A1,2024-07-01,7,tea,1,1\nA2,2024-07-02,7,tea,1,1\n")
    bring("A3,2024-07-03,7,tea,1,1\n")
    assert undo(first.import_id, now=NOW).bring_again == ((second.import_id, "orders.csv"),)
    assert Import.objects.get(pk=first.import_id).undone["bring_again"] == [[second.import_id, "orders.csv"]]
    again = bring("A1,2024-07-01,7,tea,1,1\nA2,2024-07-02,7,tea,1,1\n")
    assert again.new_orders == 1
    assert [number for number, _ in orders_in_book()] == ["A1", "A2", "A3"]
