"""A rule taken apart for the eye: the faces put words to each part in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any as Anything

from beizai.segments.rule import tree
from beizai.segments.rule.reading import to_json
from beizai.segments.rule.tree import Rule

Path = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One part of a rule: its kind ("all", "any", "not", or a condition's name in JSON), its fields, and the parts in it.

    `path` leads to it from the whole: (0, 2) is the third part of the first part.
    """

    kind: str
    values: Mapping[str, Anything]
    parts: tuple["Part", ...]
    path: Path


def describe(rule: Rule, path: Path = ()) -> Part:
    """The rule as parts.

    >>> describe(tree.Not(tree.Tagged("vip"))).parts[0].values
    {'name': 'vip'}
    """
    inner = tuple(describe(part, (*path, number)) for number, part in enumerate(tree.parts(rule)))
    ((kind, body),) = to_json(rule).items()
    return Part(kind, {} if inner or kind in ("all", "any") else body, inner, path)
