"""Segments saved by name, asked now and in the past, looked at part by part, explained for one customer."""

from datetime import UTC, date, datetime, timedelta

import pytest
from books import Sold, bring_in
from hypothesis import HealthCheck, given, settings
from rules_and_people import CONDITIONS

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.base.home import Home
from beizai.consent import ledger
from beizai.customers import cards, facts, remarks, ties
from beizai.customers.models import AttributeDefinition, Customer
from beizai.events import batches
from beizai.products.models import Product
from beizai.segments import explaining, membership, questions, snapshot
from beizai.segments import rule as r
from beizai.segments.evaluate import holds
from beizai.segments.people import person
from beizai.sources import register

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = date(2026, 3, 10)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture
def people(home: Home) -> dict[str, int]:
    """Ada buys every ten days; Ben did and fell silent; Cleo bought coffee once; Dora never bought."""
    source = register.office(NOW)
    made = {}
    for name, country in (("Ada", "FR"), ("Ben", "fr"), ("Cleo", "DE"), ("Dora", "")):
        new = cards.NewCard(name=name, country=country, points=(("email", f"{name}@example.test"),))
        made[name] = cards.add(new, source=source, now=NOW - timedelta(days=300)).pk
    bring_in(
        [
            *(Sold(made["Ada"], days_ago(ago), 5_000) for ago in (5, 15, 25, 35)),
            *(Sold(made["Ben"], days_ago(ago)) for ago in (100, 110, 120)),
            Sold(made["Cleo"], days_ago(50), 2_000, product="C-1", category="Coffee / Beans"),
            Sold(None, days_ago(3), 9_999),
        ],
        now=NOW,
    )
    for number, category in (("A-1", "Tea"), ("C-1", "Coffee / Beans")):
        Product.objects.create(number=number, category=category, created_at=NOW)
    words = ledger.Given(made["Ada"], "marketing", "granted", "Write to me.", NOW, source.pk, channel="email")
    ledger.record(words, now=NOW)
    remarks.add_tag(made["Ben"], "VIP", source=source, now=NOW)
    ties.tie(made["Cleo"], "referred_by", made["Ada"], source=source, now=NOW)
    return made


SILENT = {
    "all": [
        {"orders": {"measure": "purchase_days", "op": "at_least", "value": 3}},
        {"silence": {"op": "at_least", "gaps": 2}},
    ]
}


def names(rule: object, people: dict[str, int], as_of: datetime = NOW) -> list[str]:
    found = membership.save("Test", rule, now=NOW)
    ids = set(membership.members(found.pk, as_of=as_of).tolist())
    return [name for name, number in people.items() if number in ids]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"everyone": {}}, ["Ada", "Ben", "Cleo", "Dora"]),
        (SILENT, ["Ben"]),
        ({"attribute": {"name": "country", "op": "is", "value": "FR"}}, ["Ada", "Ben"]),
        ({"attribute": {"name": "country", "op": "is_not", "value": "FR"}}, ["Cleo"]),
        ({"not": {"attribute": {"name": "country", "op": "is", "value": "FR"}}}, ["Cleo", "Dora"]),
        ({"attribute": {"name": "country", "op": "not_known"}}, ["Dora"]),
        ({"bought": {"category": "Coffee"}}, ["Cleo"]),
        ({"bought": {"product": "A-1", "at_least": 4}}, ["Ada"]),
        ({"never_bought": {}}, ["Dora"]),
        ({"may_contact": {"channel": "email", "purpose": "marketing"}}, ["Ada"]),
        ({"tag": {"name": "VIP"}}, ["Ben"]),
        ({"referred": {}}, ["Cleo"]),
        ({"brought": {"op": "at_least", "value": 1}}, ["Ada"]),
        ({"stage": {"one_of": ["loyal"]}}, ["Ada"]),
        ({"type": {"one_of": ["key_account"]}}, ["Ada"]),
        ({"rfm": {"score": "m", "op": "at_least", "value": 4}}, ["Ada"]),
        ({"source": {"name": "Office"}}, ["Ada", "Ben", "Cleo", "Dora"]),
        ({"attribute": {"name": "has_email", "op": "is", "value": True}}, ["Ada", "Ben", "Cleo", "Dora"]),
    ],
)
def test_a_rule_finds_its_people(people, rule, expected):
    assert names(rule, people) == expected


def test_the_past_is_asked_as_it_was(people):
    assert names(SILENT, people, NOW - timedelta(days=99)) == []
    assert (
        names({"may_contact": {"channel": "email", "purpose": "marketing"}}, people, NOW - timedelta(days=1))
        == []
    )
    assert names({"everyone": {}}, people, NOW - timedelta(days=301)) == []
    early = bring_in([Sold(people["Dora"], days_ago(400))], now=NOW)
    assert names({"everyone": {}}, people, NOW - timedelta(days=350)) == ["Dora"]
    batches.undo(early, at=NOW)
    assert names({"everyone": {}}, people, NOW - timedelta(days=350)) == []


