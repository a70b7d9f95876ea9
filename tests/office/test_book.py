"""What is in the book: batches that come in whole, replace what was there, and can be taken out exactly."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from beizai.base import ids
from beizai.base.errors import Forbidden, Invalid
from beizai.base.home import Home
from beizai.events import batches, book, erasing, inbox, leases, places, upkeep
from beizai.events.flusher import Flusher, flush_once
from beizai.events.happenings import Happening
from beizai.events.models import Batch, Counter, Erasure, Lease
from beizai.events.orders import Sale, SaleLine, append_orders, ring_up

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(home: Home) -> None:
    """Every test has a book of its own."""


def orders(
    *numbers: str, amount: int = 1000, day: int = 1, customer: int | None = 7
) -> tuple[pa.Table, pa.Table]:
    """Orders of one line each."""
    shared = [
        {
            "order_id": ids.order_id(1, number),
            "customer_id": customer,
            "source_id": 1,
            "occurred_at": datetime(2026, 2, day, 10),
            "occurred_on": date(2026, 2, day),
            "amount_minor": amount,
            "discount_minor": 0,
        }
        for number in numbers
    ]
    order = [
        one
        | {
            "number": number,
            "received_at": datetime(2026, 3, 1),
            "kind": "sale",
            "line_count": 1,
            "currency": "EUR",
        }
        for one, number in zip(shared, numbers, strict=True)
    ]
    lines = [one | {"line_no": 1, "quantity_milli": 1000} for one in shared]
    return pa.Table.from_pylist(order), pa.Table.from_pylist(lines)


def bring_in(*numbers: str, amount: int = 1000, day: int = 1, customer: int | None = 7) -> int:
    batch = batches.open_batch("orders", opened_at=NOW)
    append_orders(batch.pk, *orders(*numbers, amount=amount, day=day, customer=customer))
    batches.enter(batch.pk, at=NOW)
    return batch.pk


def amounts(as_of: datetime | None = None) -> dict[str, int]:
    with book.open_book(as_of) as opened:
        rows = opened.arrow(opened.orders.select("number", "amount_minor")).to_pylist()
        assert opened.arrow(opened.lines.select("order_id")).num_rows == len(rows)
    return {row["number"]: row["amount_minor"] for row in rows}


def click(id: str, **fields: object) -> Happening:
    return Happening(id=id, kind="visited", occurred_at=NOW, received_at=NOW, **fields)  # type: ignore[arg-type]


def test_a_batch_is_not_read_before_it_is_in_the_book() -> None:
    batch = batches.open_batch("orders", opened_at=NOW)
    append_orders(batch.pk, *orders("A", "B"))
    assert amounts() == {}
    entered = batches.enter(batch.pk, at=NOW)
    assert amounts() == {"A": 1000, "B": 1000}
    assert (entered.order_rows, entered.line_rows, entered.replaced_orders) == (2, 2, 0)


def test_a_replaced_order_is_counted_once_and_comes_back_when_the_import_is_undone() -> None:
    bring_in("A", "B")
    second = bring_in("B", "C", amount=2000)
    assert amounts() == {"A": 1000, "B": 2000, "C": 2000}
    batches.undo(second, at=NOW)
    assert amounts() == {"A": 1000, "B": 1000}


def test_undoing_the_middle_of_three_revisions_changes_nothing_that_is_seen() -> None:
    first, second, third = (bring_in("A", amount=amount) for amount in (1, 2, 3))
    batches.undo(second, at=NOW)
    assert amounts() == {"A": 3}
    batches.undo(third, at=NOW)
    assert amounts() == {"A": 1}
    batches.undo(first, at=NOW)
    assert amounts() == {}


def test_undoing_the_first_import_leaves_what_replaced_it() -> None:
    first = bring_in("A", amount=1)
    bring_in("A", amount=2)
    batches.undo(first, at=NOW)
    assert amounts() == {"A": 2}


def test_an_undone_batch_takes_nothing_more_and_one_order_twice_is_refused() -> None:
    done = bring_in("A")
    with pytest.raises(Forbidden):
        append_orders(done, *orders("B"))
    batch = batches.open_batch("orders", opened_at=NOW)
    append_orders(batch.pk, *orders("X"))
    append_orders(batch.pk, *orders("X"))
    with pytest.raises(Invalid, match="X"):
        batches.enter(batch.pk, at=NOW)


def test_the_book_as_of_a_day_holds_nothing_later() -> None:
    bring_in("early", day=1)
    bring_in("late", day=20)
    assert amounts(datetime(2026, 2, 10, tzinfo=UTC)) == {"early": 1000}
    assert set(amounts(datetime(2026, 2, 20, 10, tzinfo=UTC))) == {"early", "late"}


def test_a_plain_book_is_read_without_any_filter() -> None:
    bring_in("A")
    with book.open_book() as opened:
        plan = opened.con.con.sql("EXPLAIN SELECT sum(amount_minor) FROM orders").fetchall()[0][1]
    assert "JOIN" not in plan
    assert "FILTER" not in plan.upper().replace("FILTERS", "")


def test_a_sale_by_hand_is_in_the_book_after_one_flush_and_once() -> None:
    sale = Sale(
        1, "till-1", NOW, "EUR", [SaleLine(1250), SaleLine(-250, quantity_milli=-1000)], customer_id=7
    )
    for _ in range(2):
        ring_up(sale, received_at=NOW, timezone="Europe/Paris")
    assert flush_once() == 1
    assert flush_once() == 0
    with book.open_book() as opened:
        (order,) = opened.arrow(opened.orders).to_pylist()
        assert opened.arrow(opened.lines).num_rows == 2
    assert (order["amount_minor"], order["line_count"], order["kind"], order["batch_id"]) == (
        1000,
        2,
        "sale",
        0,
    )
    assert order["occurred_on"] == date(2026, 3, 10)


def test_an_event_told_twice_is_kept_once_also_after_it_left_the_inbox() -> None:
    box = inbox.current()
    assert box.put([click("a").message(), click("b").message(), click("a").message()]) == 2
    assert Flusher().flush_all() == 2
    assert box.put([click("a").message()]) == 0
    with book.open_book() as opened:
        assert opened.arrow(opened.events).num_rows == 2
    assert box.forget(NOW.date() + timedelta(days=1)) == 2
    assert box.put([click("a").message()]) == 1


def test_a_message_that_cannot_be_read_is_set_aside_and_holds_nobody_up() -> None:
    box = inbox.current()
    broken = inbox.Message(
        "bad", {"events": [{"event_id": 1, "kind": None, "occurred_at": NOW, "received_at": NOW}]}, NOW
    )
    box.put([click("a").message(), broken, click("b").message()])
    assert flush_once() == 3
    assert [reason for _, _, reason in box.store.aside()] == ["The column kind of events is empty in 1 rows."]
    with book.open_book() as opened:
        assert opened.arrow(opened.events).num_rows == 2


def test_a_batch_whose_process_died_is_finished_or_taken_out() -> None:
    complete, half = (batches.open_batch("orders", opened_at=NOW) for _ in range(2))
    append_orders(complete.pk, *orders("A"))
    append_orders(half.pk, *orders("B"))
    living = batches.open_batch("orders", opened_at=NOW)
    Batch.objects.filter(pk__in=[complete.pk, half.pk]).update(alive_until=NOW - timedelta(days=9999))
    Batch.objects.filter(pk=complete.pk).update(complete=True)
    outcomes = {one.batch_id: one.outcome for one in batches.recover(at=NOW)}
    assert outcomes == {complete.pk: "finished", half.pk: "taken_out"}
    assert amounts() == {"A": 1000}
    assert Batch.objects.get(pk=living.pk).state == Batch.State.COMING_IN


def test_the_rows_of_an_undone_batch_leave_the_lake_the_day_after() -> None:
    bring_in("A")
    gone = bring_in("B")
    batches.undo(gone, at=NOW)
    assert batches.erase_undone(at=NOW) == 0
    assert batches.erase_undone(at=NOW + timedelta(days=2)) == 2
    assert amounts() == {"A": 1000}
    assert book.hidden() == book.Hidden()


def test_an_erased_customer_is_hidden_at_once_and_gone_after_the_night() -> None:
    bring_in("A", customer=7)
    bring_in("B", customer=8)
    bring_in("anonymous", customer=None)
    erasing.ask(7, at=NOW)
    assert set(amounts()) == {"B", "anonymous"}
    assert erasing.carry_out(at=NOW) == 2
    assert set(amounts()) == {"B", "anonymous"}
    assert Erasure.objects.get(customer_id=7).done_at == NOW
    assert book.hidden() == book.Hidden()


def test_a_batch_that_turns_while_the_book_is_opened_is_seen_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bring_in("A")
    real, once = book.hidden, []

    def meanwhile() -> book.Hidden:
        if not once:
            once.append(bring_in("B", "C"))
        return real()

    monkeypatch.setattr(book, "hidden", meanwhile)
    assert set(amounts()) == {"A", "B", "C"}


def test_a_late_holder_of_a_lease_is_told() -> None:
    with leases.hold("events") as first:
        Lease.objects.filter(name="events").update(until_at=NOW - timedelta(days=9999))
        with leases.hold("events") as second:
            second.check()
            with pytest.raises(leases.Unavailable):
                first.check()
            assert second.token > first.token
    with leases.hold("events", wait_seconds=0.1):
        pass


def test_a_sweep_spares_what_a_long_job_pinned() -> None:
    bring_in("A")
    with upkeep.pinned(["orders"], at=NOW) as pin:
        assert pin.versions["orders"] >= 0
        upkeep.sweep(at=NOW, clean=True)
    assert amounts() == {"A": 1000}
    assert places.lake().files("orders").files


def test_an_office_restored_from_an_older_copy_goes_on_flushing_and_loses_nothing() -> None:
    box = inbox.current()
    for name in "abc":
        box.put([click(name).message()])
        flush_once()
    Lease.objects.all().delete()
    Counter.objects.all().delete()
    box.put([click("d").message()])
    assert Flusher().flush_all() == 1
    bring_in("A")
    Counter.objects.all().delete()
    bring_in("B")
    assert set(amounts()) == {"A", "B"}
    with book.open_book() as opened:
        assert opened.arrow(opened.events).num_rows == 4
