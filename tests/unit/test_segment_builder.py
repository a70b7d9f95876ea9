"""The rule builder: what is typed becomes the rule, and a rule opened again is the same rule."""

from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beizai.office.segments import nodes
from beizai.office.segments.nodes import Node, edited, from_json, from_post, to_json
from beizai.segments import rule
from beizai.segments.rule import AttributeKind, Vocabulary

WORDS = Vocabulary(
    attributes={
        "country": AttributeKind.TEXT,
        "shoe": AttributeKind.NUMBER,
        "owes": AttributeKind.MONEY,
        "member": AttributeKind.BOOLEAN,
        "birthday_on": AttributeKind.DATE,
    }
)
CONDITIONS = [
    {"everyone": {}},
    {"orders": {"measure": "spent_minor", "op": "at_least", "value": 10050, "within_days": 365}},
    {
        "orders": {
            "measure": "orders",
            "op": "between",
            "value": [2, 5],
            "since": "2026-01-01",
            "until": "2026-03-01",
        }
    },
    {"bought": {"category": "Tea / Green", "at_least": 2, "older_than_days": 30}},
    {"bought": {"product": "4711", "at_least": 1}},
    {"never_bought": {}},
    {"never_bought": {"category": "Tea", "within_days": 90}},
    {"recency": {"op": "more_than", "days": 60}},
    {"silence": {"op": "at_least", "gaps": 1.5}},
    {"stage": {"one_of": ["loyal", "target"]}},
    {"tier": {"one_of": ["key_account"]}},
    {"rfm": {"score": "r", "op": "at_most", "value": 2}},
    {"may_contact": {"channel": "email", "purpose": "marketing"}},
    {"segment": {"name": "Regulars"}},
    {"tag": {"name": "vip"}},
    {"source": {"name": "Till"}},
    {"referred": {}},
    {"brought": {"op": "at_least", "value": 2}},
    {"event": {"kind": "clicked", "at_least": 1, "campaign_id": 3, "within_days": 30}},
    {"event": {"kind": "tracked", "at_least": 2, "name": "Product viewed", "older_than_days": 3}},
    {"event": {"kind": "tracked", "at_least": 1, "property": "price", "op": "at_least", "value": 12.5}},
    {
        "event": {
            "kind": "visited",
            "at_least": 1,
            "name": "Shoes",
            "property": "colour",
            "op": "is_not",
            "value": "red",
        }
    },
    {"attribute": {"name": "country", "op": "one_of", "value": ["FR", "DE"]}},
    {"attribute": {"name": "shoe", "op": "between", "value": [38, 41.5]}},
    {"attribute": {"name": "owes", "op": "at_least", "value": 1250}},
    {"attribute": {"name": "member", "op": "is", "value": True}},
    {"attribute": {"name": "birthday_on", "op": "anniversary_within_days", "value": 14}},
    {"attribute": {"name": "birthday_on", "op": "before", "value": "1990-01-01"}},
    {"attribute": {"name": "country", "op": "not_known"}},
]
TREES = st.recursive(
    st.sampled_from(CONDITIONS),
    lambda inner: st.lists(inner, max_size=3).flatmap(
        lambda parts: st.sampled_from([{"all": parts}, {"any": parts}, {"not": {"any": parts}}])
    ),
    max_leaves=8,
)


def posted(node: Node, path: str = "r") -> QueryDict:
    """The form of a node, as a browser sends it."""
    form = QueryDict(mutable=True)
    form[f"{path}.kind"] = node.kind
    if node.is_group:
        form[f"{path}.n"] = str(len(node.parts))
    for name, value in node.values.items():
        form.setlist(f"{path}.{name}", value.split(",") if name == "one_of" else [value])
    for number, part in enumerate(node.parts):
        form.update(posted(part, f"{path}.{number}"))
    return form


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_a_rule_opened_in_the_builder_and_saved_is_the_same_rule(found):
    node = from_json(found, WORDS, "EUR")
    again = to_json(from_post(posted(node)), WORDS, "EUR")
    whole = found if set(found) & {"all", "any", "not"} else {"all": [found]}
    assert rule.from_json(again) == rule.from_json(whole)


def test_money_is_typed_in_units_and_kept_in_minor_units():
    node = Node("orders", {"measure": "spent_minor", "op": "at_least", "value": "100,50"})
    assert to_json(node, WORDS, "EUR")["orders"]["value"] == 10050
    assert to_json(node, WORDS, "JPY")["orders"]["value"] == "100,50"


def test_what_is_no_number_is_kept_as_typed_so_that_the_reader_refuses_it():
    node = Node("recency", {"op": "at_least", "days": "soon"})
    assert to_json(node, WORDS, "EUR") == {"recency": {"op": "at_least", "days": "soon"}}


def test_a_condition_can_be_added_and_taken_out_anywhere():
    root = edited(edited(Node("all"), "condition:r"), "group:r")
    assert [part.kind for part in root.parts] == ["orders", "any"]
    deeper = edited(root, "condition:r.1")
    assert len(deeper.parts[1].parts) == 2
    assert edited(deeper, "remove:r.0").parts == deeper.parts[1:]


def test_a_button_that_leads_nowhere_changes_nothing():
    root = edited(Node("all"), "condition:r")
    for action in ("condition:r.9", "remove:r", "remove:x.1", "condition:r.0", "nonsense", "remove:r.a"):
        assert edited(root, action) == root


def test_a_form_of_a_thousand_levels_is_cut_and_not_a_crash():
    form = QueryDict(mutable=True)
    path = "r"
    for _level in range(1_000):
        form[f"{path}.kind"], form[f"{path}.n"] = "all", "1"
        path += ".0"
    node = from_post(form)
    for _level in range(nodes.MAX_DEPTH):
        node = node.parts[0]
    assert not node.parts
