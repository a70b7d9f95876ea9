"""Zeros lost from the front of numbers: proposed where a width proves it, never where numbers only run, undone with the import."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beizai.base.home import Home
from beizai.customers.models import Customer, ExternalId
from beizai.events.book import open_book
from beizai.imports import person_statements, widths
from beizai.imports.desk import Choices, Desk, Kind
from beizai.imports.files import Preview, Wish, bring_in, preview, undo
from beizai.imports.recognise import Mapped
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
KEPT = [f"{number:06}" for number in range(1000, 1030)]


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Callable[..., Any]:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()

    def bring_text(text: str, *, look: bool = False, kind: Kind = "customers", **wish: Any) -> Any:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        do = preview if look else bring_in
        return do(path, kind=kind, source="Shop", now=NOW, wish=Wish(**wish))

    return bring_text


def numbered(numbers: Iterable[str]) -> str:
    return "Customer number,Name\n" + "".join(f"{number},Ann {number}\n" for number in numbers)


def proposed(seen: Preview) -> dict[str, tuple[int, str, str, bool, bool]]:
    return {
        one.code: (one.rows, one.before, one.after, one.optional, one.done)
        for one in seen.repairs
        if one.code in widths.CODES
    }


def known() -> set[str]:
    return set(ExternalId.objects.values_list("value", flat=True))


def test_a_number_shorter_than_the_others_is_proposed_shown_and_left_until_said(
    bring: Callable[..., Any],
) -> None:
    text = numbered(["1234", *KEPT])
    seen = bring(text, look=True)
    assert proposed(seen) == {"number_width": (1, "1234", "001234", True, False)}
    cell = seen.rows_shown[0].cells[0]
    assert (cell.text, cell.after, cell.state) == ("1234", "001234", "ask")
    assert seen.counts["to_decide"] == 1
    left = bring(text)
    assert "1234" in known()
    assert {one["code"]: one["done"] for one in left.remarks} == {"number_width": False}


def test_said_it_is_padded_and_undo_takes_it_out_again(bring: Callable[..., Any]) -> None:
    result = bring(numbered(["1234", *KEPT]), repairs={"number_width": True})
    assert known() == {"001234", *KEPT}
    assert {one["code"]: one["example"] for one in result.remarks} == {"number_width": "1234 → 001234"}
    undo(result.import_id, now=NOW)
    assert not Customer.objects.exists()
    assert not ExternalId.objects.exists()


@pytest.mark.parametrize(
    "numbers",
    [
        [str(number) for number in range(1, 200)],  # running numbers are as wide as they are large
        ["7", *KEPT[:19]],  # too few zeros
        ["7", *KEPT, *(f"{number:08}" for number in range(30))],  # two widths
        ["7", *KEPT, *(str(number) for number in range(1_000_000, 1_000_009))],  # and wider ones
        [*KEPT, *(str(int(number)) for number in KEPT)],  # each stands in both ways: two ways of numbering
        ["K7", *KEPT],
    ],
)
def test_numbers_without_a_width_that_proves_it_are_left(
    bring: Callable[..., Any], numbers: list[str]
) -> None:
    assert proposed(bring(numbered(numbers), look=True)) == {}


def test_a_file_that_lost_all_its_zeros_is_measured_by_what_the_book_holds_of_its_source(
    bring: Callable[..., Any],
) -> None:
    bring(numbered(KEPT))
    text = numbered(["1005", "77", "88"])
    seen = bring(text, look=True)
    assert proposed(seen) == {"number_width": (2, "77", "000077", True, False)}
    assert seen.happens["known_by_number"] == 1  # the book finds that one with its zeros by itself
    result = bring(text, repairs={"number_width": True})
    assert result.new_customers == 2
    assert known() == {*KEPT, "000077", "000088"}


def test_a_number_the_book_knows_as_it_stands_stays_that_card(bring: Callable[..., Any]) -> None:
    bring(numbered(["77"]))
    result = bring(numbered(["77", "88", *KEPT]), repairs={"number_width": True})
    assert result.new_customers == len(KEPT) + 1
    assert known() == {"77", "000088", *KEPT}


def test_a_number_whose_padded_form_stands_in_the_file_is_left(bring: Callable[..., Any]) -> None:
    short = [str(number) for number in range(2000, 2030)]
    bring(numbered(["1005", *short, *KEPT]), repairs={"number_width": True})
    assert known() == {"1005", *(f"00{number}" for number in short), *KEPT}


def test_postcodes_are_measured_by_their_country(bring: Callable[..., Any]) -> None:
    text = (
        "Customer number,Name,Street,Postcode,City,Country\n1,Ann,a,501,Holtsville,United States\n"
        "2,Bo,b,10011,Hohhot,CN\n3,Cai,c,1240,Carouge,CH\n4,Di,d,124,Bourg,FR\n5,Ed,e,1240,Bourg,FR\n"
    )
    assert proposed(bring(text, look=True)) == {"postcode_width": (2, "501", "00501", True, False)}
    bring(text, repairs={"postcode_width": True})
    lines = Customer.objects.order_by("pk").values_list("postal_address", flat=True)
    assert [line.split("\n")[1].split(" ")[0] for line in lines] == [
        "00501",
        "010011",
        "1240",
        "124",
        "01240",
    ]


def test_orders_go_to_the_padded_customer(bring: Callable[..., Any]) -> None:
    lines = "".join(f"A{place},2024-07-01,{number},tea,1,2\n" for place, number in enumerate(["1234", *KEPT]))
    text = "Order,Date,Customer number,Product,Quantity,Unit price\n" + lines
    assert proposed(bring(text, look=True, kind="orders"))["number_width"] == (
        1,
        "1234",
        "001234",
        True,
        False,
    )
    result = bring(text, kind="orders", repairs={"number_width": True})
    assert known() == {"001234", *KEPT}
    card = ExternalId.objects.get(value="001234").customer_id
    with open_book() as opened:
        held = opened.con.con.execute("select customer_id from orders where number = 'A0'").fetchall()
    assert held == [(card,)]
    undo(result.import_id, now=NOW)
    assert not ExternalId.objects.exists()


@settings(max_examples=25, deadline=None)
@given(
    short=st.sets(st.integers(1, 9999).map(str), min_size=1, max_size=60),
    zeroed=st.sets(st.integers(1, 99999).map("{:06}".format), min_size=15, max_size=80),
    other=st.sets(st.text("0123456789", min_size=1, max_size=7), max_size=5),
)
def test_two_different_numbers_of_a_file_never_become_one(
    short: set[str], zeroed: set[str], other: set[str]
) -> None:
    numbers = sorted(short | zeroed | other)
    found = padded_numbers(numbers)
    after = [found.get(number, number) for number in numbers]
    assert len(set(after)) == len(numbers)
    assert all(after == before.zfill(6) and before[0] != "0" for before, after in found.items())


def padded_numbers(numbers: list[str]) -> dict[str, str]:
    con = duckdb.connect()
    desk = Desk(con, None, Mapped("customers", {"customer": 0}))  # type: ignore[arg-type]
    desk.run(person_statements.WORD_TABLES)
    desk.run(
        "create table judged_people (row_no bigint, reason varchar, number varchar, phone varchar, dials varchar, postcode varchar)"
    )
    con.executemany("insert into judged_people (row_no, number) values (?, ?)", list(enumerate(numbers)))
    widths.propose(desk, Choices("EUR", "UTC", NOW), source_id=None)
    found = dict(desk.rows("select before, after from padded"))
    con.close()
    return found
