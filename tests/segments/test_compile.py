"""The compiled rule and its plain reading give the same people."""

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rules_and_people import AS_OF, leaves, people, rules, tables, thresholds

from beizai.segments import compile as compiled
from beizai.segments import rule as r
from beizai.segments.evaluate import holds
from beizai.segments.person import Person
from beizai.value.thresholds import Thresholds

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def con() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


def expected(rule: r.Rule, persons: tuple[Person, ...], lines: Thresholds) -> set[int]:
    return {one.customer_id for one in persons if holds(rule, one, as_of_on=AS_OF, lines=lines)}


@QUICK
@given(rule=rules(), persons=people(), lines=thresholds())
def test_the_compiled_rule_finds_the_same_people_as_the_plain_reading(con, rule, persons, lines):
    found = con.to_pyarrow(compiled.members(rule, tables(persons), as_of_on=AS_OF, lines=lines))
    ids = found["customer_id"].to_pylist()
    assert len(ids) == len(set(ids))
    assert set(ids) == expected(rule, persons, lines)


@QUICK
@given(several=st.lists(leaves(), min_size=1, max_size=6), persons=people(), lines=thresholds())
def test_conditions_counted_together_are_each_counted_right(con, several, persons, lines):
    found = con.to_pyarrow(compiled.truths(several, tables(persons), as_of_on=AS_OF, lines=lines)).to_pylist()
    for number, rule in enumerate(several):
        assert {row["customer_id"] for row in found if row[f"t{number}"]} == expected(rule, persons, lines)
        assert all(row[f"t{number}"] is not None for row in found)
