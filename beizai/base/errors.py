"""What can go wrong, said so that the reader knows what to do.

BeizaiError
├── NotFound      what was asked for is not in the book
├── Invalid       what was given cannot be right
├── Forbidden     it may not be done (by this person, or at all)
└── Unavailable   something outside does not answer; trying later may help

A refusal is a template and its values, so that a face can say it in the reader's language:

    raise Invalid("There is no segment “{name}”.", name=name, hint="There are: {names}.", names=", ".join(names))

Without values the text is taken as it stands, braces and all.
A part that is chosen elsewhere is a Phrase: hint=Phrase("Did you mean “{name}”?", name=name).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any


class Phrase(str):
    """A text that remembers its template and values: itself in English, and a face can say it in another language.

    A value may be a phrase again; a phrase for a template stays as it is. Without values the template is
    taken as it stands, braces and all.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> "Phrase":
        if isinstance(template, Phrase):
            return template
        phrase = super().__new__(cls, filled(template, values))
        phrase.template, phrase.values = template, values
        return phrase

    def as_data(self) -> dict[str, object]:
        """What may be kept as JSON and be a phrase again: numbers and texts stay, other values become texts."""
        values = {name: _as_data(value) for name, value in self.values.items()}
        return {"template": self.template, "values": values}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Phrase":
        """The phrase that was kept."""
        values = {
            name: cls.from_data(value) if isinstance(value, dict) else value
            for name, value in data["values"].items()
        }
        return cls(data["template"], **values)


def _as_data(value: object) -> object:
    if isinstance(value, Phrase):
        return value.as_data()
    return value if isinstance(value, str | int | float | None) else str(value)


class BeizaiError(Exception):
    """Any refusal of Beizai: a message that shows the wrong value, and a hint that says what to do.

    `message` and `hint` are the English texts; `phrase` and `hint_phrase` are what a face translates.
    """

    def __init__(self, message: str, /, *, hint: str = "", code: str = "", **values: object) -> None:
        self.phrase = Phrase(message, **values)
        self.hint_phrase = Phrase(hint, **values)
        self.message, self.hint = str(self.phrase), str(self.hint_phrase)
        self.code = code
        self.values = values
        super().__init__(self.message)

    @property
    def template(self) -> str:
        """The message before it was filled."""
        return self.phrase.template

    @property
    def hint_template(self) -> str:
        """The hint before it was filled."""
        return self.hint_phrase.template

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class NotFound(BeizaiError):
    """What was asked for is not in the book."""


class Invalid(BeizaiError):
    """What was given cannot be right: a value, a file, a rule, a template."""


class Forbidden(BeizaiError):
    """It may not be done, by this person or at all."""


class Unavailable(BeizaiError):
    """Something outside does not answer now; trying later may help."""


def plainly(value: object, form: str = "") -> str:
    """A value as English writes it; a form that does not fit it is left aside."""
    try:
        return format(value, form)
    except (TypeError, ValueError):
        return str(value)


def filled(
    template: str, values: Mapping[str, object], worded: Callable[[object, str], str] = plainly
) -> str:
    """The template with its values, each put in once: a value's own braces stay, a missing one leaves its name."""
    if not values:
        return template

    def put(place: re.Match[str]) -> str:
        name, form = place["name"], place["form"] or ""
        if not name:
            return place[0][0]
        return worded(values[name], form) if name in values else place[0]

    return _PLACES.sub(put, template)


_PLACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^\W\d]\w*)(?::(?P<form>[^{}]*))?\}")
