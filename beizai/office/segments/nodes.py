"""A rule while it is being put together: every field as it was typed, so that nothing is lost while it is not right yet.

A node is a group ("all", "any", "none") with parts, or a condition by its name in JSON with its fields as text. A form names
the fields of a node by its path: "r" is the whole, "r.0.1" the second part of its first part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from beizai.base import money
from beizai.segments.rule import MAX_DEPTH, AttributeKind, Vocabulary
from beizai.segments.rule.tree import TOLD_KINDS
from beizai.segments.rule.values import SET_OPS

GROUPS = ("all", "any", "none")
MONEY_MEASURES = ("spent_minor", "average_minor")
SEVERAL = ("one_of",)
WITH_WINDOW = ("orders", "bought", "never_bought", "event")
MOST_PARTS = 200
_A_CONDITION = "orders"


@dataclass(frozen=True)
class Node:
    """A part of the rule under construction."""

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    parts: tuple["Node", ...] = ()

    @property
    def is_group(self) -> bool:
        return self.kind in GROUPS

    def value(self, name: str) -> str:
        return self.values.get(name, "")


def new_condition() -> Node:
    """The condition a click on "Condition" puts in: complete, so that it counts at once."""
    return Node(
        _A_CONDITION,
        {"measure": "orders", "op": "at_least", "value": "1", "when": "within_days", "days": "365"},
    )


# ---- from what is typed


def from_post(post: Mapping[str, Any], path: str = "r", *, left: int = MOST_PARTS) -> Node:
    """The node a form describes (a `QueryDict`); a form that says nothing gives an empty group."""
    kind = str(post.get(f"{path}.kind", "all"))
    if kind in GROUPS:
        deep = path.count(".") >= MAX_DEPTH
        count = 0 if deep else min(_whole(str(post.get(f"{path}.n", "0"))) or 0, left)
        parts = tuple(from_post(post, f"{path}.{number}", left=left - count) for number in range(count))
        return Node(kind, {}, parts)
    prefix = f"{path}."
    names = (name[len(prefix) :] for name in post if name.startswith(prefix))
    values = {name: _typed(post, prefix + name, name) for name in names if "." not in name and name != "kind"}
    return Node(kind, values)


def _typed(post: Mapping[str, Any], key: str, name: str) -> str:
    if name in SEVERAL and hasattr(post, "getlist"):
        return ",".join(post.getlist(key))
    return str(post.get(key, "")).strip()


# ---- changes


def edited(root: Node, action: str) -> Node:
    """The rule after a button: "condition:PATH", "group:PATH", "remove:PATH"; anything else changes nothing."""
    verb, _, path = action.partition(":")
    places = [_whole(part) for part in path.split(".")[1:]]
    if path.split(".")[0] != "r" or any(place is None for place in places):
        return root
    match verb:
        case "condition":
            return _at(root, places, lambda node: replace(node, parts=(*node.parts, new_condition())))
        case "group":
            return _at(
                root,
                places,
                lambda node: replace(node, parts=(*node.parts, Node("any", {}, (new_condition(),)))),
            )
        case "remove" if places:
            *above, last = places
            return _at(root, above, lambda node: _without(node, last))
        case _:
            return root


def _at(node: Node, places: list[int | None], change: Callable[[Node], Node]) -> Node:
    if not places:
        return change(node) if node.is_group else node
    first, *rest = places
    if first is None or first >= len(node.parts):
        return node
    parts = list(node.parts)
    parts[first] = _at(parts[first], rest, change)
    return replace(node, parts=tuple(parts))


def _without(node: Node, place: int | None) -> Node:
    return replace(node, parts=tuple(part for number, part in enumerate(node.parts) if number != place))


# ---- to and from the rule's JSON


def from_json(found: Mapping[str, Any], words: Vocabulary, currency: str) -> Node:
    """A rule that was read before, as it stands in the builder; the whole is always a group."""
    node = _from_json(found, words, currency)
    return node if node.is_group else Node("all", {}, (node,))


def _from_json(found: Mapping[str, Any], words: Vocabulary, currency: str) -> Node:
    ((kind, body),) = found.items()
    if kind in ("all", "any"):
        return Node(kind, {}, tuple(_from_json(part, words, currency) for part in body))
    if kind == "not":
        inner = _from_json(body, words, currency)
        return Node("none", {}, inner.parts if inner.kind == "any" else (inner,))
    return Node(kind, _shown(kind, body, currency if _in_money(kind, body, words) else ""))


def _in_money(kind: str, body: Mapping[str, Any], words: Vocabulary) -> bool:
    if kind == "attribute":
        return words.attributes.get(str(body.get("name"))) is AttributeKind.MONEY
    return body.get("measure") in MONEY_MEASURES


def _shown(kind: str, body: Mapping[str, Any], currency: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in body.items():
        if name in ("since", "until"):
            values[name], values["when"] = str(value), "dates"
        elif name in ("within_days", "older_than_days"):
            values["days"], values["when"] = str(value), name
        elif name in ("value", "days") and isinstance(value, list) and body.get("op") == "between":
            values[name], values[f"{name}_to"] = (_text(one, currency) for one in value)
        elif isinstance(value, list):
            values[name] = ", ".join(map(str, value)) if kind == "attribute" else ",".join(value)
        else:
            values[name] = _text(value, currency if name == "value" else "")
    if kind == "event":
        values["kind_of"] = values.pop("kind", "")
    if kind in ("bought", "never_bought"):
        values["what"] = (
            "product" if body.get("product") else "category" if body.get("category") else "anything"
        )
    return values


def _text(value: Any, currency: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if currency and isinstance(value, int):
        return str(money.from_minor(value, currency))
    return str(value)


def to_json(node: Node, words: Vocabulary, currency: str) -> dict[str, Any]:
    """The node as a rule's JSON. What cannot be a number stays text: reading the rule refuses it with its place."""
    if node.kind == "none":
        return {"not": {"any": [to_json(part, words, currency) for part in node.parts]}}
    if node.is_group:
        return {node.kind: [to_json(part, words, currency) for part in node.parts]}
    return {node.kind: _body(node, words, currency)}


