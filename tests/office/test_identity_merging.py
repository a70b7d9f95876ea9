"""Cards of one person become one, and are taken apart again each as it was."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.customers import cards as book_cards
from beizai.customers import facts, remarks, search
from beizai.customers.cards import NewCard
from beizai.customers.models import AttributeDefinition, AttributeKind, Customer, Standing, Tag
from beizai.identity import cards, merging, rules
from beizai.identity.models import Belonging, OwnCard, Proposal
from beizai.identity.shown import said
from beizai.sources.models import Source, SourceKind

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def source() -> Source:
    return Source.objects.get_or_create(
        name="Office", defaults={"kind": SourceKind.OFFICE, "created_at": NOW}
    )[0]


def card(name: str = "Marie Lin", *, at: datetime = NOW, **given: object) -> Customer:
    return book_cards.add(NewCard(name=name, **given), source=source(), now=at)


def told(number: int) -> Customer:
    return Customer.objects.get(pk=number)


def write(number: int, field: str, value: object, *, at: datetime = NOW) -> None:
    changes = {field: value} if not field.startswith("fact:") else {}
    known = {field[5:]: value} if field.startswith("fact:") else {}
    kept = told(number)
    book_cards.edit(number, changes, new_facts=known, revision=kept.revision, source=source(), now=at)


def test_a_joined_number_leads_to_the_kept_card() -> None:
    kept, other = card(), card("M. Lin")
    merging.merge([other.pk], kept.pk, now=NOW)
    assert cards.card_of(other.pk) == kept.pk
    assert cards.ids_of(kept.pk) == [kept.pk, other.pk]
    assert cards.cards_of([kept.pk, other.pk, 99]) == {kept.pk: kept.pk, other.pk: kept.pk, 99: 99}


def test_the_joint_card_shows_what_both_say_and_both_stay_as_they_were() -> None:
    kept, other = card(country="FR"), card("M. Lin", birthday_on=date(1990, 3, 1), at=NOW + timedelta(1))
    made = merging.merge([other.pk], kept.pk, now=NOW)
    shown = told(kept.pk)
    assert (shown.name, shown.country, shown.birthday_on) == ("Marie Lin", "FR", date(1990, 3, 1))
    assert said(told(other.pk)) == said(other)
    merging.unmerge(made.pk, now=NOW)
    assert said(told(kept.pk)) == said(kept)
    assert told(kept.pk).revision == kept.revision
    assert not OwnCard.objects.exists()
    assert not Belonging.objects.exists()


def test_a_later_edit_stays_with_the_kept_card_and_is_listed() -> None:
    kept, other = card(country="FR"), card("M. Lin", language="zh")
    made = merging.merge([other.pk], kept.pk, now=NOW)
    write(kept.pk, "language", "en", at=NOW + timedelta(1))
    apart = merging.unmerge(made.pk, now=NOW + timedelta(2))
    assert told(kept.pk).language == "en"
    assert told(other.pk).language == "zh"
    assert [(row["field"], row["new"]) for row in apart.stayed] == [("language", "en")]


def test_what_a_person_writes_on_the_joint_card_stands_whatever_the_rule() -> None:
    rules.change(survivorship={"postal_address": "longest"})
    kept, other = card(), card("M. Lin", postal_address="12 rue de la Paix, 75002 Paris")
    merging.merge([other.pk], kept.pk, now=NOW)
    write(kept.pk, "postal_address", "1 quai")
    merging.refresh([other.pk], now=NOW)
    assert told(kept.pk).postal_address == "1 quai"


def test_nested_merges_come_apart_in_any_order() -> None:
    first, second, third = card("A", country="FR"), card("B", language="zh"), card("C")
    one = merging.merge([second.pk], first.pk, now=NOW)
    two = merging.merge([first.pk], third.pk, now=NOW)
    assert told(third.pk).language == "zh"
    assert cards.card_of(second.pk) == third.pk
    merging.unmerge(one.pk, now=NOW)
    assert cards.card_of(second.pk) == second.pk
    assert (told(third.pk).country, told(third.pk).language) == ("FR", "")
    merging.unmerge(two.pk, now=NOW)
    assert [said(told(each.pk)) for each in (first, second, third)] == [
        said(first),
        said(second),
        said(third),
    ]


def test_a_group_taken_off_leads_itself_again() -> None:
    first, second, third = card("A"), card("B", language="zh"), card("C")
    merging.merge([second.pk], first.pk, now=NOW)
    two = merging.merge([first.pk], third.pk, now=NOW)
    merging.unmerge(two.pk, now=NOW)
    assert cards.ids_of(first.pk) == [first.pk, second.pk]
    assert told(first.pk).language == "zh"
    assert said(told(third.pk)) == said(third)


def test_bad_merges_are_refused() -> None:
    kept, other, third = card("A"), card("B"), card("C")
    with pytest.raises(Invalid, match="itself"):
        merging.merge([kept.pk], kept.pk, now=NOW)
    with pytest.raises(NotFound):
        merging.merge([10**9], kept.pk, now=NOW)
    with pytest.raises(Invalid, match="Nothing"):
        merging.merge([], kept.pk, now=NOW)
    made = merging.merge([other.pk], kept.pk, now=NOW)
    with pytest.raises(Invalid, match=f"joined to the card {kept.pk} already") as refused:
        merging.merge([other.pk], third.pk, now=NOW)
    assert f"take the merge {made.pk} apart" in refused.value.hint
    merging.unmerge(made.pk, now=NOW)
    with pytest.raises(Forbidden):
        merging.unmerge(made.pk, now=NOW)


def test_five_hundred_cards_become_one_and_five_hundred_again() -> None:
    kept = card("Kept")
    others = [card(f"Card {place}").pk for place in range(500)]
    made = merging.merge(others, kept.pk, now=NOW)
    assert len(cards.ids_of(kept.pk)) == 501
    assert merging.unmerge(made.pk, now=NOW).cards == tuple(others)
    assert Standing.objects.count() == 501


def test_the_words_of_all_cards_find_the_kept_one() -> None:
    kept, other = card("Marie Lin"), card("Zebulon", points=[("email", "zeb@example.test")])
    made = merging.merge([other.pk], kept.pk, now=NOW)
    assert search.first_ids("zebul", 5) == [kept.pk]
    assert search.first_ids("zeb@example", 5) == [kept.pk]
    assert search.first_ids(f"#{other.pk}", 5) == [kept.pk]
    merging.unmerge(made.pk, now=NOW)
    assert search.first_ids("zebul", 5) == [other.pk]


def test_two_people_taken_apart_are_not_proposed_again() -> None:
    kept, other = card("A"), card("B")
    made = merging.merge([other.pk], kept.pk, now=NOW)
    merging.unmerge(made.pk, now=NOW)
    assert Proposal.objects.get().state == Proposal.State.APART


FIELDS = ("country", "language", "postal_address", "fact:tea", "fact:size")
VALUES = {
    "country": ("FR", "DE", ""),
    "language": ("fr", "zh", ""),
    "postal_address": ("1 quai", "2 quai", ""),
}
STEP = st.one_of(
    st.tuples(st.just("merge"), st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.just("unmerge"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("edit"), st.integers(0, 4), st.tuples(st.sampled_from(FIELDS), st.integers(0, 2))),
    st.tuples(st.just("tag"), st.integers(0, 4), st.sampled_from(["vip", "tea"])),
    st.tuples(st.just("refresh"), st.integers(0, 4), st.just(0)),
)
RULE = st.sampled_from(["latest", "kept_card", "verified_first", "most_frequent", "longest", "keep_all"])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, max_size=14), rule=RULE)
def test_taking_apart_gives_every_card_back_as_it_would_have_been(steps: list[tuple], rule: str) -> None:  # noqa: C901  (a case for each thing that may happen)
    """Beside the book a plain record is kept: what each card was told while it led its group. After all merges are
    taken apart, each card says that and nothing else."""
    Customer.objects.all().delete()
    Belonging.objects.all().delete()
    OwnCard.objects.all().delete()
    for key in ("tea", "size"):
        AttributeDefinition.objects.get_or_create(
            key=key, defaults={"label": key, "kind": AttributeKind.TEXT}
        )
    rules.change(survivorship={field: rule for field in FIELDS})
    numbers = [card(f"Card {place}").pk for place in range(5)]
    expected = {number: said(told(number)) for number in numbers}
    tags: dict[int, set[str]] = {number: set() for number in numbers}
    open_merges: list[int] = []
    at = NOW
    for what, which, more in steps:
        at += timedelta(hours=1)
        match what:
            case "merge":
                one, other = (cards.card_of(numbers[place]) for place in (which, more))
                if one != other:
                    open_merges.append(merging.merge([one], other, now=at).pk)
            case "unmerge" if open_merges:
                merging.unmerge(open_merges.pop(which % len(open_merges)), now=at)
            case "edit":
                number, (field, choice) = cards.card_of(numbers[which]), more
                value = VALUES.get(field, ("oolong", "pu-erh", None))[choice]
                if _shows(number, field) == value:
                    continue  # it says so already: nothing is written
                write(number, field, value, at=at)
                _expect(expected[number], field, value, at)
            case "tag":
                number = cards.card_of(numbers[which])
                remarks.add_tag(number, more, source=source(), now=at)
                tags[number].add(more)
            case "refresh":
                merging.refresh([numbers[which]], now=at)
    while open_merges:
        merging.unmerge(open_merges.pop(len(open_merges) // 2), now=at)
    assert {number: said(told(number)) for number in numbers} == expected
    found: dict[int, set[str]] = {number: set() for number in numbers}
    for number, tag in Tag.objects.values_list("customer_id", "tag"):
        found[number].add(tag)
    assert found == tags


def _shows(number: int, field: str) -> object:
    kept = told(number)
    return kept.facts.get(field[5:], {}).get("v") if field.startswith("fact:") else getattr(kept, field)


def _expect(record: dict, field: str, value: object, at: datetime) -> None:
    if not field.startswith("fact:"):
        record[field] = value
    elif value is None:
        record.pop(field, None)
    else:
        record[field] = {"v": value, "source": source().pk, "at": at.isoformat()}


def test_facts_are_kept(django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(1):
        cards.card_of(5)
    assert facts
