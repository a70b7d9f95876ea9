"""The compiled rule and its plain reading give the same people."""

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rules_and_people import AS_OF, CONDITIONS, people, rules, tables, thresholds

from beizai.segments import compile as compiled
from beizai.segments import rule as r
from beizai.segments.evaluate import holds
from beizai.segments.person import Line, Person
from beizai.value.purchases import Order
from beizai.value.thresholds import Thresholds

NO_LINES = Thresholds(AS_OF, 0)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def con() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


def expected(rule: r.Rule, persons: tuple[Person, ...], lines: Thresholds) -> set[int]:
    return {one.customer_id for one in persons if holds(rule, one, as_of_on=AS_OF, lines=lines)}


@QUICK
@given(rule=rules(), persons=people(), lines=thresholds(), measured=st.booleans())
def test_the_compiled_rule_finds_the_same_people_as_the_plain_reading(con, rule, persons, lines, measured):
    found = con.to_pyarrow(
        compiled.members(rule, tables(persons, measured=measured), as_of_on=AS_OF, lines=lines)
    )
    ids = found["customer_id"].to_pylist()
    assert len(ids) == len(set(ids))
    assert set(ids) == expected(rule, persons, lines)


@pytest.mark.parametrize("kind", CONDITIONS)
def test_every_condition_has_one_meaning(con, kind):
    @settings(max_examples=10, deadline=None)
    @given(
        several=st.lists(CONDITIONS[kind], min_size=8, max_size=8),
        persons=people(sizes=(6,)),
        lines=thresholds(),
        measured=st.booleans(),
    )
    def agree(several, persons, lines, measured):
        found = con.to_pyarrow(
            compiled.truths(several, tables(persons, measured=measured), as_of_on=AS_OF, lines=lines)
        ).to_pylist()
        for number, rule in enumerate(several):
            assert {row["customer_id"] for row in found if row[f"t{number}"]} == expected(
                rule, persons, lines
            )
            assert all(row[f"t{number}"] is not None for row in found)

    agree()


def test_two_lines_on_one_ticket_are_one_purchase(con):
    lines = tuple(Line(7, AS_OF, "A-1", "Tea", 1_000) for _ in range(2))
    twice = r.Bought(category="Tea", at_least=2)
    found = con.to_pyarrow(
        compiled.truths([twice], tables([Person(1, lines=lines)]), as_of_on=AS_OF, lines=NO_LINES)
    )
    assert (
        found["t0"].to_pylist()
        == [False]
        == [holds(twice, Person(1, lines=lines), as_of_on=AS_OF, lines=NO_LINES)]
    )


def test_what_is_never_bought_is_asked_by_an_anti_join():
    rule = r.All((r.NeverBought(category="Tea"), r.Recency("at_most", 30)))
    text = ibis.to_sql(
        compiled.members(rule, tables([Person(1)]), as_of_on=AS_OF, lines=NO_LINES), dialect="duckdb"
    )
    assert "ANTI JOIN" in text
    assert "TIMESTAMP" not in text.upper().replace("OCCURRED_AT", "")


def test_the_deepest_rule_that_is_read_can_be_asked(con):
    rule = r.Recency("at_least", 3)
    for depth in range(r.MAX_DEPTH - 1):
        rule = (r.Not(rule), r.All((rule, r.Everyone())), r.Any((rule, r.Referred())))[depth % 3]
    assert r.from_json(r.to_json(rule)) == rule
    people = (Person(1, orders=(Order(AS_OF, "sale", 5),)), Person(2))
    found = con.to_pyarrow(compiled.members(rule, tables(people), as_of_on=AS_OF, lines=NO_LINES))
    assert set(found["customer_id"].to_pylist()) == expected(rule, people, NO_LINES)


def test_a_thousand_conditions_can_be_asked(con):
    rule = r.Any(tuple(r.Orders("spent_minor", "is", number) for number in range(r.MAX_PARTS - 1)))
    people = (Person(1, orders=(Order(AS_OF, "sale", 5),)), Person(2))
    found = con.to_pyarrow(compiled.members(rule, tables(people), as_of_on=AS_OF, lines=NO_LINES))
    assert set(found["customer_id"].to_pylist()) == {1, 2}


def test_a_window_that_leaves_nothing_out_counts_everything(con):
    rule = r.Orders("spent_minor", "is", 5, r.Window(older_than_days=0))
    people = (Person(1, orders=(Order(AS_OF, "sale", 5),)), Person(2))
    found = con.to_pyarrow(compiled.members(rule, tables(people), as_of_on=AS_OF, lines=NO_LINES))
    assert found["customer_id"].to_pylist() == [1]
