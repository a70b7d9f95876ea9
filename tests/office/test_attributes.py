"""What a card may say: every kind of answer, how long it holds, what is worth asking next."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from beizai.base.errors import Invalid
from beizai.customers import answers, cards, completeness, facts, photos
from beizai.customers.models import AttributeDefinition, Customer
from beizai.measurement import book_days
from beizai.sources import register

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)


def definition(key: str, kind: str, **more: object) -> AttributeDefinition:
    return AttributeDefinition.objects.create(key=key, label=key.capitalize(), kind=kind, **more)


def card(name: str = "Marie Lin", **facts_of: object):
    made = cards.add(cards.NewCard(name=name), source=register.office(NOW), now=NOW)
    return cards.edit(
        made.pk, {}, new_facts=facts_of, revision=made.revision, source=register.office(NOW), now=NOW
    )


@pytest.mark.parametrize(
    ("kind", "more", "text", "value"),
    [
        ("choices", {"choices": ["Tea", "Honey", "Silk"]}, "Silk; Tea", ["Tea", "Silk"]),
        ("measure", {"unit": "mm"}, "24.5 cm", 245),
        ("measure", {"unit": "mm"}, "245", 245),
        ("measure", {"unit": "kg"}, "1,5", 1.5),
        (
            "records",
            {"columns": [{"key": "product", "label": "Product", "kind": "text"}]},
            "2026-02-01; Wella 6/0\n2025-11-03",
            [{"on": "2025-11-03"}, {"on": "2026-02-01", "product": "Wella 6/0"}],
        ),
        (
            "records",
            {"columns": [{"key": "price", "label": "Price", "kind": "money"}]},
            "2026-02-01; 12,50",
            [{"on": "2026-02-01", "price": 1250}],
        ),
    ],
)
def test_each_kind_reads_what_people_write_and_writes_what_it_reads(kind, more, text, value):
    one = definition("x", kind, **more)
    assert facts.parse(one, text, currency="EUR") == value
    assert facts.parse(one, answers.text(one, value, currency="EUR"), currency="EUR") == value


@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        ("choices", {"choices": ["Tea"]}, "Tea; Coffee"),
        ("measure", {"unit": "mm"}, "3 kg"),
        ("measure", {"unit": "mm"}, "wide"),
        ("records", {"columns": []}, "yesterday"),
        ("records", {"columns": []}, "2026-01-01; one too many"),
        ("photo", {}, "holiday.jpg"),
    ],
)
def test_what_is_no_answer_is_refused_with_a_way_out(kind, more, text):
    with pytest.raises(Invalid) as refused:
        facts.parse(definition("x", kind, **more), text, currency="EUR")
    assert refused.value.hint


def picture(size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    drawn = Image.new("RGB", size, "white")
    notes = Image.Exif()
    notes[0x8825] = {1: "N", 2: (48.0, 51.0, 24.0)}
    drawn.save(out, "JPEG", exif=notes)
    return out.getvalue()


def test_a_picture_is_kept_without_its_hidden_notes():
    value = photos.keep(picture((3000, 20)))
    with Image.open(photos.path_of(value)) as kept:
        assert max(kept.size) == 2000
        assert not kept.getexif()


@pytest.mark.parametrize("sent", [b"", b"GIF89a", b"%PDF-1.7", b"<svg onload='x'/>"])
def test_what_is_no_picture_is_refused(sent):
    with pytest.raises(Invalid, match="not a picture"):
        photos.keep(sent)


def test_a_fact_grows_stale_and_is_fresh_again_when_they_say_it_again():
    definition("job", "text", ask_again_months=12)
    told = card(job="Teacher")
    later = NOW + timedelta(days=400)
    (known,) = facts.known(told)
    assert not known.is_stale(NOW + timedelta(days=300))
    assert known.is_stale(later)
    facts.confirm(told.pk, "job", source=register.office(later), now=later)
    (known,) = facts.known(cards.get(told.pk))
    assert known.value == "Teacher"
    assert not known.is_stale(later)


def test_what_is_no_longer_asked_stays_where_it_was_told():
    one = definition("fax", "text")
    told, other = card(fax="01"), card("Bo")
    AttributeDefinition.objects.filter(pk=one.pk).update(retired_at=NOW)
    assert [known.value for known in facts.known(told)] == ["01"]
    assert facts.known(other) == []


def test_photos_and_credit_are_sensitive_without_being_marked():
    assert facts.is_sensitive(AttributeDefinition(kind="photo"))
    assert facts.is_sensitive(AttributeDefinition(kind="text", family="credit"))
    assert not facts.is_sensitive(AttributeDefinition(kind="text"))


def worth_of(made, spent_minor: int):
    from beizai.customers.models import Standing

    Standing.objects.filter(pk=made.pk).update(spent_12m_minor=spent_minor)


def test_the_best_question_is_of_who_is_worth_most_by_what_helps_most():
    definition("town", "text", weight=1)
    definition("skin", "text", weight=9)
    rich, poor = card("Rich", town="Lyon"), card("Poor", skin="dry")
    worth_of(rich, 100_000)
    worth_of(poor, 1_000)
    asked = completeness.next_questions(10, now=NOW)
    assert [(one.customer.pk, one.gap.key, one.gap.reason) for one in asked] == [
        (rich.pk, "skin", "missing"),
        (poor.pk, "reach", "missing"),
    ]
    assert asked[0].gap.score == 9 * 100_000


def test_a_stale_answer_counts_half_and_is_asked_after_a_missing_one_of_its_weight():
    definition("job", "text", weight=4, ask_again_months=12)
    definition("hobby", "text", weight=4)
    told = card(job="Teacher")
    later = NOW + timedelta(days=400)
    found = completeness.of(told, reachable=True, worth_minor=100, now=later)
    assert [(gap.key, gap.reason) for gap in found.gaps] == [
        ("hobby", "missing"),
        ("job", "stale"),
        ("birthday_on", "missing"),
    ]
    assert found.share == (2 + 3 + 2) / (2 + 3 + 1 + 4 + 4)


def test_the_book_is_as_complete_as_the_cards_that_matter():
    definition("skin", "text", weight=6)
    full, empty = card("Full", skin="dry"), card("Empty")
    worth_of(full, 900)
    worth_of(empty, 100)
    found = completeness.of_the_book(NOW)
    assert found.known["skin"] == 1
    assert found.mean == pytest.approx((8 / 12 + 2 / 12) / 2)
    assert found.by_worth == pytest.approx((900 * 8 / 12 + 100 * 2 / 12) / 1000)


def test_the_walk_by_worth_finds_what_looking_at_everybody_finds(monkeypatch):
    monkeypatch.setattr(completeness, "_WALKED_AT_ONCE", 3)
    definition("town", "text", weight=7)
    for number in range(20):
        made = card(f"C{number}", **({"town": "Lyon"} if number % 3 else {}))
        worth_of(made, (number * 37) % 11 * 100)
    everybody = completeness.next_questions(1000, now=NOW)
    assert completeness.next_questions(5, now=NOW) == everybody[:5]


def test_a_day_of_the_book_is_counted_once_and_again_when_cards_came():
    card("Ada")
    assert book_days.is_due(NOW)
    assert book_days.count(NOW).customers == 1
    assert not book_days.is_due(NOW)
    card("Bo")
    assert book_days.is_due(NOW)
    assert [(day.customers, day.contactable) for day in [book_days.count(NOW)]] == [(2, 0)]
    assert book_days.latest(NOW.date()).customers == 2


def test_the_book_is_counted_as_its_cards_are_one_by_one():
    definition("job", "text", weight=4, ask_again_months=12)
    definition("hobby", "text", weight=3)
    later = NOW + timedelta(days=400)
    made = [
        card("Ada", job="Teacher"),
        card("Dai", hobby="Tea"),
        card("Bo", job="Cook", hobby="Silk"),
        card("Cai"),
    ]
    shares = [
        completeness.of(one, reachable=False, worth_minor=1, now=later).share
        for one in Customer.objects.filter(pk__in=[one.pk for one in made])
    ]
    found = completeness.of_the_book(later)
    assert found.mean == pytest.approx(sum(shares) / len(shares))
    assert found.by_worth == pytest.approx(found.mean)
