"""A column that means something else than in the last file of its source is asked about, before anything is written."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from beizai.base.errors import Invalid
from beizai.base.home import Home
from beizai.customers.models import ContactPoint, Customer
from beizai.imports.files import Wish, bring_in, preview
from beizai.imports.models import ColumnMapping
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HEAD = "Customer number,First name,Last name,Phone,Mail 2,Gender,Birthday\n"
GIVEN = ("Ann", "Ben", "Chloé", "Dora", "Émile")
FAMILY = ("Aubert", "Blanc", "Cartier", "Dubois", "Evrard")


def rows(count: int = 30, *, offset: int = 0, **odd: Callable[[int], str]) -> str:
    plain: dict[str, Callable[[int], str]] = {
        "number": lambda n: f"K{n + offset}",
        "given": lambda n: GIVEN[n % 5],
        "family": lambda n: FAMILY[(n // 5) % 5],
        "phone": lambda n: f"06{n + offset:08}",
        "mail": lambda n: f"p{n + offset}@example.test",
        "gender": lambda n: "MF"[n % 2],
        "birthday": lambda n: f"{13 + n % 15}/0{1 + n % 9}/1980",
    } | odd
    return HEAD + "".join(",".join(of(n) for of in plain.values()) + "\n" for n in range(count))


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Callable[..., Any]:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()

    def bring_text(text: str, *, look: bool = False, **wish: Any) -> Any:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        do = preview if look else bring_in
        return do(path, kind="customers", source="Shop", now=NOW, wish=Wish(**wish))

    bring_text(rows(), columns={"email": "Mail 2"})
    return bring_text


def codes(found: Any) -> dict[str, str]:
    return {one.field: one.code for one in found.changed}


def test_the_next_file_that_holds_the_same_is_not_asked_about(bring: Callable[..., Any]) -> None:
    assert not bring(rows(offset=40), look=True).changed
    assert bring(rows(offset=40)).new_customers == 30


def test_customer_numbers_of_another_form_are_customer_numbers_still(bring: Callable[..., Any]) -> None:
    assert not bring(rows(offset=40, number=lambda n: f"{n + 1000}"), look=True).changed


def test_a_phone_column_that_holds_emails_stops_the_import_before_anything_is_written(
    bring: Callable[..., Any],
) -> None:
    before = (Customer.objects.count(), ContactPoint.objects.count())
    text = rows(offset=40, phone=lambda n: f"q{n}@example.test")
    seen = bring(text, look=True)
    assert codes(seen) == {"phone": "kind"}
    assert seen.changed[0].before == ("9999999999",)
    assert seen.changed[0].now[0] == "q0@example.test"
    with pytest.raises(Invalid, match="Phone") as asked:
        bring(text)
    assert asked.value.code == "columns_changed"
    assert "--same-meaning phone" in asked.value.hint
    assert (Customer.objects.count(), ContactPoint.objects.count()) == before


def test_letters_of_a_choice_that_became_numbers_are_asked_about_and_may_mean_the_same(
    bring: Callable[..., Any],
) -> None:
    text = rows(offset=40, gender=lambda n: "12"[n % 2])
    seen = bring(text, look=True)
    assert codes(seen) == {"attribute.gender": "values"}
    assert (seen.changed[0].before, seen.changed[0].now) == (("f", "m"), ("1", "2"))
    assert bring(text, same_meaning=("attribute.gender",)).new_customers == 30
    assert not bring(text, look=True).changed  # said once, it is what the column holds


def test_months_before_days_are_asked_about(bring: Callable[..., Any]) -> None:
    text = rows(offset=40, birthday=lambda n: f"0{1 + n % 9}/{13 + n % 15}/1980")
    assert codes(bring(text, look=True)) == {"birthday": "date_order"}


def test_columns_that_changed_places_are_asked_about_though_both_are_names(bring: Callable[..., Any]) -> None:
    swapped = rows(offset=40, given=lambda n: FAMILY[(n // 5) % 5], family=lambda n: GIVEN[n % 5])
    assert codes(bring(swapped, look=True)) == {"given_name": "swapped", "family_name": "swapped"}
    chosen = {"given_name": "Last name", "family_name": "First name"}
    assert bring(swapped, columns=chosen).new_customers == 30


def test_what_is_kept_of_a_column_is_no_persons_data(bring: Callable[..., Any]) -> None:
    kept = str(ColumnMapping.objects.get().profile)
    assert "example.test" not in kept
    assert "Aubert" not in kept
    assert "0600000" not in kept
