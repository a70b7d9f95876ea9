"""Cards: made, changed with their history, found again by what one remembers."""

from datetime import UTC, date, datetime, timedelta

import pytest

from beizai.base.errors import Invalid, NotFound
from beizai.customers import cards, doubles, facts, history, points, remarks, search, ties
from beizai.customers.models import AttributeDefinition, Customer, SearchWords, Standing
from beizai.sources.models import Source
from beizai.sources.register import office

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)


@pytest.fixture
def source() -> Source:
    return office(NOW)


def card(source: Source, name: str = "Élodie Marchand", **fields: object) -> Customer:
    return cards.add(cards.NewCard(name=name, **fields), source=source, now=NOW, country="FR")  # type: ignore[arg-type]


def found(text: str) -> set[str]:
    return set(search.find(text).values_list("name", flat=True))


def test_a_card_is_found_by_the_beginnings_of_what_one_remembers(source: Source) -> None:
    card(source, points=[("email", "Elodie.Marchand@example.test"), ("phone", "06 39 98 00 12")])
    card(source, "Élise Martin")
    card(source, "王小明")
    assert found("elo") == {"Élodie Marchand"}
    assert found("mar él") == {"Élodie Marchand", "Élise Martin"}
    assert found("mar elod") == {"Élodie Marchand"}
    assert (
        found("elodie.marchand@ex")
        == found("06 39 98")
        == found("+33 6 39")
        == found("0012")
        == {"Élodie Marchand"}
    )
    assert found("小") == found("王小") == found("明") == {"王小明"}
    assert found("arch") == found("") == found("  ") == set()


def test_a_card_is_found_by_its_number_here_and_elsewhere(source: Source) -> None:
    one = card(source)
    one.external_ids.create(source=source, value="FR-0042")
    search.index_one(one.pk)
    assert found("fr-00") == found(f"#{one.pk}") == found("0042") == {"Élodie Marchand"}
    assert search.first_ids("fr-00", 10) == [one.pk]


def test_many_cards_are_indexed_as_one_by_one(source: Source) -> None:
    ids = [card(source, f"Ann Lee {n}", points=[("email", f"a.lee{n}@example.test")]).pk for n in range(7)]
    before = set(SearchWords.objects.values_list("customer_id", "words"))
    SearchWords.objects.all().delete()
    assert search.index_many(ids) == len(before)
    assert set(SearchWords.objects.values_list("customer_id", "words")) == before


def test_a_changed_card_keeps_what_it_said_before(source: Source) -> None:
    one = card(source)
    cards.edit(
        one.pk, {"name": "Élodie Vidal", "birthday_on": date(1985, 6, 12)}, revision=0, source=source, now=NOW
    )
    assert {(c.field, c.old, c.new) for c in history.of(one.pk)} == {
        ("name", "Élodie Marchand", "Élodie Vidal"),
        ("birthday_on", None, "1985-06-12"),
    }
    assert found("vidal") == {"Élodie Vidal"}
    assert found("marchand") == set()


def test_who_edits_an_old_view_of_a_card_is_told(source: Source) -> None:
    one = card(source)
    cards.edit(one.pk, {"name": "A"}, revision=0, source=source, now=NOW)
    with pytest.raises(Invalid, match="Somebody has changed"):
        cards.edit(one.pk, {"name": "B"}, revision=0, source=source, now=NOW)
    with pytest.raises(NotFound):
        cards.edit(10**9, {"name": "B"}, revision=0, source=source, now=NOW)
    with pytest.raises(Invalid, match="no “id”"):
        cards.edit(one.pk, {"id": 5}, revision=1, source=source, now=NOW)


def test_a_change_that_changes_nothing_is_no_change(source: Source) -> None:
    one = card(source)
    cards.edit(one.pk, {"name": "Élodie Marchand"}, revision=0, source=source, now=NOW)
    assert Customer.objects.get(pk=one.pk).revision == 0
    assert history.of(one.pk) == []


def test_a_card_of_nobody_is_refused(source: Source) -> None:
    with pytest.raises(Invalid, match="needs a name"):
        card(source, "", points=[("email", "  ")])
    assert not Customer.objects.exists()


def test_a_wrong_address_makes_no_card(source: Source) -> None:
    with pytest.raises(Invalid, match="not an email"):
        card(source, points=[("email", "elodie at example")])
    assert not Customer.objects.exists()


def test_a_new_card_has_a_standing_so_that_it_is_in_the_list(source: Source) -> None:
    assert Standing.objects.filter(customer=card(source)).exists()


