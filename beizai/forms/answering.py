"""Reading what was typed: each answer checked by its question, so that nothing comes in that was never offered."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from beizai.base.contact_points import normal_email, normal_phone
from beizai.base.errors import Invalid
from beizai.forms.definition import Ask, Question

Given = Mapping[str, Sequence[str]]
"""The fields of a page as they were sent: names and their values."""

_LONGEST_PART = {"name": 200, "email": 254, "phone": 40, "address": 500}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Problem:
    """Why an answer cannot be taken, by code, with the limit it passed."""

    code: str
    value: str = ""


def field(key: str, part: str = "") -> str:
    """The name of a question's field on the page.

    >>> field("who", "email")
    'q.who.email'
    """
    return f"q.{key}.{part}" if part else f"q.{key}"


def read_answer(
    question: Question, given: Given, *, country: str = "", known: bool = False
) -> tuple[Any, Problem | None]:
    """The value of one question (None: left empty) and what is wrong with it. Photos are read by who keeps them.

    `known`: a signed link says who answers, so that no part of a contact question must be given.
    """
    if question.ask is Ask.CONTACT:
        return _contact(question, given, country, known)
    texts = [_clean(text) for text in given.get(field(question.key), ())]
    texts = [text for text in texts if text]
    if question.ask is Ask.CONSENT:
        ticked = "yes" in texts
        return ticked, Problem("required") if question.required and not ticked else None
    if not texts:
        return None, Problem("required") if question.required else None
    return _READERS[question.ask](question, texts)


def read_page(
    questions: Sequence[Question], given: Given, *, country: str = "", known: bool = False
) -> tuple[dict[str, Any], dict[str, Problem]]:
    """The values and the problems of a page, photos left out."""
    values: dict[str, Any] = {}
    problems: dict[str, Problem] = {}
    for question in questions:
        if question.ask is Ask.PHOTO:
            continue
        value, problem = read_answer(question, given, country=country, known=known)
        values[question.key] = value
        if problem is not None:
            problems[question.key] = problem
    return values, problems


def _clean(text: str) -> str:
    return _CONTROL.sub("", text).replace("\r\n", "\n").strip()


def _choice(question: Question, texts: Sequence[str]) -> tuple[Any, Problem | None]:
    offered = {option.key for option in question.options}
    return (texts[0], None) if texts[0] in offered else (None, Problem("not_offered"))


def _many(question: Question, texts: Sequence[str]) -> tuple[Any, Problem | None]:
    if set(texts) - {option.key for option in question.options}:
        return None, Problem("not_offered")
    return [option.key for option in question.options if option.key in texts], None


def _scale(question: Question, texts: Sequence[str]) -> tuple[Any, Problem | None]:
    low, high = (0, 10) if question.ask is Ask.NPS else (question.low, question.high)
    if not re.fullmatch(r"\d{1,3}", texts[0]) or not low <= int(texts[0]) <= high:
        return None, Problem("not_offered")
    return int(texts[0]), None


def _text(question: Question, texts: Sequence[str]) -> tuple[Any, Problem | None]:
    longest = min(question.longest, 10_000)
    return (texts[0], None) if len(texts[0]) <= longest else (texts[0], Problem("too_long", str(longest)))


def _number(question: Question, texts: Sequence[str]) -> tuple[Any, Problem | None]:
    plain = re.sub(r"[\s\u00a0\u202f']", "", texts[0]).replace("\u2212", "-").replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,6})?", plain, re.ASCII):
        return texts[0][:40], Problem("not_a_number")
    value = float(plain)
    return (int(value) if value == math.floor(value) else value), None


def _date(question: Question, texts: Sequence[str]) -> tuple[Any, Problem | None]:
    try:
        found = date.fromisoformat(texts[0])
    except ValueError:
        return texts[0][:40], Problem("not_a_date")
    return found.isoformat(), None if 1880 <= found.year <= 2200 else Problem("not_a_date")


_READERS = {
    Ask.CHOICE: _choice,
    Ask.MANY: _many,
    Ask.SCALE: _scale,
    Ask.NPS: _scale,
    Ask.TEXT: _text,
    Ask.NUMBER: _number,
    Ask.DATE: _date,
}


def _contact(question: Question, given: Given, country: str, known: bool) -> tuple[Any, Problem | None]:
    found: dict[str, str] = {}
    problem: Problem | None = None
    for part in question.parts:
        text = " ".join(_clean(next(iter(given.get(field(question.key, part), ())), "")).split(" "))
        if not text:
            missing = part in question.needs and not known
            problem = problem or (Problem("needs", part) if missing else None)
            continue
        found[part] = text[: _LONGEST_PART[part]]
        problem = problem or _unfit(part, text, country)
    return found or None, problem


def _unfit(part: str, text: str, country: str) -> Problem | None:
    """Why this part of a contact cannot be used; one line each but for the address."""
    if len(text) > _LONGEST_PART[part]:
        return Problem("too_long", str(_LONGEST_PART[part]))
    if part != "address" and "\n" in text:
        return Problem("not_" + part if part in ("email", "phone") else "too_long", "1")
    try:
        if part == "email":
            normal_email(text)
        elif part == "phone":
            normal_phone(text, country)
    except Invalid:
        return Problem(f"not_{part}")
    return None