def _body(node: Node, words: Vocabulary, currency: str) -> dict[str, Any]:
    body: dict[str, Any]
    match node.kind:
        case "orders":
            in_money = node.value("measure") in MONEY_MEASURES
            body = {
                "measure": node.value("measure"),
                **_compared(node, lambda text: _number(text, currency if in_money else "")),
            }
        case "bought" | "never_bought":
            body = (
                {node.value("what"): node.value(node.value("what"))}
                if node.value("what") in ("product", "category")
                else {}
            )
            body |= {"at_least": _number(node.value("at_least") or "1")} if node.kind == "bought" else {}
        case "recency":
            body = _compared(node, _number, "days")
        case "silence":
            body = {"op": node.value("op"), "gaps": _decimal(node.value("gaps"))}
        case "stage" | "type" | "tier":
            body = {"one_of": _list(node.value("one_of"))}
        case "rfm":
            body = {"score": node.value("score"), **_compared(node, _number)}
        case "brought":
            body = _compared(node, _number)
        case "attribute":
            body = _attribute(node, words, currency)
        case "event":
            body = _event(node)
        case _:
            body = {
                name: value for name, value in node.values.items() if name in ("name", "channel", "purpose")
            }
    return body | (_window(node) if node.kind in WITH_WINDOW else {})


def _compared(node: Node, read: Callable[[str], Any], name: str = "value") -> dict[str, Any]:
    op = node.value("op") or "at_least"
    value = read(node.value(name))
    return {"op": op, name: [value, read(node.value(f"{name}_to"))] if op == "between" else value}


def _event(node: Node) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": node.value("kind_of"),
        "at_least": _number(node.value("at_least") or "1"),
    }
    if body["kind"] not in TOLD_KINDS:
        return (
            body | {"campaign_id": _number(node.value("campaign_id"))} if node.value("campaign_id") else body
        )
    body |= {"name": node.value("name")} if node.value("name") else {}
    return body | (_property(node) if node.value("property") else {})


def _property(node: Node) -> dict[str, Any]:
    """One property of an event: what can be a number is compared as one."""
    typed, op = node.value("value"), node.value("op") or "is"
    return {"property": node.value("property"), "op": op, "value": _decimal(typed) if typed else ""}


def _attribute(node: Node, words: Vocabulary, currency: str) -> dict[str, Any]:
    name, op, given = node.value("name"), node.value("op"), node.value("value")
    body: dict[str, Any] = {"name": name, "op": op}
    kind = words.attributes.get(name)
    if op in ("known", "not_known"):
        return body
    if op in ("before", "after", "on"):
        return body | {"value": given}
    if op.endswith("_days"):
        return body | {"value": _number(given)}
    if op in ("one_of", "none_of", *SET_OPS):
        return body | {"value": _list(given)}
    read = _reader(kind, currency)
    return body | {"value": [read(given), read(node.value("value_to"))] if op == "between" else read(given)}


def _reader(kind: AttributeKind | None, currency: str) -> Callable[[str], Any]:
    match kind:
        case AttributeKind.BOOLEAN:
            return lambda text: {"yes": True, "no": False}.get(text, text)
        case AttributeKind.NUMBER:
            return _decimal
        case AttributeKind.MONEY:
            return lambda text: _number(text, currency)
        case _:
            return lambda text: text


def _window(node: Node) -> dict[str, Any]:
    match node.value("when"):
        case ("within_days" | "older_than_days") as when:
            return {when: _number(node.value("days"))}
        case "dates":
            return {name: node.value(name) for name in ("since", "until") if node.value(name)}
        case _:
            return {}


def _list(text: str) -> list[str]:
    return [word for word in (part.strip() for part in text.replace("，", ",").split(",")) if word]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _number(text: str, currency: str = "") -> int | str:
    """A whole number, or an amount in minor units; anything else stays the text it is."""
    try:
        value = Decimal(text.replace(" ", "").replace(",", "."))
        value = value.scaleb(money.minor_digits(currency)) if currency else value
        return (
            int(value)
            if value.is_finite() and value == value.to_integral_value() and abs(value) < 10**15
            else text
        )
    except InvalidOperation:
        return text


def _decimal(text: str) -> int | float | str:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    return int(value) if value == value.to_integral_value() else float(value)