def test_a_contact_point_is_once_on_a_card_and_ends_without_being_lost(source: Source) -> None:
    one = card(source, points=[("email", "e@example.test")])
    again = points.add(one, "email", " E@Example.TEST", source=source, now=NOW)
    assert one.contact_points.count() == 1
    points.end(again, source=source, now=NOW)
    again.refresh_from_db()
    assert again.ended_at == NOW
    assert found("e@example") == set()
    points.add(one, "email", "e@example.test", source=source, now=NOW + timedelta(days=1))
    again.refresh_from_db()
    assert again.ended_at is None


def test_possible_doubles_are_shown_with_their_reasons(source: Source) -> None:
    one = card(source, "Paul Fournier", points=[("phone", "+33639980031")])
    card(source, "Paulette Blanc")
    near = doubles.possible(name="Fournier Paul", given=[("phone", "06 39 98 00 31")], country="FR")
    assert [(d.customer.pk, d.reasons) for d in near] == [(one.pk, ("same_phone", "near_name"))]
    assert [d.reasons for d in doubles.possible(name="Paul Fourniér")] == [("near_name",)]
    assert doubles.possible(name="Paul Fournier", besides=one.pk) == []
    assert doubles.possible(name="P", given=[("email", "half@")]) == []


def test_facts_are_typed_and_carry_source_and_time(source: Source) -> None:
    AttributeDefinition.objects.create(key="tea", label="Tea", kind="choice", choices=["Oolong", "Green"])
    AttributeDefinition.objects.create(key="budget", label="Budget", kind="money")
    one = card(source)
    tea, budget = facts.definition("tea"), facts.definition("budget")
    values = {
        "tea": facts.parse(tea, "Oolong", currency="EUR"),
        "budget": facts.parse(budget, "12,50", currency="EUR"),
    }
    edited = cards.edit(one.pk, {}, new_facts=values, revision=0, source=source, now=NOW)
    assert edited.facts["budget"] == {"v": 1250, "source": source.pk, "at": NOW.isoformat()}
    assert [(k.definition.key, k.value, k.at) for k in facts.known(edited)] == [
        ("tea", "Oolong", NOW),
        ("budget", 1250, NOW),
    ]
    cleared = cards.edit(one.pk, {}, new_facts={"tea": None}, revision=1, source=source, now=NOW)
    assert "tea" not in cleared.facts
    assert history.of(one.pk)[0].old == "Oolong"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "many"),
        ("date", "31/03/2026"),
        ("choice", "Coffee"),
        ("boolean", "perhaps"),
        ("money", "x"),
    ],
)
def test_a_fact_that_does_not_fit_its_kind_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Invalid):
        facts.parse(AttributeDefinition(key="k", label="K", kind=kind, choices=["Tea"]), text, currency="EUR")


def test_tags_and_notes_touch_the_card(source: Source) -> None:
    one = card(source)
    assert remarks.add_tag(one.pk, "  Mother’s  Day ", source=source, now=NOW) == "Mother’s Day"
    remarks.add_tag(one.pk, "Mother’s Day", source=source, now=NOW)
    remarks.note(one.pk, "Asks for 85 °C teas.", now=NOW)
    assert Customer.objects.get(pk=one.pk).revision == 2
    remarks.remove_tag(one.pk, "Mother’s Day", source=source, now=NOW)
    assert one.tags.count() == 0
    with pytest.raises(Invalid):
        remarks.note(one.pk, "  ", now=NOW)


def test_nobody_is_brought_twice_or_in_a_ring(source: Source) -> None:
    a, b, c = (card(source, name) for name in ("A a", "B b", "C c"))
    ties.tie(b.pk, "referred_by", a.pk, source=source, now=NOW)
    ties.tie(c.pk, "referred_by", b.pk, source=source, now=NOW)
    with pytest.raises(Invalid, match="already"):
        ties.tie(b.pk, "referred_by", c.pk, source=source, now=NOW)
    with pytest.raises(Invalid, match="each other"):
        ties.tie(a.pk, "referred_by", c.pk, source=source, now=NOW)
    with pytest.raises(Invalid, match="itself"):
        ties.tie(a.pk, "friend", a.pk, source=source, now=NOW)
    assert ties.referrals([a.pk, b.pk, c.pk]) == {a.pk: 1, b.pk: 1}
    ties.untie(ties.of(c.pk)[0].pk, source=source, now=NOW)
    assert ties.referrals([b.pk]) == {}
