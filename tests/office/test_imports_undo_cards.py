"""Undoing customers files, in whatever order: every card says again what it said, to the source and the time of each fact."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beizai.base.home import Home
from beizai.customers.models import ContactPoint, Customer, ExternalId, SearchWords, Tag
from beizai.imports.files import bring_in, undo
from beizai.staff.shop import shop

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NAMES = ("Ann", "Bo", "Cléo", "王小明", "")


@pytest.fixture
def bring(home: Home, tmp_path: Path) -> Callable[..., int]:
    the_shop = shop()
    the_shop.currency, the_shop.timezone, the_shop.country = "EUR", "Europe/Paris", "FR"
    the_shop.save()

    def bring_rows(rows: list[str], step: int) -> int:
        path = tmp_path / f"{step}.csv"
        path.write_text(
            "\n".join(["Customer number,Name,Email,Country,Points,Colour,Tags", *rows]), encoding="utf-8"
        )
        return bring_in(path, kind="customers", source="Shop", now=START + timedelta(days=step)).import_id

    return bring_rows


def book() -> dict[str, Any]:
    """Everything a file may touch."""
    return {
        "cards": list(Customer.objects.order_by("pk").values()),
        "numbers": list(
            ExternalId.objects.order_by("customer", "value").values("customer", "source", "value")
        ),
        "points": list(
            ContactPoint.objects.order_by("customer", "normal").values(
                "customer", "normal", "value", "added_at"
            )
        ),
        "tags": list(Tag.objects.order_by("customer", "tag").values("customer", "tag", "added_at")),
        "words": list(SearchWords.objects.order_by("pk").values_list("pk", flat=True)),
    }


def rows(draw: random.Random) -> list[str]:
    people = draw.sample(range(1, 9), draw.randint(1, 6))
    return [
        ",".join(
            (
                str(person),
                draw.choice(NAMES),
                draw.choice(("", f"p{person}@example.test", f"other{person}@example.test")),
                draw.choice(("", "FR", "DE")),
                draw.choice(("", "3", "4", "5")),
                draw.choice(("", "red", "blue")),
                draw.choice(("", "vip", "tea")),
            )
        )
        for person in people
    ]


@pytest.mark.parametrize("seed", range(4))
def test_undoing_the_latest_import_gives_the_book_back_as_it_was(
    bring: Callable[..., int], seed: int
) -> None:
    draw = random.Random(f"undo {seed}")
    bring(rows(draw), 0)
    states, imports = [], []
    for step in range(1, 4):
        states.append(book())
        imports.append(bring(rows(draw), step))
    for step in (2, 1, 0):
        undo(imports[step], now=START + timedelta(days=20))
        assert book() == states[step]


@pytest.mark.parametrize("seed", range(4))
def test_undoing_in_another_order_ends_at_the_same_book(bring: Callable[..., int], seed: int) -> None:
    draw = random.Random(f"order {seed}")
    bring([f"{person},Ann,p{person}@example.test,FR,3,red,vip" for person in range(1, 9)], 0)
    before = book()
    imports = [bring(rows(draw), step) for step in range(1, 4)]
    draw.shuffle(imports)
    for import_id in imports:
        undo(import_id, now=START + timedelta(days=20))
    assert book() == before
