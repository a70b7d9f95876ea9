"""A page of a form as its template shows it: every question in the customer's language, with what was typed and what is wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from beizai.forms.answering import Problem, field
from beizai.forms.definition import Ask, Definition, Question, said


@dataclass(frozen=True)
class Shown:
    """One option, box or point of a scale: its value, its words, whether it is chosen, whether it is full."""

    value: str
    text: str
    chosen: bool = False
    full: bool = False


@dataclass(frozen=True)
class Part:
    """One field of a contact question."""

    name: str
    kind: str
    label: str
    fill: str
    value: str
    needed: bool


@dataclass(frozen=True)
class Asked:
    """One question, ready to be shown."""

    key: str
    field: str
    ask: str
    text: str
    help: str
    required: bool
    low_text: str
    high_text: str
    value: Any
    options: Sequence[Shown]
    parts: Sequence[Part]
    problem: str
    longest: int


def asked(
    form: Definition,
    questions: Sequence[Question],
    language: str,
    *,
    values: Mapping[str, Any],
    problems: Mapping[str, Problem],
    full: Collection[str] = (),
) -> list[Asked]:
    """The questions of a page."""
    first = form.languages[0]
    return [
        Asked(
            key=one.key,
            field=field(one.key),
            ask=one.ask.value,
            text=said(one.text, language, first),
            help=said(one.help, language, first),
            required=one.required,
            low_text=said(one.low_text, language, first),
            high_text=said(one.high_text, language, first),
            value="" if values.get(one.key) is None else values[one.key],
            options=_options(one, language, first, values.get(one.key), full),
            parts=_parts(one, values.get(one.key)),
            problem=said_of(problems[one.key]) if one.key in problems else "",
            longest=one.longest,
        )
        for one in questions
    ]


def _options(question: Question, language: str, first: str, value: Any, full: Collection[str]) -> list[Shown]:
    chosen = {str(one) for one in (value if isinstance(value, list) else [value])}
    if question.ask in (Ask.SCALE, Ask.NPS):
        low, high = (0, 10) if question.ask is Ask.NPS else (question.low, question.high)
        return [Shown(str(point), str(point), str(point) in chosen) for point in range(low, high + 1)]
    return [
        Shown(
            option.key,
            said(option.text, language, first),
            option.key in chosen,
            f"{question.key}:{option.key}" in full,
        )
        for option in question.options
    ]


_KINDS = {"name": "text", "email": "email", "phone": "tel", "address": "textarea"}
_FILL = {"name": "name", "email": "email", "phone": "tel", "address": "street-address"}


def _parts(question: Question, value: Any) -> list[Part]:
    given = value if isinstance(value, Mapping) else {}
    labels = part_names()
    return [
        Part(
            field(question.key, part),
            _KINDS[part],
            labels[part],
            _FILL[part],
            given.get(part, ""),
            part in question.needs,
        )
        for part in question.parts
    ]


def part_names() -> dict[str, str]:
    """What a contact question asks for."""
    return {"name": _("Name"), "email": _("Email"), "phone": _("Phone"), "address": _("Postal address")}


def said_of(problem: Problem) -> str:
    """What is wrong with an answer, and what to do."""
    words = {
        "required": _("Please answer this."),
        "not_offered": _("Please choose one of the answers."),
        "too_long": _("This is too long: at most %(most)s characters.") % {"most": problem.value},
        "not_a_number": _("Please write a number, with digits."),
        "not_a_date": _("Please choose a date."),
        "not_email": _("This is not an email address. Please check it."),
        "not_phone": _("This is not a phone number. Please write it with its country code."),
        "not_a_photo": _("This file is not a picture. Please send a JPEG, PNG, WebP or GIF."),
        "photo_large": _("The photo is larger than 10 MB. Please send a smaller one."),
        "too_fast": _("That was very quick. Please look at it once more and send it again."),
    }
    if problem.code == "needs":
        return _("Please fill in: %(part)s.") % {"part": part_names().get(problem.value, problem.value)}
    return words.get(problem.code, _("Please check this answer."))
