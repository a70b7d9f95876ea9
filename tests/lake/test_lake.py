"""The six verbs of the lake, on real Delta tables."""

import doctest
import os
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from beizai.base.errors import Invalid, Unavailable
from beizai.lake import EVENTS, FREE, ORDERS, Lake, duck, durable, engine, upkeep

APRIL = datetime(2024, 4, 1)


def visits(count: int, *, month: datetime = APRIL, first: int = 0, **columns: object) -> pa.Table:
    at = [month + timedelta(minutes=n % 40_000) for n in range(count)]
    rows = {
        "event_id": list(range(first, first + count)),
        "customer_id": [(n * 7919) % 1009 for n in range(count)],
        "kind": ["visited"] * count,
        "occurred_at": at,
        "occurred_on": [one.date() for one in at],
        "received_at": at,
    }
    return pa.table(rows | {name: [value] * count for name, value in columns.items()})


def count(lake: Lake, table: str = EVENTS) -> int:
    return len(ids(lake, table))


def ids(lake: Lake, table: str = EVENTS) -> list[int]:
    connection = duck.connect()
    duck.view(connection, lake.files(table))
    found = connection.sql(
        f"SELECT event_id FROM {table} ORDER BY ALL" if table == EVENTS else f"SELECT order_id FROM {table}"
    )
    return [one for (one,) in found.fetchall()]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_an_append_repeated_under_its_number_adds_nothing(lake: Lake) -> None:
    assert lake.append(EVENTS, visits(3), app="inbox", number=1, lease=FREE)
    assert not lake.append(EVENTS, visits(3), app="inbox", number=1, lease=FREE)
    assert lake.append(EVENTS, visits(2, first=3), app="inbox", number=2, lease=FREE)
    assert ids(lake) == [0, 1, 2, 3, 4]
    assert lake.number(EVENTS, "inbox") == 2


def test_a_writer_who_lost_its_lease_commits_nothing(lake: Lake) -> None:
    class Lost:
        token = 1

        def check(self) -> None:
            raise Unavailable("lost")

    with pytest.raises(Unavailable):
        lake.append(EVENTS, visits(3), app="inbox", number=1, lease=Lost())
    assert count(lake) == 0


