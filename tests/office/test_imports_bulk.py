"""Many rows at once say what they would have said one by one: cards, history, what undoing needs, the words of the search."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beizai.base.home import Home
from beizai.customers import search
from beizai.customers.models import ContactPoint, Customer, ExternalId, FactChange, SearchWords, Tag
from beizai.imports import slices
from beizai.imports.files import bring_in, undo
from beizai.imports.models import CardBefore
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HEAD = "Customer number,First name,Last name,Email,Phone,Country,City,Points,Colour,Birthday,Tags"
GIVEN = ("Ann", "Élodie", "王", "O'Neil", "ann-marie", "")
FAMILY = ("Lee", "Martin", "小明", "de la Cruz", "")
Bring = Callable[[list[str], int], int]


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Bring:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()

    def bring_rows(rows: list[str], step: int) -> int:
        path = tmp_path / f"{step}.csv"
        path.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
        return bring_in(path, kind="customers", source="Shop", now=START + timedelta(days=step)).import_id

    return bring_rows


def people(draw: random.Random) -> list[str]:
    found = []
    for person in draw.sample(range(1, 12), draw.randint(3, 10)):
        given, family = draw.choice(GIVEN), draw.choice(FAMILY)
        email = draw.choice(("", f"p{person}@example.test", f"Ann.Lee{person}@example.test"))
        phone = draw.choice(("", f"06123456{person:02}", f"+44 7911 1234{person:02}"))
        rest = draw.choice(("FR,Lyon,7,red", "DE,,12.5,blue", ",Paris,,", "FR,Lille,8,"))
        birthday, tags = draw.choice(("", "1980-02-01", "1990-12-31")), draw.choice(("", "vip; news", "vip"))
        found.append(f"K{person},{given},{family},{email},{phone},{rest},{birthday},{tags}")
    return found


def book() -> dict[str, Any]:
    """All an import writes on cards, with cards told by their place and not by their number."""
    places = {
        pk: place for place, pk in enumerate(Customer.objects.order_by("pk").values_list("pk", flat=True))
    }

    def told(model: Any, *columns: str, key: str = "customer_id") -> list[tuple[Any, ...]]:
        rows = model.objects.filter(**{f"{key}__in": list(places)}).values_list(key, *columns)
        return sorted(((places[pk], *map(repr, rest)) for pk, *rest in rows))

    card = (
        "name",
        "given_name",
        "family_name",
        "country",
        "language",
        "birthday_on",
        "postal_address",
        "facts",
    )
    return {
        "cards": told(Customer, *card, "changed_at", "created_at", "revision", key="pk"),
        "numbers": told(ExternalId, "source", "value"),
        "points": told(
            ContactPoint, "channel", "value", "normal", "source", "added_at", "ended_at", "simulated"
        ),
        "tags": told(Tag, "tag", "added_at"),
        "words": told(SearchWords, "words", key="pk"),
        "changes": told(FactChange, "field", "old", "new", "source", "at", "user"),
        "before": told(CardBefore, "facts", "changed_at"),
    }


@pytest.mark.parametrize("seed", range(4))
def test_known_cards_completed_at_once_are_as_if_completed_one_by_one(
    bring: Bring, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw = random.Random(seed)
    files = [people(draw) for _ in range(3)]
    at_once = [bring(rows, step) for step, rows in enumerate(files)]
    told = book()
    for number in reversed(at_once):
        undo(number, now=START + timedelta(days=9))
    assert not Customer.objects.exists()
    for size in ("_FIRST", "_LEAST", "_MOST"):
        monkeypatch.setattr(slices, size, 1)
    for step, rows in enumerate(files):
        bring(rows, step)
    assert book() == told


@pytest.mark.parametrize("seed", range(4, 7))
def test_imported_cards_are_found_by_the_words_the_search_would_give_them(bring: Bring, seed: int) -> None:
    bring(people(random.Random(seed)), 0)
    told = book()["words"]
    search.index_many(Customer.objects.values_list("pk", flat=True))
    assert book()["words"] == told


@pytest.mark.parametrize(
    "name", ['Ann "the Hat" Lee', "Lee, Ann", "C:\\new\\table", "\\\\N", "a'b;--", "Ünï 王 😀"]
)
def test_odd_signs_arrive_as_they_stand(bring: Bring, name: str) -> None:
    cell = '"' + name.replace('"', '""') + '"'
    bring([f"K1,{cell},{cell},,,,,,{cell},,{cell}"], 0)
    card = Customer.objects.get()
    assert (card.given_name, card.family_name, card.name) == (name, name, f"{name} {name}")
    assert card.facts["colour"]["v"] == name
    assert card.postal_address == card.country == card.language == ""


def test_what_two_rows_change_on_one_card_goes_back_to_its_source_and_time(bring: Bring) -> None:
    bring(["K1,Ann,Lee,ann@example.test,,FR,Lyon,7,red,,"], 0)
    before = Customer.objects.values("facts", "changed_at").get()
    again = bring([",Ann,Lee,ann@example.test,,,,8,,,", ",Ann,Lee,ann@example.test,,,,,blue,,"], 1)
    assert {key: one["v"] for key, one in Customer.objects.get().facts.items()} == {
        "points": 8,
        "colour": "blue",
    }
    undo(again, now=START + timedelta(days=2))
    assert Customer.objects.values("facts", "changed_at").get() == before
