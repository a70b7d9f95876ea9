"""A rule from JSON and back. What is not understood is refused, with its place and the nearest known word.

A node is an object with one key: {"all": [...]}, {"any": [...]}, {"not": {...}}, or a condition such as
{"orders": {"measure": "spent_minor", "op": "at_least", "value": 10000, "within_days": 365}}.
The depth is measured before anything is read, so a rule a thousand levels deep is a message and not a crash.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import date
from typing import Any as Anything

from beizai.base.errors import Invalid
from beizai.segments.rule import tree, values
from beizai.segments.rule.tree import ALWAYS, Rule, Window
from beizai.segments.rule.values import MAX_DAYS, Reader, near, shown
from beizai.value.labels import SCALES

MAX_DEPTH = 40
MAX_PARTS = 1_000
MAX_TEXT = 1_000_000
MAX_BRACKETS = 3 * MAX_DEPTH  # a level of the rule is at most an object, a list and an object in it

_WINDOW: Mapping[str, Reader] = {
    "within_days": values.whole(1, MAX_DAYS),
    "older_than_days": values.whole(0, MAX_DAYS),
    "since": values.day,
    "until": values.day,
}
_COUNT = values.whole_or_pair(0, 1_000_000)
_DAYS = values.whole_or_pair(0, MAX_DAYS)
_COMPARED = values.word(values.COMPARISONS)
_GOODS: Mapping[str, Reader] = {"product": values.text, "category": values.text}

CONDITIONS: Mapping[str, tuple[type, Mapping[str, Reader]]] = {
    "everyone": (tree.Everyone, {}),
    "attribute": (tree.Attribute, {"name": values.text, "op": values.word(values.ATTRIBUTE_OPS)}),
    "orders": (
        tree.Orders,
        {"measure": values.word(values.MEASURES), "op": _COMPARED, "value": values.whole_or_pair()},
    ),
    "bought": (tree.Bought, {**_GOODS, "at_least": values.whole(1, 1_000_000)}),
    "never_bought": (tree.NeverBought, _GOODS),
    "recency": (tree.Recency, {"op": _COMPARED, "days": _DAYS}),
    "silence": (
        tree.Silence,
        {"op": values.word(("at_least", "at_most", "more_than", "less_than")), "gaps": values.tenths},
    ),
    "stage": (tree.Labelled, {}),
    "type": (tree.Labelled, {}),
    "tier": (tree.Labelled, {}),
    "rfm": (
        tree.Scored,
        {"score": values.word(values.SCORES), "op": _COMPARED, "value": values.whole_or_pair(1, 5)},
    ),
    "may_contact": (tree.MayContact, {"channel": values.text, "purpose": values.text}),
    "segment": (tree.Member, {"name": values.text}),
    "tag": (tree.Tagged, {"name": values.text}),
    "source": (tree.From, {"name": values.text}),
    "referred": (tree.Referred, {}),
    "brought": (tree.Brought, {"op": _COMPARED, "value": _COUNT}),
    "event": (
        tree.Happened,
        {
            "kind": values.text,
            "at_least": values.whole(1, 1_000_000),
            "campaign_id": values.whole(1),
            "name": values.text,
            "property": values.identifier,
            "op": values.word(values.ONE_VALUE),
            "value": values.number_or_text,
        },
    ),
}
"""Each condition by its name in JSON: what it becomes, and how its fields are read."""

_FIELD_OF = {  # where the name in JSON is not the name of the field
    ("silence", "gaps"): "gap_tenths",
    ("segment", "name"): "segment",
    ("event", "property"): "detail",
    ("tag", "name"): "tag",
    ("source", "name"): "source",
}
_NAME_OF = {made: name for name, (made, _) in CONDITIONS.items() if made is not tree.Labelled}
GROUPS = ("all", "any", "not")


def read(text: str) -> Rule:
    """A rule from its JSON text; Invalid with the place where it cannot be understood."""
    if len(text) > MAX_TEXT:
        raise Invalid(
            "The rule is {length} characters long.",
            hint="At most {limit} are read.",
            length=len(text),
            limit=MAX_TEXT,
        )
    _refuse_deep_text(text)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise Invalid(
            "The rule is not JSON: line {line}, column {column}: {reason}.",
            hint='A rule looks like {{"all": [{{"recency": {{"op": "at_least", "days": 60}}}}]}}.',
            line=error.lineno,
            column=error.colno,
            reason=error.msg,
        ) from None
    return from_json(found)


def from_json(found: object) -> Rule:
    """A rule from plain data (what `json.loads` gives)."""
    _refuse_deep(found)
    return _node(found, "rule")


def to_json(rule: Rule) -> dict[str, Anything]:
    """The rule as plain data, from which `from_json` makes an equal one."""
    match rule:
        case tree.All(parts):
            return {"all": [to_json(part) for part in parts]}
        case tree.Any(parts):
            return {"any": [to_json(part) for part in parts]}
        case tree.Not(part):
            return {"not": to_json(part)}
        case tree.Labelled(kind, codes):
            return {kind: {"one_of": list(codes)}}
        case _:
            return {_NAME_OF[type(rule)]: dict(_written(rule))}


def _written(rule: Rule) -> Iterator[tuple[str, Anything]]:
    name = _NAME_OF[type(rule)]
    json_of = {field: said for (of, said), field in _FIELD_OF.items() if of == name}
    for field in fields(rule):
        value = getattr(rule, field.name)
        if isinstance(value, Window):
            yield from (
                (part.name, _plain(getattr(value, part.name)))
                for part in fields(value)
                if getattr(value, part.name) is not None
            )
        elif field.name == "gap_tenths":
            yield "gaps", value // 10 if value % 10 == 0 else value / 10
        elif value is not None:
            yield json_of.get(field.name, field.name), _plain(value)


def _plain(value: object) -> Anything:
    if isinstance(value, date):
        return value.isoformat()
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def _refuse_deep_text(text: str) -> None:
    """Counts brackets outside of quotes, so that no JSON reader is led into the depth."""
    depth = deepest = 0
    quoted = escaped = False
    for sign in text:
        if quoted:
            quoted, escaped = escaped or sign != '"', not escaped and sign == "\\"
        elif sign == '"':
            quoted = True
        elif sign in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "}]":
            depth -= 1
    if deepest > MAX_BRACKETS:
        raise _too_deep(deepest)


def _refuse_deep(found: object) -> None:
    """Measures the rule level by level, without recursion."""
    level, depth, parts = [found], 0, 0
    while level:
        depth += 1
        parts += len(level)
        if depth > MAX_DEPTH:
            raise _too_deep(depth)
        if parts > MAX_PARTS:
            raise Invalid(
                "The rule has over {limit} parts.",
                hint="Save parts of it as segments and name those.",
                limit=MAX_PARTS,
            )
        level = [inner for node in level for inner in _inner(node)]


def _inner(node: object) -> Iterator[object]:
    if isinstance(node, dict):
        for name in ("all", "any"):
            if isinstance(node.get(name), list):
                yield from node[name]
        if "not" in node:
            yield node["not"]


def _too_deep(depth: int) -> Invalid:
    return Invalid(
        "The rule is more than {limit} levels deep (found at level {depth}).",
        hint="Save the inner parts as segments of their own and name them in the rule.",
        limit=MAX_DEPTH,
        depth=depth,
    )


def _node(found: object, place: str) -> Rule:
    if not isinstance(found, dict) or len(found) != 1:
        raise Invalid(
            "{place}: “{found}” is not a condition.",
            hint='A condition is an object with one key, such as {{"recency": {{"op": "at_least", "days": 60}}}}.',
            place=place,
            found=shown(found),
        )
    ((name, body),) = found.items()
    here = name if place == "rule" else f"{place}.{name}"
    if name == "not":
        return tree.Not(_node(body, here))
    if name in ("all", "any"):
        return (tree.All if name == "all" else tree.Any)(_parts(body, here))
    return _condition(name, body, here)


def _parts(body: object, place: str) -> tuple[Rule, ...]:
    if not isinstance(body, list):
        raise Invalid(
            "{place}: “{body}” is not a list of conditions.", hint="Use [ … ].", place=place, body=shown(body)
        )
    return tuple(_node(entry, f"{place}[{number}]") for number, entry in enumerate(body, 1))


def _condition(name: str, body: object, place: str) -> Rule:
    if name not in CONDITIONS:
        raise Invalid(
            "{place}: “{name}” is not a known condition.",
            hint=near(name, (*CONDITIONS, *GROUPS)),
            place=place,
            name=shown(name),
        )
    if not isinstance(body, dict):
        raise Invalid(
            "{place}: “{body}” is not an object.",
            hint='Write {{"{name}": {{…}}}}.',
            place=place,
            body=shown(body),
            name=name,
        )
    made, readers = CONDITIONS[name]
    if made is tree.Labelled:
        return _labelled(name, body, place)
    given = _given(name, made, readers, body, place)
    missing = [field.name for field in fields(made) if field.default is MISSING and field.name not in given]
    if missing:
        raise Invalid(
            "{place}: “{name}” is missing.",
            hint="It takes {fields}.",
            place=place,
            name=missing[0],
            fields=", ".join(_takes(made, readers)),
        )
    _refuse_odd(name, given, place)
    rule: Rule = made(**given)
    return rule


def _takes(made: type, readers: Mapping[str, Reader]) -> tuple[str, ...]:
    windowed = any(field.name == "window" for field in fields(made))
    return (*readers, *(("value",) if made is tree.Attribute else ()), *(_WINDOW if windowed else ()))


def _given(
    name: str, made: type, readers: Mapping[str, Reader], body: Mapping[str, object], place: str
) -> dict[str, Anything]:
    takes = _takes(made, readers)
    for key in body:
        if key not in takes:
            raise Invalid(
                "{place}: “{key}” is not known here.", hint=near(str(key), takes), place=place, key=shown(key)
            )
    given: dict[str, Anything] = {
        _FIELD_OF.get((name, key), key): reader(body[key], f"{place}.{key}")
        for key, reader in readers.items()
        if body.get(key) is not None
    }
    if made is tree.Attribute and "op" in given:
        given["value"] = values.attribute_value(given["op"], body.get("value"), f"{place}.value")
    window = {key: _WINDOW[key](body[key], f"{place}.{key}") for key in _WINDOW if body.get(key) is not None}
    if window:
        given["window"] = Window(**window)  # type: ignore[arg-type]
    return given


def _refuse_odd(name: str, given: Mapping[str, Anything], place: str) -> None:
    """What each field allows alone but not together."""
    value = given.get("value", given.get("days"))
    if given.get("op") == "between":
        values.pair(value, place)
    elif isinstance(value, tuple) and given.get("op") not in ("one_of", "none_of", *values.SET_OPS):
        raise Invalid("{place}: two values go with “between” only.", hint="Give one number.", place=place)
    if given.get("product") and given.get("category"):
        raise Invalid(
            "{place}: both a product and a category are given.", hint="Give one of the two.", place=place
        )
    if name == "bought" and not (given.get("product") or given.get("category")):
        raise Invalid(
            "{place}: neither product nor category is given.",
            hint="For any purchase use “orders”.",
            place=place,
        )
    if name == "event":
        _refuse_odd_event(given, place)
    window = given.get("window", ALWAYS)
    if window.since and window.until and window.since > window.until:
        raise Invalid(
            "{place}: since {since} is after until {until}.",
            hint="Swap the two.",
            place=place,
            since=window.since,
            until=window.until,
        )


def _refuse_odd_event(given: Mapping[str, Anything], place: str) -> None:
    compared = [given.get(part) is not None for part in ("detail", "op", "value")]
    if any(compared) and not all(compared):
        raise Invalid(
            "{place}: property, op and value go together.", hint="Give all three, or none.", place=place
        )
    if (given.get("name") or any(compared)) and given["kind"] not in tree.TOLD_KINDS:
        raise Invalid(
            "{place}: “{kind}” has neither name nor properties.",
            hint="These have: {kinds}.",
            place=place,
            kind=given["kind"],
            kinds=", ".join(tree.TOLD_KINDS),
        )
    if isinstance(given.get("value"), str) and given["op"] not in ("is", "is_not"):
        raise Invalid("{place}: a text is or is not the text.", hint="Use is or is_not.", place=place)


def _labelled(name: str, body: Mapping[str, object], place: str) -> Rule:
    if set(body) != {"one_of"}:
        raise Invalid(
            "{place}: “one_of” with a list is wanted.",
            hint='Write {{"{name}": {{"one_of": [ … ]}}}}.',
            place=place,
            name=name,
        )
    codes = values.words(SCALES[name].codes)(body["one_of"], f"{place}.one_of")
    return tree.Labelled(name, codes)  # type: ignore[arg-type]