def test_what_a_card_said_before_is_asked_as_it_was(people):
    AttributeDefinition.objects.create(key="shoe-size", label="Shoe size", kind="number")
    card = Customer.objects.get(pk=people["Ada"])
    for size, at in ((38, NOW - timedelta(days=20)), (39, NOW - timedelta(days=10))):
        facts.put(card, "shoe-size", size, source=register.office(NOW), now=at)
        card.changed_at = at
        card.save()
    rule = {"attribute": {"name": "shoe-size", "op": "is", "value": 38}}
    assert [names(rule, people, NOW - timedelta(days=ago)) for ago in (25, 15, 5)] == [[], ["Ada"], []]


@pytest.mark.parametrize(
    ("name", "op", "value", "expected"),
    [
        ("likes", "has_any", ["tea", "Honey"], ["Ada", "Ben"]),
        ("likes", "has_all", ["Tea", "Silk"], ["Ada"]),
        ("likes", "has_none", ["Silk"], ["Ben"]),
        ("likes", "known", None, ["Ada", "Ben"]),
        ("foot", "between", [240, 250], ["Ada"]),
        ("perms.count", "at_least", 2, ["Ada"]),
        ("perms.last_on", "older_than_days", 30, ["Ben"]),
        ("face", "known", None, ["Ben"]),
    ],
)
def test_many_answers_measures_records_and_pictures_are_asked_for(people, name, op, value, expected):
    for key, kind in (("likes", "choices"), ("foot", "measure"), ("perms", "records"), ("face", "photo")):
        AttributeDefinition.objects.create(key=key, label=key, kind=kind, choices=["Tea", "Silk", "Honey"])
    told = {
        "Ada": {
            "likes": ["Tea", "Silk"],
            "foot": 245,
            "perms": [{"on": "2026-01-05"}, {"on": "2026-03-01"}],
        },
        "Ben": {"likes": ["Tea"], "foot": 260.5, "perms": [{"on": "2025-12-01"}], "face": {"file": "a.jpg"}},
    }
    for who, facts_of in told.items():
        card = Customer.objects.get(pk=people[who])
        cards.edit(card.pk, {}, new_facts=facts_of, revision=card.revision, source=card.source, now=NOW)
    assert names({"attribute": {"name": name, "op": op, "value": value}}, people) == expected


def test_the_copy_of_the_cards_follows_the_office(people, monkeypatch):
    vip = {"tag": {"name": "VIP"}}
    assert names(vip, people) == ["Ben"]
    monkeypatch.setattr(snapshot, "_FEW", 2)
    source = register.office(NOW)
    remarks.add_tag(people["Dora"], "VIP", source=source, now=NOW)
    assert names(vip, people) == ["Ben", "Dora"]
    remarks.remove_tag(people["Ben"], "VIP", source=source, now=NOW)
    assert names(vip, people) == ["Dora"]
    for name in people:
        remarks.add_tag(people[name], "VIP", source=source, now=NOW)
    assert names(vip, people) == list(people)
    cards.add(cards.NewCard(name="Eve"), source=source, now=NOW)
    assert snapshot.customers(NOW).num_rows == 5


def test_a_permission_that_ends_by_itself_is_seen(people):
    given = ledger.Given(
        people["Ben"],
        "marketing",
        "granted",
        "For a week.",
        NOW,
        None,
        channel="email",
        expires_at=NOW + timedelta(days=7),
    )
    ledger.record(given, now=NOW)
    may = {"may_contact": {"channel": "email", "purpose": "marketing"}}
    assert names(may, people) == ["Ada", "Ben"]
    assert names(may, people, NOW + timedelta(days=8)) == ["Ada"]


def test_each_saving_of_another_rule_is_a_version_and_old_ones_can_be_asked(people):
    first = membership.save("VIPs", {"tag": {"name": "VIP"}}, now=NOW)
    membership.save("VIPs", {"tag": {"name": "VIP"}}, now=NOW)
    again = membership.save(" VIPs ", '{"referred": {}}', now=NOW)
    assert (first.pk, again.current_version) == (again.pk, 2)
    assert membership.members(again.pk, as_of=NOW, version=1).tolist() == [people["Ben"]]
    assert membership.members(again.pk, as_of=NOW).tolist() == [people["Cleo"]]
    with pytest.raises(NotFound, match="no version 7"):
        membership.members(again.pk, as_of=NOW, version=7)


