"""Is this form ready for customers? Everything that would leave them stuck, unasked or misled, before it is published."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from beizai.forms.definition import (
    END,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    PARTS,
    Ask,
    Definition,
    Question,
    Texts,
    When,
)
from beizai.forms.walking import page_of, pages

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?")


@dataclass(frozen=True)
class Flaw:
    """What is wrong, by code; the question it is about ("" for the form), and the value that is wrong."""

    code: str
    question: str = ""
    value: str = ""


def flaws(form: Definition) -> tuple[Flaw, ...]:
    """Everything that keeps this form from being published, the form's own flaws first."""
    found = [*_of_form(form), *_of_keys(form)]
    for question in form.questions:
        found += _of_question(form, question)
    return tuple(found if any(flaw.code == "unknown_target" for flaw in found) else [*found, *_of_way(form)])


def _of_form(form: Definition) -> Iterator[Flaw]:
    yield from _unsaid(form, "", form.title, "title_missing")
    if not form.questions:
        yield Flaw("no_questions")
    if len(form.questions) > MOST_QUESTIONS:
        yield Flaw("too_many_questions", value=str(MOST_QUESTIONS))
    if not form.languages:
        yield Flaw("no_language")
    if not 24 <= form.confirm_hours <= 72:
        yield Flaw("confirm_hours", value=str(form.confirm_hours))
    if form.confirm and form.asks_contact is None:
        yield Flaw("nothing_to_confirm")
    if form.once and not form.confirm:
        yield Flaw("once_unproved")
    for ending in form.endings:
        yield from _unsaid(form, "", ending.text, "ending_unsaid")


def _of_keys(form: Definition) -> Iterator[Flaw]:
    for key, count in Counter(question.key for question in form.questions).items():
        if count > 1:
            yield Flaw("same_key", key)
        if not _KEY.fullmatch(key):
            yield Flaw("bad_key", key)


def _of_question(form: Definition, question: Question) -> Iterator[Flaw]:
    yield from _unsaid(form, question.key, question.text, "text_missing")
    if question.ask in (Ask.CHOICE, Ask.MANY):
        yield from _of_options(form, question)
    if question.ask is Ask.SCALE and not 0 <= question.low < question.high <= 100:
        yield Flaw("bad_scale", question.key, f"{question.low}–{question.high}")
    if question.ask is Ask.CONTACT:
        yield from _of_contact(question)
    if question.ask is Ask.CONSENT:
        yield from _of_consent(form, question)
    for jump in question.jumps:
        if jump.to != END and form.question(jump.to) is None:
            yield Flaw("unknown_target", question.key, jump.to)
        if jump.when in (When.AT_LEAST, When.AT_MOST, When.SCORE_AT_LEAST) and not _NUMBER.fullmatch(
            jump.value
        ):
            yield Flaw("bad_bound", question.key, jump.value)


def _of_options(form: Definition, question: Question) -> Iterator[Flaw]:
    if len(question.options) < 2:
        yield Flaw("few_options", question.key)
    if len(question.options) > MOST_OPTIONS:
        yield Flaw("many_options", question.key, str(MOST_OPTIONS))
    if len({option.key for option in question.options}) < len(question.options):
        yield Flaw("same_option", question.key)
    for option in question.options:
        yield from _unsaid(form, question.key, option.text, "option_unsaid")


def _of_contact(question: Question) -> Iterator[Flaw]:
    if not question.parts or set(question.parts) - set(PARTS) or set(question.needs) - set(question.parts):
        yield Flaw("bad_contact", question.key)


def _of_consent(form: Definition, question: Question) -> Iterator[Flaw]:
    if not form.confirm:
        yield Flaw("consent_unproved", question.key)
    if question.required and form.kind not in ("sign_up",):
        yield Flaw("consent_forced", question.key)  # a prize or an answer is not the price of a permission


def _unsaid(form: Definition, key: str, texts: Texts, code: str) -> Iterator[Flaw]:
    for language in form.languages:
        if not texts.get(language, "").strip():
            yield Flaw(code, key, language)


def _of_way(form: Definition) -> Iterator[Flaw]:
    """A way that leads back to itself, or a page no way leads to."""
    leads = _leads(form)
    circle = _circle(leads)
    every = pages(form)
    if circle is not None:
        yield Flaw("cycle", every[circle][0].key)
    reached, left = set[int](), [0] if every else []
    while left:
        page = left.pop()
        if page not in reached:
            reached.add(page)
            left += leads[page]
    for number in range(len(every)):
        if number not in reached:
            yield Flaw("never_asked", every[number][0].key)


def _leads(form: Definition) -> dict[int, list[int]]:
    """The pages that may follow each page."""
    every, places = pages(form), page_of(form)
    found: dict[int, list[int]] = {}
    for number, page in enumerate(every):
        jumps = [jump for question in page for jump in question.jumps]
        targets = [places[jump.to] for jump in jumps if jump.to != END]
        always = any(jump.when is When.ALWAYS for jump in jumps)
        found[number] = targets + ([] if always or number + 1 >= len(every) else [number + 1])
    return found


def _circle(leads: Mapping[int, Sequence[int]]) -> int | None:
    """A page that is met again on a way from itself, by depth-first search without recursion."""
    state: dict[int, int] = {}  # 1: on the way now, 2: done
    for start in leads:
        stack = [(start, iter(leads[start]))] if start not in state else []
        state.setdefault(start, 1)
        while stack:
            page, following = stack[-1]
            after = next(following, None)
            if after is None:
                state[page] = 2
                stack.pop()
            elif state.get(after) == 1:
                return after
            elif after not in state:
                state[after] = 1
                stack.append((after, iter(leads[after])))
    return None
