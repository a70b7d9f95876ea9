"""The way through a form: its pages, where an answer leads, the score, and which ending is reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beizai.forms.definition import END, Ask, Definition, Ending, Jump, Question, When

Answers = Mapping[str, Any]
"""Values by question key. None: the question was shown and left empty; no key: it was not shown yet."""


def pages(form: Definition) -> tuple[tuple[Question, ...], ...]:
    """The questions page by page."""
    found: list[list[Question]] = []
    for question in form.questions:
        if question.new_page or not found:
            found.append([])
        found[-1].append(question)
    return tuple(tuple(page) for page in found)


def page_of(form: Definition) -> dict[str, int]:
    """The number of the page each question stands on."""
    return {question.key: number for number, page in enumerate(pages(form)) for question in page}


def holds(jump: Jump, value: Any, score: int) -> bool:
    """Whether a jump is taken after this answer.

    >>> holds(Jump(when=When.AT_LEAST, value="9"), 10, 0), holds(Jump(when=When.IS, value="b"), ["a", "b"], 0)
    (True, True)
    """
    return _HOLDS[jump.when](jump, value, score)


def _is(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == ("yes" if value else "no")
    if isinstance(value, list | tuple):
        return wanted in value
    return value is not None and str(value) == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bound(jump: Jump) -> float:
    return float(jump.value or 0)


_HOLDS: dict[When, Callable[[Jump, Any, int], bool]] = {
    When.ALWAYS: lambda jump, value, score: True,
    When.ANSWERED: lambda jump, value, score: value is not None,
    When.SKIPPED: lambda jump, value, score: value is None,
    When.IS: lambda jump, value, score: _is(value, jump.value),
    When.IS_NOT: lambda jump, value, score: not _is(value, jump.value),
    When.AT_LEAST: lambda jump, value, score: _is_number(value) and value >= _bound(jump),
    When.AT_MOST: lambda jump, value, score: _is_number(value) and value <= _bound(jump),
    When.SCORE_AT_LEAST: lambda jump, value, score: score >= _bound(jump),
}


@dataclass(frozen=True)
class Walk:
    """The pages gone through with these answers, in order, and the one to be shown now (None: the end is reached)."""

    done: tuple[int, ...]
    now: int | None


def walk(form: Definition, answers: Answers) -> Walk:
    """Follows the answers from the first page to the first that was not answered yet, or to the end.

    A published form has no cycles; a draft may have one, and the walk ends where it would begin again.
    """
    every, done = pages(form), list[int]()
    at: int | None = 0 if every else None
    while at is not None and at not in done:
        if any(question.key not in answers for question in every[at]):
            return Walk(tuple(done), at)
        done.append(at)
        at = _after(form, at, answers, score(form, answers, done))
    return Walk(tuple(done), None)


def _after(form: Definition, at: int, answers: Answers, so_far: int) -> int | None:
    every = pages(form)
    for question in every[at]:
        for jump in question.jumps:
            if holds(jump, answers.get(question.key), so_far):
                return None if jump.to == END else page_of(form).get(jump.to)
    return at + 1 if at + 1 < len(every) else None


def on_path(form: Definition, answers: Answers) -> dict[str, Any]:
    """What was answered on the pages gone through: an answer from a way not taken in the end does not count."""
    every = pages(form)
    keys = [question.key for number in walk(form, answers).done for question in every[number]]
    return {key: answers[key] for key in keys if answers.get(key) is not None}


def score(form: Definition, answers: Answers, done: Sequence[int] | None = None) -> int:
    """The points of the answers on the pages gone through."""
    every = pages(form)
    numbers = walk(form, answers).done if done is None else done
    return sum(
        points(question, answers.get(question.key)) for number in numbers for question in every[number]
    )


def points(question: Question, value: Any) -> int:
    """What one answer is worth."""
    if value is None:
        return 0
    if question.ask in (Ask.CHOICE, Ask.MANY):
        chosen = value if isinstance(value, list | tuple) else [value]
        return sum(option.points for option in question.options if option.key in chosen)
    return round(question.points * value) if question.points and _is_number(value) else 0


def scored(form: Definition) -> bool:
    """Whether any answer of this form is worth points."""
    return any(q.points or any(option.points for option in q.options) for q in form.questions)


def ending(form: Definition, reached: int) -> Ending | None:
    """The ending of the highest threshold the score has passed."""
    passed = [one for one in form.endings if one.from_score <= reached]
    return max(passed, key=lambda one: one.from_score) if passed else None