def test_a_segment_may_name_another_but_never_itself(people):
    membership.save("A", {"tag": {"name": "VIP"}}, now=NOW)
    b = membership.save("B", {"any": [{"segment": {"name": "A"}}, {"referred": {}}]}, now=NOW)
    assert membership.count(b.pk, as_of=NOW) == 2
    with pytest.raises(Invalid, match="A → B → A"):
        membership.save("A", {"not": {"segment": {"name": "B"}}}, now=NOW)
    assert membership.segment("A").current_version == 1
    with pytest.raises(Invalid, match="no segment “Aa”"):
        membership.save("C", {"segment": {"name": "Aa"}}, now=NOW)


def test_a_segment_that_others_name_is_neither_renamed_nor_taken_out(people):
    a = membership.save("A", {"tag": {"name": "VIP"}}, now=NOW)
    b = membership.save("B", {"segment": {"name": "A"}}, now=NOW)
    for refused in (lambda: membership.remove(a.pk), lambda: membership.rename(a.pk, "Z", now=NOW)):
        with pytest.raises(Forbidden, match="“B”"):
            refused()
    membership.remove(b.pk)
    assert membership.rename(a.pk, "Z", now=NOW).name == "Z"
    with pytest.raises(NotFound, match="Did you mean Z"):
        membership.segment("Zz")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"attribute": {"name": "contry", "op": "is", "value": "FR"}}, "Did you mean country"),
        ({"attribute": {"name": "country", "op": "at_least", "value": 3}}, "does not go with"),
        ({"attribute": {"name": "country", "op": "is", "value": 3}}, "cannot be a value"),
        ({"bought": {"category": "Coffe"}}, "Did you mean Coffee"),
        ({"bought": {"product": "A-2"}}, "Did you mean A-1"),
        ({"tag": {"name": "VIQ"}}, "Did you mean VIP"),
        ({"event": {"kind": "clickd"}}, "Did you mean clicked"),
        ({"may_contact": {"channel": "emial", "purpose": "marketing"}}, "Did you mean email"),
    ],
)
def test_what_the_book_does_not_know_is_refused_with_the_nearest_word(people, rule, words):
    with pytest.raises(Invalid) as refused:
        membership.save("X", rule, now=NOW)
    assert words in str(refused.value)


def test_the_builder_sees_what_each_part_leaves(people):
    membership.save("French", {"everyone": {}}, now=NOW)
    rule = {
        "all": [
            {"attribute": {"name": "country", "op": "is", "value": "FR"}},
            {"not": {"tag": {"name": "VIP"}}},
        ]
    }
    found = membership.look(rule, as_of=NOW, name="French")
    assert (found.everyone, found.total, found.sample) == (4, 1, (people["Ada"],))
    assert found.single == {(): 1, (0,): 2, (1,): 3, (1, 0): 1}
    assert [(step.path, step.left) for step in found.steps] == [((0,), 2), ((1,), 1)]
    assert (found.enters, found.leaves, found.contactable["email"]) == (0, 3, 1)


def test_why_somebody_is_not_in_and_when_that_turns(people):
    found = membership.save("Silent", SILENT, now=NOW)
    why = explaining.explain(found.pk, people["Ada"], as_of=NOW)
    assert (why.holds, why.turns_on) == (False, TODAY + timedelta(days=15))
    days, silence = why.checks[1:]
    assert (days.holds, days.value, days.threshold, days.turns_on) == (True, 4, 3, None)
    assert (silence.holds, silence.value, silence.threshold, silence.unit) == (False, 0.5, 2.0, "times")
    with pytest.raises(NotFound):
        explaining.explain(found.pk, 999_999, as_of=NOW)


@pytest.mark.parametrize(
    "kind", [kind for kind in CONDITIONS if kind not in ("attribute", "source", "rfm", "labels")]
)
def test_one_customer_out_of_the_book_is_read_as_all_are(people, kind):
    with questions.ask(NOW) as question:
        everybody = [person(question, number) for number in people.values()]

        @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
        @given(rule=CONDITIONS[kind])
        def agree(rule: r.Rule) -> None:
            lines = question.lines_for(rule)
            found = question.members(rule).tolist()
            assert found == [
                one.customer_id for one in everybody if holds(rule, one, as_of_on=question.on, lines=lines)
            ]

        agree()


def test_an_empty_book_has_empty_segments(home: Home):
    found = membership.save("All", {"everyone": {}}, now=NOW)
    assert membership.members(found.pk, as_of=NOW).tolist() == []
    assert membership.sample(found.pk, as_of=NOW, size=5) == []
    assert membership.look({"stage": {"one_of": ["loyal"]}}, as_of=NOW).total == 0
