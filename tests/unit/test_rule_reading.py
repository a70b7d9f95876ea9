"""A rule goes to JSON and back unchanged; what cannot be understood is refused with its place."""

import json

import pytest
from hypothesis import given, settings
from rules_and_people import rules

from beizai.base.errors import Invalid
from beizai.segments import rule as r


@settings(max_examples=300, deadline=None)
@given(rules(segments=("Silent", "长")))
def test_a_rule_written_and_read_again_is_the_same(rule):
    assert r.from_json(r.to_json(rule)) == rule
    assert r.read(json.dumps(r.to_json(rule))) == rule


@settings(max_examples=100, deadline=None)
@given(rules())
def test_every_part_of_a_rule_is_described_where_it_stands(rule):
    def found(part: r.Part) -> list[tuple[int, ...]]:
        return [part.path, *(path for inner in part.parts for path in found(inner))]

    paths = found(r.describe(rule))
    assert len(paths) == len(set(paths)) == len(list(r.walk(rule)))


@pytest.mark.parametrize("opening", ['{"not":', '{"all":[', '{"any":[', "["])
def test_a_rule_a_thousand_levels_deep_is_a_message(opening):
    closing = {"{": "}", "[": "]"}
    text = (
        opening * 1_000
        + '{"everyone": {}}'
        + "".join(closing[sign] for sign in reversed(opening * 1_000) if sign in "{[")
    )
    with pytest.raises(Invalid, match="more than 40 levels deep"):
        r.read(text)


def test_a_rule_a_thousand_levels_deep_is_a_message_as_plain_data_too():
    rule: dict = {"everyone": {}}
    for _ in range(100_000):
        rule = {"not": rule}
    with pytest.raises(Invalid, match="levels deep"):
        r.from_json(rule)


def test_a_rule_at_the_depth_that_is_allowed_is_read():
    rule: dict = {"everyone": {}}
    for _ in range(r.MAX_DEPTH - 1):
        rule = {"all": [rule]}
    assert r.read(json.dumps(rule))


def test_brackets_in_words_do_not_count_as_depth():
    assert r.read(json.dumps({"tag": {"name": "[{" * 90 + '"'}})) == r.Tagged("[{" * 90 + '"')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1, column 1"),
        ("[]", "is not a condition"),
        ('{"orderz": {}}', "Did you mean orders?"),
        ('{"all": {}}', "is not a list"),
        ('{"all": [{"recency": {"op": "at_least", "days": "x"}}]}', "all[1].recency.days"),
        ('{"orders": {"measure": "spend_minor", "op": "is", "value": 1}}', "Did you mean spent_minor?"),
        ('{"orders": {"measure": "orders", "op": "is"}}', "“value” is missing"),
        (
            '{"orders": {"measure": "orders", "op": "is", "value": 1, "within": 3}}',
            "Did you mean within_days?",
        ),
        ('{"orders": {"measure": "orders", "op": "between", "value": [3, 1]}}', "the smaller first"),
        ('{"orders": {"measure": "orders", "op": "is", "value": [1, 3]}}', "go with “between” only"),
        ('{"orders": {"measure": "orders", "op": "is", "value": 1.5}}', "is not a whole number"),
        ('{"orders": {"measure": "orders", "op": "is", "value": true}}', "is not a whole number"),
        ('{"orders": {"measure": "orders", "op": "is", "value": 1, "since": "2026-02-30"}}', "is not a date"),
        (
            '{"orders": {"measure": "orders", "op": "is", "value": 1, "since": "2026-02-02", "until": "2026-01-01"}}',
            "is after",
        ),
        ('{"bought": {}}', "neither product nor category"),
        ('{"bought": {"product": "a", "category": "b"}}', "Give one of the two"),
        ('{"silence": {"op": "at_least", "gaps": 1.25}}', "finer than a tenth"),
        ('{"silence": {"op": "at_least", "gaps": NaN}}', "is not a multiple"),
        ('{"attribute": {"name": "x", "op": "like", "value": "y"}}', "“like” is not known"),
        ('{"attribute": {"name": "x", "op": "known", "value": "y"}}', "no value is wanted"),
        ('{"attribute": {"name": "x", "op": "is", "value": {"a": 1}}}', "is not a text"),
        ('{"stage": {"one_of": ["loyl"]}}', "Did you mean loyal?"),
        ('{"stage": "loyal"}', "is not an object"),
        ('{"rfm": {"score": "r", "op": "is", "value": 6}}', "from 1 to 5"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place_and_a_way_out(text, words):
    with pytest.raises(Invalid) as refused:
        r.read(text)
    assert words in str(refused.value)


def test_too_many_parts_are_refused():
    with pytest.raises(Invalid, match="over 1000 parts"):
        r.from_json({"any": [{"referred": {}}] * 1_000})


def test_windows_meet_without_a_day_in_both():
    from datetime import date, timedelta

    today = date(2026, 3, 1)
    first, _ = r.Window(within_days=30).bounds(today)
    _, last = r.Window(older_than_days=30).bounds(today)
    assert first is not None
    assert first - last == timedelta(days=1)
    assert (today - first).days + 1 == 30


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"kind": "clicked", "name": "Viewed"}, "neither name nor properties"),
        ({"kind": "tracked", "property": "price"}, "go together"),
        ({"kind": "tracked", "op": "is", "value": 3}, "go together"),
        ({"kind": "tracked", "property": "price", "op": "at_least", "value": "red"}, "is or is not the text"),
        ({"kind": "tracked", "property": "a.b", "op": "is", "value": 3}, "not the name of a property"),
        ({"kind": "tracked", "property": "a' OR 1", "op": "is", "value": 3}, "not the name of a property"),
        ({"kind": "tracked", "property": "price", "op": "between", "value": 3}, "not known"),
        ({"kind": "tracked", "property": "price", "op": "is", "value": True}, "neither a number nor a text"),
        ({"kind": "tracked", "property": "price", "op": "is", "value": 1e300}, "neither a number nor a text"),
    ],
)
def test_what_cannot_be_asked_of_an_event_is_refused_in_words(event: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        r.from_json({"event": event})
