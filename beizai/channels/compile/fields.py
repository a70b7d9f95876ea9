"""What a template may say about a customer: the fields it can name, and the nearest one where a name is wrong."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from beizai.base.errors import Invalid, Phrase

CLICK, PIXEL = "_click", "_pixel"  # put in by the compiler, never written by people


@dataclass(frozen=True)
class Field:
    """One thing a template may name.

    `name` is dotted ("customer.first_name"); `constant` is its value where it is the same for everybody;
    `url` fields stand for a whole address and may be a link by themselves; `sensitive` ones (body, health,
    credit, children) are refused in a subject line, which others may read.
    """

    name: str
    label: str = ""
    sample: str = ""
    constant: str | None = None
    url: bool = False
    sensitive: bool = False


UNSUBSCRIBE = Field(
    "unsubscribe_url", "the link to unsubscribe", "https://shop.example/unsubscribe", url=True
)


PREFERENCES = Field(
    "preferences_url", "the link to choose what to receive", "https://shop.example/preferences", url=True
)


class Fields(Mapping[str, Field]):
    """The fields of one shop by name, always with `unsubscribe_url` and `preferences_url`."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields = {field.name: field for field in (*fields, UNSUBSCRIBE, PREFERENCES)}

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __iter__(self):  # type: ignore[no-untyped-def]  # the type is Mapping's
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def check(self, name: str, where: str) -> Field:
        """The field of this name, or Invalid with the names nearest to it."""
        if name in self._fields:
            return self._fields[name]
        raise Invalid(
            "{where} names the field “{name}”, which does not exist.",
            hint=self.hint_for(name),
            code="unknown_field",
            where=where,
            name=name,
        )

    def hint_for(self, name: str) -> str:
        """What to write instead of a name that is not a field."""
        near = difflib.get_close_matches(name, self._fields, n=3, cutoff=0.5)
        last = name.rsplit(".", 1)[-1]
        near += [known for known in self._fields if known.rsplit(".", 1)[-1] == last and known not in near]
        if not near:
            return Phrase("The fields are: {names}.", names=", ".join(sorted(self._fields)))
        if len(near) == 1:
            return Phrase("Did you mean {name}?", name=near[0])
        return Phrase("Did you mean one of {names}?", names=", ".join(near[:3]))

    def constants(self) -> dict[str, str]:
        """The values that are the same for everybody."""
        return {field.name: field.constant for field in self._fields.values() if field.constant is not None}

    def samples(self) -> dict[str, str]:
        """A value for every field, for a first look at a template."""
        return {
            f.name: f.constant if f.constant is not None else f.sample or f.label or f.name
            for f in self.values()
        }


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """Dotted names as the tree Liquid reads.

    >>> nested({"customer.name": "Ann", "unsubscribe_url": "u"})
    {'customer': {'name': 'Ann'}, 'unsubscribe_url': 'u'}
    """
    tree: dict[str, object] = {}
    for name, value in values.items():
        first, _, rest = name.partition(".")
        if rest:
            branch = tree.setdefault(first, {})
            assert isinstance(branch, dict)
            branch[rest] = value
        else:
            tree[first] = value
    return tree
