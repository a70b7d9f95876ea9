"""The builder as a template draws it: groups, conditions and their fields, each named by its path."""

from dataclasses import dataclass

from beizai.office.segments import sentences
from beizai.office.segments.book import Book
from beizai.office.segments.controls import Control, Option, controls
from beizai.office.segments.nodes import GROUPS, Node


@dataclass(frozen=True)
class ShownControl:
    """A field with the name and id it has in the form."""

    control: Control
    name: str


@dataclass(frozen=True)
class ShownPart:
    """A group or a condition, ready to be drawn."""

    path: str
    kind: str
    css: str
    is_group: bool
    kinds: tuple[tuple[str, tuple[Option, ...]], ...]
    controls: tuple[ShownControl, ...]
    parts: tuple["ShownPart", ...]
    why: str = ""


def shown(node: Node, book: Book, path: str = "r") -> ShownPart:
    """The node and everything in it."""
    return ShownPart(
        path=path,
        kind=node.kind,
        css={"none": "not"}.get(node.kind, node.kind),
        is_group=node.is_group,
        kinds=_group_kinds(node.kind) if node.is_group else _kinds(node.kind),
        controls=tuple(ShownControl(one, f"{path}.{one.name}") for one in controls(node, book)),
        parts=tuple(shown(part, book, f"{path}.{number}") for number, part in enumerate(node.parts)),
        why=sentences.note(node.kind),
    )


def _group_kinds(chosen: str) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    return (("", tuple(Option(kind, sentences.group(kind), kind == chosen) for kind in GROUPS)),)


def _kinds(chosen: str) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    return tuple(
        (name, tuple(Option(kind, words, kind == chosen) for kind, words in kinds))
        for name, kinds in sentences.kinds()
    )
