"""Ready-made books: each can be opened, its segments can be asked, and nothing of the shop's own is touched."""

from datetime import UTC, datetime

import pytest

from beizai.base.errors import NotFound
from beizai.customers.models import AttributeDefinition
from beizai.segments import membership
from beizai.segments.models import Segment
from beizai.staff.shop import shop
from beizai.trades import books

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


@pytest.mark.parametrize("name", [each.name for each in books.trades()])
def test_each_book_opens_and_its_segments_can_be_asked(name: str) -> None:
    chosen = books.open_book_of(name, shop(), now=NOW)
    assert AttributeDefinition.objects.count() == len(chosen.attributes)
    for segment in Segment.objects.all():
        assert membership.count(segment.pk, as_of=NOW) == 0


def test_what_the_shop_already_calls_so_stays_as_it_is() -> None:
    AttributeDefinition.objects.create(key="hair", label="Haare")
    books.open_book_of("hair salon", shop(), now=NOW)
    books.open_book_of("hair-salon", shop(), now=NOW)
    assert AttributeDefinition.objects.get(key="hair").label == "Haare"


def test_an_unknown_trade_names_those_there_are() -> None:
    with pytest.raises(NotFound, match="shoemaker"):
        books.trade("bakery")