def test_everything_a_commit_names_is_forced_to_disk_before_the_append_returns(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: set[str] = set()
    real = os.fsync

    def watched(handle: int) -> None:
        forced.add(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(durable.os, "fsync", watched)
    lake.append(EVENTS, visits(3), app="inbox", number=1, lease=FREE)
    folder = Path(lake.root) / EVENTS
    files = {str(path) for path in folder.rglob("*") if path.suffix in {".parquet", ".json"}}
    assert files <= forced
    assert {str(folder), str(folder / "_delta_log"), str(folder / "period=2024-04")} <= forced


def test_rows_that_do_not_fit_are_refused_with_the_column(lake: Lake) -> None:
    with pytest.raises(Invalid, match="colour"):
        lake.append(EVENTS, visits(1, colour="red"), app="a", number=1, lease=FREE)
    with pytest.raises(Invalid, match="kind"):
        lake.append(EVENTS, visits(1).drop(["kind"]), app="a", number=1, lease=FREE)
    with pytest.raises(Invalid, match="campaign_id"):
        lake.append(EVENTS, visits(1, campaign_id="x"), app="a", number=1, lease=FREE)


def test_an_empty_table_answers_with_its_columns(lake: Lake) -> None:
    connection = duck.connect()
    duck.view(connection, lake.files(ORDERS))
    orders = engine.over(connection).table(ORDERS)
    assert orders.count().execute() == 0
    assert str(orders.schema()["customer_id"]) == "int64"


def test_a_sealed_month_keeps_its_rows_and_lies_in_the_order_of_customers(lake: Lake) -> None:
    for number in range(1, 4):
        lake.append(EVENTS, visits(40_000, first=number * 100_000), app="a", number=number, lease=FREE)
    before = ids(lake)
    assert lake.sweep(EVENTS, today=date(2024, 5, 10), lease=FREE).sealed == ("2024-04",)
    assert ids(lake) == before
    (file,) = lake.files(EVENTS).files
    assert upkeep._lies_sorted(file)
    assert lake.sweep(EVENTS, today=date(2024, 5, 10), lease=FREE) == upkeep.Swept()


def test_late_events_do_not_unseal_a_month(lake: Lake) -> None:
    lake.append(EVENTS, visits(40_000), app="a", number=1, lease=FREE)
    lake.sweep(EVENTS, today=date(2024, 5, 10), lease=FREE)
    lake.append(EVENTS, visits(5, first=90_000), app="a", number=2, lease=FREE)
    assert lake.sweep(EVENTS, today=date(2024, 5, 10), lease=FREE) == upkeep.Swept()
    assert count(lake) == 40_005


def test_the_month_under_way_is_compacted(lake: Lake) -> None:
    for number in range(1, 12):
        lake.append(EVENTS, visits(5, first=number * 10), app="a", number=number, lease=FREE)
    assert lake.sweep(EVENTS, today=date(2024, 4, 20), lease=FREE).compacted == ("2024-04",)
    assert len(lake.files(EVENTS).files) == 1
    assert count(lake) == 55
    assert lake.append(EVENTS, visits(1, first=999), app="a", number=12, lease=FREE)


def test_an_erased_customer_is_gone_and_nobody_else(lake: Lake) -> None:
    lake.append(EVENTS, visits(5_000), app="a", number=1, lease=FREE)
    theirs = sum(1 for n in range(5_000) if (n * 7919) % 1009 in {5, 6})
    assert lake.erase(EVENTS, customers=[5, 6], lease=FREE) == theirs
    assert count(lake) == 5_000 - theirs
    assert lake.erase(EVENTS, customers=[5, 6], lease=FREE) == 0


def test_cleaning_takes_old_files_and_spares_those_of_a_pin(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "RETENTION_HOURS", 0)
    lake.append(EVENTS, visits(10), app="a", number=1, lease=FREE)
    pin = lake.pin([EVENTS], until=datetime(2030, 1, 1))
    lake.seal(EVENTS, "2024-04", lease=FREE)
    pinned = [Path(file) for file in pin.snapshots[EVENTS].files]
    lake.sweep(EVENTS, today=date(2024, 4, 20), lease=FREE, pinned=[pin.versions[EVENTS]], clean=True)
    assert all(path.exists() for path in pinned)
    assert lake.files(EVENTS, version=pin.versions[EVENTS]).files == pin.snapshots[EVENTS].files
    lake.sweep(EVENTS, today=date(2024, 4, 20), lease=FREE, clean=True)
    assert not any(path.exists() for path in pinned)
    assert count(lake) == 10


def test_a_reader_whose_files_went_asks_for_the_new_list(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "RETENTION_HOURS", 0)
    lake.append(EVENTS, visits(10), app="a", number=1, lease=FREE)
    lists = [lake.files(EVENTS)]
    lake.seal(EVENTS, "2024-04", lease=FREE)
    lake.sweep(EVENTS, today=date(2024, 4, 20), lease=FREE, clean=True)
    connection = duck.connect()

    def work() -> int:
        duck.view(connection, lists.pop() if lists else lake.files(EVENTS))
        return int(connection.sql("SELECT count(*) FROM events").fetchall()[0][0])

    assert duck.retrying(work) == 10


def test_temporary_files_of_killed_writers_go_after_a_day(lake: Lake) -> None:
    lake.append(EVENTS, visits(1), app="a", number=1, lease=FREE)
    old, new = (Path(lake.root) / EVENTS / f"part-{name}.parquet#1" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    lake.sweep(EVENTS, today=date(2024, 4, 20), lease=FREE, clean=True)
    assert (old.exists(), new.exists()) == (False, True)


def test_the_log_stays_short_and_the_numbers_are_kept(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "COMMITS_PER_CHECKPOINT", 10)
    for number in range(1, 13):
        lake.append(EVENTS, visits(1, first=number), app="inbox", number=number, lease=FREE)
    lake.sweep(EVENTS, today=date(2024, 4, 20), lease=FREE)
    assert upkeep.last_checkpoint(Path(lake.root) / EVENTS) >= 10
    assert lake.number(EVENTS, "inbox") == 12
    assert not lake.append(EVENTS, visits(1), app="inbox", number=12, lease=FREE)


def test_a_column_added_by_a_later_version_does_not_stop_this_one(lake: Lake) -> None:
    from deltalake import DeltaTable, write_deltalake

    lake.append(EVENTS, visits(1), app="a", number=1, lease=FREE)
    table = DeltaTable(f"{lake.root}/{EVENTS}")
    wider = pa.table(
        {
            **{name: visits(1, first=1)[name] for name in visits(1).column_names},
            "period": ["2024-04"],
            "mood": ["glad"],
        }
    )
    write_deltalake(table, wider, mode="append", schema_mode="merge")
    lake.append(EVENTS, visits(1, first=2), app="a", number=2, lease=FREE)
    lake.seal(EVENTS, "2024-05", lease=FREE)
    assert ids(lake) == [0, 1, 2]


def test_engine_gives_schema_tables_batches_and_scalars(lake: Lake) -> None:
    lake.append(EVENTS, visits(10), app="a", number=1, lease=FREE)
    connection = duck.connect()
    duck.view(connection, lake.files(EVENTS))
    con = engine.over(connection)
    events = con.table(EVENTS)
    assert EVENTS in con.list_tables()
    assert con.sql("SELECT 1 AS x").execute()["x"].tolist() == [1]
    assert con.to_pyarrow_batches(events.select("event_id")).read_all().num_rows == 10
    assert con.create_view("some", events.limit(3), overwrite=True).count().execute() == 3
    assert sorted(con.execute(events.event_id)) == list(range(10))


def test_as_of_a_moment_only_files_that_lie_on_both_sides_are_filtered(lake: Lake) -> None:
    for number, month in enumerate((datetime(2024, 3, 1), APRIL, datetime(2024, 5, 1)), start=1):
        lake.append(EVENTS, visits(10, month=month, first=number * 100), app="a", number=number, lease=FREE)
    snapshot = lake.files(EVENTS, up_to=APRIL + timedelta(minutes=4))
    assert (len(snapshot.files), len(snapshot.straddling)) == (1, 1)
    connection = duck.connect()
    duck.view(connection, snapshot)
    found = connection.sql("SELECT event_id FROM events ORDER BY ALL").fetchall()
    assert [one for (one,) in found] == [*range(100, 110), *range(200, 205)]


@pytest.mark.parametrize("microseconds", [0, 1, 499, 999, 1000])
def test_a_moment_is_exact_to_the_microsecond(lake: Lake, microseconds: int) -> None:
    at = APRIL + timedelta(microseconds=500)
    rows = visits(1)
    rows = rows.set_column(rows.schema.get_field_index("occurred_at"), "occurred_at", pa.array([at]))
    lake.append(EVENTS, rows, app="a", number=1, lease=FREE)
    up_to = APRIL + timedelta(microseconds=microseconds)
    connection = duck.connect()
    duck.view(connection, lake.files(EVENTS, up_to=up_to))
    assert connection.sql("SELECT * FROM events").to_arrow_table().num_rows == int(at <= up_to)


def test_the_examples_of_the_documentation_hold() -> None:
    assert doctest.testmod(upkeep).failed == 0
