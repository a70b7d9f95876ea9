"""Ready-made books: each can be opened, its segments can be asked, and nothing of the shop's own is touched."""

from datetime import UTC, datetime

import pytest

from beizai.appointments.models import MadeToMeasure, Service
from beizai.base.errors import NotFound
from beizai.customers.models import AttributeDefinition
from beizai.forms import publishing
from beizai.forms.models import Form
from beizai.segments import membership
from beizai.segments.models import Segment
from beizai.staff.shop import shop
from beizai.trades import books

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


NAMES = [each.name for each in books.trades()]


@pytest.mark.parametrize("name", NAMES)
def test_each_book_opens_and_its_segments_can_be_asked(name: str) -> None:
    chosen = books.open_book_of(name, shop(), now=NOW)
    assert AttributeDefinition.objects.count() == len(chosen.attributes)
    assert Segment.objects.count() == len(chosen.segments)
    for segment in Segment.objects.all():
        assert membership.count(segment.pk, as_of=NOW) == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_a_book_stands_in_every_language(name: str) -> None:
    chosen = books.trade(name)
    tables = [getattr(chosen, name) for name in books.LISTS]
    values = [value for tabled in tables for each in tabled for value in each.values()]
    texts = [value for value in values if isinstance(value, dict)]
    texts += [step["do"] for journey in chosen.journeys for step in journey["steps"]]
    texts += [value for key, value in chosen.words.items() if key == "must"]
    assert texts
    for text in [chosen.label, *texts]:
        assert set(text) == set(books.LANGUAGES), text
        lengths = {len(value) for value in text.values() if isinstance(value, list)}
        assert len(lengths) <= 1, text


@pytest.mark.parametrize("name", NAMES)
def test_the_forms_of_a_book_can_be_published_as_they_stand(name: str) -> None:
    books.open_book_of(name, shop(), now=NOW)
    for form in Form.objects.all():
        publishing.publish(form.pk, now=NOW)


def test_a_book_speaks_the_shop_s_language() -> None:
    here = shop()
    here.language = "zh-hans"
    books.open_book_of("shoemaker", here, now=NOW)
    assert AttributeDefinition.objects.get(key="foot_length_mm").label == "脚长（较长一只）"
    assert MadeToMeasure.objects.get().name == "鞋"
    assert {each.name for each in Service.objects.all()} == {"量脚", "试鞋"}


def test_what_the_shop_already_calls_so_stays_as_it_is() -> None:
    AttributeDefinition.objects.create(key="hair", label="Haare")
    books.open_book_of("hair salon", shop(), now=NOW)
    books.open_book_of("hair-salon", shop(), now=NOW)
    assert AttributeDefinition.objects.get(key="hair").label == "Haare"


def test_an_unknown_trade_names_those_there_are() -> None:
    with pytest.raises(NotFound, match="shoemaker"):
        books.trade("bakery")
